//! Claims of volumes: what is wrong with them.

use super::check::{all, items, one_of, text};
use crate::{core::metadata::names, field_error::FieldError};
use kro_object::Quantity;
use serde_json::Value;

const MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];
const IMMUTABLE: &str = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";

/// Problems of a claim.
pub(super) fn claim(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if items(new, "/spec/accessModes").next().is_none() {
        out.push(FieldError::required("spec.accessModes", "at least 1 access mode is required"));
    }
    for (_, mode) in items(new, "/spec/accessModes") {
        if !MODES.contains(&mode.as_str().unwrap_or_default()) {
            out.push(FieldError::not_supported("spec.accessModes", mode, &MODES));
        }
    }
    let size = new.pointer("/spec/resources/requests/storage");
    match size.and_then(Value::as_str).map(str::parse::<Quantity>) {
        None => out.push(FieldError::required("spec.resources[storage]", "")),
        Some(Ok(amount)) if amount <= Quantity::from_i64(0) => out.push(FieldError::invalid(
            "spec.resources[storage]",
            size.unwrap_or(&Value::Null),
            "must be greater than zero",
        )),
        Some(_) => {}
    }
    let class = text(new, "/spec/storageClassName");
    if !class.is_empty() {
        all("spec.storageClassName", class, names::dns1123_subdomain(class), &mut out);
    }
    if let Some(mode) = new.pointer("/spec/volumeMode").and_then(Value::as_str) {
        one_of("spec.volumeMode", mode, &["Block", "Filesystem"], &mut out);
    }
    if let Some(old) = old
        && fixed(new, old) != fixed(old, old)
    {
        out.push(FieldError::forbidden("spec", IMMUTABLE));
    }
    out
}

/// The part of a claim's spec that may not change: a bound claim may grow, an unbound one be given its volume.
fn fixed(claim: &Value, old: &Value) -> Value {
    let mut spec = claim.get("spec").cloned().unwrap_or_default();
    let map = crate::core::object::as_map_mut(&mut spec);
    if text(old, "/spec/volumeName").is_empty() {
        map.remove("volumeName");
    }
    if text(old, "/status/phase") == "Bound" {
        map.remove("resources");
        map.remove("volumeAttributesClassName");
    }
    if text(old, "/spec/storageClassName").is_empty() && !map.contains_key("volumeName") {
        map.remove("storageClassName");
    }
    spec
}
