//! Types of the language: what they are, how they print, how a signature text reads. Refuses assignability, which
//! needs the checker's substitutions (`check`).
use std::{fmt, sync::Arc};

mod provider;
mod signature;

pub use provider::{NoTypes, Types};
pub use signature::{Signature, SignatureError};

/// A static type. Cheap to clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// The type of `null`.
    Null,
    /// `bool`.
    Bool,
    /// 64-bit signed integer.
    Int,
    /// 64-bit unsigned integer.
    Uint,
    /// IEEE 754 double.
    Double,
    /// Unicode text, measured in code points.
    String,
    /// Octets.
    Bytes,
    /// `google.protobuf.Timestamp`: years 1 to 9999, nanoseconds.
    Timestamp,
    /// `google.protobuf.Duration`: signed 64-bit nanoseconds, as in Go.
    Duration,
    /// Anything; checked when evaluated.
    Dyn,
    /// The type of an expression that has been reported already; agrees with everything.
    Error,
    /// `list(T)`.
    List(Arc<Type>),
    /// `map(K, V)`.
    Map(Arc<Type>, Arc<Type>),
    /// `optional_type(T)`.
    Optional(Arc<Type>),
    /// A named type with fields, known to a [`Types`] provider.
    Struct(Arc<str>),
    /// A named type without fields, such as `net.IP`.
    Opaque(Arc<OpaqueType>),
    /// The type of a type: `type(int)` is the type of the identifier `int`.
    Type(Arc<Type>),
    /// A type parameter of a declaration: 0 is `A`, 1 is `B`, and so on.
    Param(u32),
}

/// The name and parameters of an opaque type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpaqueType {
    /// Qualified name, such as `kubernetes.Quantity`.
    pub name: Arc<str>,
    /// Type arguments, usually none.
    pub parameters: Vec<Type>,
}

impl Type {
    /// `list(item)`.
    pub fn list(item: Type) -> Self {
        Self::List(Arc::new(item))
    }

    /// `map(key, value)`.
    pub fn map(key: Type, value: Type) -> Self {
        Self::Map(Arc::new(key), Arc::new(value))
    }

    /// `optional_type(inner)`.
    pub fn optional(inner: Type) -> Self {
        Self::Optional(Arc::new(inner))
    }

    /// The type of a type.
    pub fn type_of(inner: Type) -> Self {
        Self::Type(Arc::new(inner))
    }

    /// A struct type by name.
    pub fn structure(name: impl Into<Arc<str>>) -> Self {
        Self::Struct(name.into())
    }

    /// An opaque type without parameters.
    pub fn opaque(name: impl Into<Arc<str>>) -> Self {
        Self::opaque_with(name, Vec::new())
    }

    /// An opaque type with parameters.
    pub fn opaque_with(name: impl Into<Arc<str>>, parameters: Vec<Type>) -> Self {
        Self::Opaque(Arc::new(OpaqueType { name: name.into(), parameters }))
    }

    /// Whether nothing is known before evaluation.
    pub fn is_dyn(&self) -> bool {
        matches!(self, Self::Dyn)
    }

    /// The name that `type(x)` has at run time: without parameters, as the specification prints it.
    pub fn name(&self) -> &str {
        match self {
            Self::Null => "null_type",
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Timestamp => "google.protobuf.Timestamp",
            Self::Duration => "google.protobuf.Duration",
            Self::Dyn => "dyn",
            Self::Error => "error",
            Self::List(_) => "list",
            Self::Map(..) => "map",
            Self::Optional(_) => "optional_type",
            Self::Struct(name) => name,
            Self::Opaque(opaque) => &opaque.name,
            Self::Type(_) => "type",
            Self::Param(_) => "param",
        }
    }

    /// The type arguments, in order.
    pub fn parameters(&self) -> impl Iterator<Item = &Type> {
        let (first, second, rest): (Option<&Type>, Option<&Type>, &[Type]) = match self {
            Self::List(inner) | Self::Optional(inner) | Self::Type(inner) => (Some(inner), None, &[]),
            Self::Map(key, value) => (Some(key), Some(value), &[]),
            Self::Opaque(opaque) => (None, None, &opaque.parameters),
            _ => (None, None, &[]),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// The same type with `change` applied to its type arguments; the type itself when nothing changes.
    #[must_use]
    pub fn map_parameters(&self, mut change: impl FnMut(&Type) -> Type) -> Self {
        match self {
            Self::List(inner) => Self::list(change(inner)),
            Self::Optional(inner) => Self::optional(change(inner)),
            Self::Type(inner) => Self::type_of(change(inner)),
            Self::Map(key, value) => Self::map(change(key), change(value)),
            Self::Opaque(opaque) if !opaque.parameters.is_empty() => {
                Self::opaque_with(opaque.name.clone(), opaque.parameters.iter().map(change).collect())
            }
            other => other.clone(),
        }
    }

    /// Whether any part of it is the type of an expression that has been reported.
    pub fn has_error(&self) -> bool {
        matches!(self, Self::Error) || self.parameters().any(Self::has_error)
    }

    /// Whether a type parameter occurs anywhere in the type.
    pub fn has_params(&self) -> bool {
        matches!(self, Self::Param(_)) || self.parameters().any(Self::has_params)
    }
}

/// As cel-go prints types in messages: `list(int)`, `map(string, dyn)`, `timestamp`.
impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Timestamp => f.write_str("timestamp"),
            Self::Duration => f.write_str("duration"),
            Self::Error => f.write_str("!error!"),
            Self::Param(index) => match u8::try_from(*index).ok().filter(|index| *index < 26) {
                Some(index) => write!(f, "{}", char::from(b'A' + index)),
                None => write!(f, "_var{index}"),
            },
            _ => {
                f.write_str(self.name())?;
                let mut parameters = self.parameters().peekable();
                if parameters.peek().is_none() {
                    return Ok(());
                }
                for (index, parameter) in parameters.enumerate() {
                    f.write_str(if index == 0 { "(" } else { ", " })?;
                    write!(f, "{parameter}")?;
                }
                f.write_str(")")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Type;

    #[test]
    fn print_like_cel_go() {
        for (ty, text) in [
            (Type::list(Type::Int), "list(int)"),
            (Type::map(Type::String, Type::Dyn), "map(string, dyn)"),
            (Type::optional(Type::Timestamp), "optional_type(timestamp)"),
            (Type::type_of(Type::type_of(Type::Bool)), "type(type(bool))"),
            (Type::opaque("net.IP"), "net.IP"),
            (Type::Param(1), "B"),
        ] {
            assert_eq!(ty.to_string(), text);
        }
    }
}
