//! Status as a whole: what is written replaces what was there, and nothing is written that is there already.

use kro_cluster::{Cluster, Error, Part, mutants::mutant};
use kro_object::{Object, ResourceType};
use serde_json::{Map, Value, json};

/// Makes the status of `object` equal to `wanted`: one merge patch of the differences, or nothing.
/// Returns the object as it is then.
pub(crate) async fn write(
    cluster: &Cluster,
    resource: &ResourceType,
    object: &Object,
    wanted: &Value,
) -> Result<Option<Object>, Error> {
    let Some(difference) = from_stored(object, wanted) else { return Ok(None) };
    let patch = json!({ "status": difference });
    cluster.merge(resource, &object.key(), Part::Status, &patch).await.map(Some)
}

/// Whether the status of `object` is not `wanted`.
pub(crate) fn differs(object: &Object, wanted: &Value) -> bool {
    from_stored(object, wanted).is_some()
}

fn from_stored(object: &Object, wanted: &Value) -> Option<Value> {
    let none = Value::Object(Map::new());
    difference(object.as_map().get("status").unwrap_or(&none), wanted)
}

/// The merge patch that turns `old` into `new`; `None` when they are equal. Numbers are equal by value.
fn difference(old: &Value, new: &Value) -> Option<Value> {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let mut patch = Map::new();
            for (key, value) in new {
                let change = match old.get(key) {
                    Some(before) => difference(before, value),
                    // A field that is null is stored as no field at all.
                    None => (!value.is_null()).then(|| value.clone()),
                };
                patch.extend(change.map(|change| (key.clone(), change)));
            }
            for key in old.keys().filter(|key| !new.contains_key(*key) && !mutant("status-never-shrinks")) {
                patch.insert(key.clone(), Value::Null);
            }
            (!patch.is_empty()).then_some(Value::Object(patch))
        }
        _ => (!equal(old, new)).then(|| new.clone()),
    }
}

/// Equality under which `3` and `3.0` are the same.
fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b)))
        }
        _ => a == b,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..5_i64).prop_map(Value::from),
            "[a-c]{0,2}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                proptest::collection::btree_map("[a-d]", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    fn status() -> impl Strategy<Value = Value> {
        proptest::collection::btree_map("[a-d]", json_value(), 0..4)
            .prop_map(|map| Value::Object(map.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn the_patch_turns_one_into_the_other(old in status(), new in status()) {
            let mut patched = old.clone();
            if let Some(patch) = difference(&old, &new) {
                kro_object::json::merge_patch(&mut patched, &patch);
            }
            prop_assert_eq!(patched, new.clone());
            prop_assert!(difference(&new, &new).is_none());
        }
    }

    #[test]
    fn numbers_are_compared_by_value() {
        assert_eq!(difference(&json!({"a": [3]}), &json!({"a": [3.0]})), None);
        assert_eq!(difference(&json!({"a": 3}), &json!({"a": 4})), Some(json!({"a": 4})));
    }
}
