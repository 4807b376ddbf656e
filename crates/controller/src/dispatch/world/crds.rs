//! What CRDs tell: which kinds may be others now, and what waits for that. Refuses to read them.

use super::{
    super::{Key, now},
    Served, World,
};
use crate::{queue::Queue, revisions::Revision};
use kro_api::names::labels;
use kro_cluster::Change;
use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{Duration, Instant},
};

/// The CRDs there are.
#[derive(Debug)]
pub(super) struct Crds {
    /// When one of them changed last.
    changed: Instant,
    /// By name, and whether the present list mentioned them.
    listed: BTreeMap<Box<str>, bool>,
}

impl Crds {
    pub(super) fn new() -> Self {
        Self { changed: now(), listed: BTreeMap::new() }
    }

    /// How long ago one of them changed.
    pub(super) fn since(&self) -> Duration {
        now().saturating_duration_since(self.changed)
    }
}

impl World {
    pub(super) fn crd_event(&mut self, change: &Change, queue: &mut Queue<Key>) {
        match change {
            Change::Applied(object) | Change::Deleted(object) => {
                let name = object.key().name;
                let owner = object.metadata().label(labels::DEFINITION_NAME);
                self.crd_changed(&name, owner, queue);
                if matches!(change, Change::Applied(_)) {
                    self.crds.listed.insert(name, true);
                } else {
                    self.crds.listed.remove(&name);
                }
            }
            Change::Listing => self.crds.listed.values_mut().for_each(|listed| *listed = false),
            Change::Synced => {
                let gone = self.crds.listed.iter().filter(|(_, listed)| !**listed);
                for name in gone.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
                    self.crds.listed.remove(&name);
                    let of_name = |(_, served): &(&Arc<str>, &Arc<Served>)| {
                        let resource = &served.resource;
                        *name == *format!("{}.{}", resource.plural, resource.gvk.group)
                    };
                    let owner =
                        self.served.iter().find(of_name).map(|(definition, _)| Arc::clone(definition));
                    self.crd_changed(&name, owner.as_deref(), queue);
                }
            }
            Change::Failing { .. } => {}
        }
    }

    /// Ours to repair, or one that a definition has been waiting for.
    fn crd_changed(&mut self, name: &str, owner: Option<&str>, queue: &mut Queue<Key>) {
        self.crds.changed = now();
        if let Some((_, group)) = name.split_once('.') {
            self.shared.cluster.forget_group(group);
        }
        if let Some((name, _)) = owner.and_then(|owner| self.definitions.get_key_value(owner)) {
            queue.add(Key::Definition(Arc::clone(name)));
        }
        // Only definitions that are not served as they are written can be waiting for a kind.
        for (name, record) in &self.definitions {
            if !record.active || !self.served.contains_key(name) {
                queue.add(Key::Definition(Arc::clone(name)));
            }
        }
        for (name, record) in &self.revisions {
            let failed =
                self.compiled.of(&record.definition).get(&record.number).is_some_and(Revision::is_failed);
            if failed {
                queue.add(Key::Revision(Arc::clone(name)));
            }
        }
    }
}
