//! What is told of definitions and revisions, and what their reconciles get to know.

use super::{
    super::Key,
    World,
    records::{DefinitionRecord, RevisionRecord},
};
use crate::{
    queue::Queue,
    reconcile::{definition, revision},
    revisions::Revision,
};
use kro_cluster::Change;
use kro_object::Object;
use std::sync::Arc;

impl World {
    pub(in crate::dispatch) fn definition(&self, name: &Arc<str>) -> definition::Input {
        let revisions = self.revisions.values().filter(|revision| revision.definition == *name);
        definition::Input {
            object: self.definitions.get(name).map(|record| record.object.unpack()),
            unsure: self.unsure.contains(&Key::Definition(Arc::clone(name))),
            revisions: revisions.map(|revision| (revision.number, revision.state())).collect(),
            compiled: self.compiled.of(name),
            served: self
                .served
                .get(name)
                .filter(|served| !served.only_deletes)
                .map(|it| Arc::clone(&it.graph)),
            pinned: self.pins(name),
            instances: self.instances.keys().filter(|instance| instance.definition == *name).count(),
            crds: self.crds.since(),
            has_crd: self.crds.has_one_of(name),
            leads: self.share.leads,
        }
    }

    pub(in crate::dispatch) fn revision(&mut self, name: &str) -> Option<revision::Input> {
        let record = self.revisions.get(name)?;
        let known = self.compiled.of(&record.definition);
        // Older ones are compiled only while all newer ones fail: they would serve then.
        let newer = self.revisions.values().filter(|other| {
            other.definition == record.definition && other.number > record.number && !other.deleting
        });
        let needed = newer.into_iter().all(|other| known.get(&other.number).is_some_and(Revision::is_failed));
        let needed = needed || self.pins(&record.definition).contains(&record.number);
        let candidate = self.compiled.candidate(&record.definition);
        Some(revision::Input {
            object: Some(record.object.unpack()),
            number: record.number,
            candidate,
            known: !needed || known.get(&record.number).is_some_and(|known| !known.is_failed()),
            crds: self.crds.since(),
            leads: self.share.leads,
        })
    }

    pub(super) fn definition_event(&mut self, change: &Change, queue: &mut Queue<Key>) {
        match change {
            Change::Applied(object) => self.store_definition(object, queue),
            Change::Deleted(object) => self.drop_definition(&object.key().name, queue),
            Change::Listing => {
                for record in self.definitions.values_mut() {
                    record.listed = false;
                }
            }
            Change::Synced => {
                let gone = self.definitions.iter().filter(|(_, record)| !record.listed);
                let gone: Vec<Arc<str>> = gone.map(|(name, _)| Arc::clone(name)).collect();
                for name in gone {
                    self.drop_definition(&name, queue);
                }
            }
            Change::Failing { .. } => {}
        }
    }

    pub(super) fn store_definition(&mut self, object: &Object, queue: &mut Queue<Key>) {
        let name: Arc<str> = (&*object.key().name).into();
        let new = DefinitionRecord::of(object);
        match self.definitions.get_mut(&name) {
            Some(old) if old.is_newer_than(&new) => old.listed = true,
            old => {
                let moved = old.as_ref().is_some_and(|old| old.pin != new.pin);
                if old.is_none_or(|old| old.differs(&new)) {
                    queue.add(Key::Definition(Arc::clone(&name)));
                }
                self.definitions.insert(Arc::clone(&name), new);
                if moved {
                    self.wake_revisions(&name, queue);
                }
            }
        }
    }

    pub(super) fn drop_definition(&mut self, name: &str, queue: &mut Queue<Key>) {
        if let Some((name, _)) = self.definitions.remove_entry(name) {
            self.unsure.remove(&Key::Definition(Arc::clone(&name)));
            self.compiled.withdraw(&name);
            self.shared.reports.publish(|reports| drop(reports.definitions.remove(&name)));
            queue.add(Key::Definition(name));
        }
    }

    pub(super) fn revision_event(&mut self, change: &Change, queue: &mut Queue<Key>) {
        match change {
            Change::Applied(object) => {
                if let Some(definition) = self.store_revision(object, queue) {
                    queue.add(Key::Definition(definition));
                }
            }
            Change::Deleted(object) => self.drop_revision(&object.key().name, queue),
            Change::Listing => {
                for record in self.revisions.values_mut() {
                    record.listed = false;
                }
            }
            Change::Synced => {
                let gone = self.revisions.iter().filter(|(_, record)| !record.listed);
                let gone: Vec<Arc<str>> = gone.map(|(name, _)| Arc::clone(name)).collect();
                for name in gone {
                    self.drop_revision(&name, queue);
                }
            }
            Change::Failing { .. } => {}
        }
    }

    /// Keeps the newest form. Returns the definition if it must look at the change; it need not at its own doing.
    pub(super) fn store_revision(&mut self, object: &Object, queue: &mut Queue<Key>) -> Option<Arc<str>> {
        let new = RevisionRecord::of(object)?;
        let name: Arc<str> = (&*object.key().name).into();
        match self.revisions.get_mut(&name) {
            Some(old) if old.is_newer_than(&new) => {
                old.listed = true;
                None
            }
            old => {
                if old.as_ref().is_none_or(|old| old.deleting != new.deleting) {
                    queue.add(Key::Revision(Arc::clone(&name)));
                }
                let concerns = old.is_none_or(|old| old.differs(&new));
                let definition = Arc::clone(&new.definition);
                self.revisions.insert(name, new);
                concerns.then_some(definition)
            }
        }
    }

    pub(super) fn drop_revision(&mut self, name: &str, queue: &mut Queue<Key>) {
        if let Some((name, record)) = self.revisions.remove_entry(name) {
            self.compiled.remove(&record.definition, record.number);
            self.count_revisions();
            queue.forget(&Key::Revision(name));
            self.wake_revisions(&record.definition, queue);
            queue.add(Key::Definition(record.definition));
        }
    }

    pub(super) fn count_revisions(&self) {
        let (active, failed) = self.compiled.count();
        self.shared.metrics.revisions_known(active, failed);
    }

    /// The newest revision changed: another one may be the one to compile.
    pub(super) fn wake_revisions(&self, definition: &str, queue: &mut Queue<Key>) {
        for (name, record) in &self.revisions {
            if *record.definition == *definition {
                queue.add(Key::Revision(Arc::clone(name)));
            }
        }
    }

    /// This one does not compile: an older one may be the one to compile. None is woken by itself or by an older one,
    /// so that this comes to an end.
    pub(super) fn wake_older_revisions(&self, definition: &str, number: i64, queue: &mut Queue<Key>) {
        for (name, record) in &self.revisions {
            if *record.definition == *definition && record.number < number {
                queue.add(Key::Revision(Arc::clone(name)));
            }
        }
    }
}
