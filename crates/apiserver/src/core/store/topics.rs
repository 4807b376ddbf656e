//! When something last changed in what a watch follows, a resource in one namespace or in all, and how far that is
//! forgotten. So a watch that nothing concerns can stand still however much else changes.

use super::{Change, ResourceId};
use std::{collections::BTreeMap, sync::Arc};

/// Revisions of a topic; 0 for none.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Marks {
    /// Of its last change.
    pub last: u64,
    /// Of its last change that is no longer in the log.
    pub forgotten: u64,
}

#[derive(Debug, Default)]
pub(super) struct Topics {
    resources: BTreeMap<Arc<ResourceId>, Resource>,
}

#[derive(Debug, Default)]
struct Resource {
    all: Marks,
    namespaces: BTreeMap<Arc<str>, Marks>,
}

impl Topics {
    /// The marks of a resource in one namespace or in all.
    pub(super) fn marks(&self, resource: &ResourceId, namespace: Option<&str>) -> Marks {
        let found = self.resources.get(resource).and_then(|resource| match namespace {
            Some(namespace) => resource.namespaces.get(namespace).copied(),
            None => Some(resource.all),
        });
        found.unwrap_or_default()
    }

    /// A change has come into the log.
    pub(super) fn changed(&mut self, change: &Change) {
        self.mark(change, |marks| marks.last = change.revision);
    }

    /// A change has left the log.
    pub(super) fn forgot(&mut self, change: &Change) {
        self.mark(change, |marks| marks.forgotten = change.revision);
    }

    fn mark(&mut self, change: &Change, mark: impl Fn(&mut Marks)) {
        let resource = self.resources.entry(change.resource.clone()).or_default();
        mark(&mut resource.all);
        mark(resource.namespaces.entry(change.key.namespace.clone()).or_default());
    }
}
