//! How the host's JSON is to be read. A shape is to JSON what a schema is: the kind of a scalar, the members of an
//! object, the equality of a list. The evaluator asks for one step at a time and nothing is converted ahead.
use super::{List, ListKind, Map, Text, Value};
use crate::EvalError;
use serde_json::Value as Json;
use std::fmt::Debug;

/// The JSON object type of `serde_json`.
type Object = serde_json::Map<String, Json>;

/// Reads JSON as values. Implement it on a tree that mirrors a schema; the tree lives as long as the data it reads.
/// Arrays and objects become [`List::Json`] and [`Map::Json`] with the shape that knows their items and members, so
/// they are read only where an expression goes.
pub trait Shape: Debug + Send + Sync {
    /// The value of `json` under this shape: a scalar, a list view, or a map view. Data that does not fit is an
    /// [`InvalidData`](crate::ErrorKind::InvalidData) error, which only matters where it is touched.
    fn read<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError>;

    /// The member `name`, as expressions name it; `None` when absent.
    fn member<'a>(&'a self, object: &'a Object, name: &str) -> Result<Option<Value<'a>>, EvalError>;

    /// What expressions see of one stored entry when they iterate over the object; `None` when it is not visible.
    fn entry<'a>(&'a self, key: &'a str, json: &'a Json) -> Option<(Text<'a>, Result<Value<'a>, EvalError>)>;

    /// Number of visible entries.
    fn len(&self, object: &Object) -> usize {
        object.iter().filter(|(key, json)| self.entry(key, json).is_some()).count()
    }

    /// One item of an array that this shape describes.
    fn item<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError>;

    /// How an array that this shape describes compares and concatenates.
    fn list_kind(&self) -> ListKind<'_> {
        ListKind::Ordered
    }
}

/// The shape of data without a schema.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plain;

impl Plain {
    /// The value of `json`.
    pub fn value(json: &Json) -> Value<'_> {
        match json {
            Json::Null => Value::Null,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(value), _) => Value::Int(value),
                (None, Some(value)) => Value::Uint(value),
                (None, None) => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Value::str(text),
            Json::Array(items) => Value::List(List::Json { items, shape: &Plain }),
            Json::Object(object) => Value::Map(Map::Json { object, shape: &Plain }),
        }
    }
}

impl Shape for Plain {
    fn read<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError> {
        Ok(Self::value(json))
    }

    fn member<'a>(&'a self, object: &'a Object, name: &str) -> Result<Option<Value<'a>>, EvalError> {
        Ok(object.get(name).map(Self::value))
    }

    fn entry<'a>(&'a self, key: &'a str, json: &'a Json) -> Option<(Text<'a>, Result<Value<'a>, EvalError>)> {
        Some((Text::Borrowed(key), Ok(Self::value(json))))
    }

    fn len(&self, object: &Object) -> usize {
        object.len()
    }

    fn item<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError> {
        Ok(Self::value(json))
    }
}
