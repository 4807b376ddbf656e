//! One step of a path: a field, an item by its keys, an item by its value, or an item by its position.
//! Owned ([`PathElement`], [`Path`]) for callers; encoded ([`Element`]) inside sets, where comparing must be cheap.

use std::cmp::Ordering;
use std::fmt;

use serde_json::Value;

use crate::value::{self, Number};

pub(crate) mod encode;
mod plain;

pub(crate) use plain::Writer;

pub(crate) use self::encode::Sink;

/// One step from a value to a part of it.
#[derive(Debug, Clone, PartialEq)]
pub enum PathElement {
    /// The field of a map.
    Field(String),
    /// The item of a list whose key fields have these values, sorted by name.
    /// A key that the item lacks and that has no default is left out.
    Key(Vec<(String, Value)>),
    /// The item of a set.
    Value(Value),
    /// The item at a position. Structured merge never makes one; other writers of fieldsV1 may.
    Index(i64),
}

/// A list of steps from the root of an object. Printed as `.spec.ports[port=80,protocol="TCP"].name`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Path(pub Vec<PathElement>);

impl PathElement {
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        match self {
            Self::Field(name) => encode::field(out, name),
            Self::Key(fields) => {
                encode::key(out);
                for (name, value) in fields {
                    encode::key_field(out, name, value);
                }
            }
            Self::Value(value) => encode::value(out, value),
            Self::Index(index) => encode::index(out, *index),
        }
    }
}

impl FromIterator<PathElement> for Path {
    fn from_iter<I: IntoIterator<Item = PathElement>>(elements: I) -> Self {
        Self(elements.into_iter().collect())
    }
}

impl<'a> FromIterator<&'a str> for Path {
    fn from_iter<I: IntoIterator<Item = &'a str>>(fields: I) -> Self {
        fields.into_iter().map(|name| PathElement::Field(name.to_owned())).collect()
    }
}

impl fmt::Display for PathElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut out = String::new();
        match self {
            Self::Field(name) => {
                out.push('.');
                out.push_str(name);
            }
            Self::Key(fields) => {
                out.push('[');
                for (at, (name, value)) in fields.iter().enumerate() {
                    if at > 0 {
                        out.push(',');
                    }
                    out.push_str(name);
                    out.push('=');
                    value::write_text(&mut out, value);
                }
                out.push(']');
            }
            Self::Value(value) => {
                out.push_str("[=");
                value::write_text(&mut out, value);
                out.push(']');
            }
            Self::Index(index) => return write!(f, "[{index}]"),
        }
        f.write_str(&out)
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|element| element.fmt(f))
    }
}

/// An encoded element: one byte of kind, then the content. Fields come before keys, values and indexes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Element<'a>(pub(crate) &'a [u8]);

const FIELD: u8 = 0;
const KEY: u8 = 1;
const VALUE: u8 = 2;
const INDEX: u8 = 3;

const INT: u8 = 0;
const FLOAT: u8 = 1;
const STRING: u8 = 2;
const BOOL: u8 = 3;
const JSON: u8 = 4;
const NULL: u8 = 5;

