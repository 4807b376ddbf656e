//! Laws that hold for every expression.

use kro_cel::{Limits, Scope, Type, Value};
use proptest::prelude::*;
use serde_json::json;

/// Text that often is an expression and often nearly one.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("x".to_owned()),
        Just("x.a".to_owned()),
        Just("x.list".to_owned()),
        Just("'text'".to_owned()),
        Just("b'\\xff'".to_owned()),
        Just("1".to_owned()),
        Just("-2".to_owned()),
        Just("3u".to_owned()),
        Just("1.5".to_owned()),
        Just("true".to_owned()),
        Just("null".to_owned()),
        Just("[]".to_owned()),
        Just("{}".to_owned()),
        Just("optional.none()".to_owned()),
        Just("timestamp('2024-01-01T00:00:00Z')".to_owned()),
        Just("duration('1h')".to_owned()),
        "\\PC{0,4}",
    ];
    leaf.prop_recursive(4, 40, 3, |inner| {
        let operator = prop_oneof![
            Just("+"),
            Just("-"),
            Just("*"),
            Just("/"),
            Just("%"),
            Just("=="),
            Just("!="),
            Just("<"),
            Just(">="),
            Just("&&"),
            Just("||"),
            Just("in"),
        ];
        let function = prop_oneof![
            Just("size"),
            Just("string"),
            Just("int"),
            Just("type"),
            Just("dyn"),
            Just("double"),
            Just("trim"),
            Just("reverse"),
            Just("sort"),
            Just("first"),
            Just("hasValue"),
            Just("getHours"),
            Just("flatten"),
        ];
        let fold = prop_oneof![
            Just("all"),
            Just("exists"),
            Just("exists_one"),
            Just("map"),
            Just("filter"),
            Just("sortBy"),
            Just("optMap"),
        ];
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, o, b)| format!("({a}) {o} {b}")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(a, b, c)| format!("{a} ? {b} : {c}")),
            (function.clone(), inner.clone()).prop_map(|(f, a)| format!("{f}({a})")),
            (function, inner.clone()).prop_map(|(f, a)| format!("({a}).{f}()")),
            (inner.clone(), fold, inner.clone()).prop_map(|(a, f, b)| format!("({a}).{f}(x, {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("[{a}, {b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{{{a}: {b}}}")),
            inner.prop_map(|a| format!("!({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    /// Parser, checker, planner and evaluator answer every text, and the same way twice.
    #[test]
    fn total_and_deterministic(text in prop_oneof![expression(), "\\PC{0,40}", "[-a-z0-9+*/%!=<>&|?:.,()\\[\\]{}\"'` ]{0,40}"]) {
        let env = super::everything().with_variable("x", Type::Dyn);
        let (ast, _) = env.parse(&text);
        let _ = env.references(&ast);
        let checked = env.check(ast);
        for issue in checked.issues() {
            let _ = issue.render(&text, "<input>");
        }
        let x = json!({"a": 1, "list": [3, 1, 2], "text": "t"});
        let bindings = [("x", Value::from_json(&x))];
        let limits = Limits { cost: Some(100_000), ..Limits::default() };
        for program in [env.compile(&text), env.compile_unchecked(&text)].into_iter().flatten() {
            let scope = Scope::new(&bindings);
            let (first, second) = (program.eval(&scope, &limits), program.eval(&scope, &limits));
            prop_assert_eq!(format!("{first:?}"), format!("{second:?}"));
        }
    }

    /// Unparsed text parses to the same text: formatting is stable and loses nothing that matters.
    #[test]
    fn unparse_is_stable(text in expression()) {
        let env = super::everything();
        let (ast, issues) = env.parse(&text);
        if !issues.is_empty() {
            return Ok(());
        }
        let once = ast.unparse();
        let (again, issues) = env.parse(&once);
        prop_assert!(issues.is_empty(), "{} became {}: {:?}", text, once, issues);
        prop_assert_eq!(again.unparse(), once.clone());
        // Same kinds, types and values at the end.
        let (first, second) = (env.check(ast), env.check(again));
        prop_assert_eq!(first.result_type(), second.result_type());
        prop_assert_eq!(first.issues().len(), second.issues().len(), "{} became {}", text, once);
    }

    /// What is well typed without `dyn` never fails with a type error.
    #[test]
    fn well_typed_programs_have_no_type_errors(text in expression()) {
        let env = super::everything();
        let Ok(program) = env.compile(&text) else { return Ok(()) };
        // `null` passes for a timestamp, and items of empty or mixed lists for anything.
        if ["dyn", "null", "{", "["].iter().any(|part| text.contains(part)) {
            return Ok(());
        }
        if let Err(error) = program.eval(&Scope::EMPTY, &Limits::default()) {
            prop_assert_ne!(error.kind(), kro_cel::ErrorKind::NoSuchOverload, "{}: {}", text, error);
        }
    }
}
