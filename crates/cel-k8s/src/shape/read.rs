//! Reading JSON through a schema: formats become typed values, null properties are absent, lists know how they
//! compare. Data that does not fit its schema is an error where it is touched, and only there.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kro_cel::{Duration, ErrorKind, EvalError, List, ListKind, Map, Plain, Shape, Text, Value};
use kro_schema::{Kind, Merge, formats};
use serde_json::Value as Json;

use super::{Children, SchemaShape, time};

type Object = serde_json::Map<String, Json>;

impl Shape for SchemaShape {
    fn read<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError> {
        let schema = &*self.schema;
        Ok(match (&schema.kind, json) {
            (Kind::Any, json) => Plain::value(json),
            (_, Json::Null) if schema.nullable => Value::Null,
            (_, Json::Null) => {
                return Err(invalid("invalid data, got null for schema with nullable=false".to_owned()));
            }
            (Kind::IntOrString, Json::String(_)) => Plain::value(json),
            (Kind::IntOrString, Json::Number(number)) if number.is_i64() => Plain::value(json),
            (Kind::Object { .. }, Json::Object(object)) => {
                let open =
                    matches!(self.children(), Children::Properties(properties) if properties.is_empty());
                Value::Map(Map::Json { object, shape: if open { &Plain } else { self } })
            }
            (Kind::Array { .. }, Json::Array(items)) => Value::List(List::Json { items, shape: self }),
            (Kind::String, Json::String(text)) => self.read_text(text)?,
            (Kind::Number, Json::Number(number)) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            (Kind::Integer, Json::Number(number)) => number
                .as_i64()
                .or_else(|| whole(number.as_f64()?))
                .map(Value::Int)
                .ok_or_else(|| invalid(format!("invalid data, expected int, got {number}")))?,
            (Kind::Boolean, Json::Bool(value)) => Value::Bool(*value),
            (kind, json) => return Err(unexpected(kind, json)),
        })
    }

    fn member<'a>(&'a self, object: &'a Object, name: &str) -> Result<Option<Value<'a>>, EvalError> {
        if let Children::Values(values) = self.children() {
            return object.get(name).map(|json| values.read(json)).transpose();
        }
        match self.find(name) {
            Some(property) => match object.get(&*property.name) {
                None | Some(Json::Null) => Ok(None),
                Some(json) => property.shape.read(json).map(Some),
            },
            None => Ok(object.get(name).map(Plain::value)),
        }
    }

    fn entry<'a>(&'a self, key: &'a str, json: &'a Json) -> Option<(Text<'a>, Result<Value<'a>, EvalError>)> {
        match self.children() {
            Children::Values(values) => Some((Text::Borrowed(key), values.read(json))),
            Children::Properties(_) => match self.declared(key) {
                Some(_) if json.is_null() => None,
                Some(property) => {
                    let identifier = property.identifier.as_deref().unwrap_or(key);
                    Some((Text::Borrowed(identifier), property.shape.read(json)))
                }
                None => Some((Text::Borrowed(key), Ok(Plain::value(json)))),
            },
            _ => Some((Text::Borrowed(key), Ok(Plain::value(json)))),
        }
    }

    fn len(&self, object: &Object) -> usize {
        match self.children() {
            Children::Properties(_) => {
                let absent = |key: &str, json: &Json| json.is_null() && self.declared(key).is_some();
                object.iter().filter(|(key, json)| !absent(key, json)).count()
            }
            _ => object.len(),
        }
    }

    fn item<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError> {
        match self.children() {
            Children::Items { item, .. } => item.read(json),
            _ => Ok(Plain::value(json)),
        }
    }

    fn list_kind(&self) -> ListKind<'_> {
        match (&self.schema.merge, self.children()) {
            (Merge::Set, _) => ListKind::Set,
            (Merge::Map { .. }, Children::Items { keys, .. }) => ListKind::Keyed(keys),
            _ => ListKind::Ordered,
        }
    }
}

impl SchemaShape {
    fn read_text<'a>(&self, text: &'a str) -> Result<Value<'a>, EvalError> {
        let format = self.format().unwrap_or_default();
        let value = match format {
            "byte" => STANDARD.decode(text).ok().map(Value::bytes),
            "date" => time::parse_date(text).map(Value::Timestamp),
            "date-time" => time::parse_date_time(text).map(Value::Timestamp),
            "duration" => formats::parse_duration(text).map(|nanos| Value::Duration(Duration(nanos))),
            _ => Some(Value::str(text)),
        };
        value.ok_or_else(|| invalid(format!("invalid data, cannot read {text:?} as {format}")))
    }
}

/// A double without fraction within the range of `int`.
fn whole(double: f64) -> Option<i64> {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    (double.fract() == 0.0 && (-LIMIT..LIMIT).contains(&double)).then_some(double as i64)
}

fn unexpected(kind: &Kind, json: &Json) -> EvalError {
    let expected = match kind {
        Kind::IntOrString => "XIntOrString value to be either a string or integer",
        Kind::Object { .. } => "object",
        Kind::Array { .. } => "array",
        Kind::String => "string",
        Kind::Number => "number",
        Kind::Integer => "int",
        Kind::Boolean => "bool",
        Kind::Any => "anything",
    };
    invalid(format!("invalid data, expected {expected}, got {}", kro_object::json::type_name(json)))
}

fn invalid(message: String) -> EvalError {
    EvalError::new(ErrorKind::InvalidData, message)
}
