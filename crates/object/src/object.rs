//! An object as the API server stores it. Field access only; no defaults, no validation.

use crate::{FieldPath, Gvk, Metadata, MetadataMut, ObjectId, ObjectKey, ParseGvkError, SetError};
use serde_json::{Map, Value};

/// A Kubernetes object: lossless, keys sorted, so its JSON text is canonical.
///
/// The invariant is only that the top level is a map; any field may be missing or of an unexpected type,
/// and the views then answer as if it were absent.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Object(Map<String, Value>);

/// A value that was meant to be an object is not a JSON object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("value is not a JSON object")]
pub struct NotAnObject;

impl Object {
    /// An object with nothing but `apiVersion`, `kind` and its name.
    pub fn new(gvk: &Gvk, key: &ObjectKey) -> Self {
        let mut metadata = Map::new();
        if let Some(namespace) = &key.namespace {
            metadata.insert("namespace".to_owned(), Value::from(&**namespace));
        }
        metadata.insert("name".to_owned(), Value::from(&*key.name));
        let mut object = Self(Map::from_iter([("metadata".to_owned(), Value::Object(metadata))]));
        object.set_gvk(gvk);
        object
    }

    /// The object in a JSON value.
    pub fn from_value(value: Value) -> Result<Self, NotAnObject> {
        match value {
            Value::Object(map) => Ok(Self(map)),
            _ => Err(NotAnObject),
        }
    }

    /// The kind its `apiVersion` and `kind` name.
    pub fn gvk(&self) -> Result<Gvk, ParseGvkError> {
        Gvk::from_api_version(self.text("apiVersion").unwrap_or(""), self.text("kind").unwrap_or(""))
    }

    /// Write `apiVersion` and `kind`.
    pub fn set_gvk(&mut self, gvk: &Gvk) {
        self.0.insert("apiVersion".to_owned(), Value::from(gvk.api_version()));
        self.0.insert("kind".to_owned(), Value::from(&*gvk.kind));
    }

    /// Namespace and name; the name is empty where the object has none.
    pub fn key(&self) -> ObjectKey {
        let metadata = self.metadata();
        ObjectKey::namespaced(metadata.namespace().unwrap_or(""), metadata.name().unwrap_or(""))
    }

    /// Kind without version, and key.
    pub fn id(&self) -> Result<ObjectId, ParseGvkError> {
        Ok(ObjectId::new(self.gvk()?.group_kind(), self.key()))
    }

    /// Read view of `metadata`; everything is absent where there is none.
    pub fn metadata(&self) -> Metadata<'_> {
        Metadata::of(self.0.get("metadata").and_then(Value::as_object))
    }

    /// Write view of `metadata`, which is created, or replaced where it is not a map.
    pub fn metadata_mut(&mut self) -> MetadataMut<'_> {
        let value = self.0.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Object(map) => MetadataMut::of(map),
            _ => unreachable!("metadata was made a map above"),
        }
    }

    /// The value at a path, if there is one.
    pub fn get(&self, path: &FieldPath) -> Option<&Value> {
        path.walk_map(&self.0)
    }

    /// Put a value at a path, creating the maps on the way.
    pub fn set(&mut self, path: &FieldPath, value: Value) -> Result<(), SetError> {
        path.set_in_map(&mut self.0, value)
    }

    /// A top-level field: `object.as_value_at("spec")`.
    pub fn as_value_at(&self, field: &str) -> Option<&Value> {
        self.0.get(field)
    }

    /// The map.
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// The map, to change.
    pub fn as_map_mut(&mut self) -> &mut Map<String, Value> {
        &mut self.0
    }

    /// The map as a JSON value.
    pub fn into_value(self) -> Value {
        Value::Object(self.0)
    }

    /// A copy as a JSON value.
    pub fn to_value(&self) -> Value {
        Value::Object(self.0.clone())
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field).and_then(Value::as_str)
    }
}

impl From<Map<String, Value>> for Object {
    fn from(map: Map<String, Value>) -> Self {
        Self(map)
    }
}

impl From<Object> for Value {
    fn from(object: Object) -> Self {
        object.into_value()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn identity() {
        let object =
            Object::new(&Gvk::new("apps", "v1", "Deployment"), &ObjectKey::namespaced("shop", "web"));
        assert_eq!(object.id().unwrap().to_string(), "Deployment.apps shop/web");
        assert_eq!(Object::default().gvk(), Err(ParseGvkError::Missing("apiVersion")));
        assert_eq!(Object::from_value(json!([1])), Err(NotAnObject));
    }

    #[test]
    fn odd_metadata_reads_as_absent_and_is_replaced_on_write() {
        let mut object = Object::from_value(json!({"metadata": "x"})).unwrap();
        assert_eq!(object.metadata().name(), None);
        object.metadata_mut().insert_label("a", "b");
        assert_eq!(object.to_value(), json!({"metadata": {"labels": {"a": "b"}}}));
    }
}
