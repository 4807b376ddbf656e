//! What the API server does to a value before it validates and stores it: drop nulls, prune, apply defaults.
//! Values of a wrong type are left alone; validation reports them.

use crate::{Kind, Schema, trail::Trail};
use kro_object::FieldPath;
use serde_json::{Map, Value};

/// Remove fields without a schema. Returns their paths, sorted as text.
pub fn prune(schema: &Schema, value: &mut Value) -> Vec<FieldPath> {
    run_prune(schema, value, schema.is_embedded())
}

/// [`prune`] for a whole object: `apiVersion`, `kind` and `metadata` stay, whatever the schema says.
pub fn prune_object(schema: &Schema, value: &mut Value) -> Vec<FieldPath> {
    run_prune(schema, value, true)
}

/// [`prune_object`] for those who need not know what has gone: without allocations.
pub fn prune_object_quietly(schema: &Schema, value: &mut Value) {
    prune_value(Some(schema), true, value, Trail::Root, &mut None);
}

/// Fill in defaults, also inside what is there and inside defaults. A `null` where `null` is not a value counts as
/// missing. Nothing is created on the way to a default: a default in a missing object stays out.
pub fn apply_defaults(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Kind::Object { properties, .. } = &schema.kind {
                for (name, property) in properties {
                    let Some(default) = &property.default else { continue };
                    if map.get(&**name).is_none_or(|value| is_plain_null(property, value)) {
                        map.insert(name.to_string(), default.clone());
                    }
                }
            }
            for (name, value) in map {
                if let Some(child) = schema.field(name) {
                    replace_null(child, value);
                    apply_defaults(child, value);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = schema.items() {
                for value in list {
                    replace_null(items, value);
                    apply_defaults(items, value);
                }
            }
        }
        _ => {}
    }
}

/// Remove fields that are `null` where `null` is not a value and there is no default to put in its place.
pub fn drop_nulls(schema: &Schema, value: &mut Value) {
    match value {
        Value::Object(map) => {
            let mut drops = false;
            for (name, value) in map.iter_mut() {
                match schema.field(name) {
                    Some(child) if is_dropped(child, value) => drops = true,
                    Some(child) => drop_nulls(child, value),
                    None => {}
                }
            }
            if drops {
                map.retain(|name, value| !schema.field(name).is_some_and(|child| is_dropped(child, value)));
            }
        }
        Value::Array(list) => {
            if let Some(items) = schema.items() {
                for value in list {
                    drop_nulls(items, value);
                }
            }
        }
        _ => {}
    }
}

fn is_dropped(schema: &Schema, value: &Value) -> bool {
    is_plain_null(schema, value) && schema.default.is_none() && is_typed(schema)
}

fn is_plain_null(schema: &Schema, value: &Value) -> bool {
    value.is_null() && !schema.nullable
}

/// `additionalProperties: true` is no schema at all to Kubernetes.
fn is_typed(schema: &Schema) -> bool {
    schema.kind != Kind::Any || schema.preserves_unknown()
}

fn replace_null(schema: &Schema, value: &mut Value) {
    if is_plain_null(schema, value)
        && let Some(default) = &schema.default
    {
        *value = default.clone();
    }
}

fn run_prune(schema: &Schema, value: &mut Value, resource: bool) -> Vec<FieldPath> {
    let mut removed = Some(Vec::new());
    prune_value(Some(schema), resource, value, Trail::Root, &mut removed);
    let mut removed = removed.unwrap_or_default();
    removed.sort_by_cached_key(ToString::to_string);
    removed
}

fn prune_value(
    schema: Option<&Schema>,
    resource: bool,
    value: &mut Value,
    trail: Trail<'_>,
    removed: &mut Option<Vec<FieldPath>>,
) {
    match value {
        Value::Object(map) => prune_map(schema, resource, map, trail, removed),
        Value::Array(list) => {
            let items = schema.and_then(Schema::items).map(|items| &**items);
            // A list without schema inside what is preserved is preserved.
            if schema.is_some_and(Schema::preserves_unknown) && items.is_none() {
                return;
            }
            let embedded = items.is_some_and(Schema::is_embedded);
            for (index, value) in list.iter_mut().enumerate() {
                prune_value(items, embedded, value, Trail::Index(&trail, index), removed);
            }
        }
        _ => {}
    }
}

