//! Why a node waits: the chain down to its root cause.

use crate::{NodeState, Plan};
use kro_graph::NodeId;

/// The node, what it waits for, what that waits for, down to the one that is the cause.
pub fn explain<'p>(plan: &'p Plan, node: &NodeId) -> Vec<(&'p NodeId, &'p NodeState)> {
    todo!()
}
