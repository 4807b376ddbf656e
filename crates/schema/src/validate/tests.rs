//! Violations in the words of the API server.

use super::*;
use crate::strategy;
use proptest::prelude::*;
use serde_json::json;

fn check(schema: &Value, value: &Value, expected: &[&str]) {
    let parsed = Schema::from_json(schema).unwrap();
    let found: Vec<_> = validate(&parsed, value).iter().map(ToString::to_string).collect();
    assert_eq!(found, expected, "{schema} {value}");
}

/// A property `a` of an object at `spec`.
fn in_spec(schema: &Value) -> Value {
    json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {"a": schema}}}})
}

#[test]
fn types() {
    let check = |schema: Value, value: Value, expected: &[&str]| {
        check(&in_spec(&schema), &json!({"spec": {"a": value}}), expected);
    };
    check(
        json!({"type": "string"}),
        json!(1),
        &["spec.a: Invalid value: \"integer\": spec.a in body must be of type string: \"integer\""],
    );
    check(json!({"type": "integer"}), json!(1.0), &[]);
    check(
        json!({"type": "integer"}),
        json!(1.5),
        &[
            "spec.a: Invalid value: \"number\": spec.a in body must be of type integer: \"number\"",
            "<nil>: Invalid value: \"\": Checked value must be of type integer (default format) in spec.a",
        ],
    );
    check(
        json!({"type": "integer", "format": "int32"}),
        json!(3_000_000_000_i64),
        &["<nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in spec.a"],
    );
    check(
        json!({"x-kubernetes-int-or-string": true}),
        json!(true),
        &["spec.a: Invalid value: \"boolean\": spec.a in body must be of type integer,string: \"boolean\""],
    );
    check(json!({"type": "string", "nullable": true}), json!(null), &[]);
    check(
        json!({"type": "array", "items": {"type": "integer"}}),
        json!([1, null]),
        &["spec.a[1]: Invalid value: \"null\": spec.a[1] in body must be of type integer: \"null\""],
    );
    check(
        json!({"type": "string", "format": "ipv4"}),
        json!("::1"),
        &["spec.a: Invalid value: \"::1\": spec.a in body must be of type ipv4: \"::1\""],
    );
    check(json!({"type": "string", "format": "unheard-of"}), json!("x"), &[]);
}

#[test]
fn limits() {
    let check = |schema: Value, value: Value, expected: &[&str]| {
        check(&in_spec(&schema), &json!({"spec": {"a": value}}), expected);
    };
    check(
        json!({"type": "string", "maxLength": 3}),
        json!("abcd"),
        &["spec.a: Too long: may not be more than 3 bytes"],
    );
    check(
        json!({"type": "string", "pattern": "^a+$"}),
        json!("b"),
        &["spec.a: Invalid value: \"b\": spec.a in body should match '^a+$'"],
    );
    check(
        json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true}),
        json!(1),
        &["spec.a: Invalid value: 1: spec.a in body should be greater than 1"],
    );
    check(
        json!({"type": "number", "multipleOf": 0.5}),
        json!(1.3),
        &["spec.a: Invalid value: 1.3: spec.a in body should be a multiple of 0.5"],
    );
    check(
        json!({"type": "number", "multipleOf": 0}),
        json!(1.5),
        &["spec.a: Invalid value: 0: factor MultipleOf declared for spec.a must be positive: 0"],
    );
    check(
        json!({"type": "array", "maxItems": 1}),
        json!([1, 2]),
        &["spec.a: Too many: 2: must have at most 1 item"],
    );
    check(
        json!({"type": "object", "minProperties": 1}),
        json!({}),
        &["spec.a: Invalid value: 0: spec.a in body should have at least 1 properties"],
    );
    check(
        json!({"type": "integer", "enum": [1, 2]}),
        json!(3),
        &["spec.a: Unsupported value: 3: supported values: \"1\", \"2\""],
    );
}

#[test]
fn fields() {
    let schema = json!({"type": "object", "required": ["x"], "properties": {"x": {"type": "string"}},
        "additionalProperties": {"type": "integer"}});
    check(&schema, &json!({}), &["x: Required value"]);
    check(
        &schema,
        &json!({"x": "", "y": "z"}),
        &["y: Invalid value: \"string\": .y in body must be of type integer: \"string\""],
    );
}

