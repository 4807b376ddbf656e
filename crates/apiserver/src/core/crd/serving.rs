//! The resources that a definition serves once its names are accepted. Refuses to judge the definition.

use super::{storage_version, text, versions};
use crate::core::{
    Core,
    custom::Custom,
    managed::Ownership,
    object,
    registry::{Served, Subresource},
    store::ResourceId,
};
use kro_object::Scope;
use serde_json::Value;
use std::sync::{Arc, OnceLock};

/// The verbs of custom resources, in the odd order of the real server's discovery.
const VERBS: [&str; 8] = ["delete", "deletecollection", "get", "list", "patch", "create", "update", "watch"];

impl Core {
    /// Serves every served version of a definition.
    pub(super) fn serve_crd(&mut self, crd: &Value) {
        let group: Arc<str> = text(crd, "/spec/group").into();
        let names = |field: &str| -> Arc<str> { text(crd, &format!("/status/acceptedNames/{field}")).into() };
        let list = |field: &str| -> Vec<Arc<str>> {
            object::texts(crd.pointer(&format!("/status/acceptedNames/{field}")))
                .into_iter()
                .map(Arc::from)
                .collect()
        };
        let Some(storage_version) = storage_version(crd) else { return };
        let storage = Arc::new(ResourceId { group: group.clone(), plural: names("plural") });
        let scope = if text(crd, "/spec/scope") == "Cluster" { Scope::Cluster } else { Scope::Namespaced };
        let spec = crd.get("spec").cloned().unwrap_or_default();
        let stored = versions(crd).find(|version| text(version, "/name") == storage_version);
        let stored = stored.map(|version| Arc::new(Custom::compile(&spec, version)));
        for version in versions(crd).filter(|version| version.get("served") == Some(&Value::Bool(true))) {
            let name: Arc<str> = text(version, "/name").into();
            let is_stored = *name == *storage_version;
            let custom = match &stored {
                Some(stored) if is_stored => stored.clone(),
                _ => Arc::new(Custom::compile(&spec, version)),
            };
            let mut subresources = Vec::new();
            if custom.has_status {
                subresources.push(subresource("status", &group, &name, &names("kind")));
            }
            if custom.scale.is_some() {
                subresources.push(subresource("scale", "autoscaling", "v1", "Scale"));
            }
            self.registry.insert(Served {
                group: group.clone(),
                version: name,
                plural: names("plural"),
                singular: names("singular"),
                kind: names("kind"),
                list_kind: names("listKind"),
                scope,
                short_names: list("shortNames"),
                categories: list("categories"),
                verbs: VERBS.to_vec(),
                subresources,
                storage_version: storage_version.as_str().into(),
                storage: storage.clone(),
                custom: Some(custom),
                stored_as: stored.clone().filter(|_| !is_stored),
                ownership: Ownership::default(),
                defaults: OnceLock::new(),
            });
        }
    }

    pub(super) fn unserve(&mut self, crd_name: &str) {
        if let Some((plural, group)) = crd_name.split_once('.') {
            self.registry.remove(group, plural);
        }
    }
}

fn subresource(name: &str, group: &str, version: &str, kind: &str) -> Subresource {
    Subresource {
        name: name.into(),
        group: group.into(),
        version: version.into(),
        kind: kind.into(),
        verbs: vec!["get", "patch", "update"],
    }
}
