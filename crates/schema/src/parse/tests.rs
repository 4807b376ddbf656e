//! Reading and printing schemas: nothing is lost, errors have their place.

use super::*;
use crate::strategy;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn nothing_is_lost() {
    let check = |value: Value| assert_eq!(Schema::from_json(&value).unwrap().to_json(), value);
    check(json!({}));
    check(json!({"x-kubernetes-preserve-unknown-fields": true}));
    check(
        json!({"type": "object", "properties": {"a": {"type": "array", "items": {"type": "integer", "format": "int32"}}},
        "required": ["a"], "x-kubernetes-map-type": "atomic", "additionalProperties": true, "title": "T"}),
    );
    check(json!({"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"],
        "items": {"type": "object", "properties": {"k": {"type": "string", "default": "x"}}}, "maxItems": 3}));
    check(json!({"x-kubernetes-int-or-string": true, "anyOf": [{"type": "integer"}, {"type": "string"}]}));
    check(json!({"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]}));
    check(json!({"type": "object", "not": {"required": ["a"], "properties": {"b": {"enum": [1]}}},
        "x-kubernetes-validations": [{"rule": "self.a", "messageExpression": "'x'", "fieldPath": ".a",
            "reason": "FieldValueInvalid", "optionalOldSelf": true}]}));
    check(
        json!({"type": "number", "minimum": 0.5, "maximum": 10, "exclusiveMaximum": true, "multipleOf": 2}),
    );
    check(json!({"type": "object", "x-kubernetes-patch-merge-key": "name", "additionalProperties": false}));
}

#[test]
fn what_is_wrong_has_its_place() {
    let check = |value: Value, expected: &str| {
        assert_eq!(Schema::from_json(&value).unwrap_err().to_string(), expected);
    };
    check(json!(1), "invalid schema at \"\": must be an object");
    check(
        json!({"properties": {"a.b": {"type": "text"}}}),
        "invalid schema at \"properties[\\\"a.b\\\"].type\": unknown type \"text\"",
    );
    check(json!({"type": "string", "maxLength": 1.5}), "invalid schema at \"maxLength\": must be an integer");
    check(json!({"$ref": "#/x"}), "invalid schema at \"\": reference \"#/x\" cannot be resolved here");
    check(json!({"anyOf": [{}, {"enum": 1}]}), "invalid schema at \"anyOf[1].enum\": must be a list");
}

#[test]
fn depth_is_limited() {
    let mut value = json!({"type": "string"});
    for _ in 0..300 {
        value = json!({"type": "array", "items": value});
    }
    assert!(Schema::from_json(&value).unwrap_err().message.contains("nests deeper"));
}

proptest! {
    #[test]
    fn printing_then_reading_is_the_identity(schema in strategy::schema()) {
        prop_assert_eq!(Schema::from_json(&schema.to_json()), Ok(schema));
    }

    #[test]
    fn reading_never_panics(value in strategy::json()) {
        let _ = Schema::from_json(&value);
    }
}
