//! Cron jobs: a job for the latest time of the schedule that has come, as their policy for concurrent ones allows; of those
//! that have ended, the last few are kept.

use super::{find, job::ended, template};
use crate::core::{Core, cron::Schedule, object, registry::Served, store::Key};
use jiff::{Timestamp as Moment, tz::TimeZone};
use kro_object::Timestamp;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";

pub(super) fn cron_job(core: &mut Core, key: &Key, now: Timestamp) {
    let Some((served, cron_job)) = find(core, "batch", "cronjobs", key) else { return };
    let Some(jobs) = core.registry.get("batch", "v1", "jobs").cloned() else { return };
    remove_old(core, &jobs, &cron_job, now);
    let started = start_due(core, &served, &jobs, &cron_job, now);
    let owned = template::children(core, &jobs, &cron_job);
    core.adjust(&served, key, Some("status"), now, &mut |cron_job| {
        let status = object::child_mut(cron_job, "status");
        let active: Vec<Value> =
            owned.iter().filter(|(_, job)| ended(job).is_none()).map(|(_, job)| reference(job)).collect();
        status.remove("active");
        if !active.is_empty() {
            status.insert("active".into(), active.into());
        }
        if let Some(time) = &started {
            status.insert("lastScheduleTime".into(), time.as_str().into());
        }
        let succeeded = owned.iter().filter(|(_, job)| ended(job) == Some("Complete"));
        let last = succeeded.filter_map(|(_, job)| job.pointer("/status/completionTime")?.as_str()).max();
        if let Some(last) =
            last.filter(|last| status.get("lastSuccessfulTime").and_then(Value::as_str) < Some(last))
        {
            status.insert("lastSuccessfulTime".into(), last.into());
        }
    });
}

/// Starts the job whose time has come, and sees to it that the next one is thought of. Returns the time it was due.
fn start_due(
    core: &mut Core,
    served: &Arc<Served>,
    jobs: &Arc<Served>,
    cron_job: &Value,
    now: Timestamp,
) -> Option<String> {
    let text = |pointer: &str| cron_job.pointer(pointer).and_then(Value::as_str);
    if cron_job.pointer("/spec/suspend") == Some(&Value::Bool(true)) {
        return None;
    }
    let schedule = Schedule::parse(text("/spec/schedule")?).ok()?;
    let zone = text("/spec/timeZone").map_or(Ok(TimeZone::UTC), TimeZone::get).ok()?;
    let present = Moment::from_second(now.unix_seconds()).ok()?;
    if let Some(next) = schedule.after(present, &zone) {
        let wait = u64::try_from(next.as_second() - present.as_second()).unwrap_or_default();
        let key = Key::new(object::namespace(cron_job), object::name(cron_job));
        core.background.later(now.saturating_add(Duration::from_secs(wait)), (served.storage.clone(), key));
    }
    let from = text("/status/lastScheduleTime").or_else(|| text("/metadata/creationTimestamp"))?;
    let mut from: Moment = from.parse().ok()?;
    if let Some(deadline) = cron_job.pointer("/spec/startingDeadlineSeconds").and_then(Value::as_i64) {
        from = from.max(Moment::from_second(now.unix_seconds().saturating_sub(deadline)).ok()?);
    }
    let due = schedule.latest(from, present, &zone)?;
    let active: Vec<Key> = template::children(core, jobs, cron_job)
        .into_iter()
        .filter(|(_, job)| ended(job).is_none())
        .map(|(key, _)| key)
        .collect();
    match text("/spec/concurrencyPolicy") {
        Some("Forbid") if !active.is_empty() => return None,
        Some("Replace") => active.iter().for_each(|job| template::remove(core, jobs, job, now)),
        _ => {}
    }
    let name = format!("{}-{}", object::name(cron_job), due.as_second() / 60);
    let pattern = cron_job.pointer("/spec/jobTemplate")?;
    let mut job = template::child(cron_job, served, &name, pattern, &pattern["spec"]);
    let local = due.to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
    let annotations = &mut job["metadata"]["annotations"];
    if !annotations.is_object() {
        *annotations = json!({});
    }
    annotations[SCHEDULED] = local.replace("+00:00", "Z").into();
    template::create(core, jobs, job, now);
    Some(due.to_string())
}

fn reference(job: &Value) -> Value {
    json!({
        "kind": "Job", "apiVersion": "batch/v1", "namespace": object::namespace(job), "name": object::name(job),
        "uid": object::meta_text(job, "uid"), "resourceVersion": object::meta_text(job, "resourceVersion"),
    })
}

/// Deletes the oldest of those that have ended beyond the limits of the history.
fn remove_old(core: &mut Core, jobs: &Arc<Served>, cron_job: &Value, now: Timestamp) {
    for (kind, field) in [("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")] {
        let limit = cron_job.pointer(&format!("/spec/{field}")).and_then(Value::as_u64).unwrap_or(0);
        let mut done: Vec<(String, Key)> = template::children(core, jobs, cron_job)
            .into_iter()
            .filter(|(_, job)| ended(job) == Some(kind) && !object::is_deleting(job))
            .map(|(key, job)| (job["status"]["startTime"].as_str().unwrap_or_default().to_owned(), key))
            .collect();
        done.sort();
        let surplus = done.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        for (_, key) in &done[..surplus] {
            template::remove(core, jobs, key, now);
        }
    }
}
