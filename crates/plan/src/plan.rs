//! How a pass came out: where every node stands, and the status that follows.

use crate::{
    NodeState, Spent,
    evaluate::{Failure, shown},
    pass::{Pass, Standing},
    ready::NotReady,
};
use indexmap::IndexMap;
use kro_cel::Value as CelValue;
use kro_graph::{Expression, Node, NodeId, functions::Condition};
use kro_object::{FieldPath, Object, Segment};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How a pass came out.
#[derive(Debug)]
pub struct Plan {
    /// Every node, dependencies first.
    pub nodes: IndexMap<NodeId, NodeState>,
    pass: Pass,
}

/// The author's conditions, evaluated.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorConditions {
    /// What could be evaluated, in the author's order; `type` is unique.
    pub conditions: Vec<AuthorCondition>,
    /// Whether some are missing for now: conditions written earlier stay as they are.
    pub incomplete: bool,
    /// What is wrong with some of them.
    pub problem: Option<String>,
}

/// One condition as an author's expression makes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthorCondition {
    /// What it speaks about.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// May be empty.
    pub reason: String,
    /// May be empty.
    pub message: String,
}

/// What keeps an instance from being complete, most severe first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// Nodes failed.
    Failed(String),
    /// An object of a node is being deleted.
    Deleting(String),
    /// Nodes are there but not ready.
    Unready(String),
    /// Nodes wait for data.
    Pending(String),
}

impl Plan {
    pub(crate) fn new(pass: Pass) -> Self {
        let order = pass.graph.order.iter();
        let nodes = order.map(|id| (id.clone(), state(&pass, pass.node(id)))).collect();
        Self { nodes, pass }
    }

    /// Whether every desired object is known and was applied, so that whatever else is left over may be deleted.
    pub fn is_complete(&self) -> bool {
        self.nodes.values().all(|state| {
            matches!(state, NodeState::Excluded { .. } | NodeState::Unready { .. } | NodeState::Ready)
        })
    }

    /// What should be there for a node, as far as it could be resolved; of an external node the reference to it.
    pub fn desired(&self, node: &NodeId) -> &[Object] {
        self.pass.tracks.get(node).map_or(&[], |track| &track.desired)
    }

    /// The most severe thing that is wrong; `None` when everything that should be there is ready.
    pub fn problem(&self) -> Option<Problem> {
        let messages = |pick: fn(&NodeState) -> Option<&str>| {
            let all: Vec<&str> = self.nodes.values().filter_map(pick).collect();
            (!all.is_empty()).then(|| all.join("\n"))
        };
        let failed = messages(|state| match state {
            NodeState::Failed { message } => Some(message),
            _ => None,
        });
        let unready = messages(|state| match state {
            NodeState::Unready { message } => Some(message),
            _ => None,
        });
        let mut deleting = self.nodes.iter().filter_map(|(id, state)| match state {
            NodeState::Deleting { object } => Some(Problem::Deleting(format!(
                "resource \"{object}\" for node \"{id}\" is currently being deleted; waiting for deletion to \
                 complete before continuing reconciliation"
            ))),
            _ => None,
        });
        let mut pending = self.nodes.values().filter_map(|state| match state {
            NodeState::Pending { message, .. } => Some(Problem::Pending(message.clone())),
            _ => None,
        });
        failed
            .map(Problem::Failed)
            .or_else(|| deleting.next())
            .or_else(|| unready.map(Problem::Unready))
            .or_else(|| pending.next())
    }

    /// What the expressions have cost so far, those of the status included once it was asked for.
    pub fn spent(&self) -> Spent {
        self.pass.meter.spent()
    }

    /// The author's status fields that can be computed now; an error when one of them is a mistake.
    ///
    /// A field whose data is missing is left out, in a list null stands in its place. `state` and `conditions` are
    /// kro's own.
    pub fn status(&self) -> Result<Map<String, Value>, String> {
        let mut status = json!({ "status": {} });
        for hole in &self.pass.graph.instance.status {
            let own = hole.path.segments().get(1);
            if own.is_some_and(|name| *name == "state".into() || *name == "conditions".into()) {
                continue;
            }
            match self.pass.resolve(&hole.expression, &[]) {
                Ok(value) => put(&mut status, &hole.path, value.unwrap_or(Value::Null))?,
                Err(Failure::Pending(_)) => {}
                Err(Failure::Fatal(error)) => return Err(error),
            }
        }
        match status.get_mut("status").map(Value::take) {
            Some(Value::Object(fields)) => Ok(fields),
            _ => Ok(Map::new()),
        }
    }

