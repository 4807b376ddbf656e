//! Values at run time: owned, or borrowed from the host's JSON and read through its [`Shape`]. Refuses to know where
//! the JSON comes from.
use crate::{EvalError, Type};
use smol_str::SmolStr;
use std::{borrow::Cow, sync::Arc};

mod buffer;
mod compare;
mod convert;
mod entries;
mod key;
mod list;
mod map;
mod member;
mod number;
mod opaque;
mod shape;
mod text;
mod time;
mod unknown;

pub use buffer::TextBuffer;
pub use entries::Entries;
pub use key::Key;
pub use list::{List, ListKind};
pub use map::Map;
pub use member::{member, same_text};
pub use opaque::Opaque;
pub use shape::{Column, Form, Hint, Located, Plain, Selection, Shape};
pub use text::{Octets, Text};
pub use time::{Duration, Timestamp};
pub use unknown::Unknown;

pub(crate) use compare::same_key;
pub(crate) use number::{Number, double_text};
pub(crate) use text::code_points;

/// A value of an evaluation. Cheap to clone: scalars are copied, the rest is borrowed for `'a` or shared.
#[derive(Debug, Clone)]
pub enum Value<'a> {
    /// `null`.
    Null,
    /// A boolean.
    Bool(bool),
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    Uint(u64),
    /// A double.
    Double(f64),
    /// Text.
    String(Text<'a>),
    /// Octets.
    Bytes(Octets<'a>),
    /// A point in time.
    Timestamp(Timestamp),
    /// A span of time.
    Duration(Duration),
    /// A list.
    List(List<'a>),
    /// A map, or a structured host object.
    Map(Map<'a>),
    /// An optional value.
    Optional(Option<Arc<Value<'a>>>),
    /// A type.
    Type(Type),
    /// A value of a host's or library's own type; a constant is borrowed from its program.
    Opaque(Cow<'a, Arc<dyn Opaque>>),
    /// Not known yet: the result of an evaluation that would need the named data.
    Unknown(Unknown),
}

impl<'a> Value<'a> {
    /// Host data without a schema: integers are `int` (or `uint` above the range of `int`), other numbers `double`.
    pub fn from_json(json: &'a serde_json::Value) -> Self {
        Plain::value(json)
    }

    /// Borrowed text.
    pub fn str(text: &'a str) -> Self {
        Self::String(Text::Borrowed(text))
    }

    /// Owned text.
    pub fn string(text: impl Into<SmolStr>) -> Self {
        Self::String(Text::Owned(text.into()))
    }

    /// Owned octets.
    pub fn bytes(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self::Bytes(Octets::Shared(bytes.into()))
    }

    /// A list of values.
    pub fn list(items: Vec<Value<'a>>) -> Self {
        Self::List(List::Shared(Arc::new(items)))
    }

    /// A map of entries, in their order.
    pub fn map(entries: Entries<'a>) -> Self {
        Self::Map(Map::Shared(Arc::new(entries)))
    }

    /// `optional.of(value)`.
    pub fn some(value: Value<'a>) -> Self {
        Self::Optional(Some(Arc::new(value)))
    }

    /// `optional.none()`.
    pub const NONE: Self = Self::Optional(None);

    /// A value of an own type.
    pub fn opaque(value: impl Opaque) -> Self {
        let value: Arc<dyn Opaque> = Arc::new(value);
        Self::Opaque(Cow::Owned(value))
    }

    /// The value as one of an own type.
    pub fn as_opaque<T: Opaque>(&self) -> Option<&T> {
        match self {
            Self::Opaque(value) => (&***value as &dyn std::any::Any).downcast_ref(),
            _ => None,
        }
    }

    /// The text, for a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The type the value has at run time; items of lists and maps are `dyn`.
    pub fn ty(&self) -> Type {
        match self {
            Self::Null => Type::Null,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::Uint(_) => Type::Uint,
            Self::Double(_) => Type::Double,
            Self::String(_) => Type::String,
            Self::Bytes(_) => Type::Bytes,
            Self::Timestamp(_) => Type::Timestamp,
            Self::Duration(_) => Type::Duration,
            Self::List(_) => Type::list(Type::Dyn),
            Self::Map(_) => Type::map(Type::Dyn, Type::Dyn),
            Self::Optional(_) => Type::optional(Type::Dyn),
            Self::Type(_) => Type::type_of(Type::Dyn),
            Self::Opaque(value) => value.ty(),
            Self::Unknown(_) => Type::Dyn,
        }
    }

    /// The size that cost rules count: code points, bytes, entries; 1 for everything that has no size.
    pub fn cost_size(&self) -> u64 {
        match self {
            Self::String(text) => text.code_points() as u64,
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::List(list) => list.len() as u64,
            Self::Map(map) => map.len() as u64,
            Self::Optional(Some(value)) => value.cost_size(),
            Self::Opaque(value) => value.cost_size(),
            _ => 1,
        }
    }

    /// One member of a map, host object, or own type. An absent one is `None`; a value without members is an error.
    pub fn member(&self, name: &str) -> Result<Option<Value<'a>>, EvalError> {
        match self {
            Self::Map(map) => map.member(name),
            Self::Opaque(value) => Ok(value.member(name)),
            Self::Unknown(unknown) => Ok(Some(Self::Unknown(unknown.field(name)))),
            _ => Err(EvalError::missing_key(name)),
        }
    }

    /// The value without any borrow of host data.
    pub fn into_owned(self) -> Result<Value<'static>, EvalError> {
        convert::into_owned(self)
    }

    /// The value as JSON. Host data that was not changed comes back as it was. JSON has no bytes, no unsigned integer
    /// above the range of `int`, and no form for most own types: these are errors. Timestamps lose their fraction.
    pub fn to_json(&self) -> Result<serde_json::Value, EvalError> {
        convert::to_json(self)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value<'_> {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<String> for Value<'_> {
    fn from(value: String) -> Self {
        Self::string(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Value;

    #[test]
    fn small() {
        assert!(size_of::<Value<'_>>() <= 32, "{}", size_of::<Value<'_>>());
    }
}
