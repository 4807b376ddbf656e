//! Lists and maps with computed parts.
use super::{Evaluated, Machine};
use crate::{
    Call, Entries, EvalError, Key, List, Text, Unknown, Value,
    plan::{MapEntry, NodeId},
};
use std::sync::Arc;

impl<'a> Machine<'_, 'a> {
    #[inline(never)]
    pub(super) fn list(&mut self, items: &[NodeId], optional: &[u32]) -> Evaluated<'a> {
        Call { memory_left: &mut self.memory_left }.reserve_list(items.len())?;
        if optional.is_empty() {
            return self.plain_list(items);
        }
        let mut values = Vec::with_capacity(items.len());
        let mut waiting = None;
        for (index, &item) in items.iter().enumerate() {
            let value = self.eval(item)?;
            let value = match value {
                Value::Unknown(unknown) => {
                    wait(&mut waiting, unknown);
                    continue;
                }
                Value::Optional(inner) if optional.contains(&(index as u32)) => match inner {
                    Some(inner) => inner.as_ref().clone(),
                    None => continue,
                },
                other if optional.contains(&(index as u32)) => {
                    return Err(self.at(item, not_optional(&other)));
                }
                value => value,
            };
            values.push(value);
        }
        self.charge(10)?;
        Ok(waiting.map_or_else(|| Value::list(values), Value::Unknown))
    }

    /// A list without optional items. The number of items is known, so they are made in their place.
    fn plain_list(&mut self, items: &[NodeId]) -> Evaluated<'a> {
        let mut pending = Pending::default();
        let values = items.iter().map(|&item| match pending.failed {
            None => pending.settle(self.eval(item)),
            Some(_) => Value::Null,
        });
        let values: Arc<[_]> = values.collect();
        pending.end()?;
        self.charge(10)?;
        Ok(pending.waiting.map_or_else(|| Value::List(List::Fixed(values)), Value::Unknown))
    }

    /// A map of constant keys, none twice and none optional: they are there before the values, which then need not be
    /// moved together with them.
    fn fixed_map(&mut self, entries: &'a [MapEntry]) -> Evaluated<'a> {
        let keys = entries.iter().map(|entry| match &entry.constant {
            Some(Key::String(text)) => (Key::String(Text::Borrowed(text)), Value::Null),
            Some(Key::Int(key)) => (Key::Int(*key), Value::Null),
            Some(Key::Uint(key)) => (Key::Uint(*key), Value::Null),
            Some(Key::Bool(key)) => (Key::Bool(*key), Value::Null),
            // Planned as constant.
            None => (Key::Bool(false), Value::Null),
        });
        let mut values: Vec<_> = keys.collect();
        let mut waiting = None;
        for (entry, (_, place)) in entries.iter().zip(&mut values) {
            match self.eval(entry.value)? {
                Value::Unknown(unknown) => wait(&mut waiting, unknown),
                value => *place = value,
            }
        }
        self.charge(30)?;
        Ok(waiting.map_or_else(|| Value::map(Entries::distinct(values)), Value::Unknown))
    }

    #[inline(never)]
    pub(super) fn map(&mut self, entries: &'a [MapEntry], distinct: bool) -> Evaluated<'a> {
        Call { memory_left: &mut self.memory_left }.reserve_list(entries.len().saturating_mul(3))?;
        if distinct && !entries.iter().any(|entry| entry.optional) {
            return self.fixed_map(entries);
        }
        let mut values = Entries::with_capacity(entries.len());
        let mut waiting = None;
        for entry in entries {
            let key = match &entry.constant {
                Some(Key::String(text)) => Key::String(Text::Borrowed(text)),
                Some(key) => key.clone(),
                None => match self.eval(entry.key)? {
                    Value::Unknown(unknown) => {
                        wait(&mut waiting, unknown);
                        continue;
                    }
                    value => {
                        let ty = value.ty();
                        Key::new(value).ok_or_else(|| {
                            self.at(entry.key, EvalError::invalid(format!("unsupported key type: {ty}")))
                        })?
                    }
                },
            };
            let value = match self.eval(entry.value)? {
                Value::Unknown(unknown) => {
                    wait(&mut waiting, unknown);
                    continue;
                }
                Value::Optional(inner) if entry.optional => match inner {
                    Some(inner) => inner.as_ref().clone(),
                    None => continue,
                },
                other if entry.optional => return Err(self.at(entry.value, not_optional(&other))),
                value => value,
            };
            values.add(key, value).map_err(|key| {
                self.at(entry.key, EvalError::invalid(format!("Failed with repeated key: {key}")))
            })?;
        }
        self.charge(30)?;
        Ok(waiting.map_or_else(|| Value::map(values), Value::Unknown))
    }
}

/// What keeps a literal from becoming a value.
#[derive(Default)]
struct Pending {
    /// The first error: nothing is evaluated after it.
    failed: Option<EvalError>,
    waiting: Option<Unknown>,
}

impl Pending {
    /// The value of a part; something in its place when there is none.
    #[inline]
    fn settle<'a>(&mut self, part: Evaluated<'a>) -> Value<'a> {
        match part {
            Ok(Value::Unknown(unknown)) => wait(&mut self.waiting, unknown),
            Err(error) => self.failed = Some(error),
            Ok(value) => return value,
        }
        Value::Null
    }

    fn end(&mut self) -> Result<(), EvalError> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

fn wait(waiting: &mut Option<Unknown>, unknown: Unknown) {
    *waiting = Some(match waiting.take() {
        Some(before) => before.merge(&unknown),
        None => unknown,
    });
}

fn not_optional(value: &Value<'_>) -> EvalError {
    EvalError::invalid(format!(
        "cannot initialize optional entry from non-optional value of type {}",
        value.ty()
    ))
}
