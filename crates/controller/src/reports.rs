//! What never goes to the wire: the state of every node of every instance, for whoever shows it live.
//! Costs nothing while nobody listens.

use kro_object::ObjectKey;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::watch;

/// The latest report of everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// Definitions by name.
    pub definitions: BTreeMap<Arc<str>, DefinitionReport>,
    /// Instances by definition and name.
    pub instances: BTreeMap<(Arc<str>, ObjectKey), InstanceReport>,
}

/// How a definition is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefinitionReport {
    /// `Active` or `Inactive`.
    pub state: &'static str,
    /// Why it is not ready; empty when it is.
    pub message: String,
}

/// How an instance is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceReport {
    /// The word in `status.state`.
    pub state: &'static str,
    /// Why it is not ready; empty when it is.
    pub message: String,
    /// Its nodes, in topological order.
    pub nodes: Vec<NodeReport>,
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeReport {
    /// Its id.
    pub id: String,
    /// The kind of its objects.
    pub kind: String,
    /// The names of its objects, as far as they are known.
    pub names: Vec<String>,
    /// One word.
    pub state: &'static str,
    /// What it waits for, or what is wrong.
    pub detail: String,
}

/// Publishes reports.
#[derive(Debug)]
pub(crate) struct Publisher(watch::Sender<Arc<Reports>>);

impl Default for Publisher {
    fn default() -> Self {
        Self(watch::Sender::new(Arc::default()))
    }
}

impl Publisher {
    pub(crate) fn subscribe(&self) -> watch::Receiver<Arc<Reports>> {
        self.0.subscribe()
    }

    /// Changes the reports, if anybody listens.
    pub(crate) fn publish(&self, change: impl FnOnce(&mut Reports)) {
        if self.0.receiver_count() > 0 {
            self.0.send_modify(|reports| change(Arc::make_mut(reports)));
        }
    }
}
