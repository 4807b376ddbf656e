//! How a pass came out.

use crate::NodeState;
use indexmap::IndexMap;
use kro_graph::NodeId;
use serde_json::{Map, Value};

/// How a pass came out: where every node stands, and the status that follows.
#[derive(Debug)]
pub struct Plan {
    /// Every node, dependencies first.
    pub nodes: IndexMap<NodeId, NodeState>,
}

/// The author's conditions, evaluated.
#[derive(Debug, Clone, Default, PartialEq)]
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

/// Everything that keeps an instance from being complete, most severe first.
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
    /// Whether every desired object is known and was applied, so that whatever else is left over may be deleted.
    pub fn is_complete(&self) -> bool {
        todo!()
    }

    /// The most severe thing that is wrong; `None` when everything that should be there is ready.
    pub fn problem(&self) -> Option<Problem> {
        todo!()
    }

    /// The author's status fields that can be computed now; an error when one of them is a mistake.
    pub fn status(&self) -> Result<Map<String, Value>, String> {
        todo!()
    }

    /// The author's conditions, if the definition has any. `builtin` is what `runtime.condition(schema, …)` reads:
    /// kro's own conditions as they are written.
    pub fn conditions(&self, builtin: &Value) -> Option<AuthorConditions> {
        todo!()
    }
}
