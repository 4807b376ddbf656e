//! Values as Go prints them in messages.

use kro_object::json;
use serde_json::Value;
use std::fmt::Write;

/// Text in quotes with Go's escapes (`%q`).
pub fn go_quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\u{b}' => quoted.push_str("\\v"),
            '\0'..='\u{1f}' | '\u{7f}' => push(&mut quoted, format_args!("\\x{:02x}", c as u32)),
            '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{2028}' | '\u{2029}' | '\u{feff}' => {
                push(&mut quoted, format_args!("\\u{:04x}", c as u32));
            }
            _ => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A float as `%v` prints it: shortest digits, with an exponent below 1e-4 and from 1e21 on.
pub fn go_float(float: f64) -> String {
    let magnitude = float.abs();
    if magnitude == 0.0 || (1e-4..1e21).contains(&magnitude) {
        return format!("{float}");
    }
    let text = format!("{float:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}e{sign}{digits:0>2}")
}

/// A bad value in front of a message: text quoted, scalars plain, the rest as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => go_quote(text),
        Value::Number(number) if number.is_f64() => go_float(number.as_f64().unwrap_or_default()),
        other => json::canonical(other),
    }
}

fn push(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    text.write_fmt(arguments).expect("writing to a string cannot fail");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go() {
        assert_eq!(go_quote("a\"\n\u{1}é\u{7f}"), "\"a\\\"\\n\\x01é\\x7f\"");
        let check = |float: f64, expected: &str| assert_eq!(go_float(float), expected);
        check(0.5, "0.5");
        check(1e21, "1e+21");
        check(0.00001, "1e-05");
        check(3.0, "3");
    }
}
