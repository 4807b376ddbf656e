//! The rest of a cluster, in a small and honest way: what controllers and kubelets would do to workloads.
//!
//! Pods run at once and are ready; jobs succeed at once, cron jobs make them in time; load balancers and ingresses get addresses; claims get
//! bound. There is no scheduling, no networking, no image that fails to start.

mod addresses;
mod cron_job;
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
use crate::Behavior;
use kro_object::Timestamp;
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// The name of the only node.
pub(super) const NODE: &str = "embedded";

/// Reacts to one change.
pub(super) fn react(core: &mut Core, change: &Change, now: Timestamp) {
    attend(core, &change.resource, &change.key, now);
    // A change of a child concerns whoever controls it.
    let child = change.new.as_ref().or(change.old.as_ref()).filter(|object| !object.owners().is_empty());
    let Some((kind, name)) = child.and_then(|child| template::controller(&child.value())) else { return };
    let (group, plural) = match kind.as_str() {
        "Deployment" => ("apps", "deployments"),
        "ReplicaSet" => ("apps", "replicasets"),
        "StatefulSet" => ("apps", "statefulsets"),
        "DaemonSet" => ("apps", "daemonsets"),
        "Job" => ("batch", "jobs"),
        "CronJob" => ("batch", "cronjobs"),
        _ => return,
    };
    let Some(owner) = core.registry.get(group, "v1", plural).map(|served| served.storage.clone()) else {
        return;
    };
    attend(core, &owner, &Key::new(&change.key.namespace, &name), now);
}

/// Does what concerns an object, now or after the delay of the behavior.
fn attend(core: &mut Core, resource: &Arc<ResourceId>, key: &Key, now: Timestamp) {
    let behavior = Behavior::of(&resource.group, &resource.plural);
    match behavior.and_then(|behavior| core.behaviors.delay(behavior)) {
        None => {}
        Some(Duration::ZERO) => play(core, resource, key, now),
        Some(delay) => core.background.later(now.saturating_add(delay), (resource.clone(), key.clone())),
    }
}

/// Does what concerns an object.
pub(super) fn play(core: &mut Core, resource: &ResourceId, key: &Key, now: Timestamp) {
    match Behavior::of(&resource.group, &resource.plural) {
        Some(Behavior::Deployments) => replicas::deployment(core, key, now),
        Some(Behavior::ReplicaSets) => replicas::replica_set(core, key, now),
        Some(Behavior::StatefulSets) => sets::stateful_set(core, key, now),
        Some(Behavior::DaemonSets) => sets::daemon_set(core, key, now),
        Some(Behavior::Jobs) => job::job(core, key, now),
        Some(Behavior::CronJobs) => cron_job::cron_job(core, key, now),
        Some(Behavior::Pods) => pod::pod(core, key, now),
        Some(Behavior::Services) => addresses::service(core, key, now),
        Some(Behavior::Ingresses) => addresses::ingress(core, key, now),
        Some(Behavior::Claims) => addresses::claim(core, key, now),
        Some(Behavior::GarbageCollection | Behavior::Namespaces) | None => {}
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
