//! The way out: values without borrows, and values as JSON.
use super::{Entries, Key, List, Map, Value};
use crate::{ErrorKind, EvalError};
use serde_json::Value as Json;
use std::{borrow::Cow, sync::Arc};

pub(super) fn into_owned(value: Value<'_>) -> Result<Value<'static>, EvalError> {
    Ok(match value {
        Value::Null => Value::Null,
        Value::Bool(value) => Value::Bool(value),
        Value::Int(value) => Value::Int(value),
        Value::Uint(value) => Value::Uint(value),
        Value::Double(value) => Value::Double(value),
        Value::String(text) => Value::String(text.into_owned()),
        Value::Bytes(bytes) => Value::Bytes(bytes.into_owned()),
        Value::Timestamp(value) => Value::Timestamp(value),
        Value::Duration(value) => Value::Duration(value),
        Value::List(list) => {
            Value::list(list.iter().map(|item| into_owned(item?)).collect::<Result<_, EvalError>>()?)
        }
        Value::Map(map) => {
            let mut entries = Entries::default();
            for (key, value) in map.iter() {
                entries.insert(owned_key(key), into_owned(value?)?);
            }
            Value::map(entries)
        }
        Value::Optional(value) => {
            Value::Optional(value.map(|value| into_owned(value.as_ref().clone())).transpose()?.map(Arc::new))
        }
        Value::Type(ty) => Value::Type(ty),
        Value::Opaque(value) => Value::Opaque(Cow::Owned(value.into_owned())),
        Value::Unknown(unknown) => Value::Unknown(unknown),
    })
}

fn owned_key(key: Key<'_>) -> Key<'static> {
    match key {
        Key::Bool(value) => Key::Bool(value),
        Key::Int(value) => Key::Int(value),
        Key::Uint(value) => Key::Uint(value),
        Key::String(text) => Key::String(text.into_owned()),
    }
}

pub(super) fn to_json(value: &Value<'_>) -> Result<Json, EvalError> {
    Ok(match value {
        Value::Null | Value::Optional(None) => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::from(*value),
        Value::Uint(value) => Json::from(i64::try_from(*value).map_err(|_| {
            EvalError::invalid(format!(
                "uint value {value} overflows int64; convert it explicitly, for example with string()"
            ))
        })?),
        Value::Double(value) => serde_json::Number::from_f64(*value).map(Json::Number).ok_or_else(|| {
            EvalError::invalid(format!("json: unsupported value: {}", super::double_text(*value)))
        })?,
        Value::String(text) => Json::from(&**text),
        Value::Bytes(_) => {
            return Err(EvalError::invalid(
                "bytes value cannot be used directly in a resource template or status field; encode it explicitly, \
                 e.g. base64.encode(...)",
            ));
        }
        Value::Timestamp(value) => value.json_text().map_or(Json::Null, Json::from),
        Value::Duration(value) => Json::from(value.go_text()),
        Value::List(List::Json { items, .. }) => Json::Array((*items).clone()),
        Value::List(list) => Json::Array(list.iter().map(|item| to_json(&item?)).collect::<Result<_, _>>()?),
        Value::Map(Map::Json { object, .. }) => Json::Object((*object).clone()),
        Value::Map(map) => {
            let mut object = serde_json::Map::new();
            for (key, value) in map.iter() {
                let Key::String(key) = key else {
                    let ty = key.value().ty();
                    return Err(EvalError::invalid(format!("map key must be string, got {ty}")));
                };
                object.insert((*key).to_owned(), to_json(&value?)?);
            }
            Json::Object(object)
        }
        Value::Optional(Some(value)) => to_json(value)?,
        Value::Opaque(value) => value.to_json().ok_or_else(|| unsupported(value.ty().name()))?,
        Value::Type(_) => return Err(unsupported("type")),
        Value::Unknown(unknown) => {
            let paths: Vec<_> = unknown.paths().collect();
            return Err(EvalError::new(
                ErrorKind::MissingVariable,
                format!("value is not known yet: {}", paths.join(", ")),
            ));
        }
    })
}

fn unsupported(ty: &str) -> EvalError {
    EvalError::invalid(format!("unsupported type: {ty}"))
}
