//! What a kubelet writes into the status of a pod on its node. Refuses to decide which life a pod has.

use super::template::{back_off, moment};
use crate::core::{object, write::seconds};
use kro_object::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::{fmt::Write as _, time::Duration};

/// How a pod on a node lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// All containers run and are ready.
    Running,
    /// All containers have ended well.
    Completed,
    /// The images are not there.
    Unpulled,
    /// All containers have ended with an error, and are started again later.
    Crashed,
    /// All containers have ended with an error, for good.
    Failed,
    /// The kubelet has ended the pod.
    Evicted,
}

const NODE_ADDRESS: &str = "10.244.0.1";
/// How long a pull that fails waits for the next one.
const PULL_PAUSE: Duration = Duration::from_secs(10);
/// How long containers wait to be started a second time; twice as long each time after that, up to the most.
const RESTART_PAUSE: u64 = 10;
const LONGEST_PAUSE: u64 = 300;

/// The pod's status, and when the kubelet looks at it again.
pub(super) struct Report {
    pub status: Map<String, Value>,
    pub again: Option<Timestamp>,
}

/// What the kubelet reports of a pod that lives like this; nothing if it has said so already and there is no news yet.
pub(super) fn report(pod: &Value, life: Life, ip: &str, now: Timestamp) -> Report {
    let time = seconds(now);
    let old = pod.get("status").and_then(Value::as_object).cloned().unwrap_or_default();
    let start = old.get("startTime").cloned().unwrap_or_else(|| time.as_str().into());
    let view = View { pod, life, time: &time, now, began: moment(&start).unwrap_or(now) };
    let (mut statuses, mut again) = (Vec::new(), None);
    for container in containers(pod, "containers") {
        let (status, due) = view.container(container);
        statuses.push(status);
        again = again.max(due);
    }
    let mut status = old;
    let mut set = |field: &str, value: Value| status.insert(field.to_owned(), value);
    set("phase", view.phase().into());
    set("conditions", view.conditions());
    set("containerStatuses", statuses.into());
    set("observedGeneration", object::meta(pod, "generation").cloned().unwrap_or_else(|| 1.into()));
    set("startTime", start);
    for (field, address) in [("hostIP", NODE_ADDRESS), ("podIP", ip)] {
        set(field, address.into());
        set(&format!("{field}s"), json!([{"ip": address}]));
    }
    if life == Life::Evicted {
        set("reason", "Evicted".into());
        set("message", LOW_MEMORY.into());
    }
    let initial: Vec<Value> =
        containers(pod, "initContainers").map(|container| view.init_container(container)).collect();
    if !initial.is_empty() {
        set("initContainerStatuses", initial.into());
    }
    Report { status, again }
}

const LOW_MEMORY: &str =
    "The node was low on resource: memory. Threshold quantity: 100Mi, available: 84820Ki. ";

struct View<'p> {
    pod: &'p Value,
    life: Life,
    time: &'p str,
    now: Timestamp,
    /// When the pod came to its node.
    began: Timestamp,
}

