//! Jobs: pods until enough of them have succeeded, or too many have failed; those that follow a failure wait.

use super::{
    find, pod,
    template::{self, moment},
};
use crate::core::{Core, object, store::Key, write::seconds};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

/// How long the next pod waits after a failure; twice as long after each further one, up to the most.
const PAUSE: u64 = 10;
const LONGEST_PAUSE: u64 = 600;

pub(super) fn job(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, job)) = find(core, "batch", "jobs", key) else { return };
    let is_suspended = job.pointer("/spec/suspend") == Some(&Value::Bool(true));
    if is_suspended || ended(&job).is_some() {
        return;
    }
    let Some(pods) = core.registry.get("", "v1", "pods").cloned() else { return };
    let number = |pointer: &str| job.pointer(pointer).and_then(Value::as_u64);
    let began = job.pointer("/status/startTime").and_then(moment).unwrap_or(now);
    let deadline = number("/spec/activeDeadlineSeconds")
        .map(|seconds| began.saturating_add(Duration::from_secs(seconds)));
    let wanted = number("/spec/completions").unwrap_or(1);
    let parallel = number("/spec/parallelism").unwrap_or(1);
    let tally = Tally::of(&template::children(core, &pods, &job));
    let failure = if tally.exceeds(&job) {
        Some(("BackoffLimitExceeded", "Job has reached the specified backoff limit"))
    } else {
        let is_late = deadline.is_some_and(|deadline| deadline <= now);
        is_late.then_some(("DeadlineExceeded", "Job was active longer than specified deadline"))
    };
    let rest = wanted.saturating_sub(tally.succeeded);
    let side_by_side = template::pods_for(rest.min(parallel).try_into().unwrap_or(i64::MAX));
    let mut missing = side_by_side.saturating_sub(tally.active.len());
    let place = (served.storage.clone(), key.clone());
    if let Some(due) = tally.next_pod().filter(|due| *due > now && missing > 0 && failure.is_none()) {
        core.background.later(due, place.clone());
        missing = 0;
    }
    if let Some(deadline) = deadline.filter(|deadline| *deadline > now && rest > 0) {
        core.background.later(deadline, place);
    }
    if failure.is_some() || rest == 0 {
        for pod in &tally.active {
            template::remove(core, &pods, pod, now);
        }
    } else {
        for _ in 0..missing {
            template::create_pod(core, &pods, &job, &served, now);
        }
    }
    let tally = Tally::of(&template::children(core, &pods, &job));
    core.adjust(&served, key, Some("status"), now, &mut |job| {
        tally.write(object::child_mut(job, "status"), failure, rest == 0, &seconds(now));
    });
}

/// How a job has ended, if it has.
pub(super) fn ended(job: &Value) -> Option<&str> {
    let conditions = job.pointer("/status/conditions").and_then(Value::as_array);
    let mut kinds = conditions.into_iter().flatten().filter(|condition| condition["status"] == "True");
    kinds.find_map(|condition| {
        condition["type"].as_str().filter(|kind| matches!(*kind, "Complete" | "Failed"))
    })
}

/// How the pods of a job have fared.
struct Tally {
    active: Vec<Key>,
    ready: u64,
    succeeded: u64,
    failed: u64,
    /// How often containers of active pods have been started again.
    restarts: u64,
    /// Failures since the last success, and when the last one was.
    in_a_row: u32,
    last_failure: Option<Timestamp>,
}

impl Tally {
    fn of(pods: &[(Key, Value)]) -> Self {
        let mut tally = Self {
            active: Vec::new(),
            ready: 0,
            succeeded: 0,
            failed: 0,
            restarts: 0,
            in_a_row: 0,
            last_failure: None,
        };
        let with_phase = |phase: &'static str| pods.iter().filter(move |(_, pod)| pod::phase(pod) == phase);
        let last_success = with_phase("Succeeded").filter_map(|(_, pod)| finished(pod)).max();
        tally.succeeded = with_phase("Succeeded").count() as u64;
        for (_, pod) in with_phase("Failed") {
            tally.failed += 1;
            let when = finished(pod);
            tally.last_failure = tally.last_failure.max(when);
            tally.in_a_row += u32::from(when > last_success);
        }
        for (key, pod) in pods.iter().filter(|(_, pod)| !pod::has_ended(pod) && !object::is_deleting(pod)) {
            tally.active.push(key.clone());
            tally.ready += u64::from(pod::is_ready(pod));
            let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
            let restarts =
                statuses.into_iter().flatten().filter_map(|status| status["restartCount"].as_u64());
            tally.restarts += restarts.sum::<u64>();
        }
        tally
    }

    /// Whether more has failed than the job allows.
    fn exceeds(&self, job: &Value) -> bool {
        let limit = job.pointer("/spec/backoffLimit").and_then(Value::as_u64).unwrap_or(6);
        let policy = job.pointer("/spec/template/spec/restartPolicy").and_then(Value::as_str);
        let by_restarts = policy == Some("OnFailure") && self.restarts > 0 && self.restarts >= limit;
        self.failed > limit || by_restarts
    }

    /// When the next pod may be made after the last failure.
    fn next_pod(&self) -> Option<Timestamp> {
        let pause = template::back_off(PAUSE, self.in_a_row.checked_sub(1)?, LONGEST_PAUSE);
        Some(self.last_failure?.saturating_add(pause))
    }

    fn write(
        &self,
        status: &mut serde_json::Map<String, Value>,
        failure: Option<(&str, &str)>,
        is_complete: bool,
        time: &str,
    ) {
        status.entry("startTime").or_insert_with(|| time.into());
        let counts =
            [("active", self.active.len() as u64), ("succeeded", self.succeeded), ("failed", self.failed)];
        for (field, count) in counts {
            status.remove(field);
            if count > 0 {
                status.insert(field.into(), count.into());
            }
        }
        status.insert("ready".into(), self.ready.into());
        status.insert("terminating".into(), 0.into());
        status.insert("uncountedTerminatedPods".into(), json!({}));
        let (kinds, reason, message) = match failure {
            Some((reason, message)) => (["FailureTarget", "Failed"], reason, message),
            None if is_complete => {
                status.insert("completionTime".into(), time.into());
                let message = "Reached expected number of succeeded pods";
                (["SuccessCriteriaMet", "Complete"], "CompletionsReached", message)
            }
            None => return,
        };
        let conditions = kinds.map(|kind| {
            json!({
                "type": kind, "status": "True", "reason": reason, "message": message, "lastProbeTime": time,
                "lastTransitionTime": time,
            })
        });
        status.insert("conditions".into(), json!(conditions));
    }
}

/// When the last container of a pod ended.
fn finished(pod: &Value) -> Option<Timestamp> {
    let statuses = pod.pointer("/status/containerStatuses").and_then(Value::as_array);
    let ends = statuses.into_iter().flatten().map(|status| &status["state"]["terminated"]["finishedAt"]);
    ends.filter_map(moment).max()
}
