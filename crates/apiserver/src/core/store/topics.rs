//! When something last changed in what a watch follows, a resource in one namespace or in all, and how far that is
//! forgotten. So a watch that nothing concerns can stand still however much else changes.

use super::{Change, ResourceId};
use std::{collections::BTreeMap, sync::Arc};

/// How many namespaces of a resource are remembered after all their changes have left the log.
const REMEMBERED: usize = 1024;

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
    /// The last revision of a namespace that is not remembered. Whatever is not remembered may have changed until then.
    dropped: u64,
}

impl Topics {
    /// The marks of a resource in one namespace or in all.
    pub(super) fn marks(&self, resource: &ResourceId, namespace: Option<&str>) -> Marks {
        let found = self.resources.get(resource).map(|resource| match namespace {
            Some(namespace) => resource.namespace(namespace),
            None => resource.all,
        });
        found.unwrap_or_default()
    }

    /// A change has come into the log.
    pub(super) fn changed(&mut self, change: &Change) {
        let resource = self.resources.entry(change.resource.clone()).or_default();
        resource.all.last = change.revision;
        let marks = resource.namespace(&change.key.namespace);
        let namespace = change.key.namespace.clone();
        resource.namespaces.insert(namespace, Marks { last: change.revision, ..marks });
    }

    /// A change has left the log.
    pub(super) fn forgot(&mut self, change: &Change) {
        let resource = self.resources.entry(change.resource.clone()).or_default();
        resource.all.forgotten = change.revision;
        let namespace = &change.key.namespace;
        let marks = Marks { forgotten: change.revision, ..resource.namespace(namespace) };
        if marks.last <= change.revision && resource.namespaces.len() > REMEMBERED {
            resource.namespaces.remove(namespace);
            resource.dropped = resource.dropped.max(change.revision);
        } else {
            resource.namespaces.insert(namespace.clone(), marks);
        }
    }
}

impl Resource {
    fn namespace(&self, namespace: &str) -> Marks {
        let unknown = Marks { last: self.dropped, forgotten: self.dropped };
        self.namespaces.get(namespace).copied().unwrap_or(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::Key;

    #[test]
    fn namespaces_do_not_pile_up() {
        let resource = Arc::new(ResourceId { group: "".into(), plural: "configmaps".into() });
        let change = |revision: u64| Change {
            revision,
            resource: resource.clone(),
            key: Key::new(&format!("n{revision}"), "a"),
            old: None,
            new: None,
        };
        let mut topics = Topics::default();
        for revision in 1..=3000 {
            topics.changed(&change(revision));
        }
        (1..=2900).for_each(|revision| topics.forgot(&change(revision)));
        let known = topics.resources[&resource].namespaces.len();
        assert_eq!(known, REMEMBERED);
        // What is still in the log is known, what is not remembered counts as forgotten.
        assert_eq!(topics.marks(&resource, Some("n3000")).last, 3000);
        assert_eq!(topics.marks(&resource, Some("n5")).forgotten, 3000 - REMEMBERED as u64);
    }
}
