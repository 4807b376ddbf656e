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
    store::{Change, Key},
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

/// An object of a builtin kind with what serves it, unless it is on its way out.
fn find(core: &Core, group: &str, plural: &str, key: &Key) -> Option<(Arc<Served>, Value)> {
    let served = core.registry.get(group, "v1", plural)?.clone();
    let object = core.store.get(&served.storage, key)?;
    (!object.is_deleting()).then(|| (served.clone(), object.to_value()))
}