impl View<'_> {
    fn phase(&self) -> &'static str {
        match self.life {
            Life::Unpulled => "Pending",
            Life::Running | Life::Crashed => "Running",
            Life::Completed => "Succeeded",
            Life::Failed | Life::Evicted => "Failed",
        }
    }

    /// A container's status, and when it changes by itself.
    fn container(&self, container: &Value) -> (Value, Option<Timestamp>) {
        let name = container["name"].as_str().unwrap_or_default();
        let statuses = self.pod.pointer("/status/containerStatuses").and_then(Value::as_array);
        let old = statuses.into_iter().flatten().find(|status| status["name"] == name);
        let old_restarts = old.map_or(0, |old| old["restartCount"].as_u64().unwrap_or(0));
        let crash = old.filter(|old| waits_for(old, "CrashLoopBackOff")).and_then(|old| {
            let ended = moment(&old["lastState"]["terminated"]["finishedAt"])?;
            Some((old, ended.saturating_add(pause(old_restarts))))
        });
        match self.life {
            Life::Running => match old.filter(|old| old["ready"] == true) {
                Some(old) => (old.clone(), None),
                None => {
                    let restarts = old_restarts + u64::from(crash.is_some());
                    let state = json!({"running": {"startedAt": self.time}});
                    let last = crash.map_or_else(|| json!({}), |(old, _)| old["lastState"].clone());
                    (self.status(container, restarts, true, &state, &last), None)
                }
            },
            Life::Completed => {
                let ended = json!({"terminated": self.ended(name, old_restarts, 0, "Completed")});
                (self.status(container, old_restarts, false, &ended, &json!({})), None)
            }
            Life::Failed | Life::Evicted => {
                let code = if self.life == Life::Failed { 1 } else { 137 };
                let ended = json!({"terminated": self.ended(name, old_restarts, code, "Error")});
                (self.status(container, old_restarts, false, &ended, &json!({})), None)
            }
            Life::Crashed => match crash {
                Some((old, due)) if due > self.now => (old.clone(), Some(due)),
                // The first time containers are started again at once, and end as fast.
                _ => {
                    let restarts = old_restarts + 1;
                    let wait = pause(restarts);
                    let state = json!({"waiting": {
                        "reason": "CrashLoopBackOff",
                        "message": format!(
                            "back-off {} restarting failed container={name} pod={}_{}({})",
                            go_seconds(wait.as_secs()), object::name(self.pod), object::namespace(self.pod),
                            object::meta_text(self.pod, "uid"),
                        ),
                    }});
                    let last = json!({"terminated": self.ended(name, restarts, 1, "Error")});
                    let status = self.status(container, restarts, false, &state, &last);
                    (status, Some(self.now.saturating_add(wait)))
                }
            },
            Life::Unpulled => {
                let image = container["image"].as_str().unwrap_or_default();
                let full = full_reference(image);
                let why = format!(
                    "rpc error: code = NotFound desc = failed to pull and unpack image {full:?}: failed to resolve reference {full:?}: {full}: not found"
                );
                let due = self.began.saturating_add(PULL_PAUSE);
                let (reason, message, again) = if self.now < due {
                    ("ErrImagePull", why, Some(due))
                } else {
                    let why = format!("Back-off pulling image {image:?}: ErrImagePull: {why}");
                    ("ImagePullBackOff", why, None)
                };
                let state = json!({"waiting": {"reason": reason, "message": message}});
                (self.status(container, old_restarts, false, &state, &json!({})), again)
            }
        }
    }

    fn status(&self, container: &Value, restarts: u64, runs: bool, state: &Value, last: &Value) -> Value {
        let is_there = self.life != Life::Unpulled;
        let resources = container.get("resources").cloned().unwrap_or_else(|| json!({}));
        let name = container["name"].as_str().unwrap_or_default();
        let mut status = json!({
            "name": name, "image": container["image"], "imageID": if is_there { container["image"].clone() } else { "".into() },
            "ready": runs, "started": runs, "restartCount": restarts, "state": state, "lastState": last,
            "resources": resources,
        });
        if let Some(requests) = container.pointer("/resources/requests") {
            status["allocatedResources"] = requests.clone();
        }
        if is_there {
            status["containerID"] = self.id(name, restarts).into();
        }
        status
    }

    /// Containers that have done their work before the others started, or run beside them.
    fn init_container(&self, container: &Value) -> Value {
        let is_beside = container["restartPolicy"] == "Always";
        let name = container["name"].as_str().unwrap_or_default();
        let statuses = self.pod.pointer("/status/initContainerStatuses").and_then(Value::as_array);
        if let Some(old) = statuses.into_iter().flatten().find(|status| status["name"] == name) {
            return old.clone();
        }
        let state = if is_beside {
            json!({"running": {"startedAt": self.time}})
        } else {
            json!({"terminated": self.ended(name, 0, 0, "Completed")})
        };
        json!({
            "name": name, "image": container["image"], "imageID": container["image"], "ready": true,
            "started": is_beside, "restartCount": 0, "state": state, "lastState": {},
            "resources": container.get("resources").cloned().unwrap_or_else(|| json!({})),
            "containerID": self.id(name, 0),
        })
    }

    fn ended(&self, name: &str, restarts: u64, code: i32, reason: &str) -> Value {
        json!({
            "containerID": self.id(name, restarts), "exitCode": code, "reason": reason,
            "startedAt": self.time, "finishedAt": self.time,
        })
    }

    /// The name of a container among all there have been.
    fn id(&self, name: &str, restarts: u64) -> String {
        let mut out = String::from("containerd://");
        let uid = object::meta_text(self.pod, "uid");
        for byte in Sha256::digest(format!("{uid} {name} {restarts}")) {
            let _into_text = write!(out, "{byte:02x}");
        }
        out
    }

    fn conditions(&self) -> Value {
        let names: Vec<&str> =
            containers(self.pod, "containers").filter_map(|container| container["name"].as_str()).collect();
        let unready = format!("containers with unready status: [{}]", names.join(" "));
        let (is_up, ready, initialized) = match self.life {
            Life::Running => ("True", ("True", "", ""), ""),
            Life::Completed => ("False", ("False", "PodCompleted", ""), "PodCompleted"),
            Life::Unpulled | Life::Crashed => ("True", ("False", "ContainersNotReady", unready.as_str()), ""),
            Life::Failed | Life::Evicted => ("False", ("False", "PodFailed", ""), ""),
        };
        let mut conditions = vec![
            ("PodReadyToStartContainers", (is_up, "", "")),
            ("Initialized", ("True", initialized, "")),
            ("Ready", ready),
            ("ContainersReady", ready),
            ("PodScheduled", ("True", "", "")),
        ];
        if self.life == Life::Evicted {
            conditions.insert(0, ("DisruptionTarget", ("True", "TerminationByKubelet", LOW_MEMORY)));
        }
        let conditions = conditions.into_iter();
        conditions.map(|(kind, said)| condition(self.pod, kind, said, self.time)).collect()
    }
}

