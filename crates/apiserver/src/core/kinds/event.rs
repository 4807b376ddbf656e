//! Events: one kind in two groups, whose fields have two sets of names.

use super::check::{all, text};
use crate::{
    core::{metadata::names, object},
    field_error::FieldError,
};
use serde_json::{Value, json};

/// The names of the same fields in the core group and in `events.k8s.io`.
const NAMES: [(&str, &str); 8] = [
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
    ("reportingInstance", "reportingInstance"),
];

/// Gives an event the field names of another group, as its version there is written.
pub(super) fn convert(event: &mut Value, api_version: &str) {
    let to_core = api_version == "v1";
    let map = object::as_map_mut(event);
    for (core, other) in NAMES {
        let (from, to) = if to_core { (other, core) } else { (core, other) };
        if from != to
            && let Some(value) = map.remove(from)
        {
            map.insert(to.to_owned(), value);
        }
    }
    if to_core {
        for field in ["reportingComponent", "reportingInstance"] {
            map.entry(field).or_insert_with(|| "".into());
        }
        map.entry("involvedObject").or_insert_with(|| json!({}));
    } else {
        // What the core group always writes, this one leaves out.
        for field in ["reportingController", "reportingInstance"] {
            if map.get(field).is_some_and(|value| value == "") {
                map.remove(field);
            }
        }
    }
}

/// Problems of an event in a group.
pub(super) fn validate(group: &str, event: &Value) -> Vec<FieldError> {
    let mut out = Vec::new();
    let is_core = group.is_empty();
    let subject = if is_core { "involvedObject" } else { "regarding" };
    let about = text(event, &format!("/{subject}/namespace"));
    let namespace = object::namespace(event);
    if !about.is_empty() && about != namespace || about.is_empty() && namespace != "default" {
        out.push(FieldError::invalid_text(
            "involvedObject.namespace",
            about,
            "does not match event.namespace",
        ));
    }
    if is_core {
        return out;
    }
    if event.get("eventTime").is_none_or(Value::is_null) {
        out.push(FieldError::required("eventTime", ""));
    } else {
        for field in ["reportingController", "reportingInstance", "action", "reason"] {
            let value = text(event, &format!("/{field}"));
            if value.is_empty() {
                out.push(FieldError::required(field, ""));
            }
            if field == "reportingController" {
                all(field, value, names::qualified_name(value), &mut out);
            }
        }
    }
    let kind = text(event, "/type");
    if !matches!(kind, "Normal" | "Warning") {
        out.push(FieldError::invalid_text("type", kind, format!("has invalid value: {kind}")));
    }
    out
}
