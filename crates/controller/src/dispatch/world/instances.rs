//! What is told of instances, when one can be reconciled, and what its reconcile gets to know.

use super::{
    super::{Instance, Key, now},
    World,
    records::InstanceRecord,
};
use crate::{queue::Queue, reconcile::instance};
use kro_cluster::{Change, mutants::mutant};
use kro_object::{Object, ResourceType};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long instances wait for a watch of their children that makes no progress, before they go on with reads instead.
const WATCH_PATIENCE: Duration = Duration::from_secs(3);
/// How long an instance may wait before its status says so: most waits are over before anybody could read of them.
const GRACE: Duration = Duration::from_millis(50);
/// How often a waiting instance looks whether those watches work.
const WATCH_POLL: Duration = Duration::from_millis(20);

/// Whether an instance can be reconciled.
pub(in crate::dispatch) enum Turn {
    Now(Box<instance::Input>),
    /// Not before its children are known.
    Later(Duration),
    /// Nobody serves its kind, or it is unknown.
    Never,
}

impl World {
    pub(in crate::dispatch) fn instance(&self, instance: &Instance, now: Instant) -> Turn {
        let (Some(record), Some(served)) =
            (self.instances.get(instance), self.served.get(&instance.definition))
        else {
            return Turn::Never;
        };
        if !self.is_ours(instance) {
            return Turn::Never;
        }
        if self.relisted.contains(&served.resource.gvr()) {
            return Turn::Later(WATCH_POLL);
        }
        let (served, unavailable) = match &record.pin {
            None => (served, None),
            Some(Ok(number)) => match self.pinned.get(&(Arc::clone(&instance.definition), *number)) {
                Some(pinned) => (pinned, None),
                None if self.is_compiling(&instance.definition, *number) => return Turn::Later(WATCH_POLL),
                None => (served, Some(format!("revision {number} is pinned and does not exist or compile"))),
            },
            Some(Err(text)) => (served, Some(format!("{text:?} is no number of a revision"))),
        };
        if served.only_deletes && !record.deleting {
            return Turn::Never;
        }
        if let Some(settled) = served.reread
            && now < settled
        {
            return Turn::Later(settled - now);
        }
        let missing = served.missing(&self.shared.members());
        let progress = missing.iter().filter_map(|resource| self.listed.get(resource)).max();
        let progress = progress.copied().unwrap_or(served.since).max(served.since);
        if !missing.is_empty() && now.saturating_duration_since(progress) < WATCH_PATIENCE {
            return Turn::Later(WATCH_POLL);
        }
        Turn::Now(Box::new(instance::Input {
            object: record.object.clone(),
            served: Arc::clone(served),
            unavailable,
            reread: served.reread.is_some_and(|settled| record.read < settled)
                || self.unsure.contains(&Key::Instance(instance.clone())),
            gone: self.crds.gone_among(served.resources()),
            grace: match record.held {
                None => GRACE,
                Some(since) => GRACE.saturating_sub(now.saturating_duration_since(since)),
            },
        }))
    }

    pub(super) fn instance_event(
        &mut self,
        resource: &ResourceType,
        change: &Change,
        queue: &mut Queue<Key>,
    ) {
        let Some(definition) = self.kinds.get(&resource.gvr()).cloned() else { return };
        match change {
            Change::Applied(object) => {
                let known = self
                    .instances
                    .contains_key(&Instance { definition: definition.clone(), key: object.key() });
                self.shared.metrics.instance_event(&resource.gvr(), if known { "update" } else { "add" });
                self.store_instance(&definition, object, queue);
            }
            Change::Deleted(object) => {
                self.shared.metrics.instance_event(&resource.gvr(), "delete");
                self.drop_instance(&Instance { definition, key: object.key() }, queue);
            }
            Change::Listing => {
                for (_, record) in self.instances.iter_mut().filter(|(id, _)| id.definition == definition) {
                    record.listed = false;
                }
            }
            Change::Synced => {
                let gone = self
                    .instances
                    .iter()
                    .filter(|(id, record)| id.definition == definition && !record.listed);
                let gone: Vec<Instance> = gone.map(|(id, _)| id.clone()).collect();
                for id in gone {
                    self.drop_instance(&id, queue);
                }
                self.relisted.remove(&resource.gvr());
            }
            Change::Failing { .. } => {}
        }
    }

    /// Keeps the newest form. Reconciled is only what changes generation, deletion or suspension: everything else
    /// is our own writing, or nobody's business.
    pub(super) fn store_instance(&mut self, definition: &Arc<str>, object: &Object, queue: &mut Queue<Key>) {
        let id = Instance { definition: Arc::clone(definition), key: object.key() };
        let Some(served) = self.served.get(definition) else { return };
        let mut new = InstanceRecord::of(&served.resource.gvk.group_kind(), object, now());
        match self.instances.get_mut(&id) {
            Some(old) if old.is_newer_than(&new) => old.listed = true,
            old => {
                let unheard = old.is_some() && mutant("edits-unheard");
                if !unheard && old.as_ref().is_none_or(|old| old.differs(&new)) {
                    queue.add(Key::Instance(id.clone()));
                }
                let moved = old.as_ref().map_or(new.pin.is_some(), |old| old.pin != new.pin);
                new.held = old.and_then(|old| old.held);
                self.by_set.insert(new.set.clone(), id.clone());
                self.instances.insert(id, new);
                if moved {
                    self.wake_revisions(definition, queue);
                    self.serve_pinned(definition);
                }
            }
        }
    }

    pub(super) fn drop_instance(&mut self, id: &Instance, queue: &mut Queue<Key>) {
        if let Some(record) = self.instances.remove(id) {
            self.by_set.remove(&record.set);
        }
        if let Some(served) = self.served.get(&id.definition) {
            self.shared.metrics.forget_conditions(&served.resource.gvr(), &id.key);
        }
        let gone = (Arc::clone(&id.definition), id.key.clone());
        self.shared.reports.publish(|reports| drop(reports.instances.remove(&gone)));
        if self.definitions.get(&id.definition).is_some_and(|definition| definition.deleting) {
            // It may be waiting for its last instance.
            queue.add(Key::Definition(Arc::clone(&id.definition)));
        }
        self.router.forget(id);
        self.rewatch = true;
        let key = Key::Instance(id.clone());
        self.unsure.remove(&key);
        queue.forget(&key);
    }
}
