//! What reconciles report is recorded: newer objects, graphs to serve, what instances listen to.

use super::{
    super::{Instance, Key, now},
    World,
    records::{RevisionRecord, Served},
};
use crate::{queue::Queue, reconcile::Effect};
use kro_cluster::mutants::mutant;
use std::{sync::Arc, time::Duration};

/// How long the API server may go on reading instances by the former CRD.
const CRD_SETTLES: Duration = Duration::from_millis(300);
/// A refusal is a reason to ask what the operator may do no more often than this.
const ASK_AGAIN: Duration = Duration::from_secs(30);

impl World {
    pub(in crate::dispatch) fn record(&mut self, key: &Key, effect: Effect, queue: &mut Queue<Key>) {
        match (key, effect) {
            (Key::Definition(_), Effect::Wrote(object)) if RevisionRecord::is(&object) => {
                let _ = self.store_revision(&object, queue);
            }
            (Key::Definition(_), Effect::Wrote(object)) => {
                self.unsure.remove(key);
                self.store_definition(&object, queue);
            }
            (Key::Definition(_) | Key::Instance(_), Effect::Unsure) => {
                self.unsure.insert(key.clone());
            }
            (Key::Definition(name), Effect::Proposed { hash, graph }) => {
                self.compiled.propose(name, hash, graph);
            }
            (Key::Definition(name), Effect::Serve { uid, graph, policy, lacks, reread }) => {
                let former = self.served.get(name);
                let now = now();
                let mut served = Served::new(Arc::clone(name), uid, graph, policy, now);
                served.lacks = lacks.map(Into::into);
                let stays = former.is_some() && mutant("first-graph-stays");
                if !stays && (reread || former.is_none_or(|former| !former.is(&served))) {
                    let pending = former.and_then(|served| served.reread);
                    served.reread = if reread { Some(now + CRD_SETTLES) } else { pending };
                    self.serve(name, served, queue);
                }
            }
            (Key::Definition(name), Effect::ServeDeletions { uid, graph, policy }) => {
                let former = self.served.get(name);
                let known = former.is_some_and(|served| {
                    !served.only_deletes || (served.uid == uid && served.policy == policy)
                });
                if !known {
                    let mut served = Served::new(Arc::clone(name), uid, graph, policy, now());
                    served.only_deletes = true;
                    self.serve(name, served, queue);
                }
            }
            (Key::Definition(name), Effect::Unserve) => self.unserve(name, queue),
            (Key::Revision(_), Effect::Wrote(object)) => {
                let _ = self.store_revision(&object, queue);
            }
            (Key::Revision(name), Effect::Compiled { number, revision }) => {
                let Some(record) = self.revisions.get(name) else { return };
                let definition = Arc::clone(&record.definition);
                let failed = revision.is_failed();
                self.compiled.insert(&definition, number, revision);
                self.count_revisions();
                self.serve_pinned(&definition);
                for (id, _) in self
                    .instances
                    .iter()
                    .filter(|(id, record)| id.definition == definition && record.pin == Some(Ok(number)))
                {
                    queue.add(Key::Instance(id.clone()));
                }
                if failed {
                    self.wake_older_revisions(&definition, number, queue);
                }
                if !mutant("revisions-unheard") {
                    queue.add(Key::Definition(definition));
                }
            }
            (Key::Revision(name), Effect::Dropped { number }) => {
                if let Some(record) = self.revisions.get(name) {
                    self.compiled.remove(&record.definition, number);
                    self.count_revisions();
                }
            }
            (Key::Instance(instance), Effect::Wrote(object)) => {
                self.unsure.remove(key);
                if self.instances.contains_key(instance) {
                    self.store_instance(&instance.definition, &object, queue);
                }
            }
            (Key::Instance(instance), Effect::Denied) => self.denied(&instance.definition, queue),
            (Key::Instance(instance), Effect::Held(held)) => {
                if let Some(record) = self.instances.get_mut(instance) {
                    record.held = if held { record.held.or(Some(now())) } else { None };
                }
            }
            (Key::Instance(instance), Effect::Interests(interests)) => {
                if self.instances.contains_key(instance)
                    && let Some(moved) = self.router.declare(instance, interests)
                {
                    self.rewatch |= moved;
                    // What was read may have changed before anybody listened.
                    queue.add(key.clone());
                }
            }
            (key, effect) => tracing::error!(%key, ?effect, "a reconcile reported what is not its business"),
        }
    }

    /// The definition finds out what else it may not do, unless that was done a moment ago.
    pub(super) fn denied(&mut self, definition: &Arc<str>, queue: &mut Queue<Key>) {
        let now = now();
        let known = self.served.get(definition).is_none_or(|served| served.lacks.is_some());
        let asked = self.denied.get(definition).is_some_and(|asked| now - *asked < ASK_AGAIN);
        if !known && !asked {
            self.denied.insert(Arc::clone(definition), now);
            queue.add(Key::Definition(Arc::clone(definition)));
        }
    }

    pub(super) fn serve(&mut self, name: &Arc<str>, served: Served, queue: &mut Queue<Key>) {
        self.shared.metrics.served();
        self.kinds.retain(|_, definition| definition != name);
        self.kinds.insert(served.resource.gvr(), Arc::clone(name));
        self.served.insert(Arc::clone(name), Arc::new(served));
        self.rewatch = true;
        self.pinned.retain(|(definition, _), _| definition != name);
        self.serve_pinned(name);
        for id in self.instances.keys().filter(|id| id.definition == *name) {
            queue.add(Key::Instance(id.clone()));
        }
    }

    pub(super) fn unserve(&mut self, name: &Arc<str>, queue: &mut Queue<Key>) {
        if !self.served.contains_key(name) {
            return;
        }
        let gone: Vec<Instance> =
            self.instances.keys().filter(|id| id.definition == *name).cloned().collect();
        for id in gone {
            self.drop_instance(&id, queue);
        }
        self.shared.metrics.unserved();
        self.served.remove(name);
        self.denied.remove(name);
        self.pinned.retain(|(definition, _), _| definition != name);
        self.kinds.retain(|_, definition| definition != name);
        self.rewatch = true;
    }
}
