//! Views of `metadata`. They read and write what is there; generation, uid and times are the API server's to set.

use crate::{ObjectId, ObjectKey, Timestamp};
use serde_json::{Map, Value};

/// Read view of `metadata`. A field of an unexpected type reads as absent.
#[derive(Debug, Clone, Copy)]
pub struct Metadata<'a>(Option<&'a Map<String, Value>>);

/// Write view of `metadata`. Maps and lists that become empty are removed.
#[derive(Debug)]
pub struct MetadataMut<'a>(&'a mut Map<String, Value>);

/// One entry of `metadata.ownerReferences`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct OwnerReference {
    /// `apiVersion` of the owner.
    pub api_version: String,
    /// Kind of the owner.
    pub kind: String,
    /// Name of the owner, in the same namespace or cluster-scoped.
    pub name: String,
    /// Uid of the owner: another object of the same name does not own.
    pub uid: String,
    /// Whether this is the managing owner; at most one reference is.
    pub controller: bool,
    /// Whether foreground deletion of the owner waits for this object.
    pub block_owner_deletion: bool,
}

impl<'a> Metadata<'a> {
    pub(crate) fn of(map: Option<&'a Map<String, Value>>) -> Self {
        Self(map)
    }

    /// A raw field of `metadata`.
    pub fn get(self, field: &str) -> Option<&'a Value> {
        self.0?.get(field)
    }

    /// The name.
    pub fn name(self) -> Option<&'a str> {
        self.text("name")
    }

    /// The prefix the API server makes a name from.
    pub fn generate_name(self) -> Option<&'a str> {
        self.text("generateName")
    }

    /// The namespace, absent for cluster-scoped objects; an empty text is none.
    pub fn namespace(self) -> Option<&'a str> {
        self.text("namespace")
    }

    /// The uid: identity of this incarnation of the object.
    pub fn uid(self) -> Option<&'a str> {
        self.text("uid")
    }

    /// The resource version, opaque.
    pub fn resource_version(self) -> Option<&'a str> {
        self.text("resourceVersion")
    }

    /// The generation: counts changes of the desired state.
    pub fn generation(self) -> Option<i64> {
        self.get("generation")?.as_i64()
    }

    /// The labels.
    pub fn labels(self) -> Option<&'a Map<String, Value>> {
        self.map("labels")
    }

    /// The annotations.
    pub fn annotations(self) -> Option<&'a Map<String, Value>> {
        self.map("annotations")
    }

    /// One label.
    pub fn label(self, key: &str) -> Option<&'a str> {
        self.labels()?.get(key)?.as_str()
    }

    /// One annotation.
    pub fn annotation(self, key: &str) -> Option<&'a str> {
        self.annotations()?.get(key)?.as_str()
    }

    /// The finalizers in order.
    pub fn finalizers(self) -> impl Iterator<Item = &'a str> {
        self.list("finalizers").iter().filter_map(Value::as_str)
    }

    /// Whether a finalizer is set.
    pub fn has_finalizer(self, name: &str) -> bool {
        self.finalizers().any(|finalizer| finalizer == name)
    }

    /// The owners in order; entries that lack a field are given an empty one.
    pub fn owner_references(self) -> impl Iterator<Item = OwnerReference> {
        self.list("ownerReferences").iter().filter_map(Value::as_object).map(OwnerReference::from_map)
    }

    /// The managing owner.
    pub fn controller(self) -> Option<OwnerReference> {
        self.owner_references().find(|owner| owner.controller)
    }

    /// The entries of `managedFields`, raw.
    pub fn managed_fields(self) -> &'a [Value] {
        self.list("managedFields")
    }

    /// When the object was created.
    pub fn creation_timestamp(self) -> Option<Timestamp> {
        self.text("creationTimestamp")?.parse().ok()
    }

    /// When deletion was asked for.
    pub fn deletion_timestamp(self) -> Option<Timestamp> {
        self.text("deletionTimestamp")?.parse().ok()
    }

    /// Whether deletion was asked for.
    pub fn is_deleting(self) -> bool {
        self.text("deletionTimestamp").is_some()
    }

    fn text(self, field: &str) -> Option<&'a str> {
        self.get(field)?.as_str().filter(|text| !text.is_empty())
    }

    fn map(self, field: &str) -> Option<&'a Map<String, Value>> {
        self.get(field)?.as_object()
    }

    fn list(self, field: &str) -> &'a [Value] {
        self.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }
}

impl<'a> MetadataMut<'a> {
    pub(crate) fn of(map: &'a mut Map<String, Value>) -> Self {
        Self(map)
    }

    /// Write a raw field of `metadata`.
    pub fn insert(&mut self, field: &str, value: impl Into<Value>) {
        self.0.insert(field.to_owned(), value.into());
    }

    /// Remove a raw field of `metadata`.
    pub fn remove(&mut self, field: &str) -> Option<Value> {
        self.0.remove(field)
    }

    /// Set a label.
    pub fn insert_label(&mut self, key: &str, value: &str) {
        self.insert_entry("labels", key, value);
    }

    /// Remove a label.
    pub fn remove_label(&mut self, key: &str) {
        self.remove_entry("labels", key);
    }

    /// Set an annotation.
    pub fn insert_annotation(&mut self, key: &str, value: &str) {
        self.insert_entry("annotations", key, value);
    }

    /// Remove an annotation.
    pub fn remove_annotation(&mut self, key: &str) {
        self.remove_entry("annotations", key);
    }

