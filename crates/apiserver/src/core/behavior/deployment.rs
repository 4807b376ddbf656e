//! Deployments: one replica set per template, rolled over as the strategy says, and what the status tells of it.

use super::{
    find,
    rollout::{self, Count},
    template::{self, moment, number},
};
use crate::core::{Core, object, registry::Served, store::Key, write::seconds};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const HASH_LABEL: &str = "pod-template-hash";
const REVISION: &str = "deployment.kubernetes.io/revision";

pub(super) fn deployment(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, deployment)) = find(core, "apps", "deployments", key) else { return };
    let Some(sets) = core.registry.get("apps", "v1", "replicasets").cloned() else { return };
    let replicas = number(&deployment, "/spec/replicas");
    let limits = rollout::limits(&deployment, replicas);
    let hash = template::hash(deployment.pointer("/spec/template").unwrap_or(&Value::Null));
    let name = format!("{}-{hash}", key.name);
    let is_paused = deployment.pointer("/spec/paused") == Some(&Value::Bool(true));
    let mut owned = template::children(core, &sets, &deployment);
    owned.sort_by_key(|(_, set)| revision(set));
    let is_current = |set: &Key| *set.name == name;
    let has_old_pods =
        owned.iter().any(|(set, object)| !is_current(set) && number(object, "/status/replicas") > 0);
    let waits = limits.is_none() && has_old_pods;
    let is_created = !is_paused && !waits && !owned.iter().any(|(set, _)| is_current(set));
    if is_created {
        let old: Vec<Count> = owned.iter().map(|(_, set)| count(set)).collect();
        let none = Count { wanted: 0, available: 0 };
        let first = limits.map_or(replicas, |limits| rollout::step(replicas, limits, none, &old).0);
        let latest = owned.last().map_or(0, |(_, set)| revision(set));
        let made = New { name: &name, hash: &hash, replicas: first, revision: latest + 1 };
        create(core, (&served, &deployment), &sets, &made, now);
        owned = template::children(core, &sets, &deployment);
        owned.sort_by_key(|(_, set)| revision(set));
    }
    let wanted = wanted(replicas, limits, is_paused, &owned, &name);
    for ((set, object), wanted) in owned.iter().zip(wanted) {
        if number(object, "/spec/replicas") != wanted {
            core.adjust(&sets, set, None, now, &mut |set| {
                object::child_mut(set, "spec").insert("replicas".into(), wanted.into());
            });
        }
    }
    let sum = |field: &str, current: bool| -> i64 {
        let counted = owned.iter().filter(|(set, _)| !current || is_current(set));
        counted.map(|(_, set)| number(set, field)).sum()
    };
    let has_current = owned.iter().any(|(set, _)| is_current(set));
    let rollout = Rollout {
        name: if has_current {
            format!("ReplicaSet {name:?}")
        } else {
            format!("Deployment {:?}", &*key.name)
        },
        is_created,
        replicas,
        least: replicas - limits.filter(|_| replicas > 0).map_or(0, |limits| limits.unavailable),
        total: sum("/status/replicas", false),
        updated: sum("/status/replicas", true),
        ready: sum("/status/readyReplicas", false),
        now,
    };
    let status = rollout.status(&deployment);
    if let Some(due) = rollout.deadline(&deployment, &status) {
        core.background.later(due, (served.storage.clone(), key.clone()));
    }
    core.adjust(&served, key, Some("status"), now, &mut |deployment| {
        object::as_map_mut(deployment).insert("status".into(), status.clone());
    });
}

fn revision(set: &Value) -> u64 {
    let annotations = object::meta(set, "annotations");
    annotations.and_then(|all| all.get(REVISION)?.as_str()?.parse().ok()).unwrap_or(0)
}

fn count(set: &Value) -> Count {
    Count { wanted: number(set, "/spec/replicas"), available: number(set, "/status/availableReplicas") }
}

/// A replica set that is to be.
struct New<'n> {
    name: &'n str,
    hash: &'n str,
    replicas: i64,
    revision: u64,
}

/// Makes the replica set of the present template.
fn create(
    core: &mut Core,
    (served, deployment): (&Arc<Served>, &Value),
    sets: &Arc<Served>,
    new: &New<'_>,
    now: Timestamp,
) {
    let mut labeled = deployment.pointer("/spec/template").cloned().unwrap_or_default();
    let labels = object::meta_mut(&mut labeled).entry("labels").or_insert_with(|| json!({}));
    object::as_map_mut(labels).insert(HASH_LABEL.into(), new.hash.into());
    let mut selector = deployment.pointer("/spec/selector").cloned().unwrap_or_else(|| json!({}));
    object::child_mut(&mut selector, "matchLabels").insert(HASH_LABEL.into(), new.hash.into());
    let spec = json!({"replicas": new.replicas, "selector": selector, "template": labeled});
    let mut set = template::child(deployment, served, new.name, &labeled, &spec);
    object::set_meta(&mut set, "annotations", Some(json!({REVISION: new.revision.to_string()})));
    template::create(core, sets, set, now);
}

