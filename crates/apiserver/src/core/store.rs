//! Objects by resource and key under one global revision, and the log of all changes.
//! Refuses to judge writes: what it is given is stored.

mod index;
mod topics;

use self::{index::Index, topics::Topics};
use super::stored::Stored;
use std::{
    cmp::Ordering,
    collections::{BTreeMap, VecDeque},
    ops::Bound,
    sync::Arc,
};

/// What objects are stored under: one entry per resource, whatever its versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceId {
    /// API group.
    pub group: Arc<str>,
    /// Plural resource name.
    pub plural: Arc<str>,
}

/// Namespace (empty for cluster-scoped objects) and name. Lists are in the order of `namespace/name`, bytewise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Namespace, empty for none.
    pub namespace: Arc<str>,
    /// Name.
    pub name: Arc<str>,
}

impl Key {
    /// A key.
    pub fn new(namespace: &str, name: &str) -> Self {
        Self { namespace: namespace.into(), name: name.into() }
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        if self.namespace == other.namespace {
            return self.name.cmp(&other.name);
        }
        let path = |key: &Self| format!("{}/", key.namespace);
        path(self).cmp(&path(other))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One write: `old` is absent for a creation, `new` for a removal.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    pub revision: u64,
    pub resource: Arc<ResourceId>,
    pub key: Key,
    pub old: Option<Arc<Stored>>,
    pub new: Option<Arc<Stored>>,
}

/// All state.
#[derive(Debug)]
pub(crate) struct Store {
    revision: u64,
    resources: BTreeMap<Arc<ResourceId>, BTreeMap<Key, Arc<Stored>>>,
    log: VecDeque<Change>,
    topics: Topics,
    history: usize,
    /// Changes that are to be saved elsewhere; absent if nobody wants them.
    unsaved: Option<Vec<Change>>,
    /// The objects that refer to an owner, by its uid.
    dependents: Index,
    /// The bindings that grant something, by whom.
    bindings: Index,
    /// Who holds what only one object can have.
    claims: BTreeMap<Box<str>, Place>,
}

/// Where an object is stored.
pub(crate) type Place = (Arc<ResourceId>, Key);

impl Store {
    /// An empty store that keeps the last `history` changes for watches and reads of the past.
    pub(crate) fn new(history: usize, is_saved: bool) -> Self {
        Self {
            revision: 1,
            resources: BTreeMap::new(),
            log: VecDeque::new(),
            topics: Topics::default(),
            history: history.max(1),
            unsaved: is_saved.then(Vec::new),
            dependents: Index::default(),
            bindings: Index::default(),
            claims: BTreeMap::new(),
        }
    }

    /// The revision of the last write.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    /// The revision the next write will get.
    pub(crate) fn next_revision(&self) -> u64 {
        self.revision + 1
    }

    /// The oldest revision whose state can still be told.
    pub(crate) fn oldest(&self) -> u64 {
        self.revision - self.log.len() as u64
    }

    /// One object.
    pub(crate) fn get(&self, resource: &ResourceId, key: &Key) -> Option<&Arc<Stored>> {
        self.resources.get(resource)?.get(key)
    }

    /// The objects that refer to an owner with this uid, in order.
    pub(crate) fn dependents(&self, uid: &str) -> impl Iterator<Item = &Place> {
        self.dependents.get(uid)
    }

    /// The bindings that grant somebody something, in order; see [`Stored::subjects`].
    pub(crate) fn bindings(&self, subject: &str) -> impl Iterator<Item = &Place> {
        self.bindings.get(subject)
    }

    /// The stored object that claims this for itself.
    pub(crate) fn claimant(&self, claim: &str) -> Option<&Place> {
        self.claims.get(claim)
    }

    /// The resources that have ever held an object.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Arc<ResourceId>> {
        self.resources.keys()
    }

