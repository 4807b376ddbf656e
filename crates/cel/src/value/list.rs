//! Lists: a view of a JSON array, or values of our own.
use super::{Shape, Value};
use crate::EvalError;
use std::sync::Arc;

/// A list.
#[derive(Debug, Clone)]
pub enum List<'a> {
    /// A JSON array, read through `shape` item by item.
    Json {
        /// The array.
        items: &'a Vec<serde_json::Value>,
        /// The shape of the array.
        shape: &'a dyn Shape,
    },
    /// Values.
    Shared(Arc<Vec<Value<'a>>>),
    /// As many values as were known ahead, as in a literal.
    Fixed(Arc<[Value<'a>]>),
    /// Values that still compare and concatenate as the array they come from.
    Shaped(Arc<Vec<Value<'a>>>, &'a dyn Shape),
}

/// How lists compare (`==`) and concatenate (`+`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind<'s> {
    /// Item by item; one after the other.
    Ordered,
    /// As sets: order and repetition do not matter; union.
    Set,
    /// As maps keyed by the named members: order does not matter; the right side replaces items with the same key.
    Keyed(&'s [String]),
}

impl<'a> List<'a> {
    /// Number of items.
    pub fn len(&self) -> usize {
        match self {
            Self::Json { items, .. } => items.len(),
            Self::Shared(items) | Self::Shaped(items, _) => items.len(),
            Self::Fixed(items) => items.len(),
        }
    }

    /// Whether there is no item.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The item at `index`.
    pub fn get(&self, index: usize) -> Option<Result<Value<'a>, EvalError>> {
        match self {
            Self::Json { items, shape } => {
                let (items, shape): (&'a Vec<_>, &'a dyn Shape) = (items, *shape);
                items.get(index).map(|item| shape.item_shape().read(item))
            }
            Self::Shared(items) | Self::Shaped(items, _) => items.get(index).cloned().map(Ok),
            Self::Fixed(items) => items.get(index).cloned().map(Ok),
        }
    }

    /// The items in order. Reading one may fail where host data does not fit its shape.
    pub fn iter(&self) -> impl Iterator<Item = Result<Value<'a>, EvalError>> + '_ {
        (0..self.len()).map_while(|index| self.get(index))
    }

    /// All items as values.
    pub fn to_vec(&self) -> Result<Vec<Value<'a>>, EvalError> {
        match self {
            Self::Shared(items) | Self::Shaped(items, _) => Ok(items.as_ref().clone()),
            Self::Fixed(items) => Ok(items.to_vec()),
            Self::Json { .. } => self.iter().collect(),
        }
    }

    /// How the list compares and concatenates.
    pub fn kind(&self) -> ListKind<'a> {
        match self {
            Self::Json { shape, .. } | Self::Shaped(_, shape) => {
                let shape: &'a dyn Shape = *shape;
                shape.list_kind()
            }
            Self::Shared(_) | Self::Fixed(_) => ListKind::Ordered,
        }
    }

    pub(crate) fn shape(&self) -> Option<&'a dyn Shape> {
        match self {
            Self::Json { shape, .. } | Self::Shaped(_, shape) => Some(*shape),
            Self::Shared(_) | Self::Fixed(_) => None,
        }
    }
}
