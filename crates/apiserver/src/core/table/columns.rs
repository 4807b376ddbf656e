//! The columns of builtin kinds' tables, as kube-apiserver 1.36 tells them. The texts in `columns.json` are those of the
//! Kubernetes API reference (Apache-2.0); what every table repeats is left out there.

use crate::core::registry::Served;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

/// Of the column every table begins with.
pub(super) const NAME: &str = "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names";
/// Of the column that tells the age.
pub(super) const CREATED: &str = "CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.\n\nPopulated by the system. Read-only. Null for lists. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// Columns by resource and group, `deployments.apps` and the like.
static KINDS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let mut kinds: BTreeMap<String, Value> = serde_json::from_str(include_str!("columns.json"))
        .expect("invariant: the file is JSON, as the tests of this module show");
    for columns in kinds.values_mut() {
        for column in columns.as_array_mut().into_iter().flatten() {
            complete(column);
        }
    }
    kinds
});

/// The columns of a builtin kind that has a table of its own.
pub(super) fn of(served: &Served) -> Option<&'static Value> {
    let separator = if served.group.is_empty() { "" } else { "." };
    KINDS.get(&format!("{}{separator}{}", served.plural, served.group))
}

/// The columns of kinds that have none.
pub(super) fn others() -> Value {
    list([json!({"name": "Name"}), json!({"name": "Created At", "type": "date", "description": CREATED})])
}

/// The columns of a `Scale`.
pub(super) fn scale() -> Value {
    let count = |name: &str, what: &str| json!({"name": name, "type": "integer", "description": what});
    list([
        json!({"name": "Name"}),
        count("Desired", "replicas is the desired number of instances for the scaled object."),
        count("Available", "replicas is the actual number of observed instances of the scaled object."),
        json!({"name": "Age"}),
    ])
}

fn list(columns: impl IntoIterator<Item = Value>) -> Value {
    columns
        .into_iter()
        .map(|mut column| {
            complete(&mut column);
            column
        })
        .collect()
}

/// Adds what is left out of a column.
fn complete(column: &mut Value) {
    let (format, description) = match column["name"].as_str() {
        Some("Name") => ("name", NAME),
        Some("Age") => ("", CREATED),
        _ => ("", ""),
    };
    let Some(fields) = column.as_object_mut() else { return };
    fields.entry("type").or_insert_with(|| "string".into());
    fields.entry("format").or_insert_with(|| format.into());
    fields.entry("description").or_insert_with(|| description.into());
    fields.entry("priority").or_insert_with(|| 0.into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_complete() {
        let fields = ["description", "format", "name", "priority", "type"];
        for column in KINDS.values().flat_map(|columns| columns.as_array().unwrap()) {
            assert!(column.as_object().unwrap().keys().eq(fields), "{column}");
        }
    }
}
