//! Values, errors and costs of expressions over host data.

use kro_cel::{ErrorKind, Limits, Scope, Type, Unknown, Value};
use serde_json::json;

/// Evaluates with `x` bound, statically `dyn`.
#[track_caller]
fn check(text: &str, x: &serde_json::Value, expected: &serde_json::Value) {
    let program = super::everything().with_variable("x", Type::Dyn).compile(text).expect(text);
    let bindings = [("x", Value::from_json(x))];
    let outcome = program.eval(&Scope::new(&bindings), &Limits::default()).expect(text);
    assert_eq!(outcome.value.to_json().expect(text), *expected, "{text}");
}

#[test]
fn host_data() {
    let x = json!({"name": "web", "replicas": 3, "list": [1, 2, 3], "map": {"b": 1, "a": 2}, "none": null});
    for (text, expected) in [
        ("x.name + '-' + string(x.replicas)", json!("web-3")),
        ("x.list.map(i, i * 2).filter(i, i > 2)", json!([4, 6])),
        ("x.map.map(k, k)", json!(["a", "b"])),
        ("x.map.transformList(k, v, k + string(v))", json!(["a2", "b1"])),
        ("has(x.none) && x.none == null", json!(true)),
        ("has(x.missing)", json!(false)),
        ("x.?missing.?deeper.orValue('default')", json!("default")),
        (
            "x",
            json!({"name": "web", "replicas": 3, "list": [1, 2, 3], "map": {"b": 1, "a": 2}, "none": null}),
        ),
        ("{'z': 1, 'a': x.list}", json!({"z": 1, "a": [1, 2, 3]})),
        ("x.list.sortBy(i, -i)", json!([3, 2, 1])),
        ("cel.bind(n, x.name, n + n)", json!("webweb")),
        ("x.list.exists(i, i / 0 > 1 || i == 2)", json!(true)),
        ("'%s:%d'.format([x.name, x.replicas])", json!("web:3")),
        ("x.name.matches('^w.b$')", json!(true)),
        ("x['list'][1] + x.list[dyn(2.0)]", json!(5)),
    ] {
        check(text, &x, &expected);
    }
}

#[track_caller]
fn fails(text: &str, kind: ErrorKind, missing: bool, place: &str) {
    let x = json!({"list": [1], "scalar": 1});
    let program = super::everything()
        .with_variable("x", Type::Dyn)
        .with_variable("y", Type::Dyn)
        .compile(text)
        .expect(text);
    let bindings = [("x", Value::from_json(&x))];
    let error = program.eval(&Scope::new(&bindings), &Limits::default()).expect_err(text);
    assert_eq!((error.kind(), error.is_missing()), (kind, missing), "{text}: {error}");
    let span = error.span().expect("a place");
    assert_eq!(&text[span.start as usize..span.end as usize], place, "{text}");
}

#[test]
fn errors_have_a_kind_and_a_place() {
    fails("1 + x.a.b", ErrorKind::MissingKey, true, "x.a");
    fails("x.scalar.b", ErrorKind::MissingKey, true, "x.scalar.b");
    fails("[y.a]", ErrorKind::MissingVariable, true, "y.a");
    fails("x.list[3]", ErrorKind::IndexOutOfBounds, true, "x.list[3]");
    fails("x.?a.value()", ErrorKind::NoneValue, false, "x.?a.value()");
    fails("1 / (x.scalar - 1)", ErrorKind::Invalid, false, "1 / (x.scalar - 1)");
    fails("'a'.charAt(5)", ErrorKind::Invalid, false, "'a'.charAt(5)");
    fails("x.list + 'a'", ErrorKind::NoSuchOverload, false, "x.list + 'a'");
}

#[test]
fn unknown_data_is_named() {
    let program = super::everything()
        .with_variable("x", Type::Dyn)
        .with_variable("y", Type::Dyn)
        .compile("x.status.replicas > 1 && y")
        .expect("valid");
    let waiting = Value::Unknown(Unknown::new("x"));
    let bindings = [("x", waiting.clone()), ("y", Value::Bool(true))];
    let outcome = program.eval(&Scope::new(&bindings), &Limits::default()).expect("no error");
    let Value::Unknown(unknown) = outcome.value else { panic!("{:?}", outcome.value) };
    assert_eq!(unknown.paths().collect::<Vec<_>>(), ["x.status.replicas"]);
    let bindings = [("x", waiting), ("y", Value::Bool(false))];
    let outcome = program.eval(&Scope::new(&bindings), &Limits::default()).expect("no error");
    assert!(matches!(outcome.value, Value::Bool(false)));
}

#[test]
fn issues_suggest() {
    let env = super::everything().with_variable("replicas", Type::Int);
    let issues = env.compile("replica + 1").expect_err("undeclared");
    assert_eq!(issues[0].suggestions, ["replicas"]);
    let issues = env.compile("'a'.startWith('a')").expect_err("undeclared");
    assert_eq!(issues[0].suggestions, ["startsWith"]);
}

/// Every function that somebody writes, and every macro.
#[test]
fn every_example_is_true() {
    let env = super::everything().with_libraries(&[&kro_cel::library::Block]);
    let env = env.with_options(kro_cel::Options { mixed_comparisons: true, ..env.options() });
    let functions = env
        .overloads()
        .filter(|overload| !overload.signature.function.contains('@') || overload.example.is_some());
    let functions =
        functions.map(|overload| (overload.id.to_string(), overload.example.as_deref().unwrap_or_default()));
    let macros = env.macros().map(|it| (it.usage.to_owned(), it.example));
    for (row, example) in functions.chain(macros) {
        assert!(!example.is_empty() && !row.is_empty(), "{row} has no example");
        let program =
            env.compile(example).unwrap_or_else(|issues| panic!("{example}: {}", issues[0].mistake));
        let outcome = program.eval(&Scope::EMPTY, &Limits::default()).expect(example);
        assert!(matches!(outcome.value, Value::Bool(true)), "{example}");
    }
}
