//! How the host's JSON is to be read. A shape is to JSON what a schema is: the kind of a scalar, the members of an
//! object, the equality of a list. The evaluator asks for one step at a time and nothing is converted ahead.
use super::{List, ListKind, Map, Text, Value, member};
use crate::EvalError;
use serde_json::Value as Json;
use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

/// The JSON object type of `serde_json`.
type Object = serde_json::Map<String, Json>;

/// Where a shape found a member when one place of an expression asked for it the last time. A guess to try first, which
/// is right as long as the place sees objects of one shape; a wrong one costs a search.
#[derive(Debug, Default)]
pub struct Hint(AtomicU32);

impl Hint {
    /// The index that was remembered; 0 at first.
    #[inline]
    pub fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed) as usize
    }

    /// Remembers an index.
    pub fn set(&self, index: usize) {
        self.0.store(u32::try_from(index).unwrap_or_default(), Ordering::Relaxed);
    }
}

/// One name of a path.
#[derive(Debug)]
pub struct Selection {
    /// The member, as expressions name it.
    pub name: Arc<str>,
    /// Where it was the last time.
    pub hint: Hint,
}

impl Selection {
    pub(crate) fn new(name: Arc<str>) -> Self {
        Self { name, hint: Hint::default() }
    }
}

/// JSON that was found and not read yet.
#[derive(Debug, Clone, Copy)]
pub struct Located<'a> {
    /// The JSON.
    pub json: &'a Json,
    /// What reads it.
    pub shape: &'a dyn Shape,
    /// What reading it will come to.
    pub form: Form,
}

/// What reading JSON through a shape comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The value that [`Plain`] would make of it; the members of an object are plain, too.
    Plain,
    /// An object whose members the shape knows.
    Members,
    /// An array whose items [`Shape::item_shape`] reads.
    Items,
    /// Something else, or an error: ask the shape.
    Other,
}

impl<'a> Located<'a> {
    /// The value.
    #[inline]
    pub fn read(self) -> Result<Value<'a>, EvalError> {
        match self.form {
            Form::Plain => Ok(Plain::value(self.json)),
            Form::Members | Form::Items => view(self.json, self.shape),
            Form::Other => self.shape.read(self.json),
        }
    }

    /// Whether reading it cannot fail.
    #[inline]
    pub(crate) fn is_certain(&self) -> bool {
        matches!(
            (self.form, self.json),
            (Form::Plain, _) | (Form::Members, Json::Object(_)) | (Form::Items, Json::Array(_))
        )
    }

    /// The item of an array, unless the shape has to be asked first.
    #[inline]
    pub(crate) fn item(self, index: usize) -> Option<Self> {
        let shape = match self.form {
            Form::Plain => &Plain,
            Form::Items => self.shape.item_shape(),
            Form::Members | Form::Other => return None,
        };
        let Json::Array(items) = self.json else { return None };
        let json = items.get(index)?;
        Some(Self { json, shape, form: shape.form(json) })
    }

    /// The object to take the next step in, unless the shape has to be asked first.
    #[inline]
    pub fn object(self) -> Option<(&'a Object, &'a dyn Shape)> {
        match (self.form, self.json) {
            (Form::Plain, Json::Object(object)) => Some((object, &Plain)),
            (Form::Members, Json::Object(object)) => Some((object, self.shape)),
            _ => None,
        }
    }
}

/// An object or array whose parts a shape knows. Not inlined, as [`Plain::value`]: so the value is written where the
/// caller wants it, in one piece.
#[inline(never)]
fn view<'a>(json: &'a Json, shape: &'a dyn Shape) -> Result<Value<'a>, EvalError> {
    match json {
        Json::Object(object) => Ok(Value::Map(Map::Json { object, shape })),
        Json::Array(items) => Ok(Value::List(List::Json { items, shape })),
        _ => shape.read(json),
    }
}

/// Where the objects of a shape keep a member: for loops, which ask many of them.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// The name of the member in JSON.
    pub key: &'a str,
    /// What reads it.
    pub shape: &'a dyn Shape,
    /// Whether `null` stands for a member that is not there.
    pub null_is_absent: bool,
}

impl Column<'_> {
    /// The member of an object, and what reading it will come to.
    #[inline]
    pub(crate) fn find<'a>(&self, object: &'a Object) -> Option<(&'a Json, Form)> {
        match member(object, self.key)? {
            Json::Null if self.null_is_absent => None,
            json => Some((json, self.shape.form(json))),
        }
    }
}

/// Reads JSON as values. Implement it on a tree that mirrors a schema; the tree lives as long as the data it reads.
/// Arrays and objects become [`List::Json`] and [`Map::Json`] with the shape that knows their items and members, so
/// they are read only where an expression goes.
pub trait Shape: Debug + Send + Sync {
    /// The value of `json` under this shape: a scalar, a list view, or a map view. Data that does not fit is an
    /// [`InvalidData`](crate::ErrorKind::InvalidData) error, which only matters where it is touched.
    fn read<'a>(&'a self, json: &'a Json) -> Result<Value<'a>, EvalError>;

    /// Where the member `name` is, as expressions name it; `None` when absent. The hint belongs to the place that asks.
    fn locate<'a>(&'a self, object: &'a Object, name: &str, hint: &Hint) -> Option<Located<'a>>;

    /// What the names lead to, from one object to the next, as [`Shape::locate`] finds them one by one. `None` also
    /// where something on the way is no object, or has to be read first.
    fn follow<'a>(&'a self, object: &'a Object, names: &'a [Selection]) -> Option<Located<'a>> {
        let (first, rest) = names.split_first()?;
        let mut located = self.locate(object, &first.name, &first.hint)?;
        for next in rest {
            let (object, shape) = located.object()?;
            located = shape.locate(object, &next.name, &next.hint)?;
        }
        Some(located)
    }

    /// What reading `json` under this shape will come to.
    fn form(&self, _json: &Json) -> Form {
        Form::Other
    }

    /// Where every object of this shape keeps the member `name`, as [`Shape::locate`] finds it. `None` where that
    /// differs between objects, and where JSON objects do not fit the shape.
    fn column<'a>(&'a self, _name: &'a str, _hint: &Hint) -> Option<Column<'a>> {
        None
    }

    /// What expressions see of one stored entry when they iterate over the object; `None` when it is not visible.
    fn entry<'a>(&'a self, key: &'a str, json: &'a Json) -> Option<(Text<'a>, Result<Value<'a>, EvalError>)>;

    /// Number of visible entries.
    fn len(&self, object: &Object) -> usize {
        object.iter().filter(|(key, json)| self.entry(key, json).is_some()).count()
    }

    /// The shape of the items of an array that this shape describes.
    fn item_shape(&self) -> &dyn Shape {
        &Plain
    }

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
    #[inline(never)]
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

    fn locate<'a>(&'a self, object: &'a Object, name: &str, _hint: &Hint) -> Option<Located<'a>> {
        Some(Located { json: member(object, name)?, shape: self, form: Form::Plain })
    }

    fn form(&self, _json: &Json) -> Form {
        Form::Plain
    }

    fn column<'a>(&'a self, name: &'a str, _hint: &Hint) -> Option<Column<'a>> {
        Some(Column { key: name, shape: self, null_is_absent: false })
    }

    fn entry<'a>(&'a self, key: &'a str, json: &'a Json) -> Option<(Text<'a>, Result<Value<'a>, EvalError>)> {
        Some((Text::Borrowed(key), Ok(Self::value(json))))
    }

    fn len(&self, object: &Object) -> usize {
        object.len()
    }
}
