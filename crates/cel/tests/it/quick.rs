//! What the evaluator answers without making values is what it answers with them: the same data as JSON and as values
//! of our own gives the same results, errors and costs.

use kro_cel::{Limits, Options, Scope, Type, Value};
use serde_json::json;

#[test]
fn json_and_values_agree() {
    let data = json!({
        "text": "abc", "same": "abc", "long": "a text of more than ten code points: äöü", "empty": "",
        "one": 1, "two": 2, "half": 0.5, "huge": 18_446_744_073_709_551_615_u64, "yes": true, "no": false,
        "nothing": null, "list": [{"name": "a", "ready": true}, {"name": "b"}, {"name": 3}], "map": {"inner": {"deep": "x"}},
    });
    let owned = Value::from_json(&data).into_owned().expect("JSON has no own types");
    let paths = [
        "x.text",
        "x.same",
        "x.long",
        "x.empty",
        "x.one",
        "x.two",
        "x.half",
        "x.huge",
        "x.yes",
        "x.no",
        "x.nothing",
        "x.absent",
        "x.map.inner.deep",
        "x.map.absent.deep",
        "x.text.deep",
    ];
    let mut expressions = Vec::new();
    for path in paths {
        for operator in ["==", "!=", "<", "<=", ">", ">="] {
            for right in paths.into_iter().chain(["'abc'", "''", "1", "1.5", "true", "null"]) {
                expressions.push(format!("{path} {operator} {right}"));
            }
        }
        let optional = path.replacen('.', ".?", 2);
        expressions.extend([
            path.to_owned(),
            format!("has({path})"),
            format!("!has({path}) || {path} == 'abc'"),
            format!("!{path}"),
            format!("!!{path} && x.yes"),
            optional.clone(),
            format!("{optional}.orValue('other')"),
            format!("x.list.exists(i, i.name == {path})"),
            format!("x.list.all(i, has(i.ready) && i.name != {path})"),
            format!("x.list.filter(i, has(i.ready)).map(i, i.?ready.orValue({path}))"),
            format!("has({path}) && {path} == 'abc' || x.one < x.two && !(x.yes && x.no)"),
            format!("x.yes && (x.no || {path} == x.text) && !({path} != 'abc' || x.one > 1)"),
            format!("(x.no || {path} < 2) ? [{path} == 1 && x.yes] : []"),
            format!("x.list.exists(i, has(i.ready) && (i.name == {path} || !i.ready) || i.name == 'b')"),
            format!("x.list.filter(i, (has(i.ready) && i.ready) || i.name == {path}).map(i, i.name)"),
            format!("x.list.transformList(n, i, n > 0 && {path} == 'abc', i.name)"),
        ]);
    }
    let dynamic = super::everything().with_variable("x", Type::Dyn);
    let kubernetes = Options { fold_constants: true, free_presence_tests: true, ..dynamic.options() };
    for env in [dynamic.with_options(kubernetes), dynamic] {
        for text in &expressions {
            let program = env.compile(text).expect("well typed");
            for cost in [None, Some(1), Some(2), Some(3), Some(5)] {
                let limits = Limits { cost, ..Limits::default() };
                let outcome = |value: Value<'_>| {
                    let bindings = [("x", value)];
                    let outcome = program.eval(&Scope::new(&bindings), &limits);
                    outcome.map(|outcome| (outcome.value.to_json().ok(), outcome.cost))
                };
                assert_eq!(
                    outcome(Value::from_json(&data)),
                    outcome(owned.clone()),
                    "{text} within {cost:?}"
                );
            }
        }
    }
}
