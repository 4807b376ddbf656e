//! One pass of the planner over an instance in a cluster that takes every object that fits its kind, and answers with
//! a made-up status.

use std::collections::BTreeMap;
use std::sync::Arc;

use kro_cel_k8s::Rules;
use kro_graph::{Graph, Node, NodeId, environment};
use kro_object::Object;
use kro_plan::{NodeState, Observation, Planner, Step, Target};
use kro_schema::{emulate, normalize, validate};
use serde_json::{Value, json};

use super::LIMITS;

/// The rules of the kinds that a graph makes.
#[derive(Debug)]
pub(super) struct Targets(BTreeMap<NodeId, Rules>);

impl Targets {
    /// Compiles them once for many instances.
    pub(super) fn new(graph: &Graph) -> Self {
        let rules = |(id, node): (&NodeId, &Node)| (id.clone(), Rules::compile(&node.schema, environment()));
        Self(graph.nodes.iter().map(rules).collect())
    }
}

/// What an instance makes and what it reads.
#[derive(Debug, Default)]
pub(super) struct Rendered {
    /// Its children.
    pub(super) made: Vec<Object>,
    /// Objects of others, asked for by name.
    pub(super) foreign: Vec<Object>,
}

/// Renders an instance; an error says which object does not fit, or why there is none.
pub(super) fn check(graph: &Arc<Graph>, targets: &Targets, instance: Value) -> Result<Rendered, String> {
    let instance = Object::from_value(instance).map_err(|error| error.to_string())?;
    let mut rendered = Rendered::default();
    let mut planner = Planner::new(Arc::clone(graph), instance);
    let plan = loop {
        match planner.poll() {
            Step::Read(reads) => {
                for read in reads {
                    let node = &graph.nodes[&read.node];
                    let found = if node.is_managed() { None } else { Some(foreign(node, &read.target)) };
                    if matches!(read.target, Target::Named(_)) {
                        rendered.foreign.extend(found.clone());
                    }
                    let answer =
                        found.map_or(Observation::Missing, |object| Observation::Found(vec![object]));
                    planner.observe(read.id, answer);
                }
            }
            Step::Apply(wave) => {
                for desired in wave {
                    let node = &graph.nodes[&desired.node];
                    fits(node, &targets.0[&desired.node], &desired.object)?;
                    rendered.made.push(desired.object.clone());
                    let index = desired.item.map(|item| item.index);
                    planner.applied(&desired.node, index, Ok(answer(node, desired.object)));
                }
            }
            Step::Done(plan) => break plan,
        }
    };
    let failed = plan.nodes.iter().find_map(|(id, state)| match state {
        NodeState::Failed { message } => Some(format!("`{id}`: {message}")),
        _ => None,
    });
    failed.map_or(Ok(rendered), Err)
}

/// Whether the API server would take an object, as far as its schema tells.
fn fits(node: &Node, rules: &Rules, object: &Object) -> Result<(), String> {
    let mut value = object.to_value();
    normalize::drop_nulls(&node.schema, &mut value);
    normalize::apply_defaults(&node.schema, &mut value);
    let mut violations = validate::validate(&node.schema, &value);
    if violations.is_empty() {
        violations = validate::lists(&node.schema, &value);
    }
    if violations.is_empty() {
        violations = rules.validate(&value, None, LIMITS).violations;
    }
    match violations.first() {
        Some(violation) => Err(format!("`{}` ({}): {violation}", node.id, node.resource.gvk.kind)),
        None => Ok(()),
    }
}

/// What the server has after an apply.
fn answer(node: &Node, object: Object) -> Object {
    let mut value = object.into_value();
    normalize::apply_defaults(&node.schema, &mut value);
    if let Some(status) = node.schema.property("status") {
        value["status"] = emulate(status, 0);
    }
    value["metadata"]["uid"] = "1".into();
    Object::from_value(value).expect("invariant: it was an object")
}

/// An object of somebody else.
fn foreign(node: &Node, target: &Target) -> Object {
    let mut value = emulate(&node.schema, 0);
    if !value.is_object() {
        value = json!({});
    }
    let (name, namespace) = match target {
        Target::Named(key) => {
            (key.name.to_string(), key.namespace.as_deref().unwrap_or("default").to_owned())
        }
        Target::Selected { namespace, .. } => {
            ("foreign".to_owned(), namespace.as_deref().unwrap_or("default").to_owned())
        }
    };
    value["metadata"] = json!({"name": name, "namespace": namespace, "uid": "2"});
    let mut object = Object::from_value(value).expect("invariant: it is a map");
    object.set_gvk(&node.resource.gvk);
    object
}
