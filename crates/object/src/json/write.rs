//! Writing JSON as Go's encoder does: keys sorted, `<`, `>`, `&`, U+2028 and U+2029 escaped, no spaces.

use serde_json::{Map, Number, Value};
use std::fmt::Write;

/// Canonical text: equal values give equal bytes, and the same bytes as Go's `json.Marshal`.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    canonical_into(&mut text, value);
    text
}

/// [`canonical`], appended to a text.
pub fn canonical_into(text: &mut String, value: &Value) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(flag) => text.push_str(if *flag { "true" } else { "false" }),
        Value::Number(number) => write_number(text, number),
        Value::String(string) => write_string(text, string),
        Value::Array(list) => {
            text.push('[');
            for (position, item) in list.iter().enumerate() {
                if position > 0 {
                    text.push(',');
                }
                canonical_into(text, item);
            }
            text.push(']');
        }
        Value::Object(map) => canonical_object_into(text, map),
    }
}

/// [`canonical_into`] of an object.
pub fn canonical_object_into(text: &mut String, object: &Map<String, Value>) {
    text.push('{');
    for (position, (key, item)) in object.iter().enumerate() {
        if position > 0 {
            text.push(',');
        }
        write_string(text, key);
        text.push(':');
        canonical_into(text, item);
    }
    text.push('}');
}

/// A finite float as Go's encoder writes it: the shortest digits that read back, positional between 1e-6 and 1e21.
pub fn float_text(float: f64) -> String {
    let magnitude = float.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{float:e}");
        return match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            _ => text,
        };
    }
    format!("{float}")
}

fn write_number(text: &mut String, number: &Number) {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => text.push_str(&float_text(float)),
        None => write!(text, "{number}").expect("writing to a string cannot fail"),
    }
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    // Most texts need no escape. U+2028 and U+2029 start with E2.
    if !string.bytes().any(|byte| matches!(byte, 0..=0x1f | b'"' | b'\\' | b'<' | b'>' | b'&' | 0xe2)) {
        text.push_str(string);
        text.push('"');
        return;
    }
    let mut plain = 0;
    for (at, c) in string.char_indices() {
        let escape = match c {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' => "\\b",
            '\u{c}' => "\\f",
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => "",
            _ => continue,
        };
        text.push_str(&string[plain..at]);
        if escape.is_empty() {
            write!(text, "\\u{:04x}", c as u32).expect("writing to a string cannot fail");
        } else {
            text.push_str(escape);
        }
        plain = at + c.len_utf8();
    }
    text.push_str(&string[plain..]);
    text.push('"');
}
