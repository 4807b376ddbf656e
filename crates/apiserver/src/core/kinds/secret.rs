//! Secrets: `stringData`, the default type, immutability.

use crate::{core::object, field_error::FieldError};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

pub(super) fn default(secret: &mut Value) {
    let map = object::as_map_mut(secret);
    if let Some(Value::Object(texts)) = map.remove("stringData") {
        let data = object::child_mut(secret, "data");
        for (key, text) in texts {
            let bytes = text.as_str().unwrap_or_default();
            data.insert(key, STANDARD.encode(bytes).into());
        }
    }
    let map = object::as_map_mut(secret);
    map.entry("type").or_insert_with(|| "Opaque".into());
}

pub(super) fn validate(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    let Some(old) = old else { return out };
    if old.get("type") != new.get("type") {
        out.push(FieldError::invalid("type", new.get("type").unwrap_or(&Value::Null), "field is immutable"));
    }
    out
}
