//! Jobs and cron jobs: what is wrong with them, and what may not change.

use super::{
    check::{at_least, immutable, not_negative, one_of, text},
    pods,
};
use crate::{core::object, field_error::FieldError};
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
    } else if let Err(why) = check_schedule(schedule) {
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
        "spec.concurrencyPolicy".into(),
        text(new, "/spec/concurrencyPolicy"),
        &["Allow", "Forbid", "Replace"],
        &mut out,
    );
    if let Some(spec) = new.pointer("/spec/jobTemplate/spec") {
        job_spec(spec, "spec.jobTemplate.spec", &mut out);
    }
    out
}

/// Whether a schedule is one of cron's, with the words of the parser Kubernetes uses.
fn check_schedule(schedule: &str) -> Result<(), String> {
    const NAMES: [&str; 8] =
        ["@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@every"];
    if schedule.starts_with('@') {
        let word = schedule.split(' ').next().unwrap_or_default();
        return if NAMES.contains(&word) {
            Ok(())
        } else {
            Err(format!("unrecognized descriptor: {schedule}"))
        };
    }
    let schedule = match schedule.strip_prefix("TZ=").or_else(|| schedule.strip_prefix("CRON_TZ=")) {
        Some(rest) => rest.split_once(' ').map_or("", |(_, rest)| rest),
        None => schedule,
    };
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    if fields.len() != 5 {
        return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
    }
    for (field, (min, max)) in fields.iter().zip([(0, 59), (0, 23), (1, 31), (1, 12), (0, 6)]) {
        for part in field.split(',') {
            let (range, step) =
                part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
            if let Some(step) = step {
                number(step)?;
            }
            if range == "*" || range == "?" {
                continue;
            }
            let (low, high) = range.split_once('-').unwrap_or((range, range));
            let (low, high) = (named(low, max)?, named(high, max)?);
            if low < min {
                return Err(format!("beginning of range ({low}) below minimum ({min}): {part}"));
            }
            if high > max {
                return Err(format!("end of range ({high}) above maximum ({max}): {part}"));
            }
            if low > high {
                return Err(format!("beginning of range ({low}) beyond end of range ({high}): {part}"));
            }
        }
    }
    Ok(())
}

/// A number, or the name of a month or weekday where those stand.
fn named(text: &str, max: u32) -> Result<u32, String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let lower = text.to_ascii_lowercase();
    let (names, first): (&[&str], u32) = match max {
        12 => (&MONTHS, 1),
        6 => (&DAYS, 0),
        _ => (&[], 0),
    };
    match names.iter().position(|name| *name == lower) {
        Some(index) => Ok(u32::try_from(index).unwrap_or_default() + first),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules() {
        for good in ["* * * * *", "*/5 0-6 1,15 jan MON-fri", "@daily", "@every 5m"] {
            assert_eq!(check_schedule(good), Ok(()), "{good}");
        }
        for (bad, why) in [
            ("five minutes", "expected exactly 5 fields, found 2: [five minutes]"),
            ("61 * * * *", "end of range (61) above maximum (59): 61"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("@often", "unrecognized descriptor: @often"),
        ] {
            assert_eq!(check_schedule(bad), Err(why.to_owned()));
        }
    }
}