/// A condition with status, reason and message, whose transition is as old as its status.
pub(super) fn condition(
    pod: &Value,
    kind: &str,
    (status, reason, message): (&str, &str, &str),
    time: &str,
) -> Value {
    let conditions = pod.pointer("/status/conditions").and_then(Value::as_array);
    let old = conditions.into_iter().flatten().find(|old| old["type"] == kind && old["status"] == status);
    let mut condition = json!({
        "type": kind, "status": status, "lastProbeTime": null,
        "lastTransitionTime": old.map_or_else(|| time.into(), |old| old["lastTransitionTime"].clone()),
        "observedGeneration": object::meta(pod, "generation").cloned().unwrap_or_else(|| 1.into()),
    });
    for (field, text) in [("reason", reason), ("message", message)] {
        if !text.is_empty() {
            condition[field] = text.into();
        }
    }
    condition
}

fn containers<'p>(pod: &'p Value, field: &str) -> impl Iterator<Item = &'p Value> {
    pod.get("spec").and_then(|spec| spec.get(field)).and_then(Value::as_array).into_iter().flatten()
}

/// Whether a container waits, and why.
fn waits_for(status: &Value, reason: &str) -> bool {
    status["state"]["waiting"]["reason"] == reason
}

/// How long a container waits that has been started again so many times.
fn pause(restarts: u64) -> Duration {
    let doublings = u32::try_from(restarts.saturating_sub(1)).unwrap_or(u32::MAX);
    back_off(RESTART_PAUSE, doublings, LONGEST_PAUSE)
}

/// Seconds as Go writes them.
fn go_seconds(seconds: u64) -> String {
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}

/// An image's name with its registry and tag.
fn full_reference(image: &str) -> String {
    let (first, rest) = image.split_once('/').unwrap_or(("", image));
    let path = match first {
        "" => format!("docker.io/library/{rest}"),
        host if host.contains(['.', ':']) || host == "localhost" => image.to_owned(),
        _ => format!("docker.io/{image}"),
    };
    let name = path.rsplit('/').next().unwrap_or_default();
    if name.contains([':', '@']) { path } else { format!("{path}:latest") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_named_in_full() {
        for (image, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.29", "docker.io/library/nginx:1.29"),
            ("team/app@sha256:00", "docker.io/team/app@sha256:00"),
            ("localhost:5000/app", "localhost:5000/app:latest"),
            ("ghcr.io/team/app:1", "ghcr.io/team/app:1"),
        ] {
            assert_eq!(full_reference(image), full);
        }
    }

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let pauses: Vec<String> = (1..8).map(|restarts| go_seconds(pause(restarts).as_secs())).collect();
        assert_eq!(pauses, ["10s", "20s", "40s", "1m20s", "2m40s", "5m0s", "5m0s"]);
        assert_eq!(pause(u64::MAX), Duration::from_secs(LONGEST_PAUSE));
    }
}
