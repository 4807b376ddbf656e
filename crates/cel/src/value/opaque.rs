//! Values of types the language does not know: quantities, addresses, whatever a host adds.
use super::Value;
use crate::{EvalError, Type};
use std::{any::Any, fmt::Debug};

/// A value of an own type. Reach it from a function with [`Value::as_opaque`].
pub trait Opaque: Any + Debug + Send + Sync {
    /// The name of its type, such as `net.IP`.
    fn type_name(&self) -> &str;

    /// Its type: one without members; [`Type::structure`] for values that have some.
    fn ty(&self) -> Type {
        Type::opaque(self.type_name())
    }

    /// Equality with another value of an own type; `self` is on the left. An error when it cannot be compared.
    fn equals(&self, other: &dyn Opaque) -> Result<bool, EvalError>;

    /// The size that cost rules count.
    fn cost_size(&self) -> u64 {
        1
    }

    /// A member, for a struct type.
    fn member(&self, _name: &str) -> Option<Value<'static>> {
        None
    }

    /// The JSON form, for types that have one.
    fn to_json(&self) -> Option<serde_json::Value> {
        None
    }
}
