//! Where struct types come from. The host answers by name, as late as it likes; nothing is enumerated up front.
use super::Type;
use std::{fmt::Debug, sync::Arc};

/// Struct types by name, resolved when asked.
pub trait Types: Debug + Send + Sync {
    /// Whether `name` is a struct type of this provider.
    fn contains(&self, name: &str) -> bool;

    /// The type of one field; `None` when the type has no such field. A struct that keeps unknown fields answers
    /// [`Type::Dyn`].
    fn field(&self, ty: &str, field: &str) -> Option<Type>;

    /// The names of all declared fields, in the order to suggest them; `None` when the type is unknown.
    fn fields(&self, ty: &str) -> Option<Vec<Arc<str>>>;
}

/// A provider without any type.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTypes;

impl Types for NoTypes {
    fn contains(&self, _name: &str) -> bool {
        false
    }

    fn field(&self, _ty: &str, _field: &str) -> Option<Type> {
        None
    }

    fn fields(&self, _ty: &str) -> Option<Vec<Arc<str>>> {
        None
    }
}
