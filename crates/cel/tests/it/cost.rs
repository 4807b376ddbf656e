//! Cost units of expressions over inputs, counted by hand after cel-go's rules.

use kro_cel::{ErrorKind, Limits, Options, Scope, Type, Value};
use serde_json::json;

#[track_caller]
fn check(text: &str, cost: u64) {
    with_options(text, Options::default(), cost);
}

#[track_caller]
fn with_options(text: &str, options: Options, cost: u64) {
    let long = "a".repeat(500);
    let data = json!({
        "ints": [1, 2], "texts": ["v"], "map": {"key": "v"}, "deep": {"a": {"b": "0"}}, "empty": {}, "none": [],
        "yes": true, "no": false, "short": "idc", "long": long, "val1": "val1", "val2": "val2222222",
        "objects": [{"a": 1}],
    });
    let env = super::everything().with_options(options);
    let object = data.as_object().expect("an object");
    let env = object.keys().fold(env, |env, name| env.with_variable(name, Type::Dyn));
    let bindings: Vec<_> =
        object.iter().map(|(name, json)| (name.as_str(), Value::from_json(json))).collect();
    let program = env.compile(text).expect(text);
    let outcome = program.eval(&Scope::new(&bindings), &Limits::default()).expect(text);
    assert_eq!(outcome.cost, cost, "{text}");
}

#[test]
fn like_cel_go() {
    for (text, cost) in [
        ("ints", 1),
        ("texts[0]", 2),
        ("map['ke' + 'y']", 3),
        ("ints[3-3]", 3),
        ("has(deep.a.b)", 3),
        ("no || no || no || no", 4),
        ("yes && yes && yes && yes", 4),
        ("string(bytes(long))", 101),
        ("long.contains(long)", 2502),
        (r"long.matches('\\d+a\\d+b')", 103),
        ("short.startsWith(long)", 3),
        ("short.size()", 2),
        ("empty.all(k, empty[k].all(x, true))", 2),
        ("map.all(k, map[k] == 'v')", 8),
        ("(none + none).all(x, true)", 4),
        ("'abcdefg'.contains(val1 + val2)", 6),
        ("yes ? short : long", 1),
        ("(yes ? objects : none).all(y, true)", 5),
        ("[1,2,3].all(x, x > 0)", 26),
        ("[1,2].exists(x, x > 1)", 23),
        ("cel.bind(x, ints, x.size() + x.size())", 16),
        ("optional.of(short).orValue(long)", 2),
        ("deep.?a.?b.orValue('x')", 3),
    ] {
        check(text, cost);
    }
}

#[test]
fn dialects() {
    with_options("has(deep.a.b)", Options { free_presence_tests: true, ..Options::default() }, 2);
    let folded = Options { fold_constants: true, ..Options::default() };
    with_options("[1, 2, 3]", folded, 0);
    with_options("[1, 2, 3].all(x, true)", folded, 10);
    with_options("duration('1h') == duration('60m')", folded, 1);
    with_options("ints.map(i, i)", folded, 28);
}

#[test]
fn limit() {
    let program = super::everything().compile("'abcdefg'.contains('val1' + 'val2222222')").expect("valid");
    let limits = Limits { cost: Some(2), ..Limits::default() };
    let error = program.eval(&Scope::EMPTY, &limits).expect_err("too dear");
    assert_eq!(error.kind(), ErrorKind::LimitExceeded);
    assert_eq!(error.message(), "operation cancelled: actual cost limit exceeded");
}
