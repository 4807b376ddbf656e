//! Pods: scheduled to the only node, running and ready at once, unless they turn out otherwise; gone at once when
//! deleted.

use super::{
    NODE,
    kubelet::{self, Life},
    template,
};
use crate::{
    Outcome,
    core::{Core, object, options::DeleteOptions, store::Key, write::seconds},
};
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
    if core.is_held(&served.storage, key) {
        return;
    }
    let pod = stored.to_value();
    let outcome = core.outcome(&served.storage, key);
    let is_scheduled = pod.pointer("/spec/nodeName").is_some();
    if !is_scheduled && outcome == Outcome::Pending {
        let condition = kubelet::condition(&pod, "PodScheduled", UNSCHEDULABLE, &seconds(now));
        core.adjust(&served, key, Some("status"), now, &mut |pod| {
            object::child_mut(pod, "status").insert("conditions".into(), json!([condition]));
        });
        return;
    }
    if !is_scheduled {
        core.adjust(&served, key, Some("binding"), now, &mut |pod| {
            object::child_mut(pod, "spec").insert("nodeName".into(), NODE.into());
        });
        return;
    }
    if pod.pointer("/spec/nodeName").and_then(Value::as_str) != Some(NODE) {
        return;
    }
    let controller = template::controller(core, &key.namespace, stored).map(|(resource, _)| resource);
    let controller = controller.as_ref().map_or("", |resource| &*resource.plural);
    let Some(life) = life(&pod, controller, outcome) else { return };
    let ip = match pod.pointer("/status/podIP").and_then(Value::as_str) {
        Some(ip) => ip.to_owned(),
        None => core.next_pod_ip(),
    };
    let report = kubelet::report(&pod, life, &ip, now);
    if let Some(again) = report.again {
        core.background.later(again, (served.storage.clone(), key.clone()));
    }
    core.adjust(&served, key, Some("status"), now, &mut |pod| {
        object::as_map_mut(pod).insert("status".into(), report.status.clone().into());
    });
}

/// What the scheduler says of a pod that fits nowhere: status, reason, message.
const UNSCHEDULABLE: (&str, &str, &str) = (
    "False",
    "Unschedulable",
    "0/1 nodes are available: 1 Insufficient cpu. no new claims to deallocate, preemption: 0/1 nodes are available: 1 No preemption victims found for incoming pod.",
);

/// How a pod on the node lives from now on, with a controller of some resource; nothing if it goes on as it is.
fn life(pod: &Value, controller: &str, outcome: Outcome) -> Option<Life> {
    if has_ended(pod) {
        return None;
    }
    let phase = phase(pod);
    let is_restarted = pod.pointer("/spec/restartPolicy").and_then(Value::as_str) != Some("Never");
    Some(match outcome {
        Outcome::ImagePullError if phase == "Pending" => Life::Unpulled,
        Outcome::CrashLoop | Outcome::Fail if !is_restarted => Life::Failed,
        Outcome::Fail if matches!(controller, "" | "jobs") => Life::Evicted,
        Outcome::CrashLoop | Outcome::Fail => Life::Crashed,
        Outcome::Success | Outcome::Pending | Outcome::ImagePullError => match controller {
            "jobs" => Life::Completed,
            _ if phase == "Running" && is_ready(pod) => return None,
            _ => Life::Running,
        },
    })
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

/// Whether a pod has ended, one way or the other.
pub(super) fn has_ended(pod: &Value) -> bool {
    matches!(phase(pod), "Succeeded" | "Failed")
}

pub(super) fn phase(pod: &Value) -> &str {
    pod.pointer("/status/phase").and_then(Value::as_str).unwrap_or("Pending")
}
