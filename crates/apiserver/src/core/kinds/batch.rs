//! Jobs and cron jobs: what is wrong with them, and what may not change.

use super::{
    check::{at_least, immutable, not_negative, one_of, text},
    pods,
};
use crate::{
    core::{cron::Schedule, object},
    field_error::FieldError,
};
use jiff::tz::TimeZone;
use serde_json::Value;

/// Problems of a job.
pub(super) fn job(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if let Some(spec) = new.get("spec") {
        job_spec(spec, "spec", &mut out);
    }
    if let Some(old) = old {
        let is_suspended = old.pointer("/spec/suspend") == Some(&Value::Bool(true));
        let is_indexed = text(new, "/spec/completionMode") == "Indexed";
        if !is_indexed {
            immutable("spec.completions", new, old, "/spec/completions", &mut out);
        }
        immutable("spec.selector", new, old, "/spec/selector", &mut out);
        if !is_suspended {
            immutable("spec.template", new, old, "/spec/template", &mut out);
        }
        immutable("spec.completionMode", new, old, "/spec/completionMode", &mut out);
        immutable("spec.podFailurePolicy", new, old, "/spec/podFailurePolicy", &mut out);
        immutable("spec.backoffLimitPerIndex", new, old, "/spec/backoffLimitPerIndex", &mut out);
    }
    out
}

fn job_spec(spec: &Value, path: &str, out: &mut Vec<FieldError>) {
    for field in
        ["parallelism", "completions", "backoffLimit", "ttlSecondsAfterFinished", "activeDeadlineSeconds"]
    {
        not_negative(&format!("{path}.{field}"), spec, &format!("/{field}"), out);
    }
    if let Some(mode) = spec.get("completionMode").and_then(Value::as_str) {
        one_of(format!("{path}.completionMode"), mode, &["NonIndexed", "Indexed"], out);
    }
    let template = format!("{path}.template.spec");
    let Some(pod) = spec.pointer("/template/spec") else { return };
    let before = out.len();
    pods::spec_problems(pod, &template, out);
    match text(pod, "/restartPolicy") {
        "OnFailure" | "Never" => {}
        "" | "Always" => out.push(FieldError::required(
            format!("{template}.restartPolicy"),
            "valid values: \"OnFailure\", \"Never\"",
        )),
        other => {
            // The pod's own complaint is less strict than a job's.
            let at = format!("{template}.restartPolicy");
            out.truncate(before.max(out.len()));
            out.retain(|error| error.field != at);
            out.push(FieldError::not_supported(at, &other.into(), &["OnFailure", "Never"]));
        }
    }
}

fn time_zone(cron_job: &Value, out: &mut Vec<FieldError>) {
    let Some(name) = cron_job.pointer("/spec/timeZone").and_then(Value::as_str) else { return };
    let why = if name.is_empty() {
        "timeZone must be nil or non-empty string".to_owned()
    } else if name.eq_ignore_ascii_case("local") {
        "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones".to_owned()
    } else if !TimeZone::get(name).is_ok_and(|zone| zone.iana_name() == Some(name)) {
        format!("unknown time zone {name}")
    } else {
        return;
    };
    out.push(FieldError::invalid_text("spec.timeZone", name, why));
}

/// Problems of a cron job.
pub(super) fn cron_job(new: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    // The jobs' names are eleven characters longer.
    let name = object::name(new);
    if name.len() > 52 {
        out.push(FieldError::invalid_text("metadata.name", name, "must be no more than 52 characters"));
    }
    let schedule = text(new, "/spec/schedule");
    if schedule.is_empty() {
        out.push(FieldError::required("spec.schedule", ""));
    } else if let Err(why) = Schedule::parse(schedule) {
        out.push(FieldError::invalid_text("spec.schedule", schedule, why));
    } else if schedule.contains("TZ") {
        out.push(FieldError::invalid_text(
            "spec.schedule",
            schedule,
            "cannot use TZ or CRON_TZ in schedule, use timeZone field instead",
        ));
    }
    time_zone(new, &mut out);
    not_negative("spec.startingDeadlineSeconds", new, "/spec/startingDeadlineSeconds", &mut out);
    for field in ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] {
        at_least(
            &format!("spec.{field}"),
            new,
            &format!("/spec/{field}"),
            0,
            "must be greater than or equal to 0",
            &mut out,
        );
    }
    one_of(
        "spec.concurrencyPolicy",
        text(new, "/spec/concurrencyPolicy"),
        &["Allow", "Forbid", "Replace"],
        &mut out,
    );
    if let Some(spec) = new.pointer("/spec/jobTemplate/spec") {
        job_spec(spec, "spec.jobTemplate.spec", &mut out);
    }
    out
}
