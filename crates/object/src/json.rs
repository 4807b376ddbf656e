//! JSON as the API server reads and writes it, merge patch and digests.
//!
//! Kubernetes' rules for numbers: text without fraction and exponent that fits 64 bits is an integer, everything
//! else a float; a float with an integral value is written without a fraction.

mod read;
mod write;

pub use read::{ReadError, parse, parse_into};
pub use write::{canonical, canonical_into, canonical_object_into, float_text};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Merge patch of RFC 7386: maps merge, `null` removes, anything else replaces.
pub fn merge_patch(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(target) = target else { unreachable!("target was made a map above") };
    for (key, change) in patch {
        if change.is_null() {
            target.remove(key);
        } else {
            merge_patch(target.entry(key.as_str()).or_insert(Value::Null), change);
        }
    }
}

/// SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
        text
    })
}

/// The JSON type of a value in the words of schema errors: `null`, `boolean`, `integer`, `number`, `string`,
/// `array` or `object`.
pub fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests;
