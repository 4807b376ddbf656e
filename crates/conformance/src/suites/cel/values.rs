//! Values as the data writes them: objects with one key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use kro_cel::{Duration, Entries, Key, Timestamp, Type, Value};
use serde_json::{Value as Json, json};

/// The value that the data writes.
pub(crate) fn read(data: &Json) -> Result<Value<'static>, String> {
    let unreadable = || format!("unreadable value {data}");
    let (kind, inner) = data.as_object().and_then(|object| object.iter().next()).ok_or_else(unreadable)?;
    Ok(match kind.as_str() {
        "null" => Value::Null,
        "bool" => Value::Bool(inner.as_bool().ok_or_else(unreadable)?),
        "int" => Value::Int(inner.as_i64().ok_or_else(unreadable)?),
        "uint" => Value::Uint(inner.as_u64().ok_or_else(unreadable)?),
        "double" => Value::Double(match inner.as_str() {
            Some("NaN") => f64::NAN,
            Some("Infinity") => f64::INFINITY,
            Some("-Infinity") => f64::NEG_INFINITY,
            _ => inner.as_f64().ok_or_else(unreadable)?,
        }),
        "string" => Value::string(inner.as_str().ok_or_else(unreadable)?),
        "bytes" => {
            let text = inner.as_str().ok_or_else(unreadable)?;
            Value::bytes(STANDARD.decode(text).map_err(|_| unreadable())?)
        }
        "list" => {
            let items = inner.as_array().into_iter().flatten().map(read);
            Value::list(items.collect::<Result<_, _>>()?)
        }
        "map" => {
            let mut entries = Entries::default();
            for entry in inner.as_array().into_iter().flatten() {
                entries.insert(Key::new(read(&entry[0])?).ok_or_else(unreadable)?, read(&entry[1])?);
            }
            Value::map(entries)
        }
        "timestamp" => {
            let nanos = inner["nanos"].as_u64().unwrap_or_default() as u32;
            let seconds = inner["seconds"].as_i64().unwrap_or_default();
            Value::Timestamp(Timestamp::new(seconds, nanos).ok_or_else(unreadable)?)
        }
        "duration" => {
            let nanos = inner["nanos"].as_i64().unwrap_or_default() as i32;
            let seconds = inner["seconds"].as_i64().unwrap_or_default();
            Value::Duration(Duration::new(seconds, nanos).ok_or_else(unreadable)?)
        }
        "optional" if inner.is_null() => Value::NONE,
        "optional" => Value::some(read(inner)?),
        "type" => Value::Type(named(inner.as_str().ok_or_else(unreadable)?)),
        _ => return Err(unreadable()),
    })
}

fn named(name: &str) -> Type {
    match name {
        "bool" => Type::Bool,
        "int" => Type::Int,
        "uint" => Type::Uint,
        "double" => Type::Double,
        "string" => Type::String,
        "bytes" => Type::Bytes,
        "null_type" => Type::Null,
        "list" => Type::list(Type::Dyn),
        "map" => Type::map(Type::Dyn, Type::Dyn),
        "type" => Type::type_of(Type::Dyn),
        "google.protobuf.Timestamp" => Type::Timestamp,
        "google.protobuf.Duration" => Type::Duration,
        "optional_type" => Type::optional(Type::Dyn),
        other => Type::opaque(other),
    }
}

/// A value in the form of the data, with the entries of maps sorted by their text.
pub(crate) fn write(value: &Value<'_>) -> Json {
    match value {
        Value::Null => json!({"null": null}),
        Value::Bool(value) => json!({"bool": value}),
        Value::Int(value) => json!({"int": value}),
        Value::Uint(value) => json!({"uint": value}),
        Value::Double(value) if value.is_nan() => json!({"double": "NaN"}),
        Value::Double(value) if value.is_infinite() => {
            json!({"double": if *value > 0.0 { "Infinity" } else { "-Infinity" }})
        }
        Value::Double(value) => json!({"double": value}),
        Value::String(value) => json!({"string": &**value}),
        Value::Bytes(value) => json!({"bytes": STANDARD.encode(&**value)}),
        Value::Timestamp(value) => json!({"timestamp": value.to_string()}),
        Value::Duration(value) => json!({"duration": value.to_string()}),
        Value::List(list) => {
            let items: Vec<Json> = list
                .iter()
                .map(|item| item.map_or_else(|error| json!(error.to_string()), |v| write(&v)))
                .collect();
            json!({"list": items})
        }
        Value::Map(map) => {
            let mut entries: Vec<Json> = map
                .iter()
                .map(|(key, value)| {
                    let value = value.map_or_else(|error| json!(error.to_string()), |v| write(&v));
                    json!([write(&key.value()), value])
                })
                .collect();
            entries.sort_by_key(ToString::to_string);
            json!({"map": entries})
        }
        Value::Optional(None) => json!({"optional": null}),
        Value::Optional(Some(value)) => json!({"optional": write(value)}),
        Value::Type(ty) => json!({"type": ty.name()}),
        other => json!({"other": format!("{other:?}")}),
    }
}

/// Whether a value is what the data expects: the same kind and the same value.
pub(crate) fn expect(expected: &Json, found: &Value<'_>) -> Result<(), String> {
    let expected = write(&read(expected)?);
    let found = write(found);
    if expected == found { Ok(()) } else { Err(format!("{found} instead of {expected}")) }
}
