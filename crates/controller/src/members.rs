//! What is known of our own children, from label-selected watches and from the answers to our own writes.
//! Pure. Keeps no trees: identity, order, a fingerprint of the fields we own, and of nodes that expressions read
//! the object, packed. Our own writes come back as events; they are recognised by their resource version.

mod child;
mod name;

pub(crate) use self::child::Child;
use self::{
    child::FIGHT,
    name::{Name, Uid},
};
use crate::{packed::version_of, reads::Reads};
use kro_api::names::{labels, managers};
use kro_apply::{Fingerprint, Member};
use kro_cluster::mutants::mutant;
use kro_object::{GroupKind, Gvr, Object, ObjectKey, ResourceType};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Instant,
};

/// All children of all instances that are watched. There are many: what they have in common is kept once.
#[derive(Debug, Default)]
pub(crate) struct Members {
    kinds: BTreeMap<Arc<Gvr>, Watched>,
    by_set: BTreeMap<Arc<str>, BTreeSet<Identity>>,
    /// The ids of nodes.
    nodes: BTreeSet<Arc<str>>,
    /// Sets of which an apply went out and no answer came back: there may be a child that no watch told of yet.
    uncertain: BTreeSet<Box<str>>,
}

/// Which object.
type Identity = (Arc<Gvr>, Name);

/// The children of one resource.
#[derive(Debug, Default)]
struct Watched {
    kind: Option<GroupKind>,
    objects: BTreeMap<Name, Box<Child>>,
    /// A complete list was seen since the watch started.
    synced: bool,
    /// Counts lists, to find out what is no longer there.
    list: u32,
}

/// What is known of an object.
#[derive(Debug)]
pub(crate) enum View {
    /// There is no member of that name.
    Absent,
    Seen(Object),
    /// It is there, but more of it is read than was kept.
    Unread,
}

/// Sets whose parents should look at their children again.
pub(crate) type Wake = BTreeSet<Arc<str>>;

impl Members {
    /// A list begins on the watch of a resource.
    pub(crate) fn listing(&mut self, resource: &ResourceType) {
        let kind = self.watched(&resource.gvr());
        kind.kind = Some(resource.gvk.group_kind());
        kind.list += 1;
    }

    /// The list is complete: what it did not mention is gone.
    pub(crate) fn synced(&mut self, resource: &Gvr) -> Wake {
        let kind = self.watched(resource);
        kind.synced = true;
        let gone = kind.objects.iter().filter(|(_, child)| child.list < kind.list);
        let gone: Vec<Name> = gone.map(|(name, _)| name.clone()).collect();
        if mutant("gaps-unseen") {
            return Wake::new();
        }
        gone.iter().filter_map(|name| self.take(resource, name)).map(|child| child.set).collect()
    }

    /// Nothing is known of these resources any more. Returns whose children that were.
    pub(crate) fn forget(&mut self, resources: impl Fn(&Gvr) -> bool) -> Wake {
        let gone: Vec<Arc<Gvr>> = self.kinds.keys().filter(|resource| resources(resource)).cloned().collect();
        let mut wake = Wake::new();
        for resource in gone {
            let kind = self.kinds.get(&resource);
            let names: Vec<Name> = kind.into_iter().flat_map(|kind| kind.objects.keys().cloned()).collect();
            wake.extend(names.iter().filter_map(|name| self.take(&resource, name)).map(|child| child.set));
            self.kinds.remove(&resource);
        }
        wake
    }

    /// Whether everything of this resource that is ours is in here.
    pub(crate) fn is_synced(&self, resource: &Gvr) -> bool {
        self.kinds.get(resource).is_some_and(|kind| kind.synced)
    }

    /// Everything is listed again.
    pub(crate) fn unsync(&mut self) {
        for watched in self.kinds.values_mut() {
            watched.synced = false;
        }
    }

    /// The same for a kind, in whichever version it is watched.
    pub(crate) fn is_kind_synced(&self, kind: &GroupKind) -> bool {
        self.kinds.values().any(|state| state.synced && state.kind.as_ref() == Some(kind))
    }

