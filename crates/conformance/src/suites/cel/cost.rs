//! Cost units of expressions. Inputs of cel-go's own cases are Go source; the ones that can be said as values are in
//! `inputs`.

use kro_cel::{Limits, Options, Scope};
use serde_json::Value as Json;

use super::{PROTO, kubernetes::KUBERNETES, text};
use crate::{report::Report, suites::Input};

pub(super) fn run(input: &Input, case: &Json, report: &mut Report) {
    let name = format!("cost/{}/{}", text(case, "src"), text(case, "name"));
    if !input.wants(&name) {
        return;
    }
    if case["proto"] == true {
        report.out_of_scope(name, PROTO);
    } else if case["custom_tracker"] == true
        || !case["in_go"].is_null() && text(case, "in_go") != "map[string]any{}"
    {
        report.out_of_scope(name, "input is Go source");
    } else if text(case, "expr").contains("authorizer") {
        report.out_of_scope(name, "needs an authorizer");
    } else {
        report.add(name, check(case));
    }
}

fn check(case: &Json) -> Result<(), String> {
    let source = text(case, "expr");
    let base = if text(case, "src").contains("k8s") {
        KUBERNETES.with_costs(std::sync::Arc::new(kro_cel_k8s::KubernetesCosts))
    } else {
        super::conformance::EVERYTHING.clone()
    };
    let options = Options { free_presence_tests: case["presence_cost"] == false, ..base.options() };
    let env = base.with_options(options);
    let program = env.compile(source).map_err(|issues| {
        issues.iter().map(|i| i.render(source, "<input>")).collect::<Vec<_>>().join("\n")
    })?;
    let limits = Limits { cost: case["limit"].as_u64(), ..Limits::default() };
    match program.eval(&Scope::EMPTY, &limits) {
        Err(error) if case["exceeds"] == true && error.is_fatal() => Ok(()),
        Err(error) => Err(format!("error: {error}")),
        Ok(outcome) if Some(outcome.cost) == case["cost"].as_u64() => Ok(()),
        Ok(outcome) => Err(format!("cost {} instead of {}", outcome.cost, case["cost"])),
    }
}
