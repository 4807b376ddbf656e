//! Defaults in a definition's schema must fit the schema they stand in, rules included.

use crate::{core::rules, field_error::FieldError};
use kro_schema::{Schema, validate};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Problems of all defaults below a schema; `path` is how messages call it.
pub(super) fn check(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
        fit(schema, default, &format!("{path}.default"), out);
    }
    for (name, property) in
        schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::iter)
    {
        check(property, &format!("{path}.properties[{name}]"), out);
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(inner @ Value::Object(_)) = schema.get(keyword) {
            check(inner, &format!("{path}.{keyword}"), out);
        }
    }
}

/// A default at the root would be a whole object, and then has to say what it is.
pub(super) fn check_root(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    for field in ["apiVersion", "kind"] {
        if schema.get("default").is_some_and(|default| default.get(field).is_none()) {
            out.push(FieldError::required(format!("{path}.default.{field}"), ""));
        }
    }
}

fn fit(schema: &Value, default: &Value, at: &str, out: &mut Vec<FieldError>) {
    let Ok(parsed) = Schema::from_json(schema) else { return };
    let parsed = Arc::new(parsed);
    let before = out.len();
    out.extend(
        validate::validate(&parsed, default).iter().map(|violation| below(at, FieldError::from(violation))),
    );
    if out.len() == before {
        let rules = rules::compile(&parsed);
        if rules.issues().is_empty() {
            let (broken, _) = rules::judge(&rules, default, None);
            out.extend(broken.into_iter().map(|error| below(at, error)));
        }
    }
}

fn below(at: &str, mut error: FieldError) -> FieldError {
    error.field = match error.field.as_str() {
        "" | "<nil>" => at.to_owned(),
        field => format!("{at}.{field}"),
    };
    error
}
