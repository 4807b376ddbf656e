use std::sync::Arc;

use kro_cel::{Env, Limits, NoTypes, Scope, Value, library::Standard};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::{ConditionTypes, RUNTIME, Runtime, RuntimeHandle, libraries, to_json};

fn env() -> Env {
    Env::new(&[&Standard], Arc::new(ConditionTypes(Arc::new(NoTypes))))
        .with_libraries(libraries())
        .with_variable(RUNTIME, Runtime::handle_type())
        .with_variable("x", kro_cel::Type::Dyn)
}

/// The result as JSON (bytes as hexadecimal digits), or what went wrong.
fn run(expression: &str, x: &Json) -> String {
    let program = match env().compile(expression) {
        Ok(program) => program,
        Err(issues) => {
            return issues.iter().map(kro_cel::Issue::message).collect::<Vec<_>>().join("; ");
        }
    };
    let bindings = [("x", Value::from_json(x)), (RUNTIME, Value::opaque(RuntimeHandle))];
    match program.eval(&Scope::new(&bindings), &Limits::default()).map(|outcome| outcome.value) {
        Ok(Value::Bytes(bytes)) => {
            bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
        }
        Ok(value) => match to_json(&value) {
            Ok(json) => json.map_or_else(|| "omitted".to_owned(), |json| json.to_string()),
            Err(error) => format!("error: {error}"),
        },
        Err(error) => format!("error: {error}"),
    }
}

#[track_caller]
fn check(expression: &str, expected: &str) {
    let x = json!({
        "a": {"x": 1, "l": [1]}, "n": null, "big": 18_446_744_073_709_551_615u64, "html": "<&>\u{2028}",
        "status": {"conditions": [
            {"type": "Ready", "status": "False", "reason": "Why", "message": "m"},
            {"type": "Ready", "status": "True"},
            "junk",
        ]},
    });
    assert_eq!(run(expression, &x), expected, "{expression}");
}

#[test]
fn random() {
    check("random.seededString(20, 'test-seed')", "\"5czheg3o5czheg3o5czh\"");
    check("random.seededString(0, 'a')", "error: random.seededString length must be positive");
    check(
        "random.seededString(9223372036854775807, 'a')",
        "error: operation cancelled: memory limit exceeded",
    );
    check("random.seededInt(30000, 32768, 'test-seed')", "32628");
    check("random.seededInt(1, 1, 'a')", "error: random.seededInt min must be less than max");
}

#[test]
fn hashes() {
    check("hash.fnv64a('hello world')", "779a65e7023cd2e7");
    check("hash.md5('hello world')", "5eb63bbbe01eeed093cb22bb8f5acdc3");
    check("hash.sha256('hello world')", "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9");
}