    /// The objects of a resource in key order, of one namespace or of all (`None`).
    pub(crate) fn list<'a>(
        &'a self,
        resource: &ResourceId,
        namespace: Option<&'a str>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Stored>)> {
        let start = match namespace {
            Some(namespace) => Bound::Included(Key::new(namespace, "")),
            None => Bound::Unbounded,
        };
        self.resources
            .get(resource)
            .into_iter()
            .flat_map(move |objects| objects.range((start.clone(), Bound::Unbounded)))
            .take_while(move |(key, _)| namespace.is_none_or(|namespace| &*key.namespace == namespace))
    }

    /// The objects of a resource as they were at `revision`; `None` if that is forgotten.
    pub(crate) fn list_at(
        &self,
        resource: &ResourceId,
        namespace: Option<&str>,
        revision: u64,
    ) -> Option<BTreeMap<Key, Arc<Stored>>> {
        if revision < self.oldest() {
            return None;
        }
        let mut state: BTreeMap<Key, Arc<Stored>> =
            self.list(resource, namespace).map(|(key, object)| (key.clone(), object.clone())).collect();
        for change in self.log.iter().rev().take_while(|change| change.revision > revision) {
            if *change.resource != *resource
                || namespace.is_some_and(|wanted| &*change.key.namespace != wanted)
            {
                continue;
            }
            match &change.old {
                Some(old) => state.insert(change.key.clone(), old.clone()),
                None => state.remove(&change.key),
            };
        }
        Some(state)
    }

    /// Takes an object in as it was stored before, without a new revision; the change is told, not recorded.
    pub(crate) fn put_back(&mut self, resource: &Arc<ResourceId>, key: Key, object: Arc<Stored>) -> Change {
        self.index(resource, &key, None, Some(&object));
        self.resources.entry(resource.clone()).or_default().insert(key.clone(), object.clone());
        Change { revision: self.revision, resource: resource.clone(), key, old: None, new: Some(object) }
    }

    /// Goes on from a revision, with no history.
    pub(crate) fn resume_at(&mut self, revision: u64) {
        self.revision = revision;
        self.log.clear();
    }

    /// Stores a new state of an object, or removes it, under the next revision.
    pub(crate) fn write(&mut self, resource: &Arc<ResourceId>, key: Key, new: Option<Arc<Stored>>) -> u64 {
        self.revision += 1;
        let objects = self.resources.entry(resource.clone()).or_default();
        let old = match &new {
            Some(object) => objects.insert(key.clone(), object.clone()),
            None => objects.remove(&key),
        };
        self.index(resource, &key, old.as_deref(), new.as_deref());
        self.record(resource, key, old, new)
    }

    /// Removes an object, telling watchers that its last state was `last`.
    pub(crate) fn remove(&mut self, resource: &Arc<ResourceId>, key: &Key, last: Arc<Stored>) -> u64 {
        self.revision += 1;
        let old = self.resources.get_mut(resource).and_then(|objects| objects.remove(key));
        self.index(resource, key, old.as_deref(), None);
        self.record(resource, key.clone(), Some(last), None)
    }

    fn index<'s>(
        &mut self,
        resource: &Arc<ResourceId>,
        key: &Key,
        old: Option<&'s Stored>,
        new: Option<&'s Stored>,
    ) {
        let place = (resource.clone(), key.clone());
        let owners =
            |stored: Option<&'s Stored>| stored.into_iter().flat_map(Stored::owners).map(|owner| &*owner.uid);
        self.dependents.replace(&place, owners(old), owners(new));
        let subjects = |stored: Option<&'s Stored>| {
            stored.into_iter().flat_map(Stored::subjects).map(|subject| &**subject)
        };
        self.bindings.replace(&place, subjects(old), subjects(new));
        for claim in old.into_iter().flat_map(Stored::claims) {
            self.claims.remove(claim);
        }
        for claim in new.into_iter().flat_map(Stored::claims) {
            self.claims.insert(claim.clone(), place.clone());
        }
    }

    fn record(
        &mut self,
        resource: &Arc<ResourceId>,
        key: Key,
        old: Option<Arc<Stored>>,
        new: Option<Arc<Stored>>,
    ) -> u64 {
        let change = Change { revision: self.revision, resource: resource.clone(), key, old, new };
        if let Some(unsaved) = &mut self.unsaved {
            unsaved.push(change.clone());
        }
        self.topics.changed(&change);
        self.log.push_back(change);
        if self.log.len() > self.history
            && let Some(forgotten) = self.log.pop_front()
        {
            self.topics.forgot(&forgotten);
        }
        self.revision
    }

    /// The changes since the last time this was asked.
    pub(crate) fn take_unsaved(&mut self) -> Vec<Change> {
        self.unsaved.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The first change after `revision`; an error if changes after it are forgotten.
    pub(crate) fn after(&self, revision: u64) -> Result<Option<&Change>, Forgotten> {
        if revision < self.oldest() {
            return Err(Forgotten { oldest: self.oldest() + 1 });
        }
        Ok(self.log.get((revision - self.oldest()) as usize))
    }

    /// The changes after `revision` that are still known.
    pub(crate) fn since(&self, revision: u64) -> impl Iterator<Item = &Change> {
        self.log.range((revision.saturating_sub(self.oldest()) as usize).min(self.log.len())..)
    }

    /// The first change after `revision` of a resource, in one namespace or in all. What else has been forgotten does
    /// not matter.
    pub(crate) fn after_in(
        &self,
        resource: &ResourceId,
        namespace: Option<&str>,
        revision: u64,
    ) -> Result<Option<&Change>, Forgotten> {
        let marks = self.topics.marks(resource, namespace);
        if marks.forgotten > revision {
            return Err(Forgotten { oldest: self.oldest() + 1 });
        }
        if marks.last <= revision {
            return Ok(None);
        }
        Ok(self.since(revision).find(|change| {
            *change.resource == *resource
                && namespace.is_none_or(|namespace| *change.key.namespace == *namespace)
        }))
    }

    /// Forgets all history, as etcd's compaction does.
    pub(crate) fn compact(&mut self) {
        for forgotten in self.log.drain(..) {
            self.topics.forgot(&forgotten);
        }
    }
}

/// The history asked for is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Forgotten {
    /// The first revision still known.
    pub oldest: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn id() -> Arc<ResourceId> {
        Arc::new(ResourceId { group: "".into(), plural: "configmaps".into() })
    }

    fn object(n: i32) -> Arc<Stored> {
        Arc::new(Stored::new(&id(), &json!(n)).0)
    }

    #[test]
    fn the_past_is_the_present_undone() {
        let (mut store, id) = (Store::new(10, false), id());
        let first = store.write(&id, Key::new("a", "x"), Some(object(1)));
        store.write(&id, Key::new("a", "x"), Some(object(2)));
        store.write(&id, Key::new("a", "y"), Some(object(3)));
        store.write(&id, Key::new("a", "x"), None);
        let then = store.list_at(&id, Some("a"), first).expect("still known");
        assert_eq!(then.into_values().map(|v| v.to_value()).collect::<Vec<_>>(), [json!(1)]);
        assert_eq!(store.list(&id, None).count(), 1);
    }

    #[test]
    fn forgotten_history_is_said() {
        let (mut store, id) = (Store::new(2, false), id());
        for n in 0..5 {
            store.write(&id, Key::new("", "x"), Some(object(n)));
        }
        assert_eq!(store.after(1).unwrap_err(), Forgotten { oldest: 5 });
        assert_eq!(store.after(4).unwrap().expect("a change").revision, 5);
        assert!(store.after(6).unwrap().is_none());
    }
}
