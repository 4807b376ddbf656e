//! Stateful sets with numbered pods, daemon sets with one pod on the only node.

use super::{find, pod, template};
use crate::core::{Core, object, options::DeleteOptions, registry::Served, store::Key};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

pub(super) fn stateful_set(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, set)) = find(core, "apps", "statefulsets", key) else { return };
    let replicas = number(&set, "/spec/replicas");
    let names: Vec<String> = (0..replicas).map(|ordinal| format!("{}-{ordinal}", key.name)).collect();
    let revision =
        format!("{}-{}", key.name, template::hash(set.pointer("/spec/template").unwrap_or(&Value::Null)));
    let Some((total, ready)) = keep_pods(core, &served, &set, &names, &revision, now) else { return };
    let generation = number(&set, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |set| {
        let mut status = json!({
            "observedGeneration": generation, "replicas": total, "availableReplicas": ready,
            "currentRevision": revision, "updateRevision": revision, "collisionCount": 0,
        });
        for (field, count) in
            [("readyReplicas", ready), ("currentReplicas", total), ("updatedReplicas", total)]
        {
            if count > 0 {
                status[field] = count.into();
            }
        }
        object::as_map_mut(set).insert("status".into(), status);
    });
}

pub(super) fn daemon_set(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, set)) = find(core, "apps", "daemonsets", key) else { return };
    let hash = template::hash(set.pointer("/spec/template").unwrap_or(&Value::Null));
    let names = [format!("{}-{}", key.name, &hash[..5])];
    let Some((total, ready)) = keep_pods(core, &served, &set, &names, &hash, now) else { return };
    let generation = number(&set, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |set| {
        let mut status = json!({
            "currentNumberScheduled": total, "numberMisscheduled": 0, "desiredNumberScheduled": 1,
            "numberReady": ready, "observedGeneration": generation, "updatedNumberScheduled": total,
        });
        if ready > 0 {
            status["numberAvailable"] = ready.into();
        }
        object::as_map_mut(set).insert("status".into(), status);
    });
}

/// Makes the named pods be there, of the present template, and no others; returns how many there are and how
/// many are ready.
fn keep_pods(
    core: &mut Core,
    served: &Arc<Served>,
    set: &Value,
    names: &[String],
    revision: &str,
    now: Timestamp,
) -> Option<(usize, usize)> {
    const REVISION_LABEL: &str = "controller-revision-hash";
    let pods = core.registry.get("", "v1", "pods")?.clone();
    let is_current = |pod: &Value| {
        pod.pointer(&format!("/metadata/labels/{REVISION_LABEL}")).and_then(Value::as_str) == Some(revision)
    };
    for (pod, object) in template::children(core, &pods, set) {
        if !names.iter().any(|name| **name == *pod.name) || !is_current(&object) {
            let _gone = core.delete(&pods, &pod, &DeleteOptions::default(), now).is_err();
        }
    }
    let pod_template = set.pointer("/spec/template").cloned().unwrap_or_default();
    for name in names {
        if core.store.get(&pods.storage, &Key::new(object::namespace(set), name)).is_none() {
            let spec = pod_template.get("spec").cloned().unwrap_or_default();
            let mut pod = template::child(set, served, name, &pod_template, &spec);
            let labels = object::meta_mut(&mut pod).entry("labels").or_insert_with(|| json!({}));
            labels[REVISION_LABEL] = revision.into();
            template::create(core, &pods, pod, now);
        }
    }
    let owned = template::children(core, &pods, set);
    Some((owned.len(), owned.iter().filter(|(_, object)| pod::is_ready(object)).count()))
}
