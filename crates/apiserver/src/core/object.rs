//! Reading and writing the few fields of an object that the server itself cares about.
//! Objects here are JSON objects with a JSON object under `metadata`; decoding makes sure of that.

use serde_json::{Map, Value};

/// How deep values may lie inside of each other, in bodies and in what patches make.
pub(crate) const MAX_DEPTH: usize = 127;

/// How many values lie inside of each other; 0 for what is neither list nor map.
pub(crate) fn height(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(height).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(height).max().unwrap_or(0),
        _ => 0,
    }
}

/// What stands at a pointer such as `/spec/replicas`: through objects alone, with names that need no escapes.
pub(crate) fn at<'v>(value: &'v Value, pointer: &str) -> Option<&'v Value> {
    pointer.split('/').skip(1).try_fold(value, |value, name| value.get(name))
}

/// A text under `metadata`, empty if it is not there.
pub(crate) fn meta_text<'a>(object: &'a Value, field: &str) -> &'a str {
    object.get("metadata").and_then(|meta| meta.get(field)).and_then(Value::as_str).unwrap_or_default()
}

/// Any value under `metadata`.
pub(crate) fn meta<'a>(object: &'a Value, field: &str) -> Option<&'a Value> {
    object.get("metadata")?.get(field)
}

/// `metadata.name`, empty if there is none.
pub(crate) fn name(object: &Value) -> &str {
    meta_text(object, "name")
}

/// `metadata.namespace`, empty if there is none.
pub(crate) fn namespace(object: &Value) -> &str {
    meta_text(object, "namespace")
}

/// Whether deletion has begun.
pub(crate) fn is_deleting(object: &Value) -> bool {
    meta(object, "deletionTimestamp").is_some()
}

/// `metadata.finalizers`.
pub(crate) fn finalizers(object: &Value) -> Vec<&str> {
    texts(meta(object, "finalizers"))
}

/// The texts of a list.
pub(crate) fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `metadata` for writing; an object without one gets one.
pub(crate) fn meta_mut(object: &mut Value) -> &mut Map<String, Value> {
    child_mut(object, "metadata")
}

/// A member that is an object, for writing; whatever else is there is replaced.
pub(crate) fn child_mut<'a>(object: &'a mut Value, field: &str) -> &'a mut Map<String, Value> {
    let child = as_map_mut(object).entry(field).or_insert_with(|| Value::Object(Map::new()));
    as_map_mut(child)
}

/// The value as an object; whatever else it is, is replaced.
pub(crate) fn as_map_mut(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(map) => map,
        _ => unreachable!("invariant: made an object above"),
    }
}

/// Sets or, with `None`, removes a field under `metadata`.
pub(crate) fn set_meta(object: &mut Value, field: &str, value: Option<Value>) {
    let meta = meta_mut(object);
    match value {
        Some(value) => meta.insert(field.to_owned(), value),
        None => meta.remove(field),
    };
}

/// Makes a field under `metadata` what it is in `from`.
pub(crate) fn copy_meta(from: &Value, to: &mut Value, field: &str) {
    set_meta(to, field, meta(from, field).cloned());
}

/// Makes a top-level field what it is in `from`.
pub(crate) fn copy_field(from: &Value, to: &mut Value, field: &str) {
    let map = as_map_mut(to);
    match from.get(field) {
        Some(value) => map.insert(field.to_owned(), value.clone()),
        None => map.remove(field),
    };
}

/// Stamps the revision of a write into an object.
pub(crate) fn set_revision(object: &mut Value, revision: u64) {
    set_meta(object, "resourceVersion", Some(revision.to_string().into()));
}
