//! Why a node waits: the chain down to its root cause.

use crate::{NodeState, Plan};
use kro_graph::NodeId;

/// The node, what it waits for, what that waits for, down to the one that is the cause. Empty for an unknown node.
pub fn explain<'p>(plan: &'p Plan, node: &NodeId) -> Vec<(&'p NodeId, &'p NodeState)> {
    let mut chain: Vec<(&NodeId, &NodeState)> = Vec::new();
    let mut next = Some(node);
    while let Some((id, state)) = next.take().and_then(|id| plan.nodes.get_key_value(id)) {
        chain.push((id, state));
        next = match state {
            NodeState::Pending { waiting_for, .. } => waiting_for.as_ref(),
            NodeState::Excluded { because_of } => because_of.as_ref(),
            _ => None,
        };
        // Dependencies have no circles; a chain cannot be longer than the graph.
        if chain.len() >= plan.nodes.len() {
            break;
        }
    }
    chain
}
