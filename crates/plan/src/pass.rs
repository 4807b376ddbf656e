//! What is known in one pass, and what follows from it. Everything here is a pure reading of that knowledge; how it
//! is gathered is the planner's business.

use crate::budget::Meter;
use kro_graph::{Graph, Limits, Node, NodeId};
use kro_object::{Object, ObjectKey};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// The knowledge of one pass.
#[derive(Debug)]
pub(crate) struct Pass {
    pub(crate) graph: Arc<Graph>,
    pub(crate) limits: Limits,
    pub(crate) meter: Box<Meter>,
    /// Nodes that are ready by the rules of their kind, where they have no conditions of their own.
    pub(crate) kstatus: Arc<BTreeSet<NodeId>>,
    pub(crate) instance: Object,
    /// What expressions see as `schema`: the instance without its status.
    pub(crate) schema: Value,
    /// What expressions see of each node: its object, or the list of its objects.
    pub(crate) observed: BTreeMap<NodeId, Value>,
    pub(crate) tracks: BTreeMap<NodeId, Track>,
}

/// What is known of one node.
#[derive(Debug, Default)]
pub(crate) struct Track {
    pub(crate) standing: Standing,
    /// What should be there; of an external node its reference.
    pub(crate) desired: Vec<Object>,
    /// What was seen of each of them.
    pub(crate) live: Vec<Option<Object>>,
    /// The answers to its applies, once they were asked for.
    pub(crate) applied: Option<Vec<Option<Result<(), String>>>>,
}

/// What was decided about a node.
#[derive(Debug, Clone, Default)]
pub(crate) enum Standing {
    /// Nothing yet: a node it depends on is not decided, or has to be read first.
    #[default]
    Open,
    Excluded(Option<NodeId>),
    Pending(Option<NodeId>, String),
    Deleting(ObjectKey),
    Failed(String),
    /// What should be there is known, but not what is there.
    Resolved,
    /// Both are known.
    Seen,
}

impl Pass {
    pub(crate) fn new(graph: Arc<Graph>, instance: Object) -> Self {
        let mut schema = instance.clone();
        schema.as_map_mut().remove("status");
        let tracks = graph.nodes.keys().map(|id| (id.clone(), Track::default())).collect();
        Self {
            graph,
            limits: Limits::default(),
            meter: Box::default(),
            kstatus: Arc::default(),
            schema: schema.into_value(),
            instance,
            observed: BTreeMap::new(),
            tracks,
        }
    }

    pub(crate) fn node(&self, id: &NodeId) -> &Node {
        &self.graph.nodes[id]
    }

    pub(crate) fn track(&self, id: &NodeId) -> &Track {
        &self.tracks[id]
    }

    pub(crate) fn is_excluded(&self, id: &NodeId) -> bool {
        matches!(self.track(id).standing, Standing::Excluded(_))
    }
}

impl Track {
    /// Whether all its applies were answered.
    pub(crate) fn is_settled(&self) -> bool {
        self.applied.as_ref().is_some_and(|answers| answers.iter().all(Option::is_some))
    }

    /// The first refusal among the answers.
    pub(crate) fn refusal(&self) -> Option<String> {
        let answers = self.applied.iter().flatten().enumerate();
        let mut refused = answers.filter_map(|(index, answer)| match answer {
            Some(Err(message)) => Some((index, message)),
            _ => None,
        });
        let (index, message) = refused.next()?;
        Some(if self.desired.len() == 1 {
            message.clone()
        } else {
            format!("collection item {index}: {message}")
        })
    }
}
