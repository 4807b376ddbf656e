//! What is known of our own children, from label-selected watches and from the answers to our own writes.
//! Pure. Keeps no trees: identity, order, a fingerprint of the fields we own, and of nodes that expressions read
//! the object, packed. Our own writes come back as events; they are recognised by their resource version.

use crate::{
    packed::{Packed, version_of},
    reads::Reads,
};
use kro_api::names::{labels, managers};
use kro_apply::{Fingerprint, Member};
use kro_cluster::mutants::mutant;
use kro_object::{GroupKind, Gvr, Object, ObjectKey, ResourceType};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
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

/// Repairs within [`FIGHT_WINDOW`].
#[derive(Debug, Clone, Copy, Default)]
struct Repairs {
    since: Option<Instant>,
    count: u32,
}

impl Repairs {
    /// With one more at `now`.
    fn and(self, now: Instant) -> Self {
        match self.since {
            Some(since) if now.saturating_duration_since(since) < FIGHT_WINDOW => {
                Self { since: Some(since), count: self.count + 1 }
            }
            _ => Self { since: Some(now), count: 1 },
        }
    }
}

/// So many repairs of one object are no accident any more.
const FIGHT: u32 = 5;
/// If they come within this time.
const FIGHT_WINDOW: Duration = Duration::from_mins(5);

/// Which object.
type Identity = (Arc<Gvr>, Arc<ObjectKey>);

/// The children of one resource.
#[derive(Debug, Default)]
struct Watched {
    kind: Option<GroupKind>,
    objects: BTreeMap<Arc<ObjectKey>, Box<Child>>,
    /// A complete list was seen since the watch started.
    synced: bool,
    /// Counts lists, to find out what is no longer there.
    list: u32,
}

/// One child.
#[derive(Debug)]
pub(crate) struct Child {
    resource: Arc<ResourceType>,
    key: Arc<ObjectKey>,
    uid: Box<str>,
    version: u64,
    /// The set its label names; empty without a label.
    set: Arc<str>,
    node: Arc<str>,
    order: u32,
    deleting: bool,
    /// The fields we own, as they are now.
    owned: Option<Fingerprint>,
    /// What we sent last.
    sent: Option<Fingerprint>,
    /// What we own is still what came of it.
    kept: bool,
    /// How often in a row we sent the same again, because somebody had changed it.
    repairs: Repairs,
    /// What expressions read of the object.
    body: Option<Packed>,
    /// What the body was reduced to.
    reads: Arc<Reads>,
    /// Of the body without its resource version: whether a change matters to anybody.
    seen: Option<Fingerprint>,
    list: u32,
}

impl Child {
    /// Whether applying an object with this fingerprint would change nothing.
    pub(crate) fn has(&self, applied: Fingerprint) -> bool {
        mutant("drift-unseen") || self.owned == Some(applied) || (self.kept && self.sent == Some(applied))
    }

    /// Whether sending an object with this fingerprint would repair what somebody changed.
    fn is_repair(&self, applied: Fingerprint) -> bool {
        self.sent == Some(applied) && !self.has(applied)
    }

    /// The set it is in; empty when it is in none.
    pub(crate) fn set(&self) -> &str {
        &self.set
    }

    pub(crate) fn kind(&self) -> GroupKind {
        self.resource.gvk.group_kind()
    }

    pub(crate) fn key(&self) -> &ObjectKey {
        &self.key
    }

    /// What is needed to order and delete it.
    pub(crate) fn member(&self) -> Member {
        Member {
            resource: Arc::clone(&self.resource),
            key: (*self.key).clone(),
            uid: self.uid.clone(),
            version: self.version.to_string().into(),
            node: (*self.node).into(),
            set: (*self.set).into(),
            order: self.order,
            deleting: self.deleting,
            owned: self.owned,
        }
    }

