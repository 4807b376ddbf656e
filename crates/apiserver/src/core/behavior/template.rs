//! Children made from a template: names, labels, the reference to their controller.

use crate::core::{
    Core, background, decode, object,
    options::{DeleteOptions, Propagation},
    registry::Served,
    store::{Key, Place},
    stored::Stored,
    write::Writer,
};
use kro_object::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::{sync::Arc, time::Duration};

/// The controlling owner of an object in a namespace, if it is of a kind that makes objects here.
pub(super) fn controller(core: &Core, namespace: &str, object: &Stored) -> Option<Place> {
    let owner = object.owners().iter().find(|owner| owner.is_controller)?;
    let (group, plural) = match &*owner.kind {
        "Deployment" => ("apps", "deployments"),
        "ReplicaSet" => ("apps", "replicasets"),
        "StatefulSet" => ("apps", "statefulsets"),
        "DaemonSet" => ("apps", "daemonsets"),
        "Job" => ("batch", "jobs"),
        "CronJob" => ("batch", "cronjobs"),
        _ => return None,
    };
    let served = core.registry.get(group, "v1", plural)?;
    Some((served.storage.clone(), Key::new(namespace, &owner.name)))
}

/// The children of a kind that `owner` controls, by key.
pub(super) fn children(core: &Core, served: &Served, owner: &Value) -> Vec<(Key, Value)> {
    let (namespace, uid) = (object::namespace(owner), object::meta_text(owner, "uid"));
    core.store
        .dependents(uid)
        .filter(|(resource, key)| *resource == served.storage && &*key.namespace == namespace)
        .filter_map(|(resource, key)| Some((key.clone(), core.store.get(resource, key)?)))
        .filter(|(_, child)| child.owners().iter().any(|owner| owner.is_controller && *owner.uid == *uid))
        .map(|(key, child)| (key, child.to_value()))
        .collect()
}

/// The most pods one object is given, however many it asks for: as many as a kubelet runs by default, and there is one
/// node.
const MOST_PODS: usize = 110;

/// So many of the pods that are asked for are made; none for less than nothing.
pub(super) fn pods_for(wanted: i64) -> usize {
    usize::try_from(wanted).unwrap_or(0).min(MOST_PODS)
}

pub(super) fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

/// A short hash of a pod template, as the `pod-template-hash` label has it.
pub(super) fn hash(template: &Value) -> String {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    let digest = Sha256::digest(crate::encode::to_vec(template));
    digest.iter().take(10).map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

/// A child of `owner` with the labels of its template.
pub(super) fn child(
    owner: &Value,
    owner_served: &Served,
    name: &str,
    template: &Value,
    spec: &Value,
) -> Value {
    let mut metadata = json!({
        "name": name,
        "namespace": object::namespace(owner),
        "ownerReferences": [{
            "apiVersion": owner_served.api_version(), "kind": &*owner_served.kind, "name": object::name(owner),
            "uid": object::meta_text(owner, "uid"), "controller": true, "blockOwnerDeletion": true,
        }],
    });
    for field in ["labels", "annotations"] {
        if let Some(value) = template.pointer(&format!("/metadata/{field}")) {
            metadata[field] = value.clone();
        }
    }
    json!({"metadata": metadata, "spec": spec})
}

/// A pod of `owner` from its template.
pub(super) fn pod(owner: &Value, owner_served: &Served, name: &str) -> Value {
    let template = owner.pointer("/spec/template").cloned().unwrap_or_default();
    let spec = template.get("spec").cloned().unwrap_or_default();
    child(owner, owner_served, name, &template, &spec)
}

/// Creates a pod of `owner` from its template, with a name that the server makes up.
pub(super) fn create_pod(
    core: &mut Core,
    pods: &Arc<Served>,
    owner: &Value,
    owner_served: &Served,
    now: Timestamp,
) {
    let prefix = format!("{}-", object::name(owner));
    let mut made = pod(owner, owner_served, &core.ids.name(&prefix));
    object::set_meta(&mut made, "generateName", Some(prefix.into()));
    create(core, pods, made, now);
}

/// Deletes a child, and in the background what it controls.
pub(super) fn remove(core: &mut Core, served: &Arc<Served>, key: &Key, now: Timestamp) {
    let options = DeleteOptions { propagation: Some(Propagation::Background), ..DeleteOptions::default() };
    let _gone = core.delete(served, key, &options, now).is_err();
}

/// Sets the counts in a status that are above 0; Go leaves out the others.
pub(super) fn set_counts<N: Into<Value> + Copy>(status: &mut Value, counts: &[(&str, N)]) {
    for (field, count) in counts {
        let count: Value = (*count).into();
        if count.as_u64() > Some(0) {
            status[*field] = count;
        }
    }
}

/// How long to wait after so many failures more than one: twice as long each time, up to the most. All in seconds.
pub(super) fn back_off(first: u64, doublings: u32, most: u64) -> Duration {
    let factor = 2_u64.checked_pow(doublings);
    Duration::from_secs(factor.map_or(most, |factor| factor.saturating_mul(first).min(most)))
}

/// A time in a status.
pub(super) fn moment(time: &Value) -> Option<Timestamp> {
    time.as_str()?.parse().ok()
}

/// Creates a child as the controllers do; a child that is there already stays.
pub(super) fn create(core: &mut Core, served: &Arc<Served>, mut child: Value, now: Timestamp) {
    let map = object::as_map_mut(&mut child);
    map.insert("apiVersion".into(), served.api_version().into());
    map.insert("kind".into(), served.kind.as_ref().into());
    decode::settled(served, &mut child);
    let outcome = core.create(served, child, &Writer::named(background::MANAGER, now));
    let _exists = outcome.is_err();
}
