//! What is told of children and of objects of others, and whom that concerns.

use super::{
    super::{Key, now},
    World,
};
use crate::{queue::Queue, reads::Reads};
use kro_api::names::labels;
use kro_cluster::{Change, mutants::mutant};
use kro_object::{Object, ResourceType};
use std::sync::Arc;

impl World {
    pub(super) fn child_event(&mut self, resource: &ResourceType, change: &Change, queue: &mut Queue<Key>) {
        let gvr = resource.gvr();
        if !matches!(change, Change::Failing { .. }) {
            self.listed.insert(gvr.clone(), now());
        }
        let wake = {
            let mut members = self.shared.members();
            match change {
                Change::Listing => {
                    members.listing(resource);
                    return;
                }
                Change::Synced => members.synced(&gvr),
                Change::Applied(object) => {
                    let reads = self.reads_of(object);
                    members.observe(&self.shared.intern(resource), object, &reads)
                }
                Change::Deleted(object) => members.remove(&gvr, object),
                Change::Failing { .. } => return,
            }
        };
        self.shared.metrics.routed(&gvr, wake.len());
        if mutant("children-unheard") {
            return;
        }
        for set in wake {
            if let Some(instance) = self.by_set.get(&*set) {
                queue.add(Key::Instance(instance.clone()));
            }
        }
    }

    /// What the expressions of the graph it belongs to read of a child.
    pub(super) fn reads_of(&self, child: &Object) -> Arc<Reads> {
        let metadata = child.metadata();
        let label = |name| metadata.label(name).unwrap_or_default();
        let owner = self.served.values().find(|served| {
            let gvk = &served.resource.gvk;
            *gvk.kind == *label(labels::INSTANCE_KIND) && *gvk.group == *label(labels::INSTANCE_GROUP)
        });
        owner.map(|served| served.reads(label(labels::NODE_ID))).unwrap_or_default()
    }

    pub(super) fn foreign_event(&mut self, resource: &ResourceType, change: &Change, queue: &mut Queue<Key>) {
        let gvr = resource.gvr();
        let parents = match change {
            Change::Applied(object) | Change::Deleted(object) => {
                let labels = object.metadata().labels().into_iter().flatten();
                let labels =
                    labels.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
                self.router.route(&gvr, &object.key(), &labels.collect())
            }
            // What happened during a gap is not known.
            Change::Synced => self.router.parents(&gvr),
            Change::Listing | Change::Failing { .. } => return,
        };
        self.shared.metrics.routed(&gvr, parents.len());
        if mutant("externals-unheard") {
            return;
        }
        for parent in parents {
            queue.add(Key::Instance(parent));
        }
    }
}
