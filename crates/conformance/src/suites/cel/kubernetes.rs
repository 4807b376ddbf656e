//! Kubernetes' function libraries, in the environment of its API server.

use std::sync::{Arc, LazyLock};

use kro_cel::{Env, Library, Limits, NoTypes, Options, Scope, library};
use kro_cel_k8s::{environment, library::JsonPatch};
use serde_json::Value as Json;

use super::{text, values};
use crate::{report::Report, suites::Input};

/// The base environment of Kubernetes 1.3x.
pub(super) static KUBERNETES: LazyLock<Env> = LazyLock::new(|| {
    let libraries: [&dyn Library; 6] = [
        &library::Standard,
        &library::Optionals,
        &library::Strings { version: 2 },
        &library::TwoVariables,
        &library::Lists,
        &JsonPatch,
    ];
    let options = Options { homogeneous_literals: true, mixed_comparisons: true, ..Options::default() };
    Env::new(&libraries, Arc::new(NoTypes)).with_libraries(&environment::kubernetes(36)).with_options(options)
});

pub(super) fn run(input: &Input, case: &Json, report: &mut Report) {
    let name = format!("k8s/{}/{}", text(case, "lib"), text(case, "name"));
    if !input.wants(&name) {
        return;
    }
    if case["go_value"].is_null() {
        report.add(name, check(case));
    } else {
        report.out_of_scope(name, "expects a Go value");
    }
}

fn check(case: &Json) -> Result<(), String> {
    let source = text(case, "expr");
    let expected = text(case, "error");
    let program = match KUBERNETES.compile(source) {
        Ok(program) => program,
        Err(_) if matches!(expected, "compile" | "any") => return Ok(()),
        Err(issues) => {
            return Err(issues.iter().map(|i| i.render(source, "<input>")).collect::<Vec<_>>().join("\n"));
        }
    };
    match program.eval(&Scope::EMPTY, &Limits::default()) {
        Err(_) if matches!(expected, "runtime" | "any") => Ok(()),
        Err(error) => Err(format!("error: {error}")),
        Ok(outcome) if expected.is_empty() => values::expect(&case["value"], &outcome.value),
        Ok(outcome) => Err(format!("{} instead of an error ({expected})", values::write(&outcome.value))),
    }
}
