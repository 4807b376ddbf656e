//! What CRDs tell: which kinds may be others now, and what waits for that. Refuses to read them.

use super::{
    super::{Key, now},
    World,
};
use crate::{queue::Queue, revisions::Revision};
use kro_api::names::labels;
use kro_cluster::Change;
use kro_object::Gvr;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// The CRDs there are.
#[derive(Debug)]
pub(super) struct Crds {
    /// When one of them changed last.
    changed: Instant,
    known: BTreeMap<Box<str>, Crd>,
    /// Names of those that went and did not come again: nothing is there to be watched of their kinds.
    gone: BTreeSet<Box<str>>,
}

#[derive(Debug)]
struct Crd {
    /// The definition it was made for.
    definition: Option<Box<str>>,
    /// The present list mentioned it.
    listed: bool,
}

impl Crds {
    pub(super) fn new() -> Self {
        Self { changed: now(), known: BTreeMap::new(), gone: BTreeSet::new() }
    }

    /// How long ago one of them changed.
    pub(super) fn since(&self) -> Duration {
        now().saturating_duration_since(self.changed)
    }

    /// Whether the kind of a resource went with its CRD. Of kinds without a CRD nothing is known.
    pub(super) fn is_gone(&self, resource: &Gvr) -> bool {
        self.gone.iter().any(|name| is_of(resource, name))
    }

    /// Those of these resources that are gone. Mostly none is, and then none is looked at.
    pub(super) fn gone_among(&self, resources: impl Iterator<Item = Gvr>) -> BTreeSet<Gvr> {
        if self.gone.is_empty() {
            return BTreeSet::new();
        }
        resources.filter(|resource| self.is_gone(resource)).collect()
    }

    /// Whether there is one that was made for a definition.
    pub(super) fn has_one_of(&self, definition: &str) -> bool {
        self.known.values().any(|crd| crd.definition.as_deref() == Some(definition))
    }
}

impl World {
    pub(super) fn crd_event(&mut self, change: &Change, queue: &mut Queue<Key>) {
        match change {
            Change::Applied(object) | Change::Deleted(object) => {
                let name = object.key().name;
                let definition = object.metadata().label(labels::DEFINITION_NAME);
                self.crd_changed(&name, definition, queue);
                if matches!(change, Change::Applied(_)) {
                    if self.crds.gone.remove(&name) {
                        self.kind_came(&name, queue);
                    }
                    let crd = Crd { definition: definition.map(Into::into), listed: true };
                    self.crds.known.insert(name, crd);
                } else {
                    self.crds.known.remove(&name);
                    self.kind_gone(name, queue);
                }
            }
            Change::Listing => self.crds.known.values_mut().for_each(|crd| crd.listed = false),
            Change::Synced => {
                let gone: Vec<_> = self.crds.known.extract_if(.., |_, crd| !crd.listed).collect();
                for (name, crd) in gone {
                    self.crd_changed(&name, crd.definition.as_deref(), queue);
                    self.kind_gone(name, queue);
                }
            }
            Change::Failing { .. } => {}
        }
    }

    /// Its objects went with it, whether or not the watches of them said so.
    fn kind_gone(&mut self, crd: Box<str>, queue: &mut Queue<Key>) {
        let children = self.shared.members().forget(|resource| is_of(resource, &crd));
        let children = children.iter().filter_map(|set| self.by_set.get(&**set)).cloned();
        let listened = self.router.resources();
        let listened = listened.iter().filter(|resource| is_of(resource, &crd));
        let parents = listened.flat_map(|resource| self.router.parents(resource));
        for instance in children.chain(parents) {
            queue.add(Key::Instance(instance));
        }
        self.crds.gone.insert(crd);
        self.rewatch = true;
    }

    /// Instances of those who want such objects have waited for it.
    fn kind_came(&mut self, crd: &str, queue: &mut Queue<Key>) {
        let served = self.served.values().chain(self.pinned.values());
        let waiting: BTreeSet<&str> = served
            .filter(|served| served.resources().any(|resource| is_of(&resource, crd)))
            .map(|served| &*served.definition)
            .collect();
        for instance in self.instances.keys().filter(|id| waiting.contains(&*id.definition)) {
            queue.add(Key::Instance(instance.clone()));
        }
        self.rewatch = true;
    }

    /// Ours to repair, or one that a definition has been waiting for.
    fn crd_changed(&mut self, name: &str, definition: Option<&str>, queue: &mut Queue<Key>) {
        self.crds.changed = now();
        if let Some((_, group)) = name.split_once('.') {
            self.shared.cluster.forget_group(group);
        }
        if let Some((name, _)) = definition.and_then(|definition| self.definitions.get_key_value(definition))
        {
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

/// Whether the CRD of this name makes this resource.
fn is_of(resource: &Gvr, crd: &str) -> bool {
    crd.split_once('.') == Some((&*resource.resource, &*resource.group))
}
