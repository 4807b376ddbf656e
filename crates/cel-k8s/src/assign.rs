//! May the result of an expression go into a field? Nominal where names agree, structural where they do not, and
//! lenient where nothing is known. Says nothing about values: patterns, enums and required fields are not types.

use kro_cel::{Type, Types};

use crate::infer::RuntimeName;

/// Comparing two types looks at no more pairs than this; what lies beyond counts as fitting.
const MAX_COMPARISONS: u32 = 100_000;

/// Why a result does not fit a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Mismatch {
    /// Different kinds of types.
    #[error("type kind mismatch: got \"{got}\", expected \"{expected}\"")]
    Kind {
        /// The type of the result.
        got: String,
        /// The type of the field.
        expected: String,
    },
    /// A list or map is expected and the result is none.
    #[error("{kind} parameter count mismatch: got {got}, expected {expected}")]
    Parameters {
        /// `list` or `map`.
        kind: &'static str,
        /// The number of type arguments of the result.
        got: usize,
        /// The number the field has.
        expected: usize,
    },
    /// The items, keys or values of a container do not fit.
    #[error("{part} type incompatible: {reason}")]
    Part {
        /// `list element`, `map key` or `map value`.
        part: &'static str,
        /// Why.
        reason: Box<Mismatch>,
    },
    /// A map whose keys are not known to be strings goes into an object.
    #[error("map keys must be strings to assign to struct")]
    MapKeys,
    /// An object goes into a map whose keys are not strings.
    #[error("struct can only be assigned to a map with string keys")]
    StructKeys,
    /// A map's values do not fit one of the object's fields.
    #[error("map value incompatible with struct field \"{field}\": {reason}")]
    MapValue {
        /// The field of the expected object.
        field: String,
        /// Why.
        reason: Box<Mismatch>,
    },
    /// An object's field does not fit the values of the expected map.
    #[error("struct field \"{field}\" incompatible with map value: {reason}")]
    StructValue {
        /// The field of the result.
        field: String,
        /// Why.
        reason: Box<Mismatch>,
    },
    /// A field of the result that the expected object does not have.
    #[error("field \"{field}\" exists in output but not in expected type")]
    ExtraField {
        /// The field of the result.
        field: String,
    },
    /// A field both objects have, with types that do not fit.
    #[error("field \"{field}\" has incompatible type: {reason}")]
    Field {
        /// The field.
        field: String,
        /// Why.
        reason: Box<Mismatch>,
    },
}

/// Whether a result of type `from` may go into a field of type `to`.
///
/// * `dyn` fits everywhere and everything fits `dyn`; an optional fits where its value does.
/// * Maps and objects fit each other by field; an object may lack fields but not add any.
/// * Numbers never widen, and text is neither a timestamp nor bytes.
/// * As upstream, a list is judged by its first type argument alone and anything but a map fits an object that
///   it shares no fields with: the API server will say more.
///
/// # Errors
/// Says which part does not fit.
pub fn assignable(from: &Type, to: &Type, types: &dyn Types) -> Result<(), Mismatch> {
    Comparison { types, left: MAX_COMPARISONS }.check(from, to)
}

struct Comparison<'t> {
    types: &'t dyn Types,
    left: u32,
}

impl Comparison<'_> {
    fn check(&mut self, from: &Type, to: &Type) -> Result<(), Mismatch> {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || from == to || from.is_dyn() || to.is_dyn() || *from == Type::Error {
            return Ok(());
        }
        match (from, to) {
            (Type::Optional(inner), _) => self.check(inner, to),
            (Type::Map(key, value), Type::Struct(to)) => self.map_to_struct(key, value, to),
            (_, Type::Struct(to)) => self.struct_to_struct(from, to),
            (Type::Struct(_) | Type::Opaque(_), Type::Map(key, value)) => {
                self.struct_to_map(from, key, value)
            }
            (_, Type::List(item)) => match from.parameters().next() {
                Some(first) => part("list element", self.check(first, item)),
                None => Err(Mismatch::Parameters { kind: "list", got: 0, expected: 1 }),
            },
            (Type::Map(from_key, from_value), Type::Map(key, value)) => {
                part("map key", self.check(from_key, key))?;
                part("map value", self.check(from_value, value))
            }
            (_, Type::Map(..)) => {
                Err(Mismatch::Parameters { kind: "map", got: from.parameters().count(), expected: 2 })
            }
            _ if from.name() == to.name() => Ok(()),
            _ => Err(Mismatch::Kind {
                got: RuntimeName(from).to_string(),
                expected: RuntimeName(to).to_string(),
            }),
        }
    }

    fn map_to_struct(&mut self, key: &Type, value: &Type, to: &str) -> Result<(), Mismatch> {
        let Some(fields) = self.types.fields(to) else { return Ok(()) };
        if *key != Type::String {
            return Err(Mismatch::MapKeys);
        }
        for field in fields {
            let expected = self.types.field(to, &field).unwrap_or(Type::Dyn);
            self.check(value, &expected)
                .map_err(|reason| Mismatch::MapValue { field: field.to_string(), reason: reason.into() })?;
        }
        Ok(())
    }

    fn struct_to_map(&mut self, from: &Type, key: &Type, value: &Type) -> Result<(), Mismatch> {
        let Some(fields) = self.fields(from) else { return Ok(()) };
        if *key != Type::String {
            return Err(Mismatch::StructKeys);
        }
        for (field, ty) in fields {
            self.check(&ty, value)
                .map_err(|reason| Mismatch::StructValue { field, reason: reason.into() })?;
        }
        Ok(())
    }

    fn struct_to_struct(&mut self, from: &Type, to: &str) -> Result<(), Mismatch> {
        if !self.types.contains(to) {
            return Ok(());
        }
        for (field, ty) in self.fields(from).unwrap_or_default() {
            let Some(expected) = self.types.field(to, &field) else {
                return Err(Mismatch::ExtraField { field });
            };
            self.check(&ty, &expected).map_err(|reason| Mismatch::Field { field, reason: reason.into() })?;
        }
        Ok(())
    }

    fn fields(&self, ty: &Type) -> Option<Vec<(String, Type)>> {
        let Type::Struct(name) = ty else { return None };
        let typed = |field: std::sync::Arc<str>| {
            let ty = self.types.field(name, &field).unwrap_or(Type::Dyn);
            (field.to_string(), ty)
        };
        Some(self.types.fields(name)?.into_iter().map(typed).collect())
    }
}

fn part(part: &'static str, result: Result<(), Mismatch>) -> Result<(), Mismatch> {
    result.map_err(|reason| Mismatch::Part { part, reason: reason.into() })
}

#[cfg(test)]
mod tests;
