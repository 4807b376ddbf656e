//! JSON as Go's `encoding/json` prints numbers, YAML as `sigs.k8s.io/yaml` prints objects, and bytes as hashes are shown.

use serde_json::Value;
use std::io::Write as _;

/// Bytes as digits, in capitals.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |value: u8| char::from(DIGITS[usize::from(value)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// Compact JSON; whole floats below 1e21 lose their fraction, as in Go.
pub(crate) fn to_vec(value: &Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(512);
    append(&mut out, value);
    out
}

/// The same, appended. Returns how many values lie inside of each other, as [`height`](crate::core::object::height)
/// counts.
pub(crate) fn append(out: &mut Vec<u8>, value: &Value) -> usize {
    let mut below = 0;
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => out.extend_from_slice(go_float(float).as_bytes()),
            None => write!(out, "{number}").expect("writing into memory does not fail"),
        },
        Value::String(text) => append_text(out, text),
        Value::Array(items) => {
            let mut before = b'[';
            for item in items {
                out.push(before);
                below = below.max(append(out, item));
                before = b',';
            }
            out.extend_from_slice(if items.is_empty() { b"[]" } else { b"]" });
            return below + 1;
        }
        Value::Object(members) => {
            let mut before = b'{';
            for (name, member) in members {
                out.push(before);
                append_text(out, name);
                out.push(b':');
                below = below.max(append(out, member));
                before = b',';
            }
            out.extend_from_slice(if members.is_empty() { b"{}" } else { b"}" });
            return below + 1;
        }
    }
    0
}

/// A text in quotes, appended.
pub(crate) fn append_text(out: &mut Vec<u8>, text: &str) {
    // Without an early end, so that many bytes are looked at at once.
    let is_special = |byte: u8| matches!(byte, 0..b' ' | b'"' | b'\\');
    if text.bytes().fold(false, |found, byte| found | is_special(byte)) {
        return serde_json::to_writer(out, text).expect("writing into memory does not fail");
    }
    out.reserve(text.len() + 2);
    out.push(b'"');
    out.extend_from_slice(text.as_bytes());
    out.push(b'"');
}

/// The same as text.
pub(crate) fn to_text(value: &Value) -> String {
    String::from_utf8(to_vec(value)).expect("JSON is UTF-8")
}

/// The printed form of a float as Go's JSON encoder gives it.
pub(crate) fn go_float(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
        let text = format!("{value:e}");
        // Go writes at least `e+21` but drops a leading zero of small negative exponents.
        match text.split_once('e') {
            Some((mantissa, exponent)) if !exponent.starts_with('-') => format!("{mantissa}e+{exponent}"),
            Some((mantissa, exponent)) => format!("{mantissa}e{exponent}"),
            None => text,
        }
    } else {
        format!("{value}")
    }
}

/// Block-style YAML with two spaces, sorted keys and lists on the level of their key.
pub(crate) fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write_yaml(value, 0, &mut out);
    out
}

fn write_yaml(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (index, (key, member)) in map.iter().enumerate() {
                if index > 0 || depth > 0 && !out.ends_with("- ") {
                    indent(depth, out);
                }
                out.push_str(&scalar(key));
                out.push(':');
                member_yaml(member, depth, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (index, item) in items.iter().enumerate() {
                if index > 0 || !out.ends_with("- ") {
                    indent(depth, out);
                }
                out.push_str("- ");
                match item {
                    Value::Object(map) if !map.is_empty() => write_yaml(item, depth + 1, out),
                    Value::Array(inner) if !inner.is_empty() => write_yaml(item, depth + 1, out),
                    _ => {
                        out.push_str(&leaf(item));
                        out.push('\n');
                    }
                }
            }
        }
        _ => {
            out.push_str(&leaf(value));
            out.push('\n');
        }
    }
}

fn member_yaml(member: &Value, depth: usize, out: &mut String) {
    match member {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write_yaml(member, depth + 1, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write_yaml(member, depth, out);
        }
        Value::String(text) if text.contains('\n') => block_text(text, depth + 1, out),
        _ => {
            out.push(' ');
            out.push_str(&leaf(member));
            out.push('\n');
        }
    }
}

fn block_text(text: &str, depth: usize, out: &mut String) {
    out.push_str(match text.strip_suffix('\n') {
        Some(rest) if rest.ends_with('\n') => " |+\n",
        Some(_) => " |\n",
        None => " |-\n",
    });
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        if !line.is_empty() {
            indent(depth, out);
            out.push_str(line);
        }
        out.push('\n');
    }
}

fn indent(depth: usize, out: &mut String) {
    for _ in 0..depth {
        out.push_str("  ");
    }
}

fn leaf(value: &Value) -> String {
    match value {
        Value::String(text) => scalar(text),
        other => to_text(other),
    }
}

/// A text, quoted when YAML 1.1 would read it as something else.
fn scalar(text: &str) -> String {
    if text.is_empty() || needs_quotes(text) {
        serde_json::to_string(text).expect("a text always serializes")
    } else {
        text.to_owned()
    }
}

fn needs_quotes(text: &str) -> bool {
    const WORDS: [&str; 12] =
        ["y", "n", "yes", "no", "true", "false", "on", "off", "null", "~", ".nan", ".inf"];
    let lower = text.to_ascii_lowercase();
    let first = text.chars().next().unwrap_or(' ');
    let numeric_start = first.is_ascii_digit()
        || matches!(first, '+' | '-' | '.')
            && text[1..].starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let looks_numeric = numeric_start
        && text.chars().all(|c| {
            c.is_ascii_digit() || matches!(c, '.' | '_' | '+' | '-' | ':' | 'x' | 'o' | 'e' | 'E' | 'T' | 'Z')
        })
        || text.starts_with("0x") && text[2..].chars().all(|c| c.is_ascii_hexdigit());
    WORDS.contains(&lower.as_str())
        || looks_numeric
        || text.starts_with(|c: char| {
            "!&*-?[]{}|>@`\"'%,#=:".contains(c) && !(c == '-' && text.len() > 1 && !text.starts_with("- "))
        })
        || text.contains(": ")
        || text.contains(" #")
        || text.ends_with(':')
        || text.trim() != text
        || text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn floats_print_as_in_go() {
        for (value, text) in [
            (1.0, "1"),
            (1.5, "1.5"),
            (12_345_678_901_234_567_000.0, "12345678901234567000"),
            (1e21, "1e+21"),
            (1e-7, "1e-7"),
        ] {
            assert_eq!(to_text(&json!(value)), text);
        }
    }

    #[test]
    fn values_are_written_without_white_space() {
        let text = r#"{"a":[1,-2,true,false,null,"\u0001\n\"\\ü",[],{}],"b":{"c":18446744073709551615}}"#;
        let value: Value = serde_json::from_str(text).expect("JSON");
        assert_eq!(to_text(&value), text);
        assert_eq!(to_text(&value), value.to_string());
    }

    #[test]
    fn yaml_is_block_style() {
        let value = json!({"a": "1", "l": [{"x": 1, "z": [2]}, "s"], "m": {}, "t": "a\nb\n"});
        assert_eq!(to_yaml(&value), "a: \"1\"\nl:\n- x: 1\n  z:\n  - 2\n- s\nm: {}\nt: |\n  a\n  b\n");
    }
}
