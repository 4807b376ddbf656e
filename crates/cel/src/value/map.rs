//! Maps: a view of a JSON object, or entries of our own in a fixed order.
use super::{Entries, Hint, Key, Located, Shape, Value};
use crate::EvalError;
use std::sync::Arc;

/// A map, or a structured host object.
#[derive(Debug, Clone)]
pub enum Map<'a> {
    /// A JSON object, read through `shape` member by member. Iterates in the order of its keys.
    Json {
        /// The object.
        object: &'a serde_json::Map<String, serde_json::Value>,
        /// The shape of the object.
        shape: &'a dyn Shape,
    },
    /// Entries.
    Shared(Arc<Entries<'a>>),
}

impl<'a> Map<'a> {
    /// Number of entries.
    pub fn len(&self) -> usize {
        match self {
            Self::Json { object, shape } => shape.len(object),
            Self::Shared(entries) => entries.len(),
        }
    }

    /// Whether there is no entry.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at the text key `name`.
    pub fn member(&self, name: &str) -> Result<Option<Value<'a>>, EvalError> {
        self.member_at(name, &Hint::default())
    }

    /// The value at the text key `name`, for a place that asks again and again.
    #[inline]
    pub(crate) fn member_at(&self, name: &str, hint: &Hint) -> Result<Option<Value<'a>>, EvalError> {
        match self {
            Self::Json { object, shape } => {
                let (object, shape): (&'a serde_json::Map<_, _>, &'a dyn Shape) = (object, *shape);
                shape.locate(object, name, hint).map(Located::read).transpose()
            }
            Self::Shared(entries) => Ok(entries.named(name).cloned()),
        }
    }

    /// The value at `key`.
    pub fn get(&self, key: &Key<'_>) -> Result<Option<Value<'a>>, EvalError> {
        match (self, key) {
            (_, Key::String(name)) => self.member(name),
            (Self::Shared(entries), key) => Ok(entries.get(key).cloned()),
            (Self::Json { .. }, _) => Ok(None),
        }
    }

    /// The entries in their order. Reading a value may fail where host data does not fit its shape.
    pub fn iter(&self) -> impl Iterator<Item = (Key<'a>, Result<Value<'a>, EvalError>)> + '_ {
        let (json, shared) = match self {
            Self::Json { object, shape } => {
                let (object, shape): (&'a serde_json::Map<_, _>, &'a dyn Shape) = (object, *shape);
                let entries = object.iter().filter_map(move |(key, json)| {
                    shape.entry(key, json).map(|(key, value)| (Key::String(key), value))
                });
                (Some(entries), None)
            }
            Self::Shared(entries) => {
                (None, Some(entries.iter().map(|(key, value)| (key.clone(), Ok(value.clone())))))
            }
        };
        json.into_iter().flatten().chain(shared.into_iter().flatten())
    }

    /// All entries as values.
    pub fn to_entries(&self) -> Result<Entries<'a>, EvalError> {
        match self {
            Self::Shared(entries) => Ok(entries.as_ref().clone()),
            Self::Json { .. } => self.iter().map(|(key, value)| Ok((key, value?))).collect(),
        }
    }
}
