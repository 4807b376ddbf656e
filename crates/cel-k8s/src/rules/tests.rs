use std::sync::Arc;

use kro_cel::{
    Env, NoTypes,
    library::{Optionals, Standard},
};
use kro_schema::Schema;
use serde_json::{Value as Json, json};

use super::{RuleLimits, Rules};

fn rules(schema: &Json) -> Rules {
    let env = Env::new(&[&Standard, &Optionals], Arc::new(NoTypes));
    Rules::compile(&Arc::new(Schema::from_json(schema).unwrap()), &env)
}

/// An object schema with one property `spec`.
fn spec(schema: &Json) -> Json {
    json!({"type": "object", "properties": {"spec": schema}})
}

#[track_caller]
fn check(schema: &Json, new: &Json, old: Option<&Json>, expected: &[&str]) {
    let findings = rules(schema).validate(new, old, RuleLimits::default());
    let texts: Vec<_> = findings.violations.iter().map(|v| format!("{} {v}", v.reason)).collect();
    let unchanged: Vec<_> = findings.unchanged.iter().map(|v| format!("warning {v}")).collect();
    assert_eq!([texts, unchanged].concat(), expected);
}

#[test]
fn messages() {
    let schema = spec(&json!({
        "type": "object",
        "properties": {"a": {"type": "integer"}, "s": {"type": "string"}},
        "x-kubernetes-validations": [
            {"rule": " self.a < 5 "},
            {"rule": "self.a < 6", "message": " small "},
            {"rule": "self.a < 6", "messageExpression": "self.s", "message": "fallback"},
            {"rule": "self.a < 6", "messageExpression": "has(self.nope) ? 'a' : 'b'"},
            {"rule": "self.a < 6", "reason": "FieldValueForbidden"},
            {"rule": "self.a < 6", "reason": "FieldValueRequired", "fieldPath": ".s"},
            {"rule": "self.a < 6", "reason": "FieldValueDuplicate", "fieldPath": ".x['dash-ed'].y"},
            {"rule": "1 / (self.a < 9 ? 1 : 0) == 1"},
        ],
    }));
    check(
        &schema,
        &json!({"spec": {"a": 9, "s": " made up "}}),
        None,
        &[
            "FieldValueInvalid spec: Invalid value: failed rule: self.a < 5",
            "FieldValueInvalid spec: Invalid value: small",
            "FieldValueInvalid spec: Invalid value: made up",
            "FieldValueInvalid spec: Invalid value: failed rule: self.a < 6",
            "FieldValueForbidden spec: Forbidden: failed rule: self.a < 6",
            "FieldValueRequired spec.s: Required value: failed rule: self.a < 6",
            "FieldValueDuplicate spec.x.dash-ed.y: Duplicate value",
            "FieldValueInvalid spec: Invalid value: \"object\": division by zero evaluating rule: \
         1 / (self.a < 9 ? 1 : 0) == 1",
        ],
    );
    let multi_line = json!({"spec": {"a": 9, "s": "two\nlines"}});
    let findings = rules(&schema).validate(&multi_line, None, RuleLimits::default());
    assert_eq!(findings.violations[2].message, "Invalid value: fallback");
}

#[test]
fn scalars_are_shown() {
    let schema = spec(&json!({"type": "object", "properties": {
        "s": {"type": "string", "x-kubernetes-validations": [{"rule": "self == 'x'"}]},
        "n": {"type": "integer", "x-kubernetes-validations": [{"rule": "self < 1", "reason": "FieldValueDuplicate"}]},
    }}));
    check(
        &schema,
        &json!({"spec": {"s": "y\n", "n": 2}}),
        None,
        &[
            "FieldValueDuplicate spec.n: Duplicate value: 2",
            "FieldValueInvalid spec.s: Invalid value: \"y\\n\": failed rule: self == 'x'",
        ],
    );
}

#[test]
fn absent_and_null_values_have_no_rules() {
    let schema =
        spec(&json!({"type": "object", "nullable": true, "x-kubernetes-validations": [{"rule": "false"}]}));
    check(&schema, &json!({}), None, &[]);
    check(&schema, &json!({"spec": null}), None, &[]);
}

#[test]
fn paths() {
    let n = json!({"type": "object", "properties": {"n": {"type": "integer"}},
        "x-kubernetes-validations": [{"rule": "self.n < 1", "message": "m"}]});
    let schema = spec(&json!({"type": "object", "properties": {
        "list": {"type": "array", "items": n}, "map": {"type": "object", "additionalProperties": n},
    }}));
    check(
        &schema,
        &json!({"spec": {"list": [{"n": 0}, {"n": 1}], "map": {"a.b": {"n": 1}}}}),
        None,
        &[
            "FieldValueInvalid spec.list[1]: Invalid value: m",
            "FieldValueInvalid spec.map[a.b]: Invalid value: m",
        ],
    );
}

