//! Keys of maps. Integers of both kinds with the same mathematical value are one key.
use super::{Number, Text, Value, same_text};
use std::{
    fmt,
    hash::{Hash, Hasher},
};

/// A map key.
#[derive(Debug, Clone)]
pub enum Key<'a> {
    /// A boolean key.
    Bool(bool),
    /// A signed integer key.
    Int(i64),
    /// An unsigned integer key.
    Uint(u64),
    /// A text key.
    String(Text<'a>),
}

/// The form in which keys are compared.
#[derive(PartialEq, Eq, Hash)]
enum Canonical<'k> {
    Bool(bool),
    Negative(i64),
    Natural(u64),
    String(&'k str),
}

impl<'a> Key<'a> {
    /// The key a value stands for when a map is built; `None` for kinds that cannot be keys.
    pub fn new(value: Value<'a>) -> Option<Self> {
        Some(match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Int(value) => Self::Int(value),
            Value::Uint(value) => Self::Uint(value),
            Value::String(text) => Self::String(text),
            _ => return None,
        })
    }

    /// The key a value stands for when a map is asked: also an integral double.
    pub fn lookup(value: &Value<'a>) -> Option<Self> {
        match value {
            Value::Double(double) => match Number::Double(*double).integral()? {
                Number::Int(value) => Some(Self::Int(value)),
                Number::Uint(value) => Some(Self::Uint(value)),
                Number::Double(_) => None,
            },
            other => Self::new(other.clone()),
        }
    }

    /// The key as a value.
    pub fn value(&self) -> Value<'a> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Uint(value) => Value::Uint(*value),
            Self::String(text) => Value::String(text.clone()),
        }
    }

    fn canonical(&self) -> Canonical<'_> {
        match self {
            Self::Bool(value) => Canonical::Bool(*value),
            Self::Int(value) => u64::try_from(*value).map_or(Canonical::Negative(*value), Canonical::Natural),
            Self::Uint(value) => Canonical::Natural(*value),
            Self::String(text) => Canonical::String(text),
        }
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::String(a), Self::String(b)) => same_text(a, b),
            (a, b) => a.canonical() == b.canonical(),
        }
    }
}

impl Eq for Key<'_> {}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.canonical().hash(state);
    }
}

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Uint(value) => write!(f, "{value}"),
            Self::String(text) => f.write_str(text),
        }
    }
}