    /// What is known of the object, if that is enough for expressions that read so much of it.
    fn object(&self, reads: &Reads) -> Option<Object> {
        if !self.reads.cover(reads) {
            return None;
        }
        if let Some(body) = self.body.as_ref().filter(|_| *reads != Reads::Nothing) {
            return Some(body.unpack());
        }
        let mut object = Object::new(&self.resource.gvk, &self.key);
        let mut metadata = object.metadata_mut();
        metadata.insert("uid", &*self.uid);
        metadata.insert("resourceVersion", self.version.to_string());
        if self.deleting {
            metadata.insert("deletionTimestamp", "1970-01-01T00:00:00Z");
        }
        Some(object)
    }

    /// Keeps more of the object, which was seen in the same version, if more is read.
    fn widen(&mut self, object: &Object, reads: &Arc<Reads>) {
        if !self.reads.cover(reads) {
            self.body = reads.project(object);
            self.seen = self.body.as_ref().map(unversioned);
            self.reads = Arc::clone(reads);
        }
    }

    /// Keeps no more than is read.
    fn reduce(&mut self, reads: &Arc<Reads>) {
        if *self.reads != **reads && self.reads.cover(reads) {
            self.body = self.body.take().and_then(|body| reads.project(&body.unpack()));
            self.seen = self.body.as_ref().map(unversioned);
            self.reads = Arc::clone(reads);
        }
    }
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
        let gone: Vec<Arc<ObjectKey>> = gone.map(|(key, _)| Arc::clone(key)).collect();
        if mutant("gaps-unseen") {
            return Wake::new();
        }
        gone.iter().filter_map(|key| self.take(resource, key)).map(|child| child.set).collect()
    }

    /// Only these resources are watched now; nothing is known of others any more.
    pub(crate) fn retain_kinds(&mut self, watched: &BTreeSet<Gvr>) {
        let gone: Vec<Arc<Gvr>> =
            self.kinds.keys().filter(|resource| !watched.contains(&***resource)).cloned().collect();
        for resource in gone {
            let kind = self.kinds.get(&resource);
            let keys: Vec<Arc<ObjectKey>> =
                kind.into_iter().flat_map(|kind| kind.objects.keys().cloned()).collect();
            for key in keys {
                self.take(&resource, &key);
            }
            self.kinds.remove(&resource);
        }
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
        let repairs = old.filter(|old| old.is_repair(applied)).map(|old| old.repairs.and(now));
        self.put(resource, object, reads, Some(applied));
        let kind = self.watched(&resource.gvr());
        if let Some(child) = kind.objects.get_mut(&object.key()) {
            child.repairs = repairs.unwrap_or_default();
        }
    }

    /// Whether sending an object with this fingerprint at `now` is one repair too many: somebody else wants it
    /// otherwise. Said once in [`FIGHT_WINDOW`].
    pub(crate) fn is_fight(
        &self,
        resource: &Gvr,
        key: &ObjectKey,
        applied: Fingerprint,
        now: Instant,
    ) -> bool {
        let child = self.child(resource, key).filter(|child| child.is_repair(applied));
        child.is_some_and(|child| child.repairs.and(now).count == FIGHT)
    }

    /// The server said that a member is gone.
    pub(crate) fn gone(&mut self, member: &Member) {
        let resource = member.resource.gvr();
        if self.child(&resource, &member.key).is_some_and(|child| child.uid == member.uid) {
            self.take(&resource, &member.key);
        }
    }

    /// A watch told that an object is gone, or no longer carries our labels.
    pub(crate) fn remove(&mut self, resource: &Gvr, object: &Object) -> Wake {
        let key = object.key();
        let known = self.child(resource, &key).is_some_and(|child| {
            Some(&*child.uid) == object.metadata().uid() && child.version <= version_of(object)
        });
        let gone = if known { self.take(resource, &key) } else { None };
        gone.map(|child| child.set).into_iter().collect()
    }

    /// What is known of an object.
    pub(crate) fn child(&self, resource: &Gvr, key: &ObjectKey) -> Option<&Child> {
        self.kinds.get(resource)?.objects.get(key).map(|child| &**child)
    }

    /// An object as expressions see it that read so much of it. What else is known of it is forgotten.
    pub(crate) fn view(&mut self, resource: &Gvr, key: &ObjectKey, reads: &Arc<Reads>) -> View {
        let child = self.kinds.get_mut(resource).and_then(|kind| kind.objects.get_mut(key));
        let Some(child) = child else { return View::Absent };
        child.reduce(reads);
        child.object(reads).map_or(View::Unread, View::Seen)
    }

    /// The members of a set that belong to a node, as expressions see them; `None` when one must be read first.
    pub(crate) fn items(&mut self, set: &str, node: &str, reads: &Arc<Reads>) -> Option<Vec<Object>> {
        let items = self.of_set(set).filter(|child| *child.node == *node);
        let items: Vec<Identity> =
            items.map(|child| (Arc::new(child.resource.gvr()), Arc::clone(&child.key))).collect();
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
        identities.filter_map(|(resource, key)| self.child(resource, key))
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
        let gvr = resource.gvr();
        let version = version_of(object);
        let kind = self.watched(&gvr);
        let list = kind.list;
        if let Some(old) = kind.objects.get_mut(&object.key())
            && Some(&*old.uid) == object.metadata().uid()
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
        let old = self.take(&gvr, &object.key());
        let mut new = self.read(resource, object, reads);
        new.list = list;
        let same = old.as_deref().filter(|old| old.uid == new.uid && old.owned == new.owned);
        new.kept = applied.is_some() || same.is_some_and(|old| old.kept);
        new.sent = applied.or(old.as_deref().and_then(|old| old.sent));
        new.repairs = old.as_deref().map(|old| old.repairs).unwrap_or_default();
        let mut wake = Wake::new();
        if applied.is_none() && old.as_deref().is_none_or(|old| differ(old, &new)) {
            wake.insert(Arc::clone(&new.set));
            wake.extend(old.map(|old| old.set));
            wake.remove("");
        }
        let (gvr, key) = (self.interned(&gvr), Arc::clone(&new.key));
        self.by_set.entry(Arc::clone(&new.set)).or_default().insert((Arc::clone(&gvr), Arc::clone(&key)));
        self.kinds.entry(gvr).or_default().objects.insert(key, Box::new(new));
        wake
    }

    /// A live object as little as is needed of it.
    fn read(&mut self, resource: &Arc<ResourceType>, object: &Object, reads: &Arc<Reads>) -> Child {
        let Member { key, uid, set, order, deleting, owned, .. } =
            Member::of(Arc::clone(resource), object, managers::APPLYSET);
        let node = object.metadata().label(labels::NODE_ID).unwrap_or_default();
        if !self.nodes.contains(node) {
            self.nodes.insert(node.into());
        }
        let body = reads.project(object);
        Child {
            resource: Arc::clone(resource),
            key: Arc::new(key),
            uid,
            version: version_of(object),
            set: self.by_set.get_key_value(&*set).map_or_else(|| set.into(), |(set, _)| Arc::clone(set)),
            node: self.nodes.get(node).cloned().unwrap_or_default(),
            order,
            deleting,
            owned,
            sent: None,
            kept: false,
            repairs: Repairs::default(),
            seen: body.as_ref().map(unversioned),
            body,
            reads: Arc::clone(reads),
            list: 0,
        }
    }

    fn take(&mut self, resource: &Gvr, key: &ObjectKey) -> Option<Box<Child>> {
        let identity = (self.interned(resource), Arc::new(key.clone()));
        let child = self.kinds.get_mut(resource)?.objects.remove(key)?;
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

/// Whether anybody cares about the difference.
fn differ(old: &Child, new: &Child) -> bool {
    old.uid != new.uid
        || old.node != new.node
        || old.set != new.set
        || old.deleting != new.deleting
        || old.owned != new.owned
        || (old.seen != new.seen && new.seen.is_some())
}

/// A fingerprint that changes with anything an expression could read, but versions.
fn unversioned(body: &Packed) -> Fingerprint {
    let mut object = body.unpack();
    let mut metadata = object.metadata_mut();
    metadata.remove("resourceVersion");
    metadata.remove("generation");
    Fingerprint::of_applied(&object)
}

#[cfg(test)]
mod tests;
