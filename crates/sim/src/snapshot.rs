//! Everything a server stores at one moment, to look things up in.

use kro_ide::Catalog;
use kro_object::{GroupKind, Object, ObjectKey, ResourceType};
use std::collections::BTreeMap;

/// All objects of a server, by kind and name.
#[derive(Debug)]
pub(crate) struct Snapshot {
    kinds: BTreeMap<GroupKind, BTreeMap<ObjectKey, Object>>,
}

impl Snapshot {
    pub(crate) fn new(objects: Vec<Object>) -> Self {
        let mut kinds: BTreeMap<GroupKind, BTreeMap<ObjectKey, Object>> = BTreeMap::new();
        for object in objects {
            if let Ok(gvk) = object.gvk() {
                kinds.entry(gvk.group_kind()).or_default().insert(object.key(), object);
            }
        }
        Self { kinds }
    }

    pub(crate) fn get(&self, resource: &ResourceType, key: &ObjectKey) -> Option<&Object> {
        self.find(&resource.gvk.group_kind(), key)
    }

    pub(crate) fn find(&self, kind: &GroupKind, key: &ObjectKey) -> Option<&Object> {
        self.kinds.get(kind)?.get(key)
    }

    pub(crate) fn all(&self, kind: &GroupKind) -> impl Iterator<Item = &Object> {
        self.kinds.get(kind).into_iter().flat_map(BTreeMap::values)
    }

    pub(crate) fn everything(&self) -> impl Iterator<Item = &Object> {
        self.kinds.values().flat_map(BTreeMap::values)
    }

    pub(crate) fn labelled(&self, label: &str, value: &str) -> impl Iterator<Item = &Object> {
        self.everything().filter(move |object| object.metadata().label(label) == Some(value))
    }

    /// Every kind the server serves: the built-in ones and those of its CRDs.
    pub(crate) fn catalog(&self) -> Catalog {
        let mut catalog = Catalog::builtin();
        for crd in self.all(&crds()) {
            // The server took it, so it can be read.
            let _ = catalog.insert_crd(crd);
        }
        catalog
    }
}

/// The kind of CRDs.
pub(crate) fn crds() -> GroupKind {
    GroupKind::new("apiextensions.k8s.io", "CustomResourceDefinition")
}
