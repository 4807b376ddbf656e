//! What is known of our own children, from label-selected watches and from the answers to our own writes.
//! Pure. Keeps no trees: identity, order, a fingerprint of the fields we own, and of nodes that expressions read
//! the object, packed. Our own writes come back as events; they are recognised by their resource version.

use crate::{
    packed::{Packed, version_of},
    reads::Reads,
};
use kro_api::names::{labels, managers};
use kro_apply::{Fingerprint, Member};
use kro_object::{GroupKind, Gvr, Object, ObjectKey, ResourceType};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// All children of all instances that are watched.
#[derive(Debug, Default)]
pub(crate) struct Members {
    kinds: BTreeMap<Gvr, Watched>,
    by_set: BTreeMap<Box<str>, BTreeSet<(Gvr, ObjectKey)>>,
}

/// The children of one resource.
#[derive(Debug, Default)]
struct Watched {
    kind: Option<GroupKind>,
    objects: BTreeMap<ObjectKey, Child>,
    /// A complete list was seen since the watch started.
    synced: bool,
    /// Counts lists, to find out what is no longer there.
    list: u64,
}

/// One child.
#[derive(Debug, Clone)]
pub(crate) struct Child {
    pub(crate) member: Member,
    pub(crate) node: Box<str>,
    /// What expressions read of the object.
    body: Option<Packed>,
    /// What the body was reduced to.
    reads: Arc<Reads>,
    /// What we sent last, and what we owned then.
    sent: Option<Sent>,
    version: u64,
    /// Of the body without its resource version: whether a change matters to anybody.
    seen: Option<Fingerprint>,
    list: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Sent {
    applied: Fingerprint,
    owned: Option<Fingerprint>,
}

impl Child {
    /// Whether applying an object with this fingerprint would change nothing.
    pub(crate) fn has(&self, applied: Fingerprint) -> bool {
        self.member.owned == Some(applied) || self.sent == Some(Sent { applied, owned: self.member.owned })
    }

    /// What is known of the object, if that is enough for expressions that read so much of it.
    fn object(&self, reads: &Reads) -> Option<Object> {
        if !self.reads.cover(reads) {
            return None;
        }
        if let Some(body) = self.body.as_ref().filter(|_| *reads != Reads::Nothing) {
            return Some(body.unpack());
        }
        let mut object = Object::new(&self.member.resource.gvk, &self.member.key);
        let mut metadata = object.metadata_mut();
        metadata.insert("uid", &*self.member.uid);
        metadata.insert("resourceVersion", &*self.member.version);
        if self.member.deleting {
            metadata.insert("deletionTimestamp", "1970-01-01T00:00:00Z");
        }
        Some(object)
    }

    /// Keeps no more than is read.
    fn reduce(&mut self, reads: &Arc<Reads>) {
        if *self.reads != **reads && self.reads.cover(reads) {
            self.body = self.body.take().and_then(|body| reads.project(&body.unpack()));
            self.seen = self.body.as_ref().map(unversioned);
            self.reads = Arc::clone(reads);
        }
    }