    /// An object was seen, by a watch or a read; `reads` is what expressions read of it. Returns who should look:
    /// nobody when it is our own write, or changes nothing that matters.
    pub(crate) fn observe(
        &mut self,
        resource: &Arc<ResourceType>,
        object: &Object,
        reads: &Arc<Reads>,
    ) -> Wake {
        self.put(resource, object, reads, None)
    }

    /// The server answered an apply of ours, of an object with the fingerprint `applied`.
    pub(crate) fn wrote(
        &mut self,
        resource: &Arc<ResourceType>,
        object: &Object,
        reads: &Arc<Reads>,
        applied: Fingerprint,
        now: Instant,
    ) {
        let old = self.child(&resource.gvr(), &object.key());
        let repairs = old.and_then(|old| old.repaired(applied, now));
        self.put(resource, object, reads, Some(applied));
        if let Some(child) = self.child_mut(&resource.gvr(), &object.key()) {
            child.repairs = repairs.map(Box::new);
        }
    }

    /// Whether sending an object with this fingerprint at `now` is one repair too many: somebody else wants it
    /// otherwise. Said once in a while.
    pub(crate) fn is_fight(
        &self,
        resource: &Gvr,
        key: &ObjectKey,
        applied: Fingerprint,
        now: Instant,
    ) -> bool {
        let repairs = self.child(resource, key).and_then(|child| child.repaired(applied, now));
        repairs.is_some_and(|repairs| repairs.count == FIGHT)
    }

    /// The server said that a member is gone.
    pub(crate) fn gone(&mut self, member: &Member) {
        let resource = member.resource.gvr();
        if self.child(&resource, &member.key).is_some_and(|child| child.uid == Uid::of(&member.uid)) {
            self.take(&resource, &Name::of(&member.key));
        }
    }

    /// A watch told that an object is gone, or no longer carries our labels.
    pub(crate) fn remove(&mut self, resource: &Gvr, object: &Object) -> Wake {
        let key = object.key();
        let known = self
            .child(resource, &key)
            .is_some_and(|child| child.uid == uid_of(object) && child.version <= version_of(object));
        let gone = if known { self.take(resource, &Name::of(&key)) } else { None };
        gone.map(|child| child.set).into_iter().collect()
    }

    /// What is known of an object.
    pub(crate) fn child(&self, resource: &Gvr, key: &ObjectKey) -> Option<&Child> {
        self.kinds.get(resource)?.objects.get(&*key.to_string()).map(|child| &**child)
    }

    fn child_mut(&mut self, resource: &Gvr, key: &ObjectKey) -> Option<&mut Child> {
        self.kinds.get_mut(resource)?.objects.get_mut(&*key.to_string()).map(|child| &mut **child)
    }

    /// An object as expressions see it that read so much of it. What else is known of it is forgotten.
    pub(crate) fn view(&mut self, resource: &Gvr, key: &ObjectKey, reads: &Arc<Reads>) -> View {
        let Some(child) = self.child_mut(resource, key) else { return View::Absent };
        child.reduce(reads);
        child.object(reads).map_or(View::Unread, View::Seen)
    }

    /// The members of a set that belong to a node, as expressions see them; `None` when one must be read first.
    pub(crate) fn items(&mut self, set: &str, node: &str, reads: &Arc<Reads>) -> Option<Vec<Object>> {
        let items = self.of_set(set).filter(|child| *child.node == *node);
        let items: Vec<(Gvr, ObjectKey)> =
            items.map(|child| (child.resource.gvr(), child.name.key())).collect();
        let views = items.iter().map(|(resource, key)| match self.view(resource, key, reads) {
            View::Seen(object) => Some(object),
            View::Absent | View::Unread => None,
        });
        views.collect()
    }

    /// Whether children of a set may be there unseen.
    pub(crate) fn is_uncertain(&self, set: &str) -> bool {
        self.uncertain.contains(set)
    }

    /// Says whether children of a set may be there unseen.
    pub(crate) fn set_uncertain(&mut self, set: &str, uncertain: bool) {
        if uncertain {
            self.uncertain.insert(set.into());
        } else {
            self.uncertain.remove(set);
        }
    }

