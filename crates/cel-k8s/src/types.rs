//! The struct types of a set of schemas, under upstream's names: `__type_` and the root's id, then `.field`, `.@idx`
//! for list items and `.@elem` for map values. Nothing is registered up front; a name is walked when asked about.

use std::{collections::BTreeMap, sync::Arc};

use kro_cel::{EvalError, Shape as _, Type, Types, Value};
use kro_object::FieldPath;
use kro_schema::Schema;

use crate::shape::{ITEM, SchemaShape, UnknownFields, VALUE};

/// The types of root schemas, each with an id: the objects an expression may name.
#[derive(Debug, Default)]
pub struct SchemaTypes {
    roots: BTreeMap<Box<str>, Arc<SchemaShape>>,
}

impl SchemaTypes {
    /// The types of these roots.
    pub fn new<'s>(roots: impl IntoIterator<Item = (&'s str, Arc<Schema>)>, unknown: UnknownFields) -> Self {
        let root = |(id, schema): (&str, _)| (Box::from(id), Arc::new(SchemaShape::new(schema, unknown)));
        Self { roots: roots.into_iter().map(root).collect() }
    }

    /// The type of a root's objects; `dyn` for a root that is unknown or has no type.
    pub fn type_of(&self, id: &str) -> Type {
        self.roots.get(id).and_then(|root| root.ty(&type_name(id))).unwrap_or(Type::Dyn)
    }

    /// How a root's objects are read.
    pub fn shape(&self, id: &str) -> Option<&Arc<SchemaShape>> {
        self.roots.get(id)
    }

    /// A root's object as a value; without conversion for a root that is unknown.
    ///
    /// # Errors
    /// When the JSON is not of the schema's kind.
    pub fn value<'a>(&'a self, id: &str, json: &'a serde_json::Value) -> Result<Value<'a>, EvalError> {
        self.shape(id).map_or_else(|| Ok(Value::from_json(json)), |shape| shape.read(json))
    }

    /// The type of what stands at a path of the root's objects: where a result would go. `dyn` where the schema does
    /// not say.
    pub fn type_at(&self, id: &str, path: &FieldPath) -> Type {
        let mut name = type_name(id);
        let mut position = self.roots.get(id).map(|root| &**root);
        for segment in path.segments() {
            position = position.and_then(|shape| shape.step(segment, &mut name));
        }
        position.and_then(|shape| shape.ty(&name)).unwrap_or(Type::Dyn)
    }

    /// The position of a struct type's name.
    pub(crate) fn position(&self, name: &str) -> Option<&SchemaShape> {
        let name = name.strip_prefix(PREFIX)?;
        let mut ends = name.match_indices('.').map(|(at, _)| at).chain([name.len()]);
        let (root, at) = ends.find_map(|at| Some((&**self.roots.get(&name[..at])?, at)))?;
        let mut steps = name[at..].split('.').skip(1);
        steps.try_fold(root, |shape, step| match step {
            ITEM => shape.item_shape(),
            VALUE => shape.value_shape(),
            field => shape.property(field),
        })
    }

    fn structure(&self, name: &str) -> Option<&SchemaShape> {
        self.position(name).filter(|shape| shape.is_struct())
    }
}

impl Types for SchemaTypes {
    fn contains(&self, name: &str) -> bool {
        self.structure(name).is_some()
    }

    fn field(&self, ty: &str, field: &str) -> Option<Type> {
        self.structure(ty)?.field_type(ty, field)
    }

    fn fields(&self, ty: &str) -> Option<Vec<Arc<str>>> {
        Some(self.structure(ty)?.fields(ty))
    }
}

/// What the name of a root's type has in front of its id.
const PREFIX: &str = "__type_";

fn type_name(id: &str) -> String {
    format!("{PREFIX}{id}")
}

#[cfg(test)]
mod tests;
