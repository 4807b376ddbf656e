//! Order, equality and text of JSON values as structured merge sees them.
//! Numbers compare by value (`1` equals `1.0`); kinds are ordered number, string, boolean, list, map, null.

use std::cmp::Ordering;
use std::fmt::Write;

use serde_json::Value;

/// A JSON number: integers that fit are exact, everything else is a double.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Int(i64),
    Float(f64),
}

impl From<&serde_json::Number> for Number {
    fn from(number: &serde_json::Number) -> Self {
        match number.as_i64() {
            Some(int) => Self::Int(int),
            None => Self::Float(number.as_f64().unwrap_or_default()),
        }
    }
}

impl Number {
    /// A whole number of at most six digits, which every port is.
    pub(crate) fn short(self) -> Option<u32> {
        let number = match self {
            Self::Int(int) => int,
            Self::Float(float) if float.fract() == 0.0 && (1.0..1e6).contains(&float) => float as i64,
            Self::Float(_) => return None,
        };
        u32::try_from(number).ok().filter(|number| (1..1_000_000).contains(number))
    }

    pub(crate) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => a.cmp(&b),
            (a, b) => a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal),
        }
    }

    fn as_f64(self) -> f64 {
        match self {
            Self::Int(int) => int as f64,
            Self::Float(float) => float,
        }
    }

    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Int(int) => int.into(),
            Self::Float(float) => float.into(),
        }
    }

    /// Appends the JSON text: integral doubles without a fraction, exponents from 1e21 on.
    pub(crate) fn write_json(self, out: &mut String) {
        let float = match self {
            Self::Int(int) => return write(out, format_args!("{int}")),
            Self::Float(float) => float,
        };
        let size = float.abs();
        if size != 0.0 && !(1e-6..1e21).contains(&size) {
            write_exponent(out, float, 1);
        } else {
            write(out, format_args!("{float}"));
        }
    }

    /// Appends the text used in paths: doubles get an exponent of two digits below 1e-4 and from 1e6 on.
    pub(crate) fn write_text(self, out: &mut String) {
        let float = match self {
            Self::Int(int) => return write(out, format_args!("{int}")),
            Self::Float(float) => float,
        };
        let size = float.abs();
        if size != 0.0 && !(1e-4..1e6).contains(&size) {
            write_exponent(out, float, 2);
        } else {
            write(out, format_args!("{float}"));
        }
    }
}

/// Mantissa, `e`, a sign in any case, and at least `digits` digits of exponent.
fn write_exponent(out: &mut String, float: f64, digits: usize) {
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |rest| ('-', rest));
    write(out, format_args!("{mantissa}e{sign}{exponent:0>digits$}"));
}

/// Writing to a `String` cannot fail.
fn write(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

/// Whether two values are equal; integers and doubles compare by value.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            a == b || Number::from(a).compare(b.into()) == Ordering::Equal
        }
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|((k, a), (l, b))| k == l && equal(a, b))
        }
        (a, b) => a == b,
    }
}

/// The total order of values.
pub(crate) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Number::from(a).compare(b.into()),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Bool(a), Value::Bool(b)) => a.cmp(b),
        (Value::Array(a), Value::Array(b)) => {
            a.iter().zip(b).map(|(a, b)| compare(a, b)).find(|o| o.is_ne()).unwrap_or(a.len().cmp(&b.len()))
        }
        (Value::Object(a), Value::Object(b)) => a
            .iter()
            .zip(b)
            .map(|((k, a), (l, b))| k.cmp(l).then_with(|| compare(a, b)))
            .find(|o| o.is_ne())
            .unwrap_or(a.len().cmp(&b.len())),
        (a, b) => rank(a).cmp(&rank(b)),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Number(_) => 0,
        Value::String(_) => 1,
        Value::Bool(_) => 2,
        Value::Array(_) => 3,
        Value::Object(_) => 4,
        Value::Null => 5,
    }
}

/// Appends a string in JSON quotes; `html` also escapes `<`, `>`, `&` and the line separators.
pub(crate) fn write_json_string(out: &mut String, text: &str, html: bool) {
    out.push('"');
    escape_json(out, text, html);
    out.push('"');
}

/// Appends text escaped for a JSON string, without the quotes.
pub(crate) fn escape_json(out: &mut String, text: &str, html: bool) {
    if is_plain(text.as_bytes()) {
        return out.push_str(text);
    }
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let special = match byte {
            b'"' | b'\\' | 0..=0x1f => true,
            b'<' | b'>' | b'&' => html,
            0xe2 => html && matches!(text.get(at..at + 3), Some("\u{2028}" | "\u{2029}")),
            _ => false,
        };
        if !special {
            continue;
        }
        out.push_str(&text[plain..at]);
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0xe2 => {
                out.push_str(if text[at..].starts_with('\u{2028}') { "\\u2028" } else { "\\u2029" });
                plain = at + 3;
            }
            byte => write(out, format_args!("\\u{byte:04x}")),
        }
    }
    out.push_str(&text[plain..]);
}

