//! Reading JSON text. What Go's decoder forgives is forgiven here: broken UTF-8 and lone surrogates become U+FFFD.

use serde::de::DeserializeSeed;
use serde_json::{Number, Value};
use std::{borrow::Cow, marker::PhantomData};

/// The text is not JSON, holds a number beyond 64-bit floats, or nests deeper than 128 levels.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ReadError(#[from] serde_json::Error);

/// Read one JSON document.
///
/// Of equal keys in one map the last wins. `-0` is the integer 0, `-0.0` the float.
pub fn parse(bytes: &[u8]) -> Result<Value, ReadError> {
    let mut value = parse_into(&decode(bytes), PhantomData)?;
    narrow(&mut value);
    Ok(value)
}

/// Read one JSON document into what `seed` makes of it. Integers come in the widest type that holds them.
pub fn parse_into<T>(
    text: &str,
    seed: impl for<'de> DeserializeSeed<'de, Value = T>,
) -> Result<T, ReadError> {
    let text = normalize(text);
    let mut document = serde_json::Deserializer::from_str(&text);
    let value = seed.deserialize(&mut document)?;
    document.end()?;
    Ok(value)
}

/// UTF-8 with each broken byte replaced.
fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    Cow::Owned(text)
}

/// Rewrite what `serde_json` reads differently: lone surrogate escapes, and the integer `-0`.
fn normalize(text: &str) -> Cow<'_, str> {
    if !text.contains("\\u") && !text.contains("-0") {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut output = String::with_capacity(text.len());
    let (mut copied, mut at, mut in_string) = (0, 0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                in_string = !in_string;
                at += 1;
            }
            b'\\' if in_string => match surrogate(&bytes[at..]) {
                Some(Surrogate::Pair) => at += 12,
                Some(Surrogate::Lone) => {
                    output.push_str(&text[copied..at]);
                    output.push(char::REPLACEMENT_CHARACTER);
                    at += 6;
                    copied = at;
                }
                None => at += 2,
            },
            b'-' if !in_string && bytes.get(at + 1) == Some(&b'0') && ends_number(bytes.get(at + 2)) => {
                output.push_str(&text[copied..at]);
                at += 1;
                copied = at;
            }
            _ => at += 1,
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    output.push_str(&text[copied..]);
    Cow::Owned(output)
}

enum Surrogate {
    Pair,
    Lone,
}

fn surrogate(bytes: &[u8]) -> Option<Surrogate> {
    let unit = |at: usize| -> Option<u16> {
        let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digits = digits.iter().all(u8::is_ascii_hexdigit).then_some(digits)?;
        u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    };
    match unit(0)? {
        0xD800..=0xDBFF if matches!(unit(6), Some(0xDC00..=0xDFFF)) => Some(Surrogate::Pair),
        0xD800..=0xDFFF => Some(Surrogate::Lone),
        _ => None,
    }
}

fn ends_number(next: Option<&u8>) -> bool {
    !next.is_some_and(|byte| byte.is_ascii_digit() || b".eE".contains(byte))
}

/// Integers beyond `i64` become floats.
fn narrow(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_u64() && !number.is_i64() => {
            if let Some(float) = number.as_f64().and_then(Number::from_f64) {
                *number = float;
            }
        }
        Value::Array(list) => list.iter_mut().for_each(narrow),
        Value::Object(map) => map.values_mut().for_each(narrow),
        _ => {}
    }
}