/// What each replica set, oldest first, is to have next.
fn wanted(
    replicas: i64,
    limits: Option<rollout::Limits>,
    is_paused: bool,
    owned: &[(Key, Value)],
    name: &str,
) -> Vec<i64> {
    let counts: Vec<(bool, Count)> =
        owned.iter().map(|(set, object)| (*set.name == *name, count(object))).collect();
    let is_alone = counts.iter().filter(|(_, count)| count.wanted > 0).count() <= 1;
    let new = counts.iter().find(|(is_current, _)| *is_current).map(|(_, count)| *count);
    match (limits, new) {
        // Only its size changes: of the one set that has pods, or of the newest.
        _ if is_paused => {
            let active =
                counts.iter().position(|(_, count)| count.wanted > 0).unwrap_or(counts.len().max(1) - 1);
            let sized = |(at, (_, count)): (usize, &(bool, Count))| {
                if is_alone && at == active { replicas } else { count.wanted }
            };
            counts.iter().enumerate().map(sized).collect()
        }
        (None, _) => counts.iter().map(|(is_current, _)| if *is_current { replicas } else { 0 }).collect(),
        (Some(limits), Some(new)) => {
            let old: Vec<Count> =
                counts.iter().filter(|(is_current, _)| !is_current).map(|(_, count)| *count).collect();
            let (new, old) = rollout::step(replicas, limits, new, &old);
            let mut old = old.into_iter();
            let next = |(is_current, _): &(bool, Count)| {
                if *is_current { new } else { old.next().unwrap_or(0) }
            };
            counts.iter().map(next).collect()
        }
        (Some(_), None) => counts.iter().map(|(_, count)| count.wanted).collect(),
    }
}

/// How far a deployment has come.
struct Rollout {
    /// The new replica set, or the deployment while there is none, as messages name it.
    name: String,
    /// The replica set has just been made.
    is_created: bool,
    replicas: i64,
    /// Pods that must be available.
    least: i64,
    total: i64,
    updated: i64,
    ready: i64,
    now: Timestamp,
}

impl Rollout {
    fn status(&self, deployment: &Value) -> Value {
        let mut status = json!({
            "observedGeneration": number(deployment, "/metadata/generation"), "terminatingReplicas": 0,
        });
        template::set_counts(
            &mut status,
            &[
                ("replicas", self.total),
                ("updatedReplicas", self.updated),
                ("readyReplicas", self.ready),
                ("availableReplicas", self.ready),
                ("unavailableReplicas", (self.total.max(self.replicas) - self.ready).max(0)),
            ],
        );
        let available = if self.ready >= self.least {
            ("True", "MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("False", "MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        let old = find_condition(&deployment["status"], "Available");
        let mut conditions = vec![condition(old, "Available", available, &seconds(self.now))];
        conditions.extend(self.progressing(deployment));
        status["conditions"] = conditions.into();
        status
    }

    /// All pods are new and available.
    fn is_complete(&self) -> bool {
        [self.updated, self.total, self.ready].iter().all(|count| *count == self.replicas)
    }

    fn progressing(&self, deployment: &Value) -> Option<Value> {
        deadline_seconds(deployment)?;
        let (status, name) = (deployment.get("status").unwrap_or(&Value::Null), &self.name);
        let old = find_condition(status, "Progressing");
        let reason = old.map_or("", |old| old["reason"].as_str().unwrap_or_default());
        let time = seconds(self.now);
        let say = |status: &str, reason: &str, message: String| {
            condition(old, "Progressing", (status, reason, &message), &time)
        };
        if self.is_created {
            let name = name.strip_prefix("ReplicaSet ").unwrap_or(name);
            return Some(say("True", "NewReplicaSetCreated", format!("Created new replica set {name}")));
        }
        if self.total == self.updated && reason == COMPLETE {
            return old.cloned();
        }
        if self.is_complete() {
            return Some(say("True", COMPLETE, format!("{name} has successfully progressed.")));
        }
        let was = |field: &str| number(status, field);
        let moves = self.updated > was("/updatedReplicas")
            || self.total - self.updated < was("/replicas") - was("/updatedReplicas")
            || self.ready > was("/readyReplicas");
        if moves {
            let mut moving = say("True", "ReplicaSetUpdated", format!("{name} is progressing."));
            moving["lastUpdateTime"] = time.as_str().into();
            return Some(moving);
        }
        match self.deadline(deployment, status) {
            Some(due) if due <= self.now => {
                Some(say("False", TIMED_OUT, format!("{name} has timed out progressing.")))
            }
            _ => old.cloned(),
        }
    }

    /// When a rollout that makes no progress has failed; `status` is the one that counts.
    fn deadline(&self, deployment: &Value, status: &Value) -> Option<Timestamp> {
        let condition = find_condition(status, "Progressing")?;
        if self.is_complete() || matches!(condition["reason"].as_str(), Some(COMPLETE | TIMED_OUT)) {
            return None;
        }
        let updated: Timestamp = moment(&condition["lastUpdateTime"])?;
        // Times are told in seconds.
        Some(updated.saturating_add(Duration::from_secs(deadline_seconds(deployment)? + 1)))
    }
}

const COMPLETE: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";

fn deadline_seconds(deployment: &Value) -> Option<u64> {
    let seconds = deployment.pointer("/spec/progressDeadlineSeconds")?.as_u64()?;
    // The largest number means that there is none.
    (seconds < u64::from(i32::MAX.unsigned_abs())).then_some(seconds)
}

fn find_condition<'s>(status: &'s Value, kind: &str) -> Option<&'s Value> {
    status["conditions"].as_array()?.iter().find(|condition| condition["type"] == kind)
}

/// A condition with status, reason and message, which keeps the times of the present one while it says the same.
fn condition(
    present: Option<&Value>,
    kind: &str,
    (status, reason, message): (&str, &str, &str),
    time: &str,
) -> Value {
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
