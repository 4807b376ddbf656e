//! What a scalar stands for by the rules of YAML 1.1 as go-yaml has them.

use crate::{encode, field_error::quote};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;
use std::fmt;

/// A scalar by type.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Beyond `i64`.
    Large(u64),
    Float(f64),
    Text(String),
}

const STANDARD_TAG: &str = "tag:yaml.org,2002:";

/// The value of a scalar with or without a tag; `is_plain` says that it is not quoted.
pub(super) fn resolve(tag: Option<&str>, text: String, is_plain: bool) -> Result<Scalar, String> {
    let tag = match tag {
        None | Some("!") if !is_plain => return Ok(Scalar::Text(text)),
        None => "",
        Some(tag) => match tag.strip_prefix(STANDARD_TAG) {
            Some(short @ ("str" | "bool" | "int" | "float" | "null" | "timestamp" | "binary")) => short,
            _ => return Ok(Scalar::Text(text)),
        },
    };
    let plain = match tag {
        "str" => return Ok(Scalar::Text(text)),
        "binary" => {
            let bytes = STANDARD.decode(&text).ok();
            let decoded = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
            return decoded.map(Scalar::Text).ok_or("!!binary value contains invalid base64 data".into());
        }
        _ => guess(&text),
    };
    match (tag, plain) {
        ("", plain) => Ok(plain),
        ("float", Scalar::Int(number)) => Ok(Scalar::Float(number as f64)),
        ("timestamp", Scalar::Text(text)) => Ok(Scalar::Text(text)),
        (tag, plain) if tag == plain.tag() => Ok(plain),
        (tag, plain) => Err(format!("cannot decode !!{} `{text}` as a !!{tag}", plain.tag())),
    }
}

fn guess(text: &str) -> Scalar {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        "" | "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match text.as_bytes()[0] {
        b'.' => text.parse().ok().map(Scalar::Float),
        b'0'..=b'9' | b'+' | b'-' => number(&text.replace('_', "")),
        _ => None,
    };
    number.unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

fn number(text: &str) -> Option<Scalar> {
    let (sign, digits) = match text.as_bytes()[0] {
        b'-' => ("-", &text[1..]),
        b'+' => ("", &text[1..]),
        _ => ("", text),
    };
    let lower = digits.to_ascii_lowercase();
    let (radix, digits) = match lower.get(..2) {
        Some("0x") => (16, &lower[2..]),
        Some("0b") => (2, &lower[2..]),
        Some("0o") => (8, &lower[2..]),
        Some(_) if lower.starts_with('0') => (8, &lower[1..]),
        _ => (10, lower.as_str()),
    };
    if digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        if let Ok(number) = i64::from_str_radix(&format!("{sign}{digits}"), radix) {
            return Some(Scalar::Int(number));
        }
        if let (false, Ok(number)) = (text.starts_with(['-', '+']), u64::from_str_radix(digits, radix)) {
            return Some(Scalar::Large(number));
        }
    }
    is_float(text).then(|| text.parse().ok()).flatten().map(Scalar::Float)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let has_mantissa = !whole.is_empty() || !fraction.is_empty();
    has_mantissa
        && are_digits(whole)
        && are_digits(fraction)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && are_digits(exponent))
}

impl Scalar {
    fn tag(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Large(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
        }
    }

    /// Numbers pass through JSON text, so whole floats become integers and very large integers floats.
    pub(super) fn into_json(self) -> Result<Value, String> {
        Ok(match self {
            Self::Null => Value::Null,
            Self::Bool(value) => value.into(),
            Self::Int(number) => number.into(),
            Self::Large(number) => (number as f64).into(),
            Self::Float(number) if !number.is_finite() => {
                return Err(format!("json: unsupported value: {}", Self::Float(number)));
            }
            Self::Float(number) => match encode::go_float(number).parse::<i64>() {
                Ok(whole) => whole.into(),
                Err(_) => number.into(),
            },
            Self::Text(text) => text.into(),
        })
    }

    /// The scalar as the name of a field.
    pub(super) fn into_key(self) -> Result<String, String> {
        Ok(match self {
            Self::Null => return Err("unsupported map key of type: %!s(<nil>), key: <nil>".into()),
            Self::Text(text) => text,
            Self::Float(number) if number.is_nan() => ".nan".into(),
            Self::Float(number) if number.is_infinite() => {
                if number > 0.0 {
                    ".inf".into()
                } else {
                    "-.inf".into()
                }
            }
            Self::Float(number) => encode::go_float(number),
            other => other.to_string(),
        })
    }
}

/// As Go's `%#v` prints it.
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<nil>"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Large(number) => write!(f, "{number:#x}"),
            Self::Float(number) if number.is_nan() => f.write_str("NaN"),
            Self::Float(number) if number.is_infinite() => {
                f.write_str(if *number > 0.0 { "+Inf" } else { "-Inf" })
            }
            Self::Float(number) => f.write_str(&encode::go_float(*number)),
            Self::Text(text) => f.write_str(&quote(text)),
        }
    }
}
