//! The kinds that exist: what the API server serves, or what files say it would.

use crate::instance::object_meta;
use kro_object::{Gvk, Object, ResourceType, Scope};
use kro_schema::{Kind, ParseError, Schema};
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

/// The kinds that exist, as far as a definition needs them.
#[derive(Debug, Clone, Default)]
pub struct Kinds {
    /// What is served, with the schema of the whole object.
    pub by_gvk: BTreeMap<Gvk, (ResourceType, Arc<Schema>)>,
    /// Kinds that exist besides, to suggest when one is misspelt. May be empty.
    pub known: Vec<Gvk>,
}

/// An object is no CRD that kinds can be read from.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrdError {
    /// A field is missing or of another type.
    #[error("the CRD has no usable {0}")]
    Field(&'static str),
    /// The schema of a version cannot be read.
    #[error("the schema of version {version} is invalid")]
    Schema {
        /// The version.
        version: String,
        /// Why.
        #[source]
        source: ParseError,
    },
}

impl Kinds {
    /// Adds a kind.
    pub fn insert(&mut self, resource: ResourceType, schema: Arc<Schema>) {
        self.by_gvk.insert(resource.gvk.clone(), (resource, schema));
    }

    /// A kind by name.
    pub fn get(&self, gvk: &Gvk) -> Option<(&ResourceType, &Arc<Schema>)> {
        self.by_gvk.get(gvk).map(|(resource, schema)| (resource, schema))
    }

    /// Adds the kinds of a `CustomResourceDefinition`, one for each served version, with the schemas as the API
    /// server would publish them: the fields of every object are added.
    pub fn insert_crd(&mut self, crd: &Object) -> Result<(), CrdError> {
        let spec = crd.as_value_at("spec").ok_or(CrdError::Field("spec"))?;
        let text = |pointer: &str, field| {
            spec.pointer(pointer).and_then(Value::as_str).ok_or(CrdError::Field(field))
        };
        let group = text("/group", "spec.group")?;
        let kind = text("/names/kind", "spec.names.kind")?;
        let plural = text("/names/plural", "spec.names.plural")?;
        let scope = match text("/scope", "spec.scope")? {
            "Cluster" => Scope::Cluster,
            _ => Scope::Namespaced,
        };
        let versions =
            spec.get("versions").and_then(Value::as_array).ok_or(CrdError::Field("spec.versions"))?;
        for version in versions.iter().filter(|version| version.get("served") == Some(&Value::Bool(true))) {
            let name = version.get("name").and_then(Value::as_str).ok_or(CrdError::Field("version name"))?;
            let schema = match version.pointer("/schema/openAPIV3Schema") {
                Some(schema) => Schema::from_json(schema)
                    .map_err(|source| CrdError::Schema { version: name.to_owned(), source })?,
                None => Schema::open_object(),
            };
            let resource = ResourceType { gvk: Gvk::new(group, name, kind), plural: plural.into(), scope };
            self.insert(resource, Arc::new(published(schema)));
        }
        Ok(())
    }
}

/// The schema with what every object has, here and in embedded objects.
fn published(mut schema: Schema) -> Schema {
    with_embedded(&mut schema);
    add_object_fields(&mut schema);
    schema
}

fn add_object_fields(schema: &mut Schema) {
    if let Kind::Object { properties, .. } = &mut schema.kind {
        for name in ["apiVersion", "kind"] {
            properties.insert(name.into(), Arc::new(Schema::new(Kind::String)));
        }
        properties.insert("metadata".into(), object_meta());
    }
}

/// Adds the object fields to embedded objects; copies only what holds one.
fn with_embedded(schema: &mut Schema) {
    if !has_embedded(schema) {
        return;
    }
    match &mut schema.kind {
        Kind::Object { properties, additional, .. } => {
            properties.values_mut().chain(additional).for_each(|child| with_embedded(Arc::make_mut(child)));
        }
        Kind::Array { items } => with_embedded(Arc::make_mut(items)),
        _ => {}
    }
    if schema.is_embedded() {
        add_object_fields(schema);
    }
}

fn has_embedded(schema: &Schema) -> bool {
    schema.is_embedded()
        || match &schema.kind {
            Kind::Object { properties, additional, .. } => {
                properties.values().chain(additional).any(|child| has_embedded(child))
            }
            Kind::Array { items } => has_embedded(items),
            _ => false,
        }
}
