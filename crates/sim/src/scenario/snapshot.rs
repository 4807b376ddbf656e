//! The objects that kro made, as a text to be kept and compared: without what every run or server makes anew.

use crate::snapshot::Snapshot;
use kro_api::names::{GROUP, labels};
use kro_object::Object;
use serde_json::Value;

/// Prefixes of keys that are kro's own bookkeeping.
const BOOKKEEPING: [&str; 4] =
    ["kro.run/", "internal.kro.run/", "applyset.kubernetes.io/", "app.kubernetes.io/managed-by"];

/// Instances and their children, as YAML.
pub(super) fn text(now: &Snapshot) -> String {
    let ours = now.everything().filter(|object| {
        let is_child = object.metadata().label(labels::APPLYSET_PART_OF).is_some();
        let of_kro = object.gvk().is_ok_and(|gvk| {
            &*gvk.group == GROUP && !["ResourceGraphDefinition", "GraphRevision"].contains(&&*gvk.kind)
        });
        is_child || of_kro
    });
    let texts = ours.map(|object| yaml(&stripped(object)));
    texts.collect::<Vec<_>>().join("---\n")
}

/// A value as YAML.
pub(super) fn yaml(value: &Value) -> String {
    serde_saphyr::to_string(value).unwrap_or_else(|_| format!("{value:#}\n"))
}

fn stripped(object: &Object) -> Value {
    let mut value = object.to_value();
    if let Some(metadata) = value["metadata"].as_object_mut() {
        for field in ["uid", "resourceVersion", "creationTimestamp", "generation", "managedFields"] {
            metadata.remove(field);
        }
        for field in ["labels", "annotations"] {
            let Some(Value::Object(map)) = metadata.get_mut(field) else { continue };
            map.retain(|key, _| !BOOKKEEPING.iter().any(|prefix| key.starts_with(prefix)));
            if map.is_empty() {
                metadata.remove(field);
            }
        }
    }
    forget(&mut value);
    value
}

/// Times and uids at any depth.
fn forget(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| {
                !["uid", "lastTransitionTime", "lastUpdateTime", "observedGeneration"].contains(&key.as_str())
            });
            map.values_mut().for_each(forget);
        }
        Value::Array(items) => items.iter_mut().for_each(forget),
        _ => {}
    }
}