#[test]
fn combinations() {
    let alternatives = json!([{"required": ["x"]}, {"required": ["y"]}]);
    let object = |keyword: &str| in_spec(&json!({"type": "object", keyword: alternatives}));
    check(
        &object("anyOf"),
        &json!({"spec": {"a": {}}}),
        &[
            "<nil>: Invalid value: \"\": \"spec.a\" must validate at least one schema (anyOf)",
            "spec.a.x: Required value",
        ],
    );
    check(
        &object("oneOf"),
        &json!({"spec": {"a": {"x": 1, "y": 1}}}),
        &[
            "<nil>: Invalid value: \"\": \"spec.a\" must validate one and only one schema (oneOf). Found 2 valid alternatives",
        ],
    );
    check(
        &object("allOf"),
        &json!({"spec": {"a": {"x": 1}}}),
        &[
            "spec.a.y: Required value",
            "<nil>: Invalid value: \"\": \"spec.a\" must validate all the schemas (allOf)",
        ],
    );
    check(
        &in_spec(&json!({"type": "object", "not": {"required": ["x"]}})),
        &json!({"spec": {"a": {"x": 1}}}),
        &["<nil>: Invalid value: \"\": \"spec.a\" must not validate the schema (not)"],
    );
}

#[test]
fn unchanged_parts_are_not_reported() {
    let schema = Schema::from_json(&json!({"type": "object", "properties": {
        "a": {"type": "string", "maxLength": 1},
        "l": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items":
            {"type": "object", "properties": {"k": {"type": "string"}, "v": {"type": "string", "maxLength": 1}}}},
    }}))
    .unwrap();
    let old = json!({"a": "long", "l": [{"k": "1", "v": "long"}]});
    let new = json!({"a": "long", "l": [{"k": "2", "v": "long"}, {"k": "1", "v": "long"}]});
    let found: Vec<_> = validate_update(&schema, &new, &old).iter().map(|v| v.path.to_string()).collect();
    assert_eq!(found, ["l[0].v"]);
}

#[test]
fn repeated_items() {
    let schema = Schema::from_json(&json!({"type": "object", "properties": {
        "set": {"type": "array", "x-kubernetes-list-type": "set", "items": {"type": "string"}},
        "map": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k", "p"], "items":
            {"type": "object", "properties": {"k": {"type": "string"}, "p": {"type": "integer", "default": 1}}}},
    }}))
    .unwrap();
    let value =
        json!({"set": ["a", "a", "b", "a"], "map": [{"k": "a"}, {"k": "a", "p": 1}, {"k": "a", "p": 2}]});
    let found: Vec<_> = lists(&schema, &value).iter().map(ToString::to_string).collect();
    assert_eq!(found, ["map[1]: Duplicate value: {\"k\":\"a\",\"p\":1}", "set[1]: Duplicate value: \"a\""]);
}

#[test]
fn embedded_resources() {
    let schema = Schema::from_json(&json!({"type": "object", "properties": {
        "obj": {"type": "object", "x-kubernetes-embedded-resource": true}}}))
    .unwrap();
    let found = |value: Value| -> Vec<String> {
        embedded(&schema, &json!({"obj": value}))
            .iter()
            .map(|v| v.message.chars().take(60).collect())
            .collect()
    };
    assert_eq!(found(json!({})), ["Required value", "Required value"]);
    assert_eq!(
        found(json!({"apiVersion": "a/b/c", "kind": "K"})),
        ["Invalid value: \"a/b/c\": unexpected GroupVersion string: a/b/"]
    );
    assert_eq!(found(json!({"apiVersion": "v1", "kind": "bad kind"})).len(), 1);
}

proptest! {
    #[test]
    fn validation_never_panics_and_repeats(schema in strategy::schema(), value in strategy::json()) {
        let found = validate(&schema, &value);
        prop_assert_eq!(&validate(&schema, &value), &found);
        prop_assert_eq!(validate_update(&schema, &value, &value), vec![]);
        let _ = (lists(&schema, &value), embedded(&schema, &value));
    }
}
