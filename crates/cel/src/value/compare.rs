//! Equality and ordering of values.
use super::{Key, List, ListKind, Map, Number, Value};
use crate::EvalError;
use std::cmp::Ordering;

impl<'a> Value<'a> {
    /// `==`: by mathematical value across numbers, false across other kinds. Fails where an item cannot be read or an
    /// own type refuses.
    pub fn equals(&self, other: &Value<'a>) -> Result<bool, EvalError> {
        Ok(match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Int(a), Self::Int(b)) => a == b,
            (Self::String(a), Self::String(b)) => **a == **b,
            (Self::Bytes(a), Self::Bytes(b)) => **a == **b,
            (Self::Timestamp(a), Self::Timestamp(b)) => a == b,
            (Self::Duration(a), Self::Duration(b)) => a == b,
            (Self::List(a), Self::List(b)) => equal_lists(a, b)?,
            (Self::Map(a), Self::Map(b)) => equal_maps(a, b)?,
            (Self::Optional(a), Self::Optional(b)) => match (a, b) {
                (Some(a), Some(b)) => a.equals(b)?,
                (a, b) => a.is_none() && b.is_none(),
            },
            (Self::Type(a), Self::Type(b)) => a.name() == b.name(),
            (Self::Opaque(a), Self::Opaque(b)) => a.equals(&***b)?,
            (a, b) => match (Number::of(a), Number::of(b)) {
                (Some(a), Some(b)) => a.compare(b) == Some(Ordering::Equal),
                _ => false,
            },
        })
    }

    /// `<` and its kin; `None` for kinds that have no order between them, and for NaN.
    pub fn compare(&self, other: &Value<'a>) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::String(a), Self::String(b)) => Some((**a).cmp(&**b)),
            (Self::Bytes(a), Self::Bytes(b)) => Some((**a).cmp(&**b)),
            (Self::Timestamp(a), Self::Timestamp(b)) => Some(a.cmp(b)),
            (Self::Duration(a), Self::Duration(b)) => Some(a.cmp(b)),
            (a, b) => Number::of(a)?.compare(Number::of(b)?),
        }
    }
}

impl<'a> List<'a> {
    /// Whether an item equals `value`.
    pub fn contains(&self, value: &Value<'a>) -> Result<bool, EvalError> {
        for item in self.iter() {
            if item?.equals(value)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn equal_lists<'a>(a: &List<'a>, b: &List<'a>) -> Result<bool, EvalError> {
    let kind = match (a.kind(), b.kind()) {
        (ListKind::Ordered, kind) | (kind, _) => kind,
    };
    match kind {
        ListKind::Ordered => {
            if a.len() != b.len() {
                return Ok(false);
            }
            for (a, b) in a.iter().zip(b.iter()) {
                if !a?.equals(&b?)? {
                    return Ok(false);
                }
            }
            Ok(true)
        }
        ListKind::Set => Ok(a.len() == b.len() && subset(a, b)? && subset(b, a)?),
        ListKind::Keyed(keys) => {
            if a.len() != b.len() {
                return Ok(false);
            }
            'items: for item in a.iter() {
                let item = item?;
                for other in b.iter() {
                    let other = other?;
                    if same_key(&item, &other, keys)? {
                        if item.equals(&other)? {
                            continue 'items;
                        }
                        return Ok(false);
                    }
                }
                return Ok(false);
            }
            Ok(true)
        }
    }
}

fn subset<'a>(a: &List<'a>, b: &List<'a>) -> Result<bool, EvalError> {
    for item in a.iter() {
        if !b.contains(&item?)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether two items of a keyed list have the same key. Absent key members are equal to each other.
pub(crate) fn same_key<'a>(a: &Value<'a>, b: &Value<'a>, keys: &[String]) -> Result<bool, EvalError> {
    for key in keys {
        let equal = match (a.member(key)?, b.member(key)?) {
            (Some(a), Some(b)) => a.equals(&b)?,
            (a, b) => a.is_none() && b.is_none(),
        };
        if !equal {
            return Ok(false);
        }
    }
    Ok(true)
}

fn equal_maps<'a>(a: &Map<'a>, b: &Map<'a>) -> Result<bool, EvalError> {
    if a.len() != b.len() {
        return Ok(false);
    }
    for (key, value) in a.iter() {
        let key: Key<'_> = key;
        match b.get(&key)? {
            Some(other) if value?.equals(&other)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
