//! What the API server does to a value before it validates and stores it: drop nulls, prune, apply defaults.
//! Values of a wrong type are left alone; validation reports them.

use crate::{Kind, Schema};
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
            map.retain(|name, value| match schema.field(name) {
                Some(child) if child.default.is_none() && is_plain_null(child, value) && is_typed(child) => {
                    false
                }
                Some(child) => {
                    drop_nulls(child, value);
                    true
                }
                None => true,
            });
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
    let mut pruner = Pruner { path: FieldPath::root(), removed: Vec::new() };
    pruner.value(Some(schema), resource, value);
    pruner.removed.sort_by_cached_key(ToString::to_string);
    pruner.removed
}

struct Pruner {
    path: FieldPath,
    removed: Vec<FieldPath>,
}

impl Pruner {
    fn value(&mut self, schema: Option<&Schema>, resource: bool, value: &mut Value) {
        match value {
            Value::Object(map) => self.map(schema, resource, map),
            Value::Array(list) => {
                let items = schema.and_then(Schema::items);
                // A list without schema inside what is preserved is preserved.
                if schema.is_some_and(Schema::preserves_unknown) && items.is_none() {
                    return;
                }
                for (index, value) in list.iter_mut().enumerate() {
                    self.path.push(index);
                    self.value(
                        items.map(|items| &**items),
                        items.is_some_and(|items| items.is_embedded()),
                        value,
                    );
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn map(&mut self, schema: Option<&Schema>, resource: bool, map: &mut Map<String, Value>) {
        let preserve = schema.is_some_and(Schema::preserves_unknown);
        map.retain(|name, value| {
            let is_meta = matches!(name.as_str(), "apiVersion" | "kind" | "metadata");
            if resource && is_meta {
                return true;
            }
            let child = schema.and_then(|schema| schema.field(name));
            self.path.push(name);
            if let Some(child) = child {
                // A free-form schema is no schema: what is below has none either.
                let known = is_typed(child).then_some(&**child);
                self.value(known, child.is_embedded(), value);
            } else if !(preserve || (is_meta && self.path.segments().len() == 1)) {
                self.removed.push(self.path.clone());
            }
            self.path.pop();
            child.is_some() || preserve
        });
    }
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
    }
}
