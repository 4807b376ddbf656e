//! Reading JSON through a schema: formats become typed values, null properties are absent, lists know how they
//! compare. Data that does not fit its schema is an error where it is touched, and only there.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kro_cel::{
    Column, Duration, ErrorKind, EvalError, Form, Hint, ListKind, Located, Plain, Selection, Shape, Text,
    Value, member,
};
use kro_schema::{Kind, Merge, Schema, formats};
use serde_json::Value as Json;

use super::{Children, SchemaShape, time};

type Object = serde_json::Map<String, Json>;

/// How JSON at a position is read: the schema's kind and format, looked up once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    Any,
    IntOrString,
    /// An object whose members have no schema.
    Open,
    /// An object or a map whose members have one.
    Object,
    Array,
    Text,
    Octets,
    Date,
    DateTime,
    Duration,
    Number,
    Integer,
    Boolean,
}

impl Reading {
    pub(super) fn of(schema: &Schema) -> Self {
        match &schema.kind {
            Kind::Any => Self::Any,
            Kind::IntOrString => Self::IntOrString,
            Kind::Object { properties, additional: None, embedded: false, .. } if properties.is_empty() => {
                Self::Open
            }
            Kind::Object { .. } => Self::Object,
            Kind::Array { .. } => Self::Array,
            Kind::String => match schema.constraints.format.as_deref() {
                Some("byte") => Self::Octets,
                Some("date") => Self::Date,
                Some("date-time") => Self::DateTime,
                Some("duration") => Self::Duration,
                _ => Self::Text,
            },
            Kind::Number => Self::Number,
            Kind::Integer => Self::Integer,
            Kind::Boolean => Self::Boolean,
        }
    }
}

impl Shape for SchemaShape {
    #[inline]
    fn read<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError> {
        match self.located(json) {
            Located { form: Form::Other, .. } => self.read_other(json),
            located => located.read(),
        }
    }

    fn locate<'a>(&'a self, object: &'a Object, name: &str, hint: &Hint) -> Option<Located<'a>> {
        self.locate_member(object, name, hint)
    }

    fn follow<'a>(&'a self, object: &'a Object, names: &'a [Selection]) -> Option<Located<'a>> {
        let (mut shape, mut object, mut names) = (self, object, names);
        // As long as objects with declared properties follow each other, no other kind of shape is asked.
        while let [name, rest @ ..] = names
            && !rest.is_empty()
            && let Children::Properties(properties) = shape.children()
            && let Some(property) = shape.find(properties, &name.name, &name.hint)
            && property.shape.reading == Reading::Object
        {
            let Json::Object(inner) = member(object, &property.name)? else { return None };
            (shape, object, names) = (&property.shape, inner, rest);
        }
        let (name, rest) = names.split_first()?;
        let located = shape.locate_member(object, &name.name, &name.hint)?;
        if rest.is_empty() {
            return Some(located);
        }
        let (object, shape) = located.object()?;
        shape.follow(object, rest)
    }

    fn form(&self, json: &Json) -> Form {
        self.located(json).form
    }

    fn column<'a>(&'a self, name: &'a str, hint: &Hint) -> Option<Column<'a>> {
        let plain = Column { key: name, shape: &Plain, null_is_absent: false };
        match (self.reading, self.children()) {
            (Reading::Object, Children::Values(values)) => Some(Column { shape: &**values, ..plain }),
            (Reading::Object, Children::Properties(properties)) => {
                Some(self.find(properties, name, hint).map_or(plain, |property| Column {
                    key: &property.name,
                    shape: &property.shape,
                    null_is_absent: true,
                }))
            }
            (Reading::Open | Reading::Any, _) => Some(plain),
            _ => None,
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

    fn item_shape(&self) -> &dyn Shape {
        match self.children() {
            Children::Items { item, .. } => &**item,
            _ => &Plain,
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
    #[inline(always)]
    #[expect(clippy::inline_always, reason = "a call takes as long as the step")]
    fn locate_member<'a>(&'a self, object: &'a Object, name: &str, hint: &Hint) -> Option<Located<'a>> {
        match self.children() {
            Children::Properties(properties) => match self.find(properties, name, hint) {
                Some(property) => match member(object, &property.name)? {
                    Json::Null => None,
                    json => Some(property.shape.located(json)),
                },
                None => Plain.locate(object, name, hint),
            },
            Children::Values(values) => member(object, name).map(|json| values.located(json)),
            _ => Plain.locate(object, name, hint),
        }
    }

    /// JSON at this position, and what reading it will come to.
    #[inline]
    fn located<'a>(&'a self, json: &'a Json) -> Located<'a> {
        let form = match (self.reading, json) {
            (Reading::Text, Json::String(_)) | (Reading::Boolean, Json::Bool(_)) | (Reading::Any, _) => {
                Form::Plain
            }
            (Reading::Integer, Json::Number(number)) if number.is_i64() => Form::Plain,
            (Reading::Object, Json::Object(_)) => Form::Members,
            (Reading::Array, Json::Array(_)) => Form::Items,
            (Reading::Open, Json::Object(_)) => return Located { json, shape: &Plain, form: Form::Plain },
            _ => Form::Other,
        };
        Located { json, shape: self, form }
    }

    fn read_other<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError> {
        Ok(match (self.reading, json) {
            (_, Json::Null) if self.schema.nullable => Value::Null,
            (_, Json::Null) => {
                return Err(invalid("invalid data, got null for schema with nullable=false".to_owned()));
            }
            (Reading::IntOrString, Json::String(_)) => Plain::value(json),
            (Reading::IntOrString, Json::Number(number)) if number.is_i64() => Plain::value(json),
            (Reading::Number, Json::Number(number)) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            (Reading::Integer, Json::Number(number)) => number
                .as_f64()
                .and_then(whole)
                .map(Value::Int)
                .ok_or_else(|| invalid(format!("invalid data, expected int, got {number}")))?,
            (Reading::Octets, Json::String(text)) => {
                STANDARD.decode(text).map(Value::bytes).map_err(|_| unreadable(text, "byte"))?
            }
            (Reading::Date, Json::String(text)) => {
                time::parse_date(text).map(Value::Timestamp).ok_or_else(|| unreadable(text, "date"))?
            }
            (Reading::DateTime, Json::String(text)) => time::parse_date_time(text)
                .map(Value::Timestamp)
                .ok_or_else(|| unreadable(text, "date-time"))?,
            (Reading::Duration, Json::String(text)) => formats::parse_duration(text)
                .map(|nanos| Value::Duration(Duration(nanos)))
                .ok_or_else(|| unreadable(text, "duration"))?,
            (_, json) => return Err(unexpected(&self.schema.kind, json)),
        })
    }
}

fn unreadable(text: &str, format: &str) -> EvalError {
    invalid(format!("invalid data, cannot read {text:?} as {format}"))
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
