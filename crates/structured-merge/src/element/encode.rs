//! The writing half of the encoding of path elements.

use super::{BOOL, FIELD, FLOAT, INDEX, INT, JSON, KEY, NULL, STRING, VALUE};
use crate::value::Number;
use serde_json::Value;
use smallvec::SmallVec;

/// Where encoded elements are appended.
pub(crate) trait Sink {
    fn push(&mut self, byte: u8);
    fn extend_from_slice(&mut self, bytes: &[u8]);
    fn truncate(&mut self, length: usize);
    fn len(&self) -> usize;
}

/// Both kinds of vectors have these as methods of their own.
macro_rules! sinks {
    ($($vector:ty),*) => {$(
        impl Sink for $vector {
            fn push(&mut self, byte: u8) {
                self.push(byte);
            }

            fn extend_from_slice(&mut self, bytes: &[u8]) {
                self.extend_from_slice(bytes);
            }

            fn truncate(&mut self, length: usize) {
                self.truncate(length);
            }

            fn len(&self) -> usize {
                self.len()
            }
        }
    )*};
}

sinks!(Vec<u8>, SmallVec<[u8; 128]>);

pub(crate) fn field(out: &mut impl Sink, name: &str) {
    out.push(FIELD);
    out.extend_from_slice(name.as_bytes());
}

/// Starts a key; its fields follow by [`key_field`], sorted by name.
pub(crate) fn key(out: &mut impl Sink) {
    out.push(KEY);
}

pub(crate) fn key_field(out: &mut impl Sink, name: &str, value: &Value) {
    text(out, name);
    content(out, value);
}

/// Starts a value; its content follows.
pub(crate) fn value_kind(out: &mut impl Sink) {
    out.push(VALUE);
}

pub(crate) fn value(out: &mut impl Sink, value: &Value) {
    value_kind(out);
    content(out, value);
}

pub(crate) fn index(out: &mut impl Sink, index: i64) {
    out.push(INDEX);
    // With the sign bit flipped, bytes in big-endian order sort as the numbers do.
    out.extend_from_slice(&(index ^ i64::MIN).to_be_bytes());
}

pub(crate) fn float(out: &mut impl Sink, float: f64) {
    out.push(FLOAT);
    out.extend_from_slice(&float.to_le_bytes());
}

pub(crate) fn string(out: &mut impl Sink, string: &str) {
    out.push(STRING);
    text(out, string);
}

pub(crate) fn bool(out: &mut impl Sink, bool: bool) {
    out.extend_from_slice(&[BOOL, u8::from(bool)]);
}

pub(crate) fn null(out: &mut impl Sink) {
    out.push(NULL);
}

pub(crate) fn content(out: &mut impl Sink, value: &Value) {
    match value {
        Value::Null => null(out),
        Value::Bool(value) => bool(out, *value),
        Value::Number(number) => match Number::from(number) {
            Number::Int(int) => {
                out.push(INT);
                out.extend_from_slice(&int.to_le_bytes());
            }
            Number::Float(value) => float(out, value),
        },
        Value::String(value) => string(out, value),
        Value::Array(_) | Value::Object(_) => {
            out.push(JSON);
            text(out, &value.to_string());
        }
    }
}

pub(crate) fn text(out: &mut impl Sink, text: &str) {
    out.extend_from_slice(&(text.len() as u32).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}
