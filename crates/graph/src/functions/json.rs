//! `json.marshal` and `json.unmarshal`: JSON text as Go writes and reads it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kro_cel::{Call, Entries, EvalError, Functions, Key, Library, List, Map, Overload, Text, Value};
use serde_json::{Number, Value as Json};

use super::arguments::text;

/// `json.marshal` and `json.unmarshal`.
#[derive(Debug, Clone, Copy)]
pub struct JsonText;

impl Library for JsonText {
    fn name(&self) -> &'static str {
        "kro.json"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add(
            Overload::new("json_marshal_dyn", "json.marshal(dyn) -> string", |call, args| {
                let value = args.first().ok_or_else(EvalError::no_such_overload)?;
                let text = marshal(value)?;
                call.reserve(text.len())?;
                Ok(Value::string(text))
            })
            .example(r#"json.marshal({'b': 1, 'a': '<x>'}) == '{"a":"\\u003cx\\u003e","b":1}'"#),
        );
        functions.add(
            Overload::new("json_unmarshal_string", "json.unmarshal(string) -> dyn", |call, args| {
                let json = kro_object::json::parse(text(args, 0)?.as_bytes()).map_err(|error| {
                    EvalError::invalid(format!("json.unmarshal failed to parse JSON: {error}"))
                })?;
                unmarshal(call, json)
            })
            .example("json.unmarshal('[1, 2, 3]')[0] == 1.0"),
        );
    }
}

fn marshal(value: &Value<'_>) -> Result<String, EvalError> {
    Ok(match value {
        // Data of the host goes out as it came in.
        Value::List(List::Json { items, .. }) => {
            let mut text = String::from("[");
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                kro_object::json::canonical_into(&mut text, item);
            }
            text.push(']');
            text
        }
        Value::Map(Map::Json { object, .. }) => {
            let mut text = String::new();
            kro_object::json::canonical_object_into(&mut text, object);
            text
        }
        value => kro_object::json::canonical(&to_json(value)?),
    })
}

/// The JSON form of everything that has one; unlike in templates that includes bytes and large unsigned integers.
fn to_json(value: &Value<'_>) -> Result<Json, EvalError> {
    Ok(match value {
        Value::Uint(value) => Json::from(*value),
        Value::Double(value) => Json::Number(Number::from_f64(*value).ok_or_else(|| {
            let text = match value {
                value if value.is_nan() => "NaN",
                value if *value > 0.0 => "+Inf",
                _ => "-Inf",
            };
            EvalError::invalid(format!(
                "json.marshal failed to encode value: json: unsupported value: {text}"
            ))
        })?),
        Value::Bytes(bytes) => Json::from(STANDARD.encode(&**bytes)),
        Value::Optional(Some(value)) => to_json(value)?,
        Value::List(List::Json { items, .. }) => Json::Array((*items).clone()),
        Value::Map(Map::Json { object, .. }) => Json::Object((*object).clone()),
        Value::List(list) => Json::Array(list.iter().map(|item| to_json(&item?)).collect::<Result<_, _>>()?),
        Value::Map(map) => {
            let entries = map.iter().map(|(key, value)| match key {
                Key::String(key) => Ok(((*key).to_owned(), to_json(&value?)?)),
                key => Err(failed(format!("map key must be string, got {}", key.value().ty()))),
            });
            Json::Object(entries.collect::<Result<_, _>>()?)
        }
        value => value.to_json().map_err(failed)?,
    })
}

fn failed(error: impl std::fmt::Display) -> EvalError {
    EvalError::invalid(format!("json.marshal failed to convert value: {error}"))
}

/// All numbers are doubles, as in Go.
fn unmarshal(call: &mut Call<'_>, json: Json) -> Result<Value<'static>, EvalError> {
    call.reserve_list(1)?;
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(value),
        Json::Number(number) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
        Json::String(text) => {
            call.reserve(text.len())?;
            Value::string(text)
        }
        Json::Array(items) => {
            Value::list(items.into_iter().map(|item| unmarshal(call, item)).collect::<Result<_, _>>()?)
        }
        Json::Object(object) => {
            let mut entries = Entries::default();
            for (key, json) in object {
                call.reserve(key.len() + size_of::<Key<'_>>())?;
                entries.insert(Key::String(Text::Shared(key.into())), unmarshal(call, json)?);
            }
            Value::map(entries)
        }
    })
}
