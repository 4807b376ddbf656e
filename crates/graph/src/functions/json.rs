//! `json.marshal` and `json.unmarshal`: JSON text as Go writes and reads it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kro_cel::{
    Call, Entries, EvalError, Functions, Key, Library, List, Map, Overload, Value, library::arguments::text,
};
use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value as Json};
use std::fmt;

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
                unmarshal(call, text(args, 0)?)
            })
            .example("json.unmarshal('[1, 2, 3]')[0] == 1.0"),
        );
    }
}

/// Bytes of text that most documents fit in.
const ROOM: usize = 256;

fn marshal(value: &Value<'_>) -> Result<String, EvalError> {
    Ok(match value {
        // Data of the host goes out as it came in.
        Value::List(List::Json { items, .. }) => {
            let mut text = String::with_capacity(ROOM);
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                kro_object::json::canonical_into(&mut text, item);
            }
            text.push(']');
            text
        }
        Value::Map(Map::Json { object, .. }) => {
            let mut text = String::with_capacity(ROOM);
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

/// Makes values of a document as it is read: all numbers are doubles, as in Go. What is made is charged before.
struct Reader<'c, 'm> {
    call: &'c mut Call<'m>,
    /// What stopped the reading, when it was not the document.
    stopped: &'c mut Option<EvalError>,
}

fn unmarshal(call: &mut Call<'_>, text: &str) -> Result<Value<'static>, EvalError> {
    let mut stopped = None;
    let reader = Reader { call, stopped: &mut stopped };
    kro_object::json::parse_into(text, reader).map_err(|error| {
        stopped.unwrap_or_else(|| EvalError::invalid(format!("json.unmarshal failed to parse JSON: {error}")))
    })
}

impl<'m> Reader<'_, 'm> {
    fn next(&mut self) -> Reader<'_, 'm> {
        Reader { call: self.call, stopped: self.stopped }
    }

    /// Room for one more value and so many bytes beside it.
    fn reserve<E: de::Error>(&mut self, bytes: usize) -> Result<(), E> {
        self.call.reserve(bytes.saturating_add(size_of::<Value<'_>>())).map_err(|error| {
            *self.stopped = Some(error);
            E::custom("stopped")
        })
    }
}

impl<'de> DeserializeSeed<'de> for Reader<'_, '_> {
    type Value = Value<'static>;

    fn deserialize<D: Deserializer<'de>>(self, document: D) -> Result<Self::Value, D::Error> {
        document.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_, '_> {
    type Value = Value<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any valid JSON value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Value::Double(value as f64))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Value::Double(value as f64))
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Value::Double(value))
    }

    fn visit_str<E: de::Error>(mut self, text: &str) -> Result<Self::Value, E> {
        self.reserve(text.len())?;
        Ok(Value::string(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = array.next_element_seed(self.next())? {
            self.reserve(0)?;
            items.push(item);
        }
        Ok(Value::list(items))
    }

    /// Entries in the order of their keys; of equal keys the last wins.
    fn visit_map<A: MapAccess<'de>>(mut self, mut object: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = object.next_key_seed(self.next())? {
            let Value::String(key) = key else { return Err(de::Error::custom("expected a text as key")) };
            self.reserve(0)?;
            entries.push((key, object.next_value_seed(self.next())?));
        }
        Ok(Value::map(Entries::sorted(entries)))
    }
}
