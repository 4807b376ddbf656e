//! Children made from a template: names, labels, the reference to their controller.

use crate::core::{
    Core, background, decode, object,
    registry::Served,
    store::{Key, Place},
    write::Writer,
};
use kro_object::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// The controlling owner, if it is of a kind that makes objects here.
pub(super) fn controller(core: &Core, object: &Value) -> Option<Place> {
    let owner = object::meta(object, "ownerReferences")?
        .as_array()?
        .iter()
        .find(|owner| owner["controller"] == true)?;
    let (group, plural) = match owner["kind"].as_str()? {
        "Deployment" => ("apps", "deployments"),
        "ReplicaSet" => ("apps", "replicasets"),
        "StatefulSet" => ("apps", "statefulsets"),
        "DaemonSet" => ("apps", "daemonsets"),
        "Job" => ("batch", "jobs"),
        "CronJob" => ("batch", "cronjobs"),
        _ => return None,
    };
    let served = core.registry.get(group, "v1", plural)?;
    Some((served.storage.clone(), Key::new(object::namespace(object), owner["name"].as_str()?)))
}

/// Whether `owner` controls the object.
pub(super) fn is_controlled(object: &Value, owner: &Value) -> bool {
    object::meta(object, "ownerReferences").and_then(Value::as_array).into_iter().flatten().any(|reference| {
        reference["controller"] == true && reference["uid"].as_str() == Some(object::meta_text(owner, "uid"))
    })
}

/// The children of a kind that `owner` controls, by key.
pub(super) fn children(core: &Core, served: &Served, owner: &Value) -> Vec<(Key, Value)> {
    let namespace = object::namespace(owner);
    core.store
        .dependents(object::meta_text(owner, "uid"))
        .filter(|(resource, key)| *resource == served.storage && &*key.namespace == namespace)
        .filter_map(|(resource, key)| Some((key.clone(), core.store.get(resource, key)?.to_value())))
        .filter(|(_, child)| is_controlled(child, owner))
        .collect()
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

/// Creates a child as the controllers do; a child that is there already stays.
pub(super) fn create(core: &mut Core, served: &Arc<Served>, mut child: Value, now: Timestamp) {
    let map = object::as_map_mut(&mut child);
    map.insert("apiVersion".into(), served.api_version().into());
    map.insert("kind".into(), served.kind.as_ref().into());
    decode::settled(served, &mut child);
    let outcome = core.create(served, child, &Writer::named(background::MANAGER, now));
    let _exists = outcome.is_err();
}
