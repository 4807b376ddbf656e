//! The end of a namespace: everything in it is deleted, then the namespace is finalized.

use super::{
    Core, object,
    options::DeleteOptions,
    registry::Served,
    store::{Change, Key, ResourceId},
};
use kro_object::Timestamp;
use serde_json::Value;
use std::sync::Arc;

impl Core {
    /// Reacts to a namespace that is going, and to whatever leaves one.
    pub(super) fn end_namespaces(&mut self, change: &Change, now: Timestamp) {
        let is_namespace = (*change.resource.group).is_empty() && &*change.resource.plural == "namespaces";
        let name = match (is_namespace, &change.new) {
            (true, Some(_)) => change.key.name.clone(),
            (false, None) => change.key.namespace.clone(),
            _ => return,
        };
        let Some(namespaces) = self.registry.get("", "v1", "namespaces").cloned() else { return };
        let key = Key::new("", &name);
        let is_ending =
            self.store.get(&namespaces.storage, &key).is_some_and(|namespace| namespace.is_deleting());
        if is_ending {
            self.empty_namespace(&namespaces, &key, now);
        }
    }

    fn empty_namespace(&mut self, namespaces: &Arc<Served>, key: &Key, now: Timestamp) {
        let resources: Vec<Arc<ResourceId>> = self.store.resources().cloned().collect();
        for resource in resources {
            let Some(served) = self.registry.stored(&resource).cloned() else { continue };
            if !served.is_namespaced() {
                continue;
            }
            let inside: Vec<Key> = self
                .store
                .list(&resource, Some(&key.name))
                .filter(|(_, object)| !object.is_deleting())
                .map(|(key, _)| key.clone())
                .collect();
            for object in inside {
                let _gone = self.delete(&served, &object, &DeleteOptions::default(), now).is_err();
            }
        }
        let resources: Vec<Arc<ResourceId>> = self.store.resources().cloned().collect();
        let is_empty =
            resources.iter().all(|resource| self.store.list(resource, Some(&key.name)).next().is_none());
        if is_empty {
            self.adjust(namespaces, key, Some("finalize"), now, &mut |namespace| {
                object::child_mut(namespace, "spec").insert("finalizers".into(), Value::Array(Vec::new()));
            });
        }
    }
}
