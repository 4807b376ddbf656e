//! Namespaces: their own label, their finalizer and phase.

use crate::{core::object, field_error::FieldError};
use serde_json::{Value, json};

const NAME_LABEL: &str = "kubernetes.io/metadata.name";

/// Every namespace is labeled with its name.
pub(super) fn default(namespace: &mut Value) {
    let name = object::name(namespace).to_owned();
    if !name.is_empty() {
        let meta = object::meta_mut(namespace);
        let labels = meta.entry("labels").or_insert_with(|| json!({}));
        object::as_map_mut(labels).insert(NAME_LABEL.into(), name.into());
    }
    let phase = object::child_mut(namespace, "status").entry("phase").or_insert_with(|| "".into());
    if phase == "" {
        *phase = "Active".into();
    }
}

pub(super) fn prepare_create(namespace: &mut Value) {
    default(namespace);
    let spec = object::child_mut(namespace, "spec");
    let finalizers = spec.entry("finalizers").or_insert_with(|| json!([]));
    if let Value::Array(list) = finalizers
        && !list.iter().any(|finalizer| finalizer == "kubernetes")
    {
        list.push("kubernetes".into());
    }
    object::as_map_mut(namespace).insert("status".into(), json!({"phase": "Active"}));
}

pub(super) fn prepare_update(old: &Value, new: &mut Value, subresource: Option<&str>) {
    if subresource == Some("finalize") {
        object::copy_field(old, new, "status");
        let spec = object::child_mut(new, "spec");
        if spec.get("finalizers").and_then(Value::as_array).is_some_and(Vec::is_empty) {
            spec.remove("finalizers");
        }
    } else {
        object::copy_field(old, new, "spec");
    }
    default(new);
}

pub(super) fn validate(namespace: &Value) -> Vec<FieldError> {
    let phase = namespace.pointer("/status/phase").and_then(Value::as_str).unwrap_or_default();
    let mut out = Vec::new();
    if object::is_deleting(namespace) {
        if phase != "Terminating" {
            out.push(FieldError::invalid_text(
                "status.Phase",
                phase,
                "may only be 'Terminating' if `deletionTimestamp` is not empty",
            ));
        }
    } else if phase != "Active" {
        out.push(FieldError::invalid_text(
            "status.Phase",
            phase,
            "may only be 'Active' if `deletionTimestamp` is empty",
        ));
    }
    out
}