/// A decoded scalar, borrowed.
#[derive(Debug, Clone, Copy)]
enum Scalar<'a> {
    Number(Number),
    String(&'a [u8]),
    Bool(bool),
    Json(&'a [u8]),
    Null,
}

impl<'a> Element<'a> {
    /// The name, if this is a field. Bytes are in the order of texts, and need no look for validity.
    pub(crate) fn field_name(self) -> Option<&'a [u8]> {
        match self.0.split_first() {
            Some((&FIELD, name)) => Some(name),
            _ => None,
        }
    }

    /// Whether this is an item by its keys.
    pub(crate) fn is_key(&self) -> bool {
        self.0.first() == Some(&KEY)
    }

    /// The names of the key fields; none if this is no key.
    pub(crate) fn key_names(&self) -> impl Iterator<Item = &str> {
        let mut rest = match self.0.split_first() {
            Some((&KEY, rest)) => rest,
            _ => &[],
        };
        std::iter::from_fn(move || {
            let name = take_text(&mut rest)?;
            take_scalar(&mut rest)?;
            Some(as_str(name))
        })
    }

    /// The owned form.
    pub(crate) fn to_path_element(self) -> PathElement {
        let Some((&kind, mut rest)) = self.0.split_first() else { return PathElement::Field(String::new()) };
        match kind {
            FIELD => PathElement::Field(as_str(rest).to_owned()),
            KEY => {
                let mut fields = Vec::new();
                while let Some(name) = take_text(&mut rest)
                    && let Some(scalar) = take_scalar(&mut rest)
                {
                    fields.push((as_str(name).to_owned(), scalar.to_json()));
                }
                PathElement::Key(fields)
            }
            VALUE => PathElement::Value(take_scalar(&mut rest).map_or(Value::Null, Scalar::to_json)),
            _ => PathElement::Index(decode_index(rest)),
        }
    }

    /// Appends the element as it stands in the JSON string that fieldsV1 writes.
    fn write_escaped(self, out: &mut String) {
        let mut text = String::new();
        self.write(&mut text);
        value::escape_json(out, &text, false);
    }

    /// Appends the element as fieldsV1 writes it, before the escaping of the enclosing JSON string.
    pub(crate) fn write(self, out: &mut String) {
        let Some((&kind, mut rest)) = self.0.split_first() else { return };
        match kind {
            FIELD => {
                out.push_str("f:");
                out.push_str(as_str(rest));
            }
            KEY => {
                out.push_str("k:{");
                let mut first = true;
                while let Some(name) = take_text(&mut rest)
                    && let Some(scalar) = take_scalar(&mut rest)
                {
                    if !std::mem::take(&mut first) {
                        out.push(',');
                    }
                    value::write_json_string(out, as_str(name), false);
                    out.push(':');
                    scalar.write_json(out);
                }
                out.push('}');
            }
            VALUE => {
                out.push_str("v:");
                if let Some(scalar) = take_scalar(&mut rest) {
                    scalar.write_json(out);
                }
            }
            _ => {
                out.push_str("i:");
                out.push_str(&decode_index(rest).to_string());
            }
        }
    }
}

impl Ord for Element<'_> {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.0, other.0) {
            ([FIELD, ..], _) | (_, [FIELD, ..]) => self.0.cmp(other.0),
            (a, b) => compare_items(a, b),
        }
    }
}

impl PartialOrd for Element<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Element<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.cmp(other).is_eq()
    }
}

impl Eq for Element<'_> {}

fn compare_items(a: &[u8], b: &[u8]) -> Ordering {
    match (a, b) {
        ([KEY, a @ ..], [KEY, b @ ..]) if a != b => compare_keys(a, b),
        ([VALUE, a @ ..], [VALUE, b @ ..]) if a != b => compare_scalars(&mut { a }, &mut { b }),
        (a, b) => a.cmp(b),
    }
}

fn compare_keys(mut a: &[u8], mut b: &[u8]) -> Ordering {
    loop {
        match (take_text(&mut a), take_text(&mut b)) {
            (Some(left), Some(right)) => {
                let order = left.cmp(right).then_with(|| compare_scalars(&mut a, &mut b));
                if order.is_ne() {
                    return order;
                }
            }
            (left, right) => return left.is_some().cmp(&right.is_some()),
        }
    }
}

fn compare_scalars(a: &mut &[u8], b: &mut &[u8]) -> Ordering {
    match (take_scalar(a), take_scalar(b)) {
        (Some(a), Some(b)) => a.compare(b),
        (a, b) => a.is_some().cmp(&b.is_some()),
    }
}

impl Scalar<'_> {
    fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Number(a), Self::Number(b)) => a.compare(b),
            (Self::String(a), Self::String(b)) => a.cmp(b),
            (Self::Bool(a), Self::Bool(b)) => a.cmp(&b),
            (Self::Json(a), Self::Json(b)) if a == b => Ordering::Equal,
            (Self::Json(_), Self::Json(_)) => value::compare(&self.to_json(), &other.to_json()),
            (a, b) => a.rank().cmp(&b.rank()),
        }
    }

    fn rank(self) -> u8 {
        match self {
            Self::Number(_) => 0,
            Self::String(_) => 1,
            Self::Bool(_) => 2,
            Self::Json(_) => 3,
            Self::Null => 4,
        }
    }

    fn to_json(self) -> Value {
        match self {
            Self::Number(number) => number.to_json(),
            Self::String(text) => as_str(text).into(),
            Self::Bool(bool) => bool.into(),
            Self::Json(text) => serde_json::from_slice(text).unwrap_or(Value::Null),
            Self::Null => Value::Null,
        }
    }

    fn write_json(self, out: &mut String) {
        match self {
            Self::Number(number) => number.write_json(out),
            Self::String(text) => value::write_json_string(out, as_str(text), true),
            Self::Bool(bool) => out.push_str(if bool { "true" } else { "false" }),
            Self::Json(_) => value::write_json(out, &self.to_json()),
            Self::Null => out.push_str("null"),
        }
    }
}

