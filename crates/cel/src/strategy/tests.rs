use super::{any_type, naive, same_tree, tokens, well_typed};
use crate::{
    Bounds, Checked, DataSizes, Env, ErrorKind, EvalError, Limits, NoTypes, Options, Place, PlaceStep, Scope,
    Type, Value, library,
};
use proptest::prelude::*;
use serde_json::{Value as Json, json};
use std::sync::Arc;

fn env() -> Env {
    Env::new(&[&library::Standard], Arc::new(NoTypes)).with_libraries(library::EXTENSIONS)
}

/// With variables over data whose sizes are known.
fn env_with_data() -> Env {
    env()
        .with_variable("name", Type::String)
        .with_variable("number", Type::Int)
        .with_variable("names", Type::list(Type::String))
        .with_variable("labels", Type::map(Type::String, Type::String))
        .with_variable("rows", Type::list(Type::list(Type::Int)))
        .with_variable("anything", Type::Dyn)
}

/// The most characters of a text and the most entries of a list or map in [`data`].
const SIZE: usize = 7;

fn data() -> impl Strategy<Value = Json> {
    let text = || "[a-cé😀0-9]{0,7}";
    let list = |items: BoxedStrategy<Json>| prop::collection::vec(items, 0..=SIZE).prop_map(Json::from);
    let texts = move || list(text().prop_map(Json::from).boxed());
    let labels = prop::collection::btree_map(text(), text(), 0..=SIZE)
        .prop_map(|map| map.into_iter().map(|(key, value)| (key, Json::from(value))).collect::<Json>());
    let rows = list(list(any::<i8>().prop_map(Json::from).boxed()).boxed());
    let anything = prop_oneof![
        text().prop_map(Json::from),
        any::<i8>().prop_map(Json::from),
        texts(),
        Just(json!({"a": 1}))
    ];
    (text(), any::<i8>(), texts(), labels, rows, anything).prop_map(
        |(name, number, names, labels, rows, anything)| {
            json!({"name": name, "number": number, "names": names, "labels": labels, "rows": rows, "anything": anything})
        },
    )
}

/// An expression over the data, and data.
fn expression_and_data() -> impl Strategy<Value = (String, Json)> {
    any_type().prop_flat_map(|ty| (well_typed(&env_with_data(), &ty), data()))
}

fn bindings(data: &Json) -> Vec<(&str, Value<'_>)> {
    let object = data.as_object().expect("an object");
    object.iter().map(|(name, json)| (name.as_str(), Value::from_json(json))).collect()
}

/// What [`data`] promises.
#[derive(Debug)]
struct DataOfSize;

impl DataSizes for DataOfSize {
    fn size(&self, place: Option<&Place>, _ty: &Type) -> Option<Bounds> {
        let is_number = matches!(place?.steps.last(), Some(PlaceStep::Indices));
        (!is_number).then_some(Bounds { min: 0.0, max: SIZE as f64 })
    }
}

const LIMITS: Limits<'static> = Limits { cost: Some(200_000), memory: 4 << 20, cancelled: None };

/// The checked tree of what is well typed.
fn checked(env: &Env, text: &str) -> Checked {
    env.check(env.parse(text).0)
}

/// A result as text: the value, or that there is none.
fn shown(result: Result<Value<'_>, EvalError>) -> String {
    result.map_or_else(|_| "an error".to_owned(), |value| content(&value))
}

