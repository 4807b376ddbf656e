//! A member of a set as little as is needed to compare, order and delete it safely. Pure.

use crate::{Fingerprint, fingerprint, membership::PART_OF};
use kro_cluster::mutants::mutant;
use kro_object::{Object, ObjectKey, ResourceType};
use std::sync::Arc;

/// Annotation of a member: its wave as a decimal, from 1. Deletion goes from the highest wave down.
pub const APPLY_ORDER: &str = "internal.kro.run/apply-order";

/// Label of a member: which entry of the parent's definition it comes from.
const NODE_ID: &str = "kro.run/node-id";

/// One live object that carries a set's label, reduced to identity, order and ownership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its resource.
    pub resource: Arc<ResourceType>,
    /// Its name.
    pub key: ObjectKey,
    /// Which object of that name.
    pub uid: Box<str>,
    /// In which version this was seen.
    pub version: Box<str>,
    /// The set its label names; empty without a label.
    pub set: Box<str>,
    /// Which entry of the parent's definition it comes from; empty without a label.
    pub node: Box<str>,
    /// Its wave; 0 when it carries none that is valid.
    pub order: u32,
    /// It waits for its finalizers.
    pub deleting: bool,
    /// The fields our field manager owns; `None` when it never applied the object.
    pub owned: Option<Fingerprint>,
}

impl Member {
    /// Reads a live object; `manager` is the field manager that applies members.
    pub fn of(resource: Arc<ResourceType>, object: &Object, manager: &str) -> Self {
        let metadata = object.metadata();
        let order = metadata.annotation(APPLY_ORDER).and_then(|text| text.parse().ok()).unwrap_or(0);
        Self {
            resource,
            key: object.key(),
            uid: metadata.uid().unwrap_or_default().into(),
            version: metadata.resource_version().unwrap_or_default().into(),
            node: metadata.label(NODE_ID).unwrap_or_default().into(),
            set: metadata.label(PART_OF).unwrap_or_default().into(),
            order,
            deleting: metadata.is_deleting(),
            owned: fingerprint::Fingerprint::of_owned(object, manager),
        }
    }

    /// Why this object must not be deleted on behalf of `set`; `None` when it may be. Only what carries the set's
    /// label *and* was applied by our field manager is ours to delete.
    pub fn veto(&self, set: &str) -> Option<Veto> {
        if mutant("delete-what-was-never-applied") {
            None
        } else if *self.set != *set {
            Some(Veto::OtherSet)
        } else if self.owned.is_none() {
            Some(Veto::NeverApplied)
        } else {
            None
        }
    }
}

/// Why an object is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Veto {
    /// It carries no label of the set, or another set's.
    #[error("it does not carry the label of this set")]
    OtherSet,
    /// It carries the label, but our field manager never applied it.
    #[error("our field manager never applied it")]
    NeverApplied,
}

/// The members to delete now: those of the highest wave, whether or not they are terminating already.
/// Lower waves wait until these are gone.
pub fn highest_wave(members: Vec<Member>) -> (u32, Vec<Member>) {
    let orders = members.iter().map(|member| member.order);
    let wave = if mutant("teardown-in-reverse") { orders.min() } else { orders.max() };
    let wave = wave.unwrap_or(0);
    (wave, members.into_iter().filter(|member| member.order == wave).collect())
}
