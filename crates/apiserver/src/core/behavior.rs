//! The rest of a cluster, in a small and honest way: what controllers and kubelets would do to workloads.
//!
//! Pods run at once and are ready; jobs succeed at once; load balancers and ingresses get addresses; claims get
//! bound. There is no scheduling, no networking, no image that fails to start.

mod addresses;
mod job;
mod pod;
mod replicas;
mod sets;
mod template;

use super::{
    Core,
    registry::Served,
    store::{Change, Key, ResourceId},
    stored::Stored,
};
use kro_object::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// The name of the only node.
pub(super) const NODE: &str = "embedded";

/// Reacts to one change.
pub(super) fn react(core: &mut Core, change: &Change, now: Timestamp) {
    let (group, plural) = (&*change.resource.group, &*change.resource.plural);
    let key = &change.key;
    match (group, plural) {
        ("apps", "deployments") => replicas::deployment(core, key, now),
        ("apps", "replicasets") => {
            replicas::replica_set(core, key, now);
            reconcile_owner(core, change, now);
        }
        ("apps", "statefulsets") => sets::stateful_set(core, key, now),
        ("apps", "daemonsets") => sets::daemon_set(core, key, now),
        ("batch", "jobs") => job::job(core, key, now),
        ("", "pods") => {
            pod::pod(core, key, now);
            reconcile_owner(core, change, now);
        }
        ("", "services") => addresses::service(core, key, now),
        ("networking.k8s.io", "ingresses") => addresses::ingress(core, key, now),
        ("", "persistentvolumeclaims") => addresses::claim(core, key, now),
        _ => {}
    }
}

/// A change of a pod or replica set concerns whoever controls it.
fn reconcile_owner(core: &mut Core, change: &Change, now: Timestamp) {
    let object = change.new.as_ref().or(change.old.as_ref()).filter(|object| !object.owners().is_empty());
    let Some((kind, name)) = object.and_then(|object| template::controller(&object.value())) else { return };
    let key = Key::new(&change.key.namespace, &name);
    match kind.as_str() {
        "Deployment" => replicas::deployment(core, &key, now),
        "ReplicaSet" => replicas::replica_set(core, &key, now),
        "StatefulSet" => sets::stateful_set(core, &key, now),
        "DaemonSet" => sets::daemon_set(core, &key, now),
        "Job" => job::job(core, &key, now),
        _ => {}
    }
}

impl Core {
    /// From now on nobody but clients touches an object, or any of a resource: a claim that is never bound, a
    /// deployment that never comes up.
    pub fn hold(&mut self, resource: &ResourceId, key: Option<&Key>) {
        self.held.insert((resource.clone(), key.cloned()));
    }

    /// Ends what [`Core::hold`] began with the same arguments; what was left undone is done.
    pub fn let_go(&mut self, resource: &ResourceId, key: Option<&Key>, now: Timestamp) {
        self.held.remove(&(resource.clone(), key.cloned()));
        let waiting: Vec<(Key, Arc<Stored>)> = self
            .store
            .list(resource, None)
            .filter(|(found, _)| key.is_none_or(|key| key == *found))
            .map(|(key, object)| (key.clone(), Arc::clone(object)))
            .collect();
        for (key, object) in waiting {
            let change = Change {
                revision: self.store.revision(),
                resource: Arc::new(resource.clone()),
                key,
                old: Some(Arc::clone(&object)),
                new: Some(object),
            };
            react(self, &change, now);
        }
    }

    fn is_held(&self, group: &str, plural: &str, key: &Key) -> bool {
        self.held.iter().any(|(resource, held)| {
            *resource.group == *group
                && *resource.plural == *plural
                && held.as_ref().is_none_or(|held| held == key)
        })
    }
}

/// An object of a builtin kind with what serves it, unless it is on its way out or held.
fn find(core: &Core, group: &str, plural: &str, key: &Key) -> Option<(Arc<Served>, Value)> {
    if core.is_held(group, plural, key) {
        return None;
    }
    let served = core.registry.get(group, "v1", plural)?.clone();
    let object = core.store.get(&served.storage, key)?;
    (!object.is_deleting()).then(|| (served.clone(), object.to_value()))
}
