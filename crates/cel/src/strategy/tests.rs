use super::{any_type, same_tree, tokens, well_typed};
use crate::{Env, ErrorKind, Limits, NoTypes, Scope, Type, library};
use proptest::prelude::*;
use std::sync::Arc;

fn env() -> Env {
    Env::new(&[&library::Standard], Arc::new(NoTypes)).with_libraries(library::EXTENSIONS)
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
