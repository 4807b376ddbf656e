//! Lookup: from a path in a value to its schema.

use crate::{Kind, Schema};
use kro_object::{FieldPath, Segment};
use std::sync::Arc;

impl Schema {
    /// The schema of what stands at a path below this position. Nothing is known below [`Kind::Any`].
    pub fn at(&self, path: &FieldPath) -> Option<&Schema> {
        path.segments().iter().try_fold(self, |schema, segment| {
            Some(&**match segment {
                Segment::Field(name) => schema.field(name)?,
                Segment::Index(_) => schema.items()?,
            })
        })
    }

    /// The schema of a field: its property, or else that of all other values.
    pub fn field(&self, name: &str) -> Option<&Arc<Schema>> {
        match &self.kind {
            Kind::Object { properties, additional, .. } => properties.get(name).or(additional.as_ref()),
            _ => None,
        }
    }

    /// The schema of a named property.
    pub fn property(&self, name: &str) -> Option<&Arc<Schema>> {
        match &self.kind {
            Kind::Object { properties, .. } => properties.get(name),
            _ => None,
        }
    }

    /// The schema of the items of a list.
    pub fn items(&self) -> Option<&Arc<Schema>> {
        match &self.kind {
            Kind::Array { items } => Some(items),
            _ => None,
        }
    }

    /// Whether an object must have a field.
    pub fn requires(&self, name: &str) -> bool {
        matches!(&self.kind, Kind::Object { required, .. } if required.iter().any(|one| **one == *name))
    }
}