fn take_text<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = from.split_first_chunk::<4>()?;
    let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *from = rest;
    Some(text)
}

fn take_scalar<'a>(from: &mut &'a [u8]) -> Option<Scalar<'a>> {
    let (&kind, mut rest) = from.split_first()?;
    let scalar = match kind {
        INT | FLOAT => {
            let (bytes, after) = rest.split_first_chunk::<8>()?;
            rest = after;
            Scalar::Number(if kind == INT {
                Number::Int(i64::from_le_bytes(*bytes))
            } else {
                Number::Float(f64::from_le_bytes(*bytes))
            })
        }
        STRING => Scalar::String(take_text(&mut rest)?),
        BOOL => {
            let (&bool, after) = rest.split_first()?;
            rest = after;
            Scalar::Bool(bool != 0)
        }
        JSON => Scalar::Json(take_text(&mut rest)?),
        _ => Scalar::Null,
    };
    *from = rest;
    Some(scalar)
}

fn decode_index(bytes: &[u8]) -> i64 {
    bytes.first_chunk::<8>().map_or(0, |bytes| i64::from_be_bytes(*bytes) ^ i64::MIN)
}

/// A text that stands in an element.
pub(crate) fn as_str(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("invariant: encoded text was a str")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(fields: &[(&str, Value)]) -> PathElement {
        PathElement::Key(fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect())
    }

    /// Elements in the order of the reference, with their fieldsV1 text and their path text.
    fn elements() -> Vec<(PathElement, &'static str, &'static str)> {
        vec![
            (PathElement::Field(String::new()), "f:", "."),
            (PathElement::Field("a".into()), "f:a", ".a"),
            (PathElement::Field("b".into()), "f:b", ".b"),
            (key(&[]), "k:{}", "[]"),
            (key(&[("name", json!("a"))]), r#"k:{"name":"a"}"#, r#"[name="a"]"#),
            (key(&[("name", json!("ab"))]), r#"k:{"name":"ab"}"#, r#"[name="ab"]"#),
            (key(&[("port", json!(8))]), r#"k:{"port":8}"#, "[port=8]"),
            (
                key(&[("port", json!(80)), ("protocol", json!("TCP"))]),
                r#"k:{"port":80,"protocol":"TCP"}"#,
                r#"[port=80,protocol="TCP"]"#,
            ),
            (PathElement::Value(json!(1)), "v:1", "[=1]"),
            (PathElement::Value(json!(1.5)), "v:1.5", "[=1.5]"),
            (PathElement::Value(json!("<")), r#"v:"\u003c""#, r#"[="<"]"#),
            (PathElement::Value(json!(true)), "v:true", "[=true]"),
            (PathElement::Value(json!([1, 2])), "v:[1,2]", "[=[1,2]]"),
            (PathElement::Value(Value::Null), "v:null", "[=null]"),
            (PathElement::Index(-1), "i:-1", "[-1]"),
            (PathElement::Index(2), "i:2", "[2]"),
            (PathElement::Index(10), "i:10", "[10]"),
        ]
    }

    fn encoded(element: &PathElement) -> Vec<u8> {
        let mut bytes = Vec::new();
        element.encode(&mut bytes);
        bytes
    }

    #[test]
    fn order_and_text() {
        let elements = elements();
        for (i, (a, fields_v1, path)) in elements.iter().enumerate() {
            let bytes = encoded(a);
            let mut text = String::new();
            Element(&bytes).write(&mut text);
            assert_eq!((&text.as_str(), &a.to_string().as_str()), (fields_v1, path));
            assert_eq!(&Element(&bytes).to_path_element(), a);
            for (j, (b, _, _)) in elements.iter().enumerate() {
                assert_eq!(Element(&bytes).cmp(&Element(&encoded(b))), i.cmp(&j), "{a} {b}");
            }
        }
    }

    #[test]
    fn integers_and_doubles_are_the_same_element() {
        let (int, float) = (PathElement::Value(json!(1)), PathElement::Value(json!(1.0)));
        assert_eq!(Element(&encoded(&int)), Element(&encoded(&float)));
    }
}