#[test]
fn json_text() {
    check(r#"json.marshal({"b": 1, "a": "<x>"})"#, r#""{\"a\":\"\\u003cx\\u003e\",\"b\":1}""#);
    check("json.marshal(x.html)", r#""\"\\u003c\\u0026\\u003e\\u2028\"""#);
    check(
        "json.marshal([b'hi', 18446744073709551615u, 1e21, 1.0, 1e-7, null])",
        r#""[\"aGk=\",18446744073709551615,1e+21,1,1e-7,null]""#,
    );
    check("json.marshal(duration('90s'))", r#""\"1m30s\"""#);
    check("json.marshal(timestamp('2024-01-02T03:04:05.5Z'))", r#""\"2024-01-02T03:04:05Z\"""#);
    check("json.marshal(x.a)", r#""{\"l\":[1],\"x\":1}""#);
    check(
        "json.marshal({1: 2})",
        "error: json.marshal failed to convert value: map key must be string, got int",
    );
    check("json.marshal([type(1)])", "error: json.marshal failed to convert value: unsupported type: type");
    check(
        "json.marshal(0.0 / 0.0)",
        "error: json.marshal failed to encode value: json: unsupported value: NaN",
    );
    check(
        "json.marshal(-1.0 / 0.0)",
        "error: json.marshal failed to encode value: json: unsupported value: -Inf",
    );
    check(r#"json.unmarshal("[1,2,3]")[0] == 1.0 && type(json.unmarshal("1")) == double"#, "true");
    check(r#"json.unmarshal('{"a": {"b": [null, true]}}').a.b[1]"#, "true");
    assert!(
        run("json.unmarshal('{')", &json!(null)).starts_with("error: json.unmarshal failed to parse JSON: ")
    );
}

#[test]
fn documents_are_charged_as_they_are_read() {
    let text = Json::from(format!("[{}1]", "1,".repeat(1000)));
    let program = env().compile("json.unmarshal(x)").expect("compiles");
    let bindings = [("x", Value::from_json(&text))];
    let limits = Limits { memory: 10_000, ..Limits::default() };
    let error = program.eval(&Scope::new(&bindings), &limits).expect_err("is over the limit");
    assert_eq!(error.message(), "operation cancelled: memory limit exceeded");
    check(r#"json.unmarshal('{"b": 1, "a": true, "b": "3"}')"#, r#"{"a":true,"b":"3"}"#);
}

#[test]
fn maps() {
    check(r#"{"a": 1}.merge({"a": 2, "b": 3})"#, r#"{"a":2,"b":3}"#);
    check(r#"{"a": {"x": 1}}.deepMerge({"a": {"y": 2}})"#, r#"{"a":{"x":1,"y":2}}"#);
    check(r#"{"a": [1]}.deepMerge({"a": [2]})"#, r#"{"a":[2]}"#);
    check(r#"x.a.deepMerge({"x": {"y": 2}})"#, r#"{"l":[1],"x":{"y":2}}"#);
    check("{}.deepMerge(x.a)", r#"{"l":[1],"x":1}"#);
    check("x.a.deepMerge({})", r#"{"l":[1],"x":1}"#);
    check("x.a.deepMerge([1])", "error: no such overload");
}

#[test]
fn lists() {
    check("lists.setAtIndex([1, 2], 1, 9)", "[1,9]");
    check("lists.setAtIndex([1, 2], 2, 9)", "error: lists.setAtIndex: index 2 out of bounds [0, 2)");
    check("lists.insertAtIndex([1, 2], 2, 3)", "[1,2,3]");
    check("lists.insertAtIndex([1, 2], 3, 3)", "error: lists.insertAtIndex: index 3 out of bounds [0, 2]");
    check("lists.removeAtIndex([1, 2], 0)", "[2]");
    check("lists.removeAtIndex([1, 2], -1)", "error: lists.removeAtIndex: index -1 out of bounds [0, 2)");
}

#[test]
fn omitted_parts_leave_no_trace() {
    check("omit()", "omitted");
    check("true ? 's' : omit()", "\"s\"");
    check(r#"{"a": omit(), "b": {"c": omit()}, "d": [1, omit(), 2]}"#, r#"{"b":{},"d":[1,2]}"#);
    check("omit() == 1", "false");
    check("omit() == omit()", "error: no such overload");
    check("omit() + 'a'", "error: no such overload");
}

#[test]
fn conditions() {
    check("runtime.newCondition({type: 'A', status: 'True', message: 'm',}).message", "\"m\"");
    check("runtime.newCondition({type: 'A', status: 'True'}).reason", "\"\"");
    check(
        "runtime.newCondition({type: 'A', status: 'True'}) == runtime.newCondition({type: 'A', status: 'True'})",
        "true",
    );
    check(
        "runtime.newCondition({type: '', status: 'True'})",
        "error: runtime.newCondition: type must not be empty",
    );
    check(
        "runtime.newCondition({type: 'A', status: 'true'})",
        "error: runtime.newCondition: status must be one of True, False, Unknown (got \"true\")",
    );
    check("runtime.newCondition(x)", "runtime.newCondition: argument must be a map literal");
    check(
        "runtime.newCondition({'type': 'A', status: 'True'})",
        "runtime.newCondition: keys must be bare identifiers",
    );
    check("runtime.newCondition({kind: 'A'})", "runtime.newCondition: unknown key \"kind\"");
    check("runtime.newCondition({type: 'A', type: 'B'})", "runtime.newCondition: duplicate key \"type\"");
    check("runtime.newCondition({status: 'True'})", "runtime.newCondition: 'type' is required");
    check("runtime.newCondition({type: 'A'})", "runtime.newCondition: 'status' is required");
    check("runtime.condition(x, 'Ready').status", "\"False\"");
    check("runtime.condition(x, 'Nope').status", "\"\"");
    check("runtime.condition({}, 'Ready').status", "\"\"");
    check("runtime.condition({'status': 1}, 'Ready')", "error: runtime.condition: status must be an object");
    check("runtime.condition(1, 'Ready')", "error: runtime.condition: the first argument must be an object");
    check("runtime.condition(x, 'Ready').lastTransitionTime", "undefined field 'lastTransitionTime'");
    check("runtime.condition(x, 'Ready')", "error: unsupported type: kro.run.Condition");
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<f64>().prop_filter("JSON", |float| float.is_finite()).prop_map(Json::from),
        ".{0,6}".prop_map(Json::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
            prop::collection::btree_map(".{0,3}", inner, 0..4).prop_map(|map| map.into_iter().collect()),
        ]
    })
}

/// A range of integers that is not empty.
fn range() -> impl Strategy<Value = (i64, i64)> {
    (i64::MIN..i64::MAX).prop_flat_map(|min| (Just(min), min + 1..=i64::MAX))
}

proptest! {
    /// What is written can be read again; integers come back as the doubles they were written as.
    #[test]
    fn unmarshal_inverts_marshal(value in json()) {
        prop_assert_eq!(run("json.unmarshal(json.marshal(x)) == x", &value), "true");
    }

    #[test]
    fn seeded_numbers_stay_in_their_range((min, max) in range(), seed in ".{0,4}") {
        let x = json!({"min": min, "max": max, "seed": seed});
        let number = "random.seededInt(x.min, x.max, x.seed)";
        prop_assert_eq!(run(&format!("{number} >= x.min && {number} < x.max"), &x), "true");
    }
}
