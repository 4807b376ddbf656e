//! The machine: asks, is told, goes on.

use crate::{Observation, Plan, ReadId, Step};
use kro_graph::{Graph, Limits, NodeId};
use kro_object::Object;
use std::sync::Arc;

/// One pass over one instance. Drive it with [`Planner::poll`] until [`Step::Done`].
#[derive(Debug)]
pub struct Planner {
    graph: Arc<Graph>,
}

impl Planner {
    /// A pass over an instance as it stands in the cluster.
    pub fn new(graph: Arc<Graph>, instance: Object) -> Self {
        todo!()
    }

    /// With other limits on collections than upstream's.
    #[must_use]
    pub fn with_limits(self, limits: Limits) -> Self {
        todo!()
    }

    /// What to do next. Asks for nothing twice; while answers are missing it asks for whatever else it can.
    pub fn poll(&mut self) -> Step {
        todo!()
    }

    /// Answers a read.
    pub fn observe(&mut self, read: ReadId, observation: Observation) {
        todo!()
    }

    /// Answers an apply: what the server has now, or why it refused. `index` as in [`Desired::item`](crate::Desired).
    pub fn applied(&mut self, node: &NodeId, index: Option<u32>, outcome: Result<Object, String>) {
        todo!()
    }

    /// Ends the pass here, with what is known: for an instance that is to be left alone, or when the cluster fails.
    pub fn finish(self) -> Plan {
        todo!()
    }
}