    /// The members of a set.
    pub(crate) fn of_set(&self, id: &str) -> impl Iterator<Item = &Child> {
        let identities = self.by_set.get(id).into_iter().flatten();
        identities
            .filter_map(|(resource, name)| self.kinds.get(resource)?.objects.get(name))
            .map(|child| &**child)
    }

    /// How many children are known.
    pub(crate) fn len(&self) -> usize {
        self.kinds.values().map(|kind| kind.objects.len()).sum()
    }

    fn put(
        &mut self,
        resource: &Arc<ResourceType>,
        object: &Object,
        reads: &Arc<Reads>,
        applied: Option<Fingerprint>,
    ) -> Wake {
        let (gvr, name) = (resource.gvr(), Name::of(&object.key()));
        let version = version_of(object);
        let kind = self.watched(&gvr);
        let list = kind.list;
        if let Some(old) = kind.objects.get_mut(&name)
            && old.uid == uid_of(object)
            && old.version >= version
            && version != 0
        {
            // Not newer than what we know: our own write coming back, or a list after it.
            old.list = list;
            if old.version == version {
                old.sent = applied.or(old.sent);
                old.kept |= applied.is_some();
                old.widen(object, reads);
            }
            return Wake::new();
        }
        let old = self.take(&gvr, &name);
        let mut new = self.read(resource, object, reads, name.clone());
        new.list = list;
        let same = old.as_deref().filter(|old| old.owns_as(&new));
        new.kept = applied.is_some() || same.is_some_and(|old| old.kept);
        new.sent = applied.or(old.as_deref().and_then(|old| old.sent));
        let mut wake = Wake::new();
        if applied.is_none() && old.as_deref().is_none_or(|old| old.differs(&new)) {
            wake.insert(Arc::clone(&new.set));
            wake.extend(old.as_deref().map(|old| Arc::clone(&old.set)));
            wake.remove("");
        }
        new.repairs = old.and_then(|old| old.repairs);
        let gvr = self.interned(&gvr);
        self.by_set.entry(Arc::clone(&new.set)).or_default().insert((Arc::clone(&gvr), name.clone()));
        self.kinds.entry(gvr).or_default().objects.insert(name, Box::new(new));
        wake
    }

    /// A live object as little as is needed of it.
    fn read(
        &mut self,
        resource: &Arc<ResourceType>,
        object: &Object,
        reads: &Arc<Reads>,
        name: Name,
    ) -> Child {
        let member = Member::of(Arc::clone(resource), object, managers::APPLYSET);
        let node = object.metadata().label(labels::NODE_ID).unwrap_or_default();
        if !self.nodes.contains(node) {
            self.nodes.insert(node.into());
        }
        let node = self.nodes.get(node).cloned().unwrap_or_default();
        let known = self.by_set.get_key_value(&*member.set);
        let set = known.map_or_else(|| Arc::from(&*member.set), |(set, _)| Arc::clone(set));
        Child::of(member, name, object, reads, set, node)
    }

    fn take(&mut self, resource: &Gvr, name: &Name) -> Option<Box<Child>> {
        let identity = (self.interned(resource), name.clone());
        let child = self.kinds.get_mut(resource)?.objects.remove(name)?;
        if let Some(identities) = self.by_set.get_mut(&child.set) {
            identities.remove(&identity);
            if identities.is_empty() {
                self.by_set.remove(&child.set);
            }
        }
        Some(child)
    }

    fn watched(&mut self, resource: &Gvr) -> &mut Watched {
        let resource = self.interned(resource);
        self.kinds.entry(resource).or_default()
    }

    fn interned(&self, resource: &Gvr) -> Arc<Gvr> {
        let known = self.kinds.get_key_value(resource);
        known.map_or_else(|| Arc::new(resource.clone()), |(resource, _)| Arc::clone(resource))
    }
}

fn uid_of(object: &Object) -> Uid {
    Uid::of(object.metadata().uid().unwrap_or_default())
}

#[cfg(test)]
mod tests;
