//! One child, in as little memory as it takes: there are ten of it for every instance.

use super::name::{Name, Uid};
use crate::{
    packed::{Packed, version_of},
    reads::Reads,
};
use kro_apply::{Fingerprint, Member};
use kro_cluster::mutants::mutant;
use kro_object::{GroupKind, Object, ResourceType};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// So many repairs of one object are no accident any more.
pub(super) const FIGHT: u32 = 5;
/// If they come within this time.
const FIGHT_WINDOW: Duration = Duration::from_mins(5);

/// What is kept of one object.
#[derive(Debug)]
pub(crate) struct Child {
    pub(super) resource: Arc<ResourceType>,
    pub(super) name: Name,
    pub(super) uid: Uid,
    pub(super) version: u64,
    /// The set its label names; empty without a label.
    pub(super) set: Arc<str>,
    pub(super) node: Arc<str>,
    order: u32,
    deleting: bool,
    /// The fields we own, as they are now.
    owned: Option<Fingerprint>,
    /// What we sent last.
    pub(super) sent: Option<Fingerprint>,
    /// What we own is still what came of it.
    pub(super) kept: bool,
    /// How often in a row we sent the same again, because somebody had changed it.
    pub(super) repairs: Option<Box<Repairs>>,
    /// What expressions read of the object.
    body: Option<Box<Body>>,
    /// What the body was reduced to.
    reads: Arc<Reads>,
    /// The list that mentioned it last.
    pub(super) list: u32,
}

/// What expressions read of an object.
#[derive(Debug)]
struct Body {
    object: Packed,
    /// Without versions: whether a change matters to anybody.
    seen: Fingerprint,
}

impl Body {
    fn of(object: &Object, reads: &Reads) -> Option<Box<Self>> {
        reads.project(object).map(|object| Box::new(Self { seen: unversioned(&object), object }))
    }
}

/// Repairs within [`FIGHT_WINDOW`].
#[derive(Debug, Clone, Copy)]
pub(super) struct Repairs {
    since: Instant,
    pub(super) count: u32,
}

impl Child {
    /// A live object in a set, with the id of its node.
    pub(super) fn of(
        member: Member,
        name: Name,
        object: &Object,
        reads: &Arc<Reads>,
        set: Arc<str>,
        node: Arc<str>,
    ) -> Self {
        let Member { resource, uid, order, deleting, owned, .. } = member;
        Self {
            resource,
            name,
            uid: Uid::of(&uid),
            version: version_of(object),
            set,
            node,
            order,
            deleting,
            owned,
            sent: None,
            kept: false,
            repairs: None,
            body: Body::of(object, reads),
            reads: Arc::clone(reads),
            list: 0,
        }
    }

    /// Whether applying an object with this fingerprint would change nothing.
    pub(crate) fn has(&self, applied: Fingerprint) -> bool {
        mutant("drift-unseen") || self.owned == Some(applied) || (self.kept && self.sent == Some(applied))
    }

    /// The repairs of late with one at `now`, if sending an object with this fingerprint would repair what somebody
    /// changed.
    pub(super) fn repaired(&self, applied: Fingerprint, now: Instant) -> Option<Repairs> {
        if self.sent != Some(applied) || self.has(applied) {
            return None;
        }
        let lately =
            self.repairs.as_ref().filter(|it| now.saturating_duration_since(it.since) < FIGHT_WINDOW);
        Some(lately.map_or(Repairs { since: now, count: 1 }, |it| Repairs { count: it.count + 1, ..**it }))
    }

    /// The set it is in; empty when it is in none.
    pub(crate) fn set(&self) -> &str {
        &self.set
    }

    pub(crate) fn kind(&self) -> GroupKind {
        self.resource.gvk.group_kind()
    }

    pub(crate) fn namespace(&self) -> Option<&str> {
        self.name.namespace()
    }

    /// What is needed to order and delete it.
    pub(crate) fn member(&self) -> Member {
        Member {
            resource: Arc::clone(&self.resource),
            key: self.name.key(),
            uid: self.uid.to_string().into(),
            version: self.version.to_string().into(),
            node: (*self.node).into(),
            set: (*self.set).into(),
            order: self.order,
            deleting: self.deleting,
            owned: self.owned,
        }
    }

    /// What is known of the object, if that is enough for expressions that read so much of it.
    pub(super) fn object(&self, reads: &Reads) -> Option<Object> {
        if !self.reads.cover(reads) {
            return None;
        }
        if let Some(body) = self.body.as_ref().filter(|_| *reads != Reads::Nothing) {
            return Some(body.object.unpack());
        }
        let mut object = Object::new(&self.resource.gvk, &self.name.key());
        let mut metadata = object.metadata_mut();
        metadata.insert("uid", self.uid.to_string());
        metadata.insert("resourceVersion", self.version.to_string());
        if self.deleting {
            metadata.insert("deletionTimestamp", "1970-01-01T00:00:00Z");
        }
        Some(object)
    }

    /// Keeps more of the object, which was seen in the same version, if more is read.
    pub(super) fn widen(&mut self, object: &Object, reads: &Arc<Reads>) {
        if !self.reads.cover(reads) {
            self.body = Body::of(object, reads);
            self.reads = Arc::clone(reads);
        }
    }

    /// Keeps no more than is read.
    pub(super) fn reduce(&mut self, reads: &Arc<Reads>) {
        if *self.reads != **reads && self.reads.cover(reads) {
            self.body = self.body.take().and_then(|body| Body::of(&body.object.unpack(), reads));
            self.reads = Arc::clone(reads);
        }
    }

    /// What we own of it is what we own of the other form of the same object.
    pub(super) fn owns_as(&self, other: &Self) -> bool {
        self.uid == other.uid && self.owned == other.owned
    }

    /// Whether anybody cares about the difference to a later form.
    pub(super) fn differs(&self, new: &Self) -> bool {
        let seen = |child: &Self| child.body.as_ref().map(|body| body.seen);
        !self.owns_as(new)
            || self.node != new.node
            || self.set != new.set
            || self.deleting != new.deleting
            || (new.body.is_some() && seen(self) != seen(new))
    }
}

/// A fingerprint that changes with anything an expression could read, but versions.
fn unversioned(body: &Packed) -> Fingerprint {
    let mut object = body.unpack();
    let mut metadata = object.metadata_mut();
    metadata.remove("resourceVersion");
    metadata.remove("generation");
    Fingerprint::of_applied(&object)
}

/// The memory of a child itself. A field more is felt ten thousand times.
const _: () = assert!(size_of::<Child>() <= 168);
