//! Pods: scheduled to the only node, running and ready at once; gone at once when deleted.

use super::NODE;
use crate::core::{Core, object, options::DeleteOptions, store::Key, write::seconds};
use kro_object::Timestamp;
use serde_json::{Value, json};

pub(super) fn pod(core: &mut Core, key: &Key, now: Timestamp) {
    let Some(served) = core.registry.get("", "v1", "pods").cloned() else { return };
    let Some(stored) = core.store.get(&served.storage, key) else { return };
    if stored.is_deleting() {
        let at_once = DeleteOptions { grace_period: Some(0), ..DeleteOptions::default() };
        let _gone = core.delete(&served, key, &at_once, now).is_err();
        return;
    }
    if core.is_held("", "pods", key) {
        return;
    }
    let pod = stored.to_value();
    if pod.pointer("/spec/nodeName").is_none() {
        core.adjust(&served, key, Some("binding"), now, &mut |pod| {
            object::child_mut(pod, "spec").insert("nodeName".into(), NODE.into());
        });
        return;
    }
    let phase = pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or("Pending");
    if phase != "Pending" || pod.pointer("/spec/nodeName").and_then(Value::as_str) != Some(NODE) {
        return;
    }
    let ip = core.next_pod_ip();
    let ends = super::template::controller(&pod).is_some_and(|(kind, _)| kind == "Job");
    let time = seconds(now);
    core.adjust(&served, key, Some("status"), now, &mut |pod| {
        let status = running(pod, ends, &ip, &time);
        let old = object::child_mut(pod, "status");
        for (field, value) in status {
            old.insert(field, value);
        }
    });
}

fn running(pod: &Value, ends: bool, ip: &str, time: &str) -> serde_json::Map<String, Value> {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array);
    let statuses: Vec<Value> = containers
        .into_iter()
        .flatten()
        .map(|container| {
            let state = if ends {
                json!({"terminated": {"exitCode": 0, "reason": "Completed", "startedAt": time, "finishedAt": time}})
            } else {
                json!({"running": {"startedAt": time}})
            };
            json!({
                "name": container["name"], "image": container["image"], "imageID": container["image"],
                "ready": !ends, "started": !ends, "restartCount": 0, "state": state, "lastState": {},
            })
        })
        .collect();
    let ready = if ends { "False" } else { "True" };
    let conditions: Vec<Value> =
        [("PodScheduled", "True"), ("Initialized", "True"), ("ContainersReady", ready), ("Ready", ready)]
            .iter()
            .map(|(kind, status)| json!({"type": kind, "status": status, "lastTransitionTime": time}))
            .collect();
    let status = json!({
        "phase": if ends { "Succeeded" } else { "Running" },
        "conditions": conditions,
        "containerStatuses": statuses,
        "hostIP": "10.244.0.1",
        "podIP": ip,
        "podIPs": [{"ip": ip}],
        "startTime": time,
    });
    status.as_object().cloned().unwrap_or_default()
}

/// Whether a pod counts as ready.
pub(super) fn is_ready(pod: &Value) -> bool {
    !object::is_deleting(pod)
        && pod
            .pointer("/status/conditions")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}