    /// Add a finalizer at the end; says whether it was new.
    pub fn add_finalizer(&mut self, name: &str) -> bool {
        let list = self.list_mut("finalizers");
        let new = !list.iter().any(|entry| entry == name);
        if new {
            list.push(Value::from(name));
        }
        new
    }

    /// Remove a finalizer; says whether it was there.
    pub fn remove_finalizer(&mut self, name: &str) -> bool {
        self.retain("finalizers", |entry| entry != name)
    }

    /// Add an owner, or replace the reference with the same uid.
    pub fn set_owner(&mut self, owner: &OwnerReference) {
        let list = self.list_mut("ownerReferences");
        let value = owner.to_value();
        match list.iter_mut().find(|entry| entry.get("uid").is_some_and(|uid| *uid == owner.uid)) {
            Some(entry) => *entry = value,
            None => list.push(value),
        }
    }

    /// Replace `managedFields`; an empty list removes the field.
    pub fn set_managed_fields(&mut self, entries: Vec<Value>) {
        if entries.is_empty() {
            self.0.remove("managedFields");
        } else {
            self.insert("managedFields", entries);
        }
    }

    fn insert_entry(&mut self, field: &str, key: &str, value: &str) {
        let entry = self.0.entry(field).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(map) = entry {
            map.insert(key.to_owned(), Value::from(value));
        } else {
            *entry = Value::Object(Map::from_iter([(key.to_owned(), Value::from(value))]));
        }
    }

    fn remove_entry(&mut self, field: &str, key: &str) {
        if let Some(Value::Object(map)) = self.0.get_mut(field) {
            map.remove(key);
            if map.is_empty() {
                self.0.remove(field);
            }
        }
    }

    fn list_mut(&mut self, field: &str) -> &mut Vec<Value> {
        let entry = self.0.entry(field).or_insert_with(|| Value::Array(Vec::new()));
        if !entry.is_array() {
            *entry = Value::Array(Vec::new());
        }
        match entry {
            Value::Array(list) => list,
            _ => unreachable!("the entry was made a list above"),
        }
    }

    fn retain(&mut self, field: &str, keep: impl Fn(&Value) -> bool) -> bool {
        let Some(Value::Array(list)) = self.0.get_mut(field) else { return false };
        let before = list.len();
        list.retain(keep);
        let removed = list.len() < before;
        if list.is_empty() {
            self.0.remove(field);
        }
        removed
    }
}

impl OwnerReference {
    /// The object the reference means, given the namespace of the referring object.
    ///
    /// A reference does not say whether its owner is namespaced; `namespace` is `None` for a cluster-scoped owner.
    pub fn id(&self, namespace: Option<&str>) -> ObjectId {
        let group = self.api_version.split_once('/').map_or("", |(group, _)| group);
        ObjectId::new(
            crate::GroupKind::new(group, &self.kind),
            ObjectKey::namespaced(namespace.unwrap_or(""), &self.name),
        )
    }

    fn from_map(map: &Map<String, Value>) -> Self {
        let text = |field: &str| map.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let flag = |field: &str| map.get(field).and_then(Value::as_bool).unwrap_or_default();
        Self {
            api_version: text("apiVersion"),
            kind: text("kind"),
            name: text("name"),
            uid: text("uid"),
            controller: flag("controller"),
            block_owner_deletion: flag("blockOwnerDeletion"),
        }
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("apiVersion".to_owned(), Value::from(self.api_version.as_str()));
        map.insert("kind".to_owned(), Value::from(self.kind.as_str()));
        map.insert("name".to_owned(), Value::from(self.name.as_str()));
        map.insert("uid".to_owned(), Value::from(self.uid.as_str()));
        if self.controller {
            map.insert("controller".to_owned(), Value::Bool(true));
        }
        if self.block_owner_deletion {
            map.insert("blockOwnerDeletion".to_owned(), Value::Bool(true));
        }
        Value::Object(map)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Object;
    use serde_json::json;

    #[test]
    fn finalizers_and_owners() {
        let mut object = Object::default();
        let mut metadata = object.metadata_mut();
        assert!(metadata.add_finalizer("a/x"));
        assert!(!metadata.add_finalizer("a/x"));
        let owner = OwnerReference {
            api_version: "apps/v1".into(),
            kind: "ReplicaSet".into(),
            name: "web".into(),
            uid: "1".into(),
            controller: true,
            block_owner_deletion: false,
        };
        metadata.set_owner(&owner);
        metadata.set_owner(&OwnerReference { name: "web-2".into(), ..owner.clone() });
        assert_eq!(object.metadata().owner_references().count(), 1);
        assert_eq!(object.metadata().controller().map(|owner| owner.name), Some("web-2".to_owned()));
        assert_eq!(owner.id(Some("shop")).to_string(), "ReplicaSet.apps shop/web");
        assert!(object.metadata().has_finalizer("a/x"));
        assert!(object.metadata_mut().remove_finalizer("a/x"));
        assert_eq!(object.metadata().get("finalizers"), None);
    }

    #[test]
    fn empty_maps_disappear() {
        let mut object = Object::from_value(json!({"metadata": {"labels": {"a": "b"}}})).unwrap();
        object.metadata_mut().remove_label("a");
        object.metadata_mut().remove_annotation("a");
        assert_eq!(object.to_value(), json!({"metadata": {}}));
    }
}
