//! JSON merge patch (RFC 7386).

use serde_json::{Map, Value};

/// Applies a merge patch in place. Recursion is bounded by the depth of the patch, which its decoder limits.
pub(crate) fn apply(target: &mut Value, patch: &Value) {
    let (Value::Object(target), Value::Object(patch)) = (&mut *target, patch) else {
        // Unlike the RFC, the server also drops nulls inside lists, unless the list replaces a map.
        *target = if target.is_object() { patch.clone() } else { without_nulls(patch) };
        return;
    };
    for (key, value) in patch {
        match (target.get_mut(key), value) {
            (_, Value::Null) => {
                target.remove(key);
            }
            (Some(present), value) if !present.is_null() => apply(present, value),
            (_, value) => {
                target.insert(key.clone(), without_nulls(value));
            }
        }
    }
}

/// The value without members that are null.
fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(key, value)| (key.clone(), without_nulls(value))).collect::<Map<_, _>>())
        }
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        value => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patches() {
        for (target, patch, expected) in [
            (json!({"a": 1}), json!({"a": null, "b": {"c": null, "d": 1}}), json!({"b": {"d": 1}})),
            (json!({"a": {"b": 1}}), json!({"a": {"c": 2}}), json!({"a": {"b": 1, "c": 2}})),
            (json!({"a": {"b": 1}}), json!({"a": [1]}), json!({"a": [1]})),
            (json!({"a": [1]}), json!({"a": [{"b": null, "c": 1}, null]}), json!({"a": [{"c": 1}, null]})),
            (json!({"a": null}), json!({"a": {"b": null}}), json!({"a": {}})),
            (json!({"a": 1}), json!([1]), json!([1])),
        ] {
            let mut patched = target.clone();
            apply(&mut patched, &patch);
            assert_eq!(patched, expected, "{target} {patch}");
        }
    }
}
