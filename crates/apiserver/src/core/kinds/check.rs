//! Checks that several builtin kinds share, worded as apimachinery words them.

use crate::{
    core::{metadata::names, object::at},
    field_error::FieldError,
};
use serde_json::{Map, Value};
use std::fmt::Display;

/// A text below a value, empty if it is not there.
pub(in crate::core) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    at(value, pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list below a value.
pub(in crate::core) fn items<'v>(
    value: &'v Value,
    pointer: &str,
) -> impl Iterator<Item = (usize, &'v Value)> {
    at(value, pointer).and_then(Value::as_array).into_iter().flatten().enumerate()
}

/// The entries of a map below a value.
pub(super) fn entries<'v>(value: &'v Value, pointer: &str) -> impl Iterator<Item = (&'v String, &'v Value)> {
    at(value, pointer).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// A name that must be there and be a label.
pub(super) fn label(field: impl Display, name: &str, out: &mut Vec<FieldError>) {
    if name.is_empty() {
        out.push(FieldError::required(field.to_string(), ""));
    } else {
        all(field, name, names::dns1123_label(name), out);
    }
}

/// One problem per complaint about a text.
pub(super) fn all(field: impl Display, value: &str, complaints: Vec<String>, out: &mut Vec<FieldError>) {
    out.extend(complaints.into_iter().map(|why| FieldError::invalid_text(field.to_string(), value, why)));
}

/// A number that may not be negative.
pub(super) fn not_negative(field: &str, value: &Value, pointer: &str, out: &mut Vec<FieldError>) {
    at_least(field, value, pointer, 0, "must be greater than or equal to 0", out);
}

/// A number with a lower limit.
pub(super) fn at_least(
    field: &str,
    value: &Value,
    pointer: &str,
    limit: i64,
    why: &str,
    out: &mut Vec<FieldError>,
) {
    if let Some(number) = at(value, pointer).and_then(Value::as_i64).filter(|number| *number < limit) {
        out.push(FieldError::invalid(field, &number.into(), why));
    }
}

/// A text that must be one of a few; `allowed` is in the order the real server names them.
pub(super) fn one_of(field: impl Display, value: &str, allowed: &[&str], out: &mut Vec<FieldError>) {
    if !allowed.contains(&value) {
        out.push(FieldError::not_supported(field.to_string(), &value.into(), allowed));
    }
}

/// A port's number.
pub(super) fn port(field: impl Display, value: &Value, out: &mut Vec<FieldError>) {
    if !value.as_i64().is_some_and(|port| (1..=65_535).contains(&port)) {
        out.push(FieldError::invalid(field.to_string(), value, "must be between 1 and 65535, inclusive"));
    }
}

/// A port's number or name.
pub(super) fn port_or_name(field: impl Display, value: &Value, out: &mut Vec<FieldError>) {
    match value {
        Value::String(name) => all(field, name, port_name(name), out),
        number => port(field, number, out),
    }
}

/// What is wrong with the name of a port.
pub(super) fn port_name(name: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut complain = |is_wrong: bool, why: &str| {
        if is_wrong {
            out.push(why.to_owned());
        }
    };
    complain(name.len() > 15, "must be no more than 15 characters");
    let is_plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    complain(
        !is_plain || name.is_empty(),
        "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    complain(!name.bytes().any(|b| b.is_ascii_lowercase()), "must contain at least one letter (a-z)");
    complain(name.contains("--"), "must not contain consecutive hyphens");
    complain(name.starts_with('-') || name.ends_with('-'), "must not begin or end with a hyphen");
    out
}

/// Whether a structured selector matches labels.
pub(in crate::core) fn selects(selector: &Value, labels: &Value) -> bool {
    let of = |key: &str| labels.get(key).and_then(Value::as_str);
    let by_labels = entries(selector, "/matchLabels").all(|(key, value)| of(key) == value.as_str());
    by_labels
        && items(selector, "/matchExpressions").all(|(_, expression)| {
            let present = of(text(expression, "/key"));
            let listed = items(expression, "/values").any(|(_, value)| value.as_str() == present);
            match text(expression, "/operator") {
                "In" => present.is_some() && listed,
                "NotIn" => !(present.is_some() && listed),
                "Exists" => present.is_some(),
                _ => present.is_none(),
            }
        })
}

/// A structured selector.
pub(super) fn selector(at: &str, selector: &Value, out: &mut Vec<FieldError>) {
    for (key, value) in entries(selector, "/matchLabels") {
        let value = value.as_str().unwrap_or_default();
        all(format_args!("{at}.matchLabels"), key, names::qualified_name(key), out);
        all(format_args!("{at}.matchLabels"), value, names::label_value(value), out);
    }
    for (index, expression) in items(selector, "/matchExpressions") {
        let at = format_args!("{at}.matchExpressions[{index}]");
        let has_values = items(expression, "/values").next().is_some();
        match text(expression, "/operator") {
            "In" | "NotIn" if !has_values => {
                let why = "must be specified when `operator` is 'In' or 'NotIn'";
                out.push(FieldError::required(format!("{at}.values"), why));
            }
            "Exists" | "DoesNotExist" if has_values => {
                let why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
                out.push(FieldError::forbidden(format!("{at}.values"), why));
            }
            "In" | "NotIn" | "Exists" | "DoesNotExist" => {}
            other => {
                let why = "not a valid selector operator";
                out.push(FieldError::invalid_text(format!("{at}.operator"), other, why));
            }
        }
        let key = text(expression, "/key");
        all(format_args!("{at}.key"), key, names::qualified_name(key), out);
        for (number, value) in items(expression, "/values") {
            let value = value.as_str().unwrap_or_default();
            all(format_args!("{at}.values[{number}]"), value, names::label_value(value), out);
        }
    }
}

/// A field that may not change.
pub(super) fn immutable(field: &str, new: &Value, old: &Value, pointer: &str, out: &mut Vec<FieldError>) {
    let (now, before) = (at(new, pointer), at(old, pointer));
    if now != before {
        out.push(FieldError::invalid(field, now.unwrap_or(&Value::Null), "field is immutable"));
    }
}
