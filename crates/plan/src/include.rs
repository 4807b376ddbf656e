//! Whether a node is decided, and how: excluded, pending, failed, or what should be there.

use crate::{
    evaluate::{Failure, shown},
    pass::{Pass, Standing},
    ready::NotReady,
};
use kro_graph::{Expression, NodeId};
use kro_object::Object;
use serde_json::Value;

impl Pass {
    /// Decides about a node whose dependencies are decided. The objects belong to [`Standing::Resolved`].
    pub(crate) fn decide(&self, id: &NodeId) -> (Standing, Vec<Object>) {
        match self.standing(id) {
            Some(standing) => (standing, Vec::new()),
            None => match self.desired(id) {
                Ok(objects) => (Standing::Resolved, objects),
                Err(Failure::Pending(message)) => (Standing::Pending(None, message), Vec::new()),
                Err(Failure::Fatal(message)) => (Standing::Failed(message), Vec::new()),
            },
        }
    }

    /// What keeps a node from being resolved.
    fn standing(&self, id: &NodeId) -> Option<Standing> {
        let node = self.node(id);
        // Exclusion is contagious and comes before the node's own conditions.
        if let Some(excluded) = node.dependencies.iter().find(|dependency| self.is_excluded(dependency)) {
            return Some(Standing::Excluded(Some(excluded.clone())));
        }
        let undecided = |dependency: &&NodeId| {
            matches!(self.track(dependency).standing, Standing::Open | Standing::Resolved)
        };
        if node.dependencies.iter().any(|dependency| undecided(&dependency)) {
            return Some(Standing::Open);
        }
        self.excluded(id).or_else(|| self.waits(id))
    }

    /// What the node's own conditions say against it.
    pub(crate) fn excluded(&self, id: &NodeId) -> Option<Standing> {
        let conditions = &self.node(id).include_when;
        for dependency in conditions.iter().flat_map(Expression::nodes) {
            match self.ready(dependency) {
                Ok(()) => {}
                Err(NotReady::Waiting(reason)) => {
                    let message = format!("node \"{id}\" waits for \"{dependency}\": {reason}");
                    return Some(Standing::Pending(Some(dependency.clone()), message));
                }
                Err(NotReady::Failed(reason)) => return Some(Standing::Failed(reason)),
            }
        }
        for condition in conditions {
            let text = shown(condition);
            match self.resolve(condition, &[]) {
                Ok(Some(Value::Bool(true))) => {}
                Ok(Some(Value::Bool(false) | Value::Null)) => return Some(Standing::Excluded(None)),
                Ok(_) => return Some(Standing::Failed(format!("includeWhen {text:?} did not return bool"))),
                // What the instance lacks will not come by waiting.
                Err(Failure::Pending(error)) => {
                    let waiting_for = condition.nodes().next().cloned();
                    let message = format!("node \"{id}\": includeWhen lacks data: {error}");
                    return Some(match waiting_for {
                        Some(node) => Standing::Pending(Some(node), message),
                        None => Standing::Failed(message),
                    });
                }
                Err(Failure::Fatal(error)) => {
                    return Some(Standing::Failed(format!("node \"{id}\": includeWhen {error}")));
                }
            }
        }
        None
    }

    /// Every dependency must be ready before the node is rendered, or even updated.
    fn waits(&self, id: &NodeId) -> Option<Standing> {
        self.node(id).dependencies.iter().find_map(|dependency| match self.ready(dependency) {
            Ok(()) => None,
            Err(NotReady::Waiting(reason)) => {
                let message = format!("node \"{id}\" waits for \"{dependency}\": {reason}");
                Some(Standing::Pending(Some(dependency.clone()), message))
            }
            Err(NotReady::Failed(reason)) => {
                Some(Standing::Failed(format!("node \"{id}\" cannot wait for \"{dependency}\": {reason}")))
            }
        })
    }
}
