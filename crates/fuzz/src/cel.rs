//! Expressions: every text is read, checked, planned and evaluated within its limits, the same way twice.

use std::sync::LazyLock;

use kro_cel::{Env, ErrorKind, Limits, Scope, Type, Value, strategy};
use serde_json::{Value as Json, json};

use crate::text_of;

/// Everything there is: the language with its extensions, Kubernetes' libraries and kro's own.
static ENV: LazyLock<Env> = LazyLock::new(|| {
    kro_graph::environment()
        .with_libraries(kro_cel::library::EXTENSIONS)
        .with_libraries(&kro_cel_k8s::environment::kubernetes(37))
        .with_variable("x", Type::Dyn)
        .with_variable("names", Type::list(Type::String))
        .with_variable("labels", Type::map(Type::String, Type::Int))
});

static X: LazyLock<Json> = LazyLock::new(|| {
    json!({
        "a": {"b": 1, "c": null}, "list": [3, 1.5, 2, "t", true], "text": "t", "empty": {}, "time": "2024-01-02T03:04:05Z",
        "objects": [{"name": "a", "ready": true}, {"name": "b"}],
    })
});

static NAMES: LazyLock<Json> = LazyLock::new(|| json!(["a", "", "été", "10Mi", "1.2.3", "10.0.0.0/8"]));

static LABELS: LazyLock<Json> = LazyLock::new(|| json!({"a": 1, "b-c": -2}));

/// Every text has a tree and findings with places inside of it; editors get answers at every place.
pub(crate) fn parse(data: &[u8]) {
    let text = text_of(data);
    let (ast, issues) = ENV.parse(&text);
    let _ = ENV.references(&ast);
    let checked = ENV.check(ast);
    for issue in issues.iter().chain(checked.issues()) {
        let inside = issue.span.start <= issue.span.end && issue.span.end as usize <= text.len();
        assert!(inside, "{issue:?} lies outside of the text");
        let _ = issue.render(&text, "<input>");
    }
    // Asking at every place would be quadratic.
    for offset in (0..=text.len()).step_by(1 + text.len() / 4) {
        let _ = (checked.type_at(offset as u32), checked.uses_at(offset as u32));
        let _ = ENV.completions_at(&text, offset as u32);
    }
}

/// What compiles is evaluated within its limits, with the same outcome twice, checked or not.
pub(crate) fn eval(data: &[u8]) {
    let text = text_of(data);
    for program in [ENV.compile(&text), ENV.compile_unchecked(&text)].into_iter().flatten() {
        let first = outcome(&program);
        assert_eq!(first, outcome(&program), "two evaluations differ");
    }
}

/// Well-typed expressions check, and never fail with a type error.
pub(crate) fn typed(data: &[u8]) {
    const TYPES: [Type; 5] = [Type::Bool, Type::Int, Type::String, Type::Double, Type::Duration];
    let (which, choices) = data.split_first().unwrap_or((&0, &[]));
    let ty = TYPES[usize::from(*which) % TYPES.len()].clone();
    let ty = if *which > 127 { Type::list(ty) } else { ty };
    let text = strategy::well_typed_from(&ENV, &ty, &choices[..choices.len().min(256)]);
    let (ast, issues) = ENV.parse(&text);
    assert!(issues.is_empty(), "{text}: {issues:?}");
    let checked = ENV.check(ast);
    assert!(checked.issues().is_empty(), "{text}: {:?}", checked.issues());
    // A constant argument may still be refused.
    let Ok(program) = ENV.plan(&checked) else { return };
    // `null` passes for a time, and anything may hide behind `dyn`.
    let is_gradual = ["dyn", "null", "x"].iter().any(|part| text.contains(part));
    let limits = Limits { cost: Some(100_000), memory: 1 << 20, ..Limits::default() };
    if let Err(error) = program.eval(&Scope::new(&bindings()), &limits) {
        assert!(is_gradual || error.kind() != ErrorKind::NoSuchOverload, "{text}: {error}");
    }
}

/// What is read, written and read again is the same tree.
pub(crate) fn round_trip(data: &[u8]) {
    let text = text_of(data);
    let (ast, issues) = ENV.parse(&text);
    if !issues.is_empty() {
        return;
    }
    let once = ast.unparse();
    let (again, issues) = ENV.parse(&once);
    // Written in canonical form a text can pass a limit that it kept before.
    if issues.iter().any(|issue| issue.at.is_none()) {
        return;
    }
    assert!(issues.is_empty(), "{text:?} became {once:?}: {issues:?}");
    assert!(strategy::same_tree(&ast, &again), "{text:?} became {once:?}");
    assert_eq!(again.unparse(), once);
}

fn bindings() -> [(&'static str, Value<'static>); 3] {
    [("x", Value::from_json(&X)), ("names", Value::from_json(&NAMES)), ("labels", Value::from_json(&LABELS))]
}

fn outcome(program: &kro_cel::Program) -> String {
    let limits = Limits { cost: Some(100_000), memory: 1 << 20, ..Limits::default() };
    let bindings = bindings();
    match program.eval(&Scope::new(&bindings), &limits) {
        Ok(outcome) => format!("{:?} for {}", outcome.value.to_json(), outcome.cost),
        Err(error) => format!("{error:?}"),
    }
}