/// A value by its kind and content, whoever owns it and wherever it came from.
fn content(value: &Value<'_>) -> String {
    match value {
        Value::String(text) => format!("{:?}", &**text),
        Value::Bytes(bytes) => format!("b{:?}", &**bytes),
        Value::List(list) => {
            let items: Vec<String> = list.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", content(&key.value()), shown(value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Optional(Some(inner)) => format!("some {}", content(inner)),
        scalar => format!("{scalar:?}"),
    }
}

fn typed_expression() -> impl Strategy<Value = (Type, String)> {
    any_type().prop_flat_map(|ty| (Just(ty.clone()), well_typed(&env(), &ty)))
}

fn check_round_trip(text: &str) -> Result<(), TestCaseError> {
    let env = env();
    let (ast, issues) = env.parse(text);
    if !issues.is_empty() {
        return Ok(());
    }
    let once = ast.unparse();
    let (again, issues) = env.parse(&once);
    prop_assert!(issues.is_empty(), "{} became {}: {:?}", text, once, issues);
    prop_assert!(same_tree(&ast, &again), "{} became {}", text, once);
    prop_assert_eq!(again.unparse(), once);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn what_is_built_checks((ty, text) in typed_expression()) {
        let env = env();
        let (ast, issues) = env.parse(&text);
        prop_assert!(issues.is_empty(), "{}: {:?}", text, issues);
        let checked = env.check(ast);
        let issues: Vec<_> = checked.issues().iter().map(|issue| issue.render(&text, "<input>")).collect();
        prop_assert!(issues.is_empty(), "{}", issues.join("\n"));
        prop_assert!(crate::check::assignable(&ty, checked.result_type()), "{}: {} is no {}", text, checked.result_type(), ty);
    }

    /// What is well typed, `dyn` and `null` aside, never fails with a type error.
    #[test]
    fn what_checks_has_no_type_errors((_, text) in typed_expression()) {
        let program = env().compile(&text);
        prop_assume!(!text.contains("dyn") && !text.contains("null"));
        // A constant argument may be refused when planning.
        let Ok(program) = program else { return Ok(()) };
        let limits = Limits { cost: Some(100_000), memory: 1 << 20, ..Limits::default() };
        if let Err(error) = program.eval(&Scope::EMPTY, &limits) {
            prop_assert_ne!(error.kind(), ErrorKind::NoSuchOverload, "{}: {}", text, error);
        }
    }

    /// A plan comes to what the tree says, with constants folded and without.
    #[test]
    fn a_plan_is_the_tree((text, data) in expression_and_data()) {
        let env = env_with_data();
        let checked = checked(&env, &text);
        let bindings = bindings(&data);
        let scope = Scope::new(&bindings);
        for fold_constants in [false, true] {
            let env = env.with_options(Options { fold_constants, ..env.options() });
            let Ok(program) = env.plan(&checked) else { return Ok(()) };
            let planned = program.eval(&scope, &LIMITS).map(|outcome| outcome.value);
            // Plain evaluation has no limits.
            if matches!(&planned, Err(error) if error.is_fatal()) {
                return Ok(());
            }
            let plain = naive::eval(&env, &checked, &scope, 1 << 30);
            prop_assert_eq!(shown(planned), shown(plain), "{}", text);
        }
    }

    /// No evaluation costs more than the estimate says, whatever the data within their sizes.
    #[test]
    fn the_estimate_is_not_exceeded((text, data) in expression_and_data()) {
        let env = env_with_data();
        let checked = checked(&env, &text);
        let bindings = bindings(&data);
        let most = env.estimate(&checked, &DataOfSize).max;
        for fold_constants in [false, true] {
            let env = env.with_options(Options { fold_constants, ..env.options() });
            let Ok(program) = env.plan(&checked) else { return Ok(()) };
            if let Ok(outcome) = program.eval(&Scope::new(&bindings), &LIMITS) {
                prop_assert!(outcome.cost as f64 <= most, "{}: {} above {}", text, outcome.cost, most);
            }
        }
    }

    /// An evaluation is a function of its inputs: not of what was evaluated before, nor of which plan it is.
    #[test]
    fn evaluation_is_a_function_of_its_inputs((text, one) in expression_and_data(), other in data()) {
        let env = env_with_data();
        let checked = checked(&env, &text);
        let (Ok(program), Ok(fresh)) = (env.plan(&checked), env.plan(&checked)) else { return Ok(()) };
        let run = |program: &crate::Program, data: &Json| {
            let bindings = bindings(data);
            let outcome = program.eval(&Scope::new(&bindings), &LIMITS);
            outcome.map(|outcome| (content(&outcome.value), outcome.cost))
        };
        let first = run(&program, &one);
        let _ = run(&program, &other);
        prop_assert_eq!(&run(&program, &one), &first, "{} remembers", text);
        prop_assert_eq!(&run(&fresh, &one), &first, "{} differs", text);
    }

    #[test]
    fn unparsed_text_is_the_same_expression((_, text) in typed_expression(), tokens in tokens()) {
        check_round_trip(&text)?;
        check_round_trip(&tokens)?;
    }

    /// Any text has a tree and issues with places inside of it.
    #[test]
    fn any_text_is_read(text in prop_oneof![tokens(), "\\PC{0,60}", any::<String>()]) {
        let (ast, issues) = env().parse(&text);
        for issue in &issues {
            prop_assert!(issue.span.start <= issue.span.end && issue.span.end as usize <= text.len(), "{:?}", issue);
            let _ = issue.render(&text, "<input>");
        }
        let _ = env().check(ast).issues();
    }
}
