//! What kro reports about a definition. Tolerant when reading: status is kro's own and is rewritten anyway.

use crate::Condition;
use kro_object::Object;
use serde_json::{Map, Value, json};

/// `status` of a definition.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResourceGraphDefinitionStatus {
    /// Whether instances are served.
    pub state: Option<State>,
    /// Node ids, dependencies first.
    pub topological_order: Vec<String>,
    /// In the order of [`ConditionSet`](crate::ConditionSet).
    pub conditions: Vec<Condition>,
    /// Nodes that depend on others, in topological order.
    pub resources: Vec<NodeDependencies>,
    /// The highest revision number ever issued; 0 before the first.
    pub last_issued_revision: i64,
}

/// A node and what it depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeDependencies {
    /// The node.
    pub id: String,
    /// What it refers to.
    pub dependencies: Vec<String>,
}

/// `status.state` of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Instances are served.
    Active,
    /// Instances are not served, or not by the current spec.
    Inactive,
}

impl State {
    /// The word in the status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "Active",
            Self::Inactive => "Inactive",
        }
    }
}

impl ResourceGraphDefinitionStatus {
    /// Reads the status of an object; absent and malformed parts are empty.
    pub fn of(object: &Object) -> Self {
        let empty = Map::new();
        let status = object.as_map().get("status").and_then(Value::as_object).unwrap_or(&empty);
        Self {
            state: match status.get("state").and_then(Value::as_str) {
                Some("Active") => Some(State::Active),
                Some("Inactive") => Some(State::Inactive),
                _ => None,
            },
            topological_order: items(status, "topologicalOrder")
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
            conditions: items(status, "conditions").filter_map(Condition::from_value).collect(),
            resources: items(status, "resources").filter_map(NodeDependencies::from_value).collect(),
            last_issued_revision: status
                .get("lastIssuedRevision")
                .and_then(Value::as_i64)
                .unwrap_or_default(),
        }
    }

    /// The status as stored; empty parts are left out.
    pub fn to_value(&self) -> Value {
        let mut status = Map::new();
        if let Some(state) = self.state {
            status.insert("state".into(), state.as_str().into());
        }
        if self.last_issued_revision != 0 {
            status.insert("lastIssuedRevision".into(), self.last_issued_revision.into());
        }
        write_graph(&mut status, &self.topological_order, &self.conditions, &self.resources);
        Value::Object(status)
    }
}

/// The part that definitions and revisions share.
pub(crate) fn write_graph(
    status: &mut Map<String, Value>,
    topological_order: &[String],
    conditions: &[Condition],
    resources: &[NodeDependencies],
) {
    let lists = [
        ("topologicalOrder", topological_order.iter().map(|id| Value::from(id.as_str())).collect::<Vec<_>>()),
        ("conditions", conditions.iter().map(Condition::to_value).collect()),
        ("resources", resources.iter().map(NodeDependencies::to_value).collect()),
    ];
    status.extend(
        lists
            .into_iter()
            .filter(|(_, items)| !items.is_empty())
            .map(|(name, items)| (name.to_owned(), Value::Array(items))),
    );
}

impl NodeDependencies {
    pub(crate) fn from_value(value: &Value) -> Option<Self> {
        let id = |value: &Value| value.get("id").and_then(Value::as_str).map(str::to_owned);
        let dependencies = value.get("dependencies").and_then(Value::as_array).into_iter().flatten();
        Some(Self { id: id(value)?, dependencies: dependencies.filter_map(id).collect() })
    }

    fn to_value(&self) -> Value {
        let dependencies: Vec<Value> = self.dependencies.iter().map(|id| json!({ "id": id })).collect();
        json!({ "id": self.id, "dependencies": dependencies })
    }
}

pub(crate) fn items<'a>(status: &'a Map<String, Value>, name: &str) -> impl Iterator<Item = &'a Value> {
    status.get(name).and_then(Value::as_array).into_iter().flatten()
}
