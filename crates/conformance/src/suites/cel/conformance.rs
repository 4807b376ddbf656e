//! The language's own conformance tests.

use std::sync::{Arc, LazyLock};

use kro_cel::{Env, Limits, NoTypes, Options, Scope, library};
use serde_json::Value as Json;

use super::{PROTO, text, types, values};
use crate::{report::Report, suites::Input};

/// Everything the language has, as cel-go's own runner sets it.
pub(crate) static EVERYTHING: LazyLock<Env> = LazyLock::new(|| {
    Env::new(&[&library::Standard, &library::Block], Arc::new(NoTypes))
        .with_libraries(library::EXTENSIONS)
        .with_libraries(kro_cel_k8s::environment::network_extension())
});

pub(super) fn run(input: &Input, case: &Json, report: &mut Report) {
    let name = format!("{}/{}/{}", text(case, "file"), text(case, "section"), text(case, "name"));
    if !input.wants(&name) {
        return;
    }
    if case["proto"] == true {
        report.out_of_scope(name, PROTO);
    } else {
        report.add(name, check(case));
    }
}

/// Whether a case comes out as recorded.
pub(crate) fn check(case: &Json) -> Result<(), String> {
    let options = Options { macros: case["disable_macros"] != true, ..Options::default() };
    let env = EVERYTHING.with_options(options).with_container(text(case, "container"));
    let env = types::declare(env, &case["type_env"])?;
    let source = text(case, "expr");
    let unchecked = case["disable_check"] == true;
    let compiled = if unchecked { env.compile_unchecked(source) } else { env.compile(source) };
    let expects_error = case["error"].is_array();
    let program = match compiled {
        Ok(program) => program,
        Err(_) if expects_error => return Ok(()),
        Err(issues) => {
            return Err(issues.iter().map(|i| i.render(source, "<input>")).collect::<Vec<_>>().join("\n"));
        }
    };
    if !case["type"].is_null() {
        let expected = types::ty(&case["type"])?;
        let found = program.result_type();
        if expected != *found {
            return Err(format!("type {found} instead of {expected}"));
        }
    }
    if case["check_only"] == true {
        return Ok(());
    }
    let mut bindings = Vec::new();
    for (name, value) in case["bindings"].as_object().into_iter().flatten() {
        bindings.push((name.as_str(), values::read(value)?));
    }
    let scope = Scope::new(&bindings);
    match (program.eval(&scope, &Limits::default()), expects_error) {
        (Err(_), true) => Ok(()),
        (Ok(outcome), true) => Err(format!("{} instead of an error", values::write(&outcome.value))),
        (Err(error), false) => Err(format!("error: {error}")),
        (Ok(outcome), false) => values::expect(&case["value"], &outcome.value),
    }
}
