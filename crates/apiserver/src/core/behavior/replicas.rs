//! Deployments and replica sets: one replica set per template, one pod per replica. Old replica sets go to zero
//! as soon as the new one is made.

use super::{find, pod, template};
use crate::core::{Core, object, options::DeleteOptions, store::Key, write::seconds};
use kro_object::Timestamp;
use serde_json::{Value, json};

const HASH_LABEL: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";

fn number(object: &Value, pointer: &str) -> i64 {
    object.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
}

pub(super) fn deployment(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, deployment)) = find(core, "apps", "deployments", key) else { return };
    let Some(sets) = core.registry.get("apps", "v1", "replicasets").cloned() else { return };
    let replicas = number(&deployment, "/spec/replicas");
    let pod_template = deployment.pointer("/spec/template").cloned().unwrap_or_default();
    let hash = template::hash(&pod_template);
    let name = format!("{}-{hash}", key.name);
    let owned = template::children(core, &sets, &deployment);
    let is_paused = deployment.pointer("/spec/paused") == Some(&Value::Bool(true));
    if !owned.iter().any(|(set, _)| *set.name == name) && !is_paused {
        let mut labeled = pod_template;
        object::meta_mut(&mut labeled);
        let labels =
            labeled["metadata"].as_object_mut().map(|meta| meta.entry("labels").or_insert_with(|| json!({})));
        if let Some(labels) = labels {
            labels[HASH_LABEL] = hash.as_str().into();
        }
        let mut selector = deployment.pointer("/spec/selector").cloned().unwrap_or_else(|| json!({}));
        object::child_mut(&mut selector, "matchLabels").insert(HASH_LABEL.into(), hash.as_str().into());
        let spec = json!({"replicas": replicas, "selector": selector, "template": labeled});
        let mut set = template::child(&deployment, &served, &name, &labeled, &spec);
        let revision = owned.len() + 1;
        object::set_meta(&mut set, "annotations", Some(json!({REVISION: revision.to_string()})));
        template::create(core, &sets, set, now);
    }
    let (mut ready, mut total, mut updated, mut has_current) = (0, 0, 0, false);
    for (set, object) in template::children(core, &sets, &deployment) {
        let is_current = *set.name == name;
        has_current |= is_current;
        let wanted = if is_current || is_paused && owned.len() == 1 { replicas } else { 0 };
        if number(&object, "/spec/replicas") != wanted {
            core.adjust(&sets, &set, None, now, &mut |set| {
                object::child_mut(set, "spec").insert("replicas".into(), wanted.into());
            });
        }
        total += number(&object, "/status/replicas");
        ready += number(&object, "/status/readyReplicas");
        if is_current {
            updated = number(&object, "/status/replicas");
        }
    }
    let time = seconds(now);
    let generation = number(&deployment, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |deployment| {
        let complete = has_current && updated == replicas && ready >= replicas && total == replicas;
        let available = if ready >= replicas { "True" } else { "False" };
        let old = deployment.pointer("/status/conditions").cloned();
        let mut status = json!({"observedGeneration": generation});
        for (field, count) in [
            ("replicas", total),
            ("updatedReplicas", updated),
            ("readyReplicas", ready),
            ("availableReplicas", ready),
            ("unavailableReplicas", (replicas - ready).max(0)),
        ] {
            if count > 0 {
                status[field] = count.into();
            }
        }
        let reason = if complete { "NewReplicaSetAvailable" } else { "ReplicaSetUpdated" };
        let message = if complete {
            format!("ReplicaSet \"{name}\" has successfully progressed.")
        } else {
            format!("ReplicaSet \"{name}\" is progressing.")
        };
        let available_text = if available == "True" {
            ("MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        status["conditions"] = json!([
            condition(old.as_ref(), "Available", available, available_text.0, available_text.1, &time),
            condition(old.as_ref(), "Progressing", "True", reason, &message, &time),
        ]);
        object::as_map_mut(deployment).insert("status".into(), status);
    });
}

/// A condition that keeps its times while it says the same.
pub(super) fn condition(
    old: Option<&Value>,
    kind: &str,
    status: &str,
    reason: &str,
    message: &str,
    time: &str,
) -> Value {
    let present =
        old.and_then(Value::as_array).into_iter().flatten().find(|condition| condition["type"] == kind);
    let kept = |field: &str, same: bool| {
        present.filter(|_| same).map_or_else(|| Value::from(time), |present| present[field].clone())
    };
    let same_status = present.is_some_and(|present| present["status"] == status);
    let same_all = same_status
        && present.is_some_and(|present| present["reason"] == reason && present["message"] == message);
    json!({
        "type": kind, "status": status, "reason": reason, "message": message,
        "lastTransitionTime": kept("lastTransitionTime", same_status), "lastUpdateTime": kept("lastUpdateTime", same_all),
    })
}

pub(super) fn replica_set(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, set)) = find(core, "apps", "replicasets", key) else { return };
    let Some(pods) = core.registry.get("", "v1", "pods").cloned() else { return };
    let replicas = usize::try_from(number(&set, "/spec/replicas")).unwrap_or(0);
    let mut owned = template::children(core, &pods, &set);
    owned.retain(|(_, pod)| !object::is_deleting(pod));
    let pod_template = set.pointer("/spec/template").cloned().unwrap_or_default();
    for _ in owned.len()..replicas {
        let name = core.ids.name(&format!("{}-", key.name));
        let spec = pod_template.get("spec").cloned().unwrap_or_default();
        let mut pod = template::child(&set, &served, &name, &pod_template, &spec);
        object::set_meta(&mut pod, "generateName", Some(format!("{}-", key.name).into()));
        template::create(core, &pods, pod, now);
    }
    for (pod, _) in owned.drain(..).skip(replicas) {
        let _gone = core.delete(&pods, &pod, &DeleteOptions::default(), now).is_err();
    }
    let owned: Vec<_> = template::children(core, &pods, &set)
        .into_iter()
        .filter(|(_, pod)| !object::is_deleting(pod))
        .collect();
    let ready = owned.iter().filter(|(_, object)| pod::is_ready(object)).count();
    let generation = number(&set, "/metadata/generation");
    core.adjust(&served, key, Some("status"), now, &mut |set| {
        let mut status = json!({"replicas": owned.len(), "observedGeneration": generation});
        for (field, count) in
            [("fullyLabeledReplicas", owned.len()), ("readyReplicas", ready), ("availableReplicas", ready)]
        {
            if count > 0 {
                status[field] = count.into();
            }
        }
        object::as_map_mut(set).insert("status".into(), status);
    });
}
