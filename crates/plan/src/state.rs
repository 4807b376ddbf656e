//! Where a node stands.

use kro_graph::NodeId;
use kro_object::ObjectKey;

/// Where a node stands at the end of a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NodeState {
    /// It should not exist: a condition of its own is false, or a node it depends on is excluded.
    Excluded {
        /// The excluded dependency; `None` when its own condition says so.
        because_of: Option<NodeId>,
    },
    /// Something it needs is not there yet.
    Pending {
        /// The node it waits for, where one can be named.
        waiting_for: Option<NodeId>,
        /// Why, in full.
        message: String,
    },
    /// One of its objects is being deleted; it can be made anew when that is done.
    Deleting {
        /// The object.
        object: ObjectKey,
    },
    /// It is there, but not ready.
    Unready {
        /// Why, in full.
        message: String,
    },
    /// It is there and ready.
    Ready,
    /// It cannot be made: a mistake in the definition or the instance, or the cluster refuses.
    Failed {
        /// Why, in full.
        message: String,
    },
}