/// Whether nothing in a text is escaped, neither in JSON nor in JSON for HTML.
fn is_plain(text: &[u8]) -> bool {
    match text.last_chunk() {
        // The last eight bytes may overlap those before.
        Some(last) => text.as_chunks().0.iter().all(|word| is_plain_word(*word)) && is_plain_word(*last),
        None => text
            .iter()
            .all(|byte| matches!(byte, 0x20..0x80) && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&')),
    }
}

/// The same of eight bytes at once.
fn is_plain_word(word: [u8; 8]) -> bool {
    const fn all(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    const HIGH: u64 = all(0x80);
    // Has its highest bit set in some byte if and only if one of `word` is 0.
    const fn zeros(word: u64) -> u64 {
        word.wrapping_sub(all(1)) & !word & HIGH
    }
    let word = u64::from_le_bytes(word);
    let controls = word.wrapping_sub(all(0x20)) & !word;
    // `"` and `&` differ in one bit, `<` and `>` in another: either pair is found at once.
    let quotes = zeros((word & all(!4)) ^ all(b'"')) | zeros((word & all(!2)) ^ all(b'<'));
    (word | controls | quotes | zeros(word ^ all(b'\\'))) & HIGH == 0
}

/// Appends the JSON text of a value as it stands in a `v:` or `k:` element.
pub(crate) fn write_json(out: &mut String, value: &Value) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(bool) => out.push_str(if *bool { "true" } else { "false" }),
        Value::Number(number) => Number::from(number).write_json(out),
        Value::String(text) => write_json_string(out, text, true),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(out, item);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            out.push('{');
            for (at, (key, value)) in entries.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json_string(out, key, true);
                out.push(':');
                write_json(out, value);
            }
            out.push('}');
        }
    }
}

/// Appends a value as it is written inside a path: `"text"`, `80`, `[1,2]`.
pub(crate) fn write_text(out: &mut String, value: &Value) {
    match value {
        Value::Number(number) => Number::from(number).write_text(out),
        Value::String(text) => write_quoted(out, text),
        Value::Array(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_text(out, item);
            }
            out.push(']');
        }
        Value::Object(entries) => {
            for (key, value) in entries {
                out.push_str(key);
                out.push('=');
                write_text(out, value);
            }
        }
        value => write_json(out, value),
    }
}

/// Appends text in the quotes of a path, with Go's escapes for what cannot be printed.
pub(crate) fn write_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\x07' => out.push_str("\\a"),
            '\x08' => out.push_str("\\b"),
            '\x0c' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\x0b' => out.push_str("\\v"),
            c if (c as u32) < 0x20 || c == '\x7f' => write(out, format_args!("\\x{:02x}", c as u32)),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{a0}') => {
                write(out, format_args!("\\u{:04x}", c as u32));
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_text() {
        for (number, json, path) in [
            (80.0, "80", "80"),
            (1.5, "1.5", "1.5"),
            (-0.0, "-0", "-0"),
            (1e6, "1000000", "1e+06"),
            (1e20, "100000000000000000000", "1e+20"),
            (1e21, "1e+21", "1e+21"),
            (1e-5, "0.00001", "1e-05"),
            (1e-7, "1e-7", "1e-07"),
            (9_223_372_036_854_775_807.0, "9223372036854776000", "9.223372036854776e+18"),
        ] {
            let (mut a, mut b) = (String::new(), String::new());
            Number::Float(number).write_json(&mut a);
            Number::Float(number).write_text(&mut b);
            assert_eq!((a.as_str(), b.as_str()), (json, path));
        }
    }

    #[test]
    fn values_in_order() {
        let values = [
            serde_json::json!(1),
            serde_json::json!(1.5),
            serde_json::json!("a"),
            serde_json::json!("b"),
            serde_json::json!(false),
            serde_json::json!([1]),
            serde_json::json!([1, 2]),
            serde_json::json!({"a": 1}),
            Value::Null,
        ];
        for (i, a) in values.iter().enumerate() {
            for (j, b) in values.iter().enumerate() {
                assert_eq!(compare(a, b), i.cmp(&j), "{a} {b}");
            }
        }
        assert!(equal(&serde_json::json!([1, {"a": 2.0}]), &serde_json::json!([1.0, {"a": 2}])));
    }

    #[test]
    fn plain_text_is_found_wherever_the_other_byte_stands() {
        for byte in 0..=u8::MAX {
            let special = matches!(byte, 0..0x20 | 0x80.. | b'"' | b'\\' | b'<' | b'>' | b'&');
            for length in 1..20 {
                for at in 0..length {
                    let mut text = vec![b'a'; length];
                    text[at] = byte;
                    assert_eq!(is_plain(&text), !special, "{byte} at {at} of {length}");
                }
            }
        }
    }
}
