//! Plain scalars by the rules of YAML 1.1, as Go's YAML library in Kubernetes' tools reads them on the way to JSON.

use base64::{Engine, engine::general_purpose::STANDARD};
use kro_object::json::float_text;
use serde_json::{Number, Value};

/// The value of a plain scalar without a tag; an error for numbers that JSON lacks.
pub(super) fn plain(text: &str) -> Result<Value, &'static str> {
    if is_beyond_json(text) {
        return Err("JSON has no infinity and no not-a-number");
    }
    if let Some(value) = word(text) {
        return Ok(value);
    }
    let numeric = text.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '.'));
    Ok(numeric.then(|| number(text)).flatten().unwrap_or_else(|| text.into()))
}

/// The value of a scalar with a tag of the core schema; other tags leave texts as they are.
pub(super) fn tagged(text: &str, tag: &str) -> Result<Value, &'static str> {
    match tag {
        "binary" => {
            let compact: String = text.split_ascii_whitespace().collect();
            let bytes = STANDARD.decode(compact).map_err(|_| "the text is not base64")?;
            String::from_utf8(bytes).map(Value::from).map_err(|_| "the decoded bytes are not UTF-8")
        }
        "int" => match plain(text)? {
            value @ Value::Number(_) if !value.is_f64() => Ok(value),
            _ => Err("the text is not an integer"),
        },
        "float" => match plain(text)? {
            value @ Value::Number(_) => Ok(value),
            _ => Err("the text is not a number"),
        },
        "bool" => match plain(text)? {
            value @ Value::Bool(_) => Ok(value),
            _ => Err("the text is not a boolean"),
        },
        "null" => match plain(text)? {
            Value::Null => Ok(Value::Null),
            _ => Err("the text is not null"),
        },
        _ => Ok(text.into()),
    }
}

fn is_beyond_json(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF") || matches!(text, ".nan" | ".NaN" | ".NAN")
}

/// Words with a meaning.
fn word(text: &str) -> Option<Value> {
    Some(match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        _ => return None,
    })
}

fn number(text: &str) -> Option<Value> {
    let digits = text.replace('_', "");
    if let Some(value) = integer(&digits) {
        return Some(value);
    }
    is_float(&digits).then(|| digits.parse().ok()).flatten().and_then(float)
}

/// `12`, `-0x1F`, `0o17`, `017`, `0b11`. Beyond 64 bits it is a float, if it is one.
fn integer(digits: &str) -> Option<Value> {
    let (negative, unsigned) = match digits.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, digits.strip_prefix('+').unwrap_or(digits)),
    };
    let lower = unsigned.to_ascii_lowercase();
    let (radix, body) = if let Some(body) = lower.strip_prefix("0x") {
        (16, body)
    } else if let Some(body) = lower.strip_prefix("0b") {
        (2, body)
    } else if let Some(body) = lower.strip_prefix("0o") {
        (8, body)
    } else if lower.len() > 1 && lower.starts_with('0') {
        (8, &lower[1..])
    } else {
        (10, lower.as_str())
    };
    if !body.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return None;
    }
    let magnitude = u64::from_str_radix(body, radix).ok()?;
    let signed = if negative { 0_i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() };
    match signed {
        Some(number) => Some(number.into()),
        // What JSON readers in Go make of a number beyond their integers.
        None if !negative => float(magnitude as f64),
        None => None,
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let mantissa_fine = digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    let exponent_fine = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    mantissa_fine && exponent_fine
}

/// A float as JSON hands it on: whole numbers that fit become integers. Infinity is no number.
fn float(number: f64) -> Option<Value> {
    if !number.is_finite() {
        return None;
    }
    match float_text(number).parse::<i64>() {
        Ok(whole) => Some(whole.into()),
        Err(_) => Number::from_f64(number).map(Value::Number),
    }
}