fn prune_map(
    schema: Option<&Schema>,
    resource: bool,
    map: &mut Map<String, Value>,
    trail: Trail<'_>,
    removed: &mut Option<Vec<FieldPath>>,
) {
    let preserve = schema.is_some_and(Schema::preserves_unknown);
    let mut unknown = false;
    for (name, value) in map.iter_mut() {
        let is_meta = is_meta(name);
        if resource && is_meta {
            continue;
        }
        let trail = Trail::Field(&trail, name);
        if let Some(child) = schema.and_then(|schema| schema.field(name)) {
            // A free-form schema is no schema: what is below has none either.
            let known = is_typed(child).then_some(&**child);
            prune_value(known, child.is_embedded(), value, trail, removed);
        } else if !preserve {
            unknown = true;
            if let Some(removed) = removed.as_mut().filter(|_| !(is_meta && trail.is_top())) {
                removed.push(trail.path());
            }
        }
    }
    if unknown {
        let is_known = |name: &str| schema.and_then(|schema| schema.field(name)).is_some();
        map.retain(|name, _| resource && is_meta(name) || is_known(name));
    }
}

fn is_meta(name: &str) -> bool {
    matches!(name, "apiVersion" | "kind" | "metadata")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy;
    use proptest::prelude::*;
    use serde_json::json;

    fn schema(value: &Value) -> Schema {
        Schema::from_json(value).unwrap()
    }

    #[test]
    fn pruning() {
        let check = |properties: Value, mut value: Value, expected: Value, removed: &[&str]| {
            let schema = schema(&json!({"type": "object", "properties": properties}));
            let paths = prune(&schema, &mut value);
            assert_eq!(value, expected);
            assert_eq!(paths.iter().map(ToString::to_string).collect::<Vec<_>>(), removed);
        };
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true,
            "properties": {"a": {"type": "object"}}});
        check(json!({}), json!({"b": 1, "a": 1}), json!({}), &["a", "b"]);
        check(
            json!({"o": open}),
            json!({"o": {"a": {"x": 1}, "b": {"x": 1}}}),
            json!({"o": {"a": {}, "b": {"x": 1}}}),
            &["o.a.x"],
        );
        check(
            json!({"l": {"type": "array", "items": {"type": "object"}}}),
            json!({"l": [{"x": 1}]}),
            json!({"l": [{}]}),
            &["l[0].x"],
        );
        check(
            json!({"m": {"type": "object", "additionalProperties": true}}),
            json!({"m": {"k": {"x": 1}}}),
            json!({"m": {"k": {}}}),
            &["m.k.x"],
        );
        check(
            json!({"any": {"x-kubernetes-preserve-unknown-fields": true}}),
            json!({"any": [{"x": 1}]}),
            json!({"any": [{"x": 1}]}),
            &[],
        );
        check(
            json!({"e": {"type": "object", "x-kubernetes-embedded-resource": true}}),
            json!({"e": {"kind": "K", "metadata": {"name": "x"}, "spec": 1}}),
            json!({"e": {"kind": "K", "metadata": {"name": "x"}}}),
            &["e.spec"],
        );
    }

    #[test]
    fn defaults_and_nulls() {
        let schema = schema(&json!({"type": "object", "properties": {
            "n": {"type": "integer", "default": 1},
            "o": {"type": "object", "default": {}, "properties": {"x": {"type": "string", "default": "y"}}},
            "none": {"type": "object", "properties": {"x": {"type": "string", "default": "y"}}},
            "l": {"type": "array", "items": {"type": "object", "properties": {"p": {"type": "string", "default": "TCP"}}}},
            "z": {"type": "string", "nullable": true, "default": "d"},
            "gone": {"type": "string"},
        }}));
        let mut value = json!({"n": null, "l": [{}], "z": null, "gone": null});
        drop_nulls(&schema, &mut value);
        assert_eq!(value, json!({"n": null, "l": [{}], "z": null}));
        apply_defaults(&schema, &mut value);
        assert_eq!(value, json!({"n": 1, "o": {"x": "y"}, "l": [{"p": "TCP"}], "z": null}));
    }

    proptest! {
        #[test]
        fn both_are_idempotent(schema in strategy::schema(), value in strategy::json()) {
            let mut once = value;
            prune(&schema, &mut once);
            apply_defaults(&schema, &mut once);
            let mut twice = once.clone();
            apply_defaults(&schema, &mut twice);
            prop_assert_eq!(&twice, &once);
            prune(&schema, &mut twice);
            prop_assert_eq!(prune(&schema, &mut twice), vec![]);
        }

        #[test]
        fn pruning_quietly_leaves_the_same(schema in strategy::schema(), value in strategy::json()) {
            let (mut told, mut quiet) = (value.clone(), value);
            prune_object(&schema, &mut told);
            prune_object_quietly(&schema, &mut quiet);
            prop_assert_eq!(told, quiet);
        }
    }
}
