//! Suite `resolve`: what a graph resolves to for an instance and the objects in the cluster. Names for deletion are
//! not compared: teardown uses the recorded inventory.

use std::path::PathBuf;
use std::sync::Arc;

use kro_graph::{Graph, Limits, NodeId, NodeKind};
use kro_object::Object;
use kro_plan::{AuthorCondition, NodeState, Observation, Plan, Planner, Step};
use serde_json::{Value, json};

use super::Input;
use super::rgd::{
    case::{self, same},
    case_files,
    kinds::Files,
    read_json,
};
use crate::report::Report;

/// Runs every scenario of the files below `runtime`, or below the folder itself.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut files = Files::new(&input.gold);
    let folder: PathBuf = input.data.join("runtime");
    for path in case_files(if folder.is_dir() { &folder } else { &input.data })? {
        let case: Value = read_json(&path)?;
        let scenarios = case["scenarios"].as_array().map_or(&[][..], Vec::as_slice);
        let name = |scenario: &Value| {
            let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!("{}/{}", part(&case["name"]), part(&scenario["name"]))
        };
        if !scenarios.iter().any(|scenario| input.wants(&name(scenario))) {
            continue;
        }
        let graph = case::graph(&case, &mut files).map(Arc::new);
        let mut limits = Limits::default();
        if let Some(size) = case["config"]["MaxCollectionSize"].as_u64() {
            limits.collection_size = usize::try_from(size)?;
        }
        for scenario in scenarios.iter().filter(|scenario| input.wants(&name(scenario))) {
            let outcome = graph.clone().and_then(|graph| check(scenario, &graph, limits));
            report.add(name(scenario), outcome);
        }
    }
    Ok(report)
}

fn check(scenario: &Value, graph: &Arc<Graph>, limits: Limits) -> Result<(), String> {
    let instance = object(&scenario["instance"])?;
    let plan = resolve(Planner::new(Arc::clone(graph), instance).with_limits(limits), &scenario["observed"])?;
    let outcome = compare(&scenario["result"], scenario, graph, &plan);
    let mut variants = scenario["variants"].as_array().into_iter().flatten();
    outcome.or_else(|difference| {
        let any = variants.any(|variant| {
            let mut result = scenario["result"].clone();
            for (field, value) in variant.as_object().into_iter().flatten() {
                result[field] = value.clone();
            }
            compare(&result, scenario, graph, &plan).is_ok()
        });
        if any { Ok(()) } else { Err(difference) }
    })
}

/// A pass in a cluster that holds the observed objects and takes in nothing: of an object that is there it answers
/// an apply with the object as it is, to others it gives no answer.
fn resolve(mut planner: Planner, observed: &Value) -> Result<Plan, String> {
    let of = |node: &NodeId| -> Result<Vec<Object>, String> {
        observed[node.as_str()].as_array().into_iter().flatten().map(object).collect()
    };
    loop {
        match planner.poll() {
            Step::Read(reads) => {
                for read in reads {
                    planner.observe(read.id, Observation::Found(of(&read.node)?));
                }
            }
            Step::Apply(wave) => {
                for desired in wave {
                    if let Some(live) = desired.live {
                        planner.applied(&desired.node, desired.item.map(|item| item.index), Ok(live));
                    }
                }
            }
            Step::Done(plan) => return Ok(plan),
        }
    }
}

fn compare(result: &Value, scenario: &Value, graph: &Graph, plan: &Plan) -> Result<(), String> {
    for recorded in result["nodes"].as_array().into_iter().flatten() {
        let id = recorded["id"].as_str().unwrap_or_default();
        let (id, state) = plan.nodes.get_key_value(id).ok_or_else(|| format!("node {id} is missing"))?;
        compare_node(recorded, id, state, graph, plan)
            .map_err(|difference| format!("node {id}: {difference}\n{state:?}"))?;
    }
    let status = match plan.status() {
        Ok(status) => Value::Object(status),
        Err(error) => json!({ "error": error }),
    };
    let recorded = result.get("status").cloned().unwrap_or_else(|| json!({}));
    same("status", &status, &recorded)?;
    compare_conditions(result, scenario, plan)
}

fn compare_node(
    recorded: &Value,
    id: &NodeId,
    state: &NodeState,
    graph: &Graph,
    plan: &Plan,
) -> Result<(), String> {
    let kind = |error: &str| recorded[error]["kind"].as_str();
    let found = match state {
        NodeState::Failed { .. } => "error",
        NodeState::Excluded { .. } => "ignored",
        NodeState::Ready => "ready",
        NodeState::Pending { .. } | NodeState::Unready { .. } | NodeState::Deleting { .. } => "pending",
    };
    let unserialisable = recorded["desired"][0].get("unserialisable").is_some();
    let expected = match kind("ignoredError").or(kind("desiredError")).or(kind("readyError")) {
        _ if recorded["ignored"] == true => "ignored",
        // What is no JSON is better refused.
        _ if unserialisable => "error",
        Some("error") => "error",
        None if recorded["ready"] == true => "ready",
        _ => "pending",
    };
    // A mistake ends the pass before anything is applied, where the record goes on.
    let undecided = matches!(state, NodeState::Pending { message, .. } if message.contains("the pass ended before it was"))
        && plan.nodes.values().any(|state| matches!(state, NodeState::Failed { .. }));
    if found != expected && !undecided {
        return Err(format!("found {found}, expected {expected}"));
    }
    let desired = shown(&graph.nodes[id].kind, plan.desired(id));
    if unserialisable || undecided && desired == json!([]) {
        return Ok(());
    }
    same("desired", &desired, recorded.get("desired").unwrap_or(&json!([])))
}

/// Objects as they are recorded: an item of a collection wears its place.
fn shown(kind: &NodeKind, objects: &[Object]) -> Value {
    let shown = objects.iter().enumerate().map(|(index, object)| {
        let mut object = object.clone();
        if matches!(kind, NodeKind::Collection { .. }) {
            object.metadata_mut().insert_label("kro.run/collection-index", &index.to_string());
        }
        object.into_value()
    });
    shown.collect()
}

fn compare_conditions(result: &Value, scenario: &Value, plan: &Plan) -> Result<(), String> {
    let Some(found) = plan.conditions(&scenario["builtinConditions"]) else {
        return same("conditions", &Value::Null, &result["conditions"]);
    };
    let conditions: Vec<Value> = found.conditions.iter().map(condition).collect();
    same("conditions", &json!(conditions), &result["conditions"])?;
    let incomplete = result["conditionsIncomplete"] == true;
    same("conditionsIncomplete", &json!(found.incomplete), &json!(incomplete))?;
    match (found.problem, result["conditionsError"].as_str()) {
        (Some(found), None) => Err(format!("found {found}")),
        (None, Some(expected)) => Err(format!("expected {expected}")),
        _ => Ok(()),
    }
}

fn condition(condition: &AuthorCondition) -> Value {
    json!({
        "type": condition.kind,
        "status": condition.status,
        "reason": condition.reason,
        "message": condition.message,
    })
}

fn object(value: &Value) -> Result<Object, String> {
    Object::from_value(value.clone()).map_err(|error| error.to_string())
}
