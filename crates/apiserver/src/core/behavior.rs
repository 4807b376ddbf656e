//! The rest of a cluster, in a small and honest way: what controllers and kubelets would do to workloads.
//!
//! Pods run at once and are ready; jobs succeed at once, cron jobs make them in time; load balancers and ingresses get
//! addresses; claims get bound. What is to fail is told by annotations and scripts. Refuses to schedule, to connect and
//! to run anything.

mod addresses;
mod cron_job;
mod deployment;
mod job;
mod kubelet;
mod pod;
mod replica_set;
mod rollout;
mod script;
mod sets;
mod template;

pub(super) use self::script::{Script, problem};

use super::{
    Core,
    registry::Served,
    store::{Change, Key, ResourceId},
};
use crate::Behavior;
use kro_object::Timestamp;
use serde_json::Value;
use std::sync::Arc;

/// The name of the only node.
pub(super) const NODE: &str = "embedded";

/// Reacts to one change.
pub(super) fn react(core: &mut Core, change: &Change, now: Timestamp) {
    attend(core, &change.resource, &change.key, now);
    // A change of a child concerns whoever controls it.
    let child = change.new.as_ref().or(change.old.as_ref());
    let controller = child.and_then(|child| template::controller(core, &change.key.namespace, child));
    if let Some((resource, key)) = controller {
        attend(core, &resource, &key, now);
    }
    script::outcome_changed(core, change, now);
}

/// Puts what concerns an object on the list, for after the delay of the behavior. As with the work queue of a
/// controller, an object is there once, however many changes concern it.
fn attend(core: &mut Core, resource: &Arc<ResourceId>, key: &Key, now: Timestamp) {
    let behavior = Behavior::of(&resource.group, &resource.plural);
    if let Some(delay) = behavior.and_then(|behavior| core.behaviors.delay(behavior)) {
        core.background.later(now.saturating_add(delay), (resource.clone(), key.clone()));
    }
}

/// Does what concerns an object.
pub(super) fn play(core: &mut Core, resource: &ResourceId, key: &Key, now: Timestamp) {
    match Behavior::of(&resource.group, &resource.plural) {
        Some(Behavior::Deployments) => deployment::deployment(core, key, now),
        Some(Behavior::ReplicaSets) => replica_set::replica_set(core, key, now),
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

/// An object of a builtin kind with what serves it, unless it is on its way out or held.
fn find(core: &Core, group: &str, plural: &str, key: &Key) -> Option<(Arc<Served>, Value)> {
    let served = core.registry.get(group, "v1", plural)?.clone();
    if core.is_held(&served.storage, key) {
        return None;
    }
    let object = core.store.get(&served.storage, key)?;
    (!object.is_deleting()).then(|| (served.clone(), object.to_value()))
}
