//! The annotation in which client-side apply keeps what it applied, as far as server-side apply by kubectl honours it.

use serde_json::Value;

use crate::check::Duplicates;
use crate::set::FieldSet;

use super::FieldManager;

const ANNOTATION: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// The most that all annotations of an object may hold together, in bytes.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// The fields that the annotation records and that are still as it says; `None` if there is no usable annotation.
pub(super) fn owned(manager: &FieldManager<'_>, live: &Value) -> Option<FieldSet> {
    let schema = manager.versions.schema(manager.api_version)?;
    let text = recorded(live)?;
    let last: Value = serde_json::from_str(text).ok()?;
    if last.get("apiVersion")?.as_str()? != manager.api_version {
        return None;
    }
    schema.check(live, Duplicates::Refuse).ok()?;
    schema.check(&last, Duplicates::Refuse).ok()?;
    let changes = schema.compare(&last, live);
    let fields = schema.field_set(&last);
    Some(fields.difference(&changes.modified).difference(&changes.added).difference(&changes.removed))
}

/// Writes what was applied to the annotation, if the object has one; removes it if it gets too large.
pub(super) fn renew(object: &mut Value, config: &Value) {
    if recorded(object).is_none() {
        return;
    }
    let mut config = config.clone();
    if let Some(annotations) = config.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(ANNOTATION);
    }
    let text = format!("{config}\n");
    if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.insert(ANNOTATION.to_owned(), text.into());
        let sizes = annotations.iter().map(|(key, value)| key.len() + value.as_str().map_or(0, str::len));
        if sizes.sum::<usize>() > MAX_ANNOTATIONS {
            annotations.remove(ANNOTATION);
        }
    }
}

fn recorded(object: &Value) -> Option<&str> {
    let annotations = object.pointer("/metadata/annotations")?;
    annotations.get(ANNOTATION)?.as_str().filter(|text| !text.is_empty())
}
