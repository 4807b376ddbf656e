//! Cost units of expressions, counted and estimated. Inputs that the data writes as Go source are in
//! `fixtures/cel-cost-inputs.json` as values; a case without its input there is out of scope.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use kro_cel::{Bounds, Cost, CostProfile, DataSizes, Env, Limits, Options, Place, Scope, Type, Value};
use serde_json::Value as Json;

use super::{PROTO, kubernetes::KUBERNETES, text, types, values};
use crate::{report::Report, suites::Input};

/// Inputs by the name of their case.
static INPUTS: LazyLock<BTreeMap<String, Json>> = LazyLock::new(|| {
    let text = include_str!("../../../../../fixtures/cel-cost-inputs.json");
    let rows: Vec<Json> = serde_json::from_str(text).expect("invariant: a fixture of this repository");
    rows.into_iter().map(|row| (self::text(&row, "name").to_owned(), row)).collect()
});

pub(super) fn run(input: &Input, case: &Json, report: &mut Report) {
    let name = format!("cost/{}/{}", text(case, "src"), text(case, "name"));
    if !input.wants(&name) {
        return;
    }
    let has_input = !case["in_go"].is_null() && text(case, "in_go") != "map[string]any{}";
    let given = INPUTS.get(text(case, "name")).filter(|_| has_input);
    if case["proto"] == true {
        report.out_of_scope(name, PROTO);
    } else if given.is_none() && (has_input || case["custom_tracker"] == true) {
        report.out_of_scope(name, "input is Go source");
    } else if text(case, "expr").contains("authorizer") {
        report.out_of_scope(name, "needs an authorizer");
    } else {
        report.add(name, check(case, given.unwrap_or(&Json::Null)));
    }
}

fn check(case: &Json, given: &Json) -> Result<(), String> {
    let source = text(case, "expr");
    let mut env = if text(case, "src").contains("k8s") {
        KUBERNETES.with_costs(Arc::new(kro_cel_k8s::KubernetesCosts))
    } else {
        super::conformance::EVERYTHING.clone()
    };
    if let Some(prices) = given["prices"].as_object() {
        let price = |(id, cost): (&String, &Json)| (id.clone(), cost.as_u64().unwrap_or_default());
        env = env.with_costs(Arc::new(Prices(prices.iter().map(price).collect())));
    }
    let options = Options { free_presence_tests: case["presence_cost"] == false, ..env.options() };
    let mut env = env.with_options(options);
    let mut bindings = Vec::new();
    for (name, variable) in given["variables"].as_object().into_iter().flatten() {
        env = env.with_variable(name, types::ty(&variable["type"])?);
        bindings.push((name.as_str(), value(variable)?));
    }
    estimate(&env, source, &case["est"])?;
    let program = env.compile(source).map_err(|issues| {
        issues.iter().map(|i| i.render(source, "<input>")).collect::<Vec<_>>().join("\n")
    })?;
    let limits = Limits { cost: case["limit"].as_u64(), ..Limits::default() };
    match program.eval(&Scope::new(&bindings), &limits) {
        Err(error) if case["exceeds"] == true && error.is_fatal() => Ok(()),
        Err(error) => Err(format!("error: {error}")),
        Ok(outcome) if Some(outcome.cost) == case["cost"].as_u64() => Ok(()),
        Ok(outcome) => Err(format!("cost {} instead of {}", outcome.cost, case["cost"])),
    }
}

/// A value as the data writes it, or any text or bytes of a length.
fn value(variable: &Json) -> Result<Value<'static>, String> {
    let Some(length) = variable["length"].as_u64() else { return values::read(&variable["value"]) };
    let text = "a".repeat(length as usize);
    Ok(if variable["type"] == "bytes" { Value::bytes(text.into_bytes()) } else { Value::string(text) })
}

/// Whether the estimate is what the data expects; without expectation it only must not be exceeded.
fn estimate(env: &Env, source: &str, expected: &Json) -> Result<(), String> {
    let (Some(min), Some(max)) = (expected[0].as_f64(), expected[1].as_f64()) else { return Ok(()) };
    let found = env.estimate(&env.check(env.parse(source).0), &ShortTexts);
    if found == (Bounds { min, max }) {
        return Ok(());
    }
    Err(format!("estimated from {} to {} instead of {min} to {max}", found.min, found.max))
}

/// What the data's estimates take for granted: no text of unknown length has more than 12 characters.
#[derive(Debug)]
struct ShortTexts;

impl DataSizes for ShortTexts {
    fn size(&self, _place: Option<&Place>, ty: &Type) -> Option<Bounds> {
        matches!(ty, Type::String | Type::Bytes).then_some(Bounds { min: 0.0, max: 12.0 })
    }

    fn as_upstream(&self) -> bool {
        true
    }
}

/// Prices that a case sets.
#[derive(Debug)]
struct Prices(BTreeMap<String, u64>);

impl CostProfile for Prices {
    fn cost(&self, _function: &str, overload: &str) -> Option<Cost> {
        self.0.get(overload).copied().map(Cost::Fixed)
    }
}