    fn identity(&self) -> (Gvr, ObjectKey) {
        (self.member.resource.gvr(), self.member.key.clone())
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
pub(crate) type Wake = BTreeSet<Box<str>>;

impl Members {
    /// A list begins on the watch of a resource.
    pub(crate) fn listing(&mut self, resource: &ResourceType) {
        let kind = self.kinds.entry(resource.gvr()).or_default();
        kind.kind = Some(resource.gvk.group_kind());
        kind.list += 1;
    }

    /// The list is complete: what it did not mention is gone.
    pub(crate) fn synced(&mut self, resource: &Gvr) -> Wake {
        let kind = self.kinds.entry(resource.clone()).or_default();
        kind.synced = true;
        let list = kind.list;
        let gone: Vec<ObjectKey> =
            kind.objects.iter().filter(|(_, child)| child.list < list).map(|(key, _)| key.clone()).collect();
        gone.iter().filter_map(|key| self.take(resource, key)).map(|child| child.member.set).collect()
    }

    /// Only these resources are watched now; nothing is known of others any more.
    pub(crate) fn retain_kinds(&mut self, watched: &BTreeSet<Gvr>) {
        let gone: Vec<Gvr> =
            self.kinds.keys().filter(|resource| !watched.contains(*resource)).cloned().collect();
        for resource in gone {
            let keys: Vec<ObjectKey> =
                self.kinds.get(&resource).into_iter().flat_map(|kind| kind.objects.keys().cloned()).collect();
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
    ) {
        self.put(resource, object, reads, Some(applied));
    }

    /// The server said that a member is gone.
    pub(crate) fn gone(&mut self, member: &Member) {
        let resource = member.resource.gvr();
        if self.child(&resource, &member.key).is_some_and(|child| child.member.uid == member.uid) {
            self.take(&resource, &member.key);
        }
    }

    /// A watch told that an object is gone, or no longer carries our labels.
    pub(crate) fn remove(&mut self, resource: &Gvr, object: &Object) -> Wake {
        let key = object.key();
        let known = self.child(resource, &key).is_some_and(|child| {
            Some(&*child.member.uid) == object.metadata().uid() && child.version <= version_of(object)
        });
        let gone = if known { self.take(resource, &key) } else { None };
        gone.map(|child| child.member.set).into_iter().collect()
    }

    /// What is known of an object.
    pub(crate) fn child(&self, resource: &Gvr, key: &ObjectKey) -> Option<&Child> {
        self.kinds.get(resource)?.objects.get(key)
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
        let items = self.of_set(set).filter(|child| *child.node == *node).map(Child::identity);
        let items: Vec<(Gvr, ObjectKey)> = items.collect();
        let views = items.iter().map(|(resource, key)| match self.view(resource, key, reads) {
            View::Seen(object) => Some(object),
            View::Absent | View::Unread => None,
        });
        views.collect()
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
        let key = object.key();
        let version = version_of(object);
        let kind = self.kinds.entry(gvr.clone()).or_default();
        let list = kind.list;
        if let Some(old) = kind.objects.get_mut(&key)
            && Some(&*old.member.uid) == object.metadata().uid()
            && old.version >= version
            && version != 0
        {
            // Not newer than what we know: our own write coming back, or a list after it.
            old.list = list;
            if old.version == version && !old.reads.cover(reads) {
                old.body = reads.project(object);
                old.seen = old.body.as_ref().map(unversioned);
                old.reads = Arc::clone(reads);
            }
            if let Some(applied) = applied
                && old.version == version
            {
                old.sent = Some(Sent { applied, owned: old.member.owned });
            }
            return Wake::new();
        }
        let metadata = object.metadata();
        let member = Member::of(Arc::clone(resource), object, managers::APPLYSET);
        let old = self.take(&gvr, &key);
        let same = old.as_ref().filter(|old| old.member.uid == member.uid);
        let body = reads.project(object);
        let new = Child {
            reads: Arc::clone(reads),
            node: metadata.label(labels::NODE_ID).unwrap_or_default().into(),
            seen: body.as_ref().map(unversioned),
            body,
            sent: match applied {
                Some(applied) => Some(Sent { applied, owned: member.owned }),
                None => same.and_then(|old| old.sent),
            },
            version,
            list,
            member,
        };
        let changed = old.as_ref().is_none_or(|old| differ(old, &new));
        let mut wake = Wake::new();
        if changed && applied.is_none() {
            wake.insert(new.member.set.clone());
            wake.extend(old.map(|old| old.member.set));
            wake.remove("");
        }
        let identity = new.identity();
        self.by_set.entry(new.member.set.clone()).or_default().insert(identity);
        self.kinds.entry(gvr).or_default().objects.insert(key, new);
        wake
    }

    fn take(&mut self, resource: &Gvr, key: &ObjectKey) -> Option<Child> {
        let child = self.kinds.get_mut(resource)?.objects.remove(key)?;
        let identity = child.identity();
        if let Some(identities) = self.by_set.get_mut(&child.member.set) {
            identities.remove(&identity);
            if identities.is_empty() {
                self.by_set.remove(&child.member.set);
            }
        }
        Some(child)
    }
}

/// Whether anybody cares about the difference.
fn differ(old: &Child, new: &Child) -> bool {
    let identity = |child: &Child| (child.member.uid.clone(), child.node.clone());
    identity(old) != identity(new)
        || old.member.set != new.member.set
        || old.member.deleting != new.member.deleting
        || old.member.owned != new.member.owned
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
