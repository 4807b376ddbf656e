//! Kubernetes events, written only when something changed. Losing one is no failure: errors are logged.

use crate::Shared;
use kro_object::{Gvk, Object, ResourceType, Scope};
use serde_json::{Value, json};

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Note {
    pub(crate) warning: bool,
    /// One `UpperCamelCase` word.
    pub(crate) reason: String,
    pub(crate) message: String,
}

/// Writes one event about an object.
pub(crate) async fn write(shared: &Shared, about: &Object, component: &str, note: &Note) {
    let key = about.key();
    let metadata = about.metadata();
    let namespace = key.namespace.as_deref().unwrap_or("default");
    let now = shared.options.clock.now().whole_seconds().to_string();
    let event = json!({
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"generateName": format!("{}-", key.name), "namespace": namespace},
        "involvedObject": {
            "apiVersion": about.as_map().get("apiVersion"), "kind": about.as_map().get("kind"),
            "name": key.name, "namespace": key.namespace,
            "uid": metadata.uid(), "resourceVersion": metadata.resource_version(),
        },
        "type": if note.warning { "Warning" } else { "Normal" },
        "reason": note.reason,
        "message": note.message,
        "source": {"component": component},
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    });
    let event = Object::from_value(event).expect("invariant: built as an object");
    let resource = ResourceType::new(Gvk::new("", "v1", "Event"), "events", Scope::Namespaced);
    if let Err(error) = shared.cluster.create(&resource, &event).await {
        tracing::debug!(%error, object = %key, "event not written");
    }
}

/// One note for every condition whose status changed, or that is new.
pub(crate) fn transitions(before: &Value, after: &Value) -> Vec<Note> {
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let before = list(before);
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap_or_default().to_owned();
    let notes = list(after).into_iter().filter_map(|new| {
        let old = before.iter().find(|old| old["type"] == new["type"]);
        let was = old.map_or_else(|| "none".to_owned(), |old| text(old, "status"));
        let is = text(&new, "status");
        (was != is).then(|| Note {
            warning: is != "True",
            reason: text(&new, "type"),
            message: format!("{was} -> {is}: {}", text(&new, "reason")),
        })
    });
    notes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_of_status_are_told() {
        let before = json!([
            {"type": "Ready", "status": "False", "reason": "NotReady"},
            {"type": "Same", "status": "True", "reason": "Old"},
        ]);
        let after = json!([
            {"type": "Ready", "status": "True", "reason": "Ready"},
            {"type": "Same", "status": "True", "reason": "New"},
            {"type": "Fresh", "status": "Unknown", "reason": "AwaitingReconciliation"},
        ]);
        let notes: Vec<String> = transitions(&before, &after)
            .into_iter()
            .map(|note| format!("{} {}", note.reason, note.message))
            .collect();
        assert_eq!(notes, ["Ready False -> True: Ready", "Fresh none -> Unknown: AwaitingReconciliation"]);
        assert!(transitions(&after, &after).is_empty());
    }
}