    /// The author's conditions, if the definition has any. `builtin` is what `runtime.condition(schema, …)` reads:
    /// the list of kro's own conditions as they are written.
    pub fn conditions(&self, builtin: &Value) -> Option<AuthorConditions> {
        let expressions = self.pass.graph.instance.conditions.as_ref()?;
        let mut schema = self.pass.schema.clone();
        schema["status"] = json!({ "conditions": builtin });
        let mut result = AuthorConditions::default();
        let mut problems = Vec::new();
        for expression in expressions {
            match self.condition(expression, &schema) {
                Ok(conditions) => result.conditions.extend(conditions),
                Err(Failure::Pending(_)) => result.incomplete = true,
                Err(Failure::Fatal(error)) => {
                    result.incomplete = true;
                    problems.push(error);
                }
            }
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for condition in &result.conditions {
            *counts.entry(condition.kind.clone()).or_default() += 1;
        }
        counts.retain(|_, count| *count > 1);
        if !counts.is_empty() {
            result.conditions.retain(|condition| !counts.contains_key(&condition.kind));
            result.incomplete = true;
            let kinds: Vec<_> = counts.into_keys().collect();
            problems.push(format!("duplicate condition type(s) [{}] dropped", kinds.join(" ")));
        }
        result.problem = (!problems.is_empty())
            .then(|| format!("author condition evaluation degraded: {}", problems.join("; ")));
        Some(result)
    }

    /// One expression makes one condition or a list of them.
    fn condition(&self, expression: &Expression, schema: &Value) -> Result<Vec<AuthorCondition>, Failure> {
        let malformed = || Failure::Fatal(format!("{:?}: expected conditions", shown(expression)));
        let one = |value: &CelValue<'_>| {
            let condition = value.as_opaque::<Condition>().ok_or_else(malformed)?;
            Ok(AuthorCondition {
                kind: condition.ty.to_string(),
                status: condition.status.to_string(),
                reason: condition.reason.to_string(),
                message: condition.message.to_string(),
            })
        };
        self.pass.with_value(expression, &[], schema, |value| match value {
            CelValue::List(list) => list.iter().map(|item| one(&item.map_err(|_| malformed())?)).collect(),
            value => Ok(vec![one(value)?]),
        })
    }
}

fn state(pass: &Pass, node: &Node) -> NodeState {
    let id = &node.id;
    let track = pass.track(id);
    let pending = |message: &str| NodeState::Pending {
        waiting_for: None,
        message: format!("node \"{id}\": {message}"),
    };
    match &track.standing {
        Standing::Open | Standing::Resolved => pending("the pass ended before it was looked at"),
        Standing::Excluded(because_of) => NodeState::Excluded { because_of: because_of.clone() },
        Standing::Pending(waiting_for, message) => {
            NodeState::Pending { waiting_for: waiting_for.clone(), message: message.clone() }
        }
        Standing::Deleting(object) => NodeState::Deleting { object: object.clone() },
        Standing::Failed(message) => NodeState::Failed { message: message.clone() },
        Standing::Seen => {
            if let Some(message) = track.refusal() {
                return NodeState::Failed { message };
            }
            if node.is_managed() && !track.desired.is_empty() && !track.is_settled() {
                return pending("the pass ended before it was applied");
            }
            if !node.is_managed() && !pass.observed.contains_key(id) {
                return NodeState::Unready {
                    message: format!("waiting for external reference \"{id}\": there is no such object"),
                };
            }
            match pass.ready(id) {
                Ok(()) => NodeState::Ready,
                Err(NotReady::Waiting(reason)) => {
                    NodeState::Unready { message: format!("waiting for node \"{id}\": {reason}") }
                }
                Err(NotReady::Failed(message)) => NodeState::Failed { message },
            }
        }
    }
}

/// Puts a value at a path; lists grow with null up to it.
fn put(target: &mut Value, path: &FieldPath, value: Value) -> Result<(), String> {
    let mut parent = FieldPath::root();
    for segment in path.segments() {
        if let Segment::Index(index) = segment {
            let length = parent.walk(target).and_then(Value::as_array).map_or(0, Vec::len);
            for gap in length..*index {
                parent.join(gap).set(target, Value::Null).map_err(|error| error.to_string())?;
            }
        }
        parent.push(segment.clone());
    }
    path.set(target, value).map_err(|error| error.to_string())
}