#[test]
fn roots_see_kind_and_name() {
    let schema = json!({"type": "object", "x-kubernetes-validations": [
        {"rule": "self.metadata.name == 'ok'", "message": "bad name"},
        {"rule": "self.metadata.labels == {}"},
    ]});
    let issues = rules(&schema).issues();
    assert_eq!((issues.len(), issues[0].index, issues[0].part), (1, 1, "rule"));
    let findings = rules(&schema).validate(&json!({"metadata": {"name": "x"}}), None, RuleLimits::default());
    assert_eq!(findings.violations[0].to_string(), "<nil>: Invalid value: bad name");
    assert!(findings.violations[1].message.starts_with("Invalid value: \"object\": rule compile error: "));
}

#[test]
fn transitions() {
    let schema = spec(&json!({"type": "object", "properties": {
        "a": {"type": "integer", "x-kubernetes-validations": [{"rule": "self >= oldSelf", "message": "grow"}]},
        "once": {"type": "string", "x-kubernetes-validations": [
            {"rule": "!oldSelf.hasValue()", "optionalOldSelf": true, "message": "once"},
        ]},
        "l": {"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items": {
            "type": "object",
            "properties": {"k": {"type": "string"}, "v": {"type": "integer"}},
            "x-kubernetes-validations": [{"rule": "self.v >= oldSelf.v", "message": "grow"}],
        }},
        "plain": {"type": "array", "items": {
            "type": "integer", "x-kubernetes-validations": [{"rule": "self == oldSelf"}],
        }},
    }}));
    let (old, new) = (
        json!({"spec": {"a": 2, "once": "x", "l": [{"k": "a", "v": 2}, {"k": "b", "v": 2}], "plain": [1]}}),
        json!({"spec": {"a": 1, "once": "x", "l": [{"k": "c", "v": 0}, {"k": "b", "v": 1}], "plain": [2]}}),
    );
    check(&schema, &new, None, &[]);
    check(&schema, &new, Some(&json!({})), &[]);
    check(
        &schema,
        &new,
        Some(&old),
        &[
            "FieldValueInvalid spec.a: Invalid value: 1: grow",
            "FieldValueInvalid spec.l[1]: Invalid value: grow",
            "FieldValueInvalid spec.once: Invalid value: \"x\": once",
        ],
    );
}

#[test]
fn what_an_update_leaves_alone_is_a_warning() {
    let schema = spec(&json!({"type": "object", "properties": {
        "a": {"type": "string", "x-kubernetes-validations": [{"rule": "self == 'new'", "message": "m"}]},
        "l": {"type": "array", "items": {
            "type": "string", "x-kubernetes-validations": [{"rule": "self == 'new'", "message": "n"}],
        }},
        "b": {"type": "string"},
    }}));
    let object = |a: &str, b: &str| json!({"spec": {"a": a, "b": b, "l": ["old"]}});
    check(
        &schema,
        &object("old", "2"),
        Some(&object("old", "1")),
        &["warning spec.a: Invalid value: \"old\": m", "warning spec.l[0]: Invalid value: \"old\": n"],
    );
    check(
        &schema,
        &object("other", "1"),
        Some(&object("old", "1")),
        &[
            "FieldValueInvalid spec.a: Invalid value: \"other\": m",
            "warning spec.l[0]: Invalid value: \"old\": n",
        ],
    );
}

#[test]
fn limits() {
    let schema = spec(&json!({"type": "array", "items": {
        "type": "integer", "x-kubernetes-validations": [{"rule": "self < 1"}],
    }}));
    let object = json!({"spec": [1, 1, 1]});
    let run = |per_rule, per_object| {
        let findings = rules(&schema).validate(&object, None, RuleLimits { per_rule, per_object });
        findings.violations.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(run(2, 4).len(), 3);
    assert_eq!(
        run(2, 4)[2],
        "spec[2]: Invalid value: \"integer\": validation failed due to running out of cost \
        budget, no further validation rules will be run"
    );
    assert_eq!(
        run(1, 100),
        ["spec[0]: Invalid value: \"integer\": 'operation cancelled: actual cost limit exceeded': \
        no further validation rules will be run due to call cost exceeds limit for rule: self < 1"]
    );
}
