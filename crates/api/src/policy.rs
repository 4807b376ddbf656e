//! Policies: what an operator may be told to do otherwise than upstream, for one definition or one of its nodes.
//! Read from annotations; refuses to act on them.
//!
//! The [profile](Profile) of the operator says what holds where nothing is written. A value that cannot be read is a
//! mistake of the definition, and counts as the most careful one until it is mended.

mod account;
mod options;
mod read;

pub use account::Account;
pub use options::{OPTIONS, PolicyOption, reference};
pub(crate) use read::check;
pub use read::pinned;

use kro_object::{FieldPath, Object};
use std::{collections::BTreeMap, time::Duration};

/// What holds where a definition says nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Profile {
    /// Everything as upstream has it: nothing more is persisted, objects are taken over by force.
    #[default]
    Upstream,
    /// Readiness by kind, states of nodes in the status, no force against others.
    Safe,
}

impl Profile {
    /// Reads its name.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "upstream" => Some(Self::Upstream),
            "safe" => Some(Self::Safe),
            _ => None,
        }
    }
}

/// How to tell that an object is ready whose node has no `readyWhen`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    /// It is there.
    Exists,
    /// By the rules of its kind, or by its conditions.
    Kstatus,
}

/// What to do about an object that is there before kro is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// Take it over, with all fields the template names.
    Force,
    /// Take it over unless somebody else owns a field that would get another value.
    Adopt,
    /// Leave it alone, whoever made it.
    Refuse,
}

/// What becomes of an object that is no longer wanted, or whose instance is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deletion {
    /// It is deleted.
    Delete,
    /// It stays as it is, with kro's labels: an instance of the same name has it again.
    Retain,
    /// It stays, without kro's labels.
    Orphan,
}

/// What becomes of the instances when their definition is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithInstances {
    /// They stay, without a controller.
    Strand,
    /// The definition stays until they are gone.
    Refuse,
    /// They are deleted first, each with its objects.
    Cascade,
}

/// Whether it is asked what the operator may do, before it tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It finds out by trying.
    Assume,
    /// It is asked; what lacks is said by the definition.
    Check,
}

/// What holds for one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodePolicy {
    /// How to tell that its objects are ready.
    pub readiness: Readiness,
    /// After this it is stalled, if it is not ready.
    pub timeout: Option<Duration>,
    /// Objects that are there already.
    pub existing: Existing,
    /// Objects that are to go.
    pub deletion: Deletion,
    /// Fields whose value counts only when the object is made.
    pub create_only: Vec<FieldPath>,
    /// Fields that are left to others altogether.
    pub ignore: Vec<FieldPath>,
}

impl NodePolicy {
    /// Whether some fields are left to others.
    pub fn shares_fields(&self) -> bool {
        !self.create_only.is_empty() || !self.ignore.is_empty()
    }
}

/// What holds for one definition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whether instances have the conditions `Reconciling` and `Stalled`.
    pub progress: bool,
    /// Whether instances have `status.nodes`.
    pub inventory: bool,
    /// The most objects that one pass may delete because they are no longer wanted.
    pub max_deletes: Option<usize>,
    /// What becomes of instances when the definition is deleted.
    pub with_instances: WithInstances,
    /// Whether it is asked what the operator may do.
    pub access: Access,
    /// Whose rights count for the objects of instances; `None` for the operator's own.
    pub account: Option<Account>,
    all: NodePolicy,
    nodes: BTreeMap<String, NodePolicy>,
}

impl Policy {
    /// What holds under a profile.
    pub fn new(profile: Profile) -> Self {
        let safe = profile == Profile::Safe;
        Self {
            progress: safe,
            inventory: safe,
            max_deletes: None,
            with_instances: if safe { WithInstances::Refuse } else { WithInstances::Strand },
            account: None,
            access: if safe { Access::Check } else { Access::Assume },
            all: NodePolicy {
                readiness: if safe { Readiness::Kstatus } else { Readiness::Exists },
                timeout: safe.then(|| Duration::from_mins(10)),
                existing: if safe { Existing::Adopt } else { Existing::Force },
                deletion: Deletion::Delete,
                create_only: Vec::new(),
                ignore: Vec::new(),
            },
            nodes: BTreeMap::new(),
        }
    }

    /// What holds for a definition under the profile of the operator. What cannot be read is told by
    /// [`ResourceGraphDefinition::decode`](crate::ResourceGraphDefinition::decode).
    pub fn of(profile: Profile, definition: &Object) -> Self {
        read::read(profile, definition).0
    }

    /// Whether some node counts as stalled after a while.
    pub fn has_timeout(&self) -> bool {
        self.nodes.values().chain([&self.all]).any(|node| node.timeout.is_some())
    }

    /// What holds for a node.
    pub fn node(&self, id: &str) -> &NodePolicy {
        self.nodes.get(id).unwrap_or(&self.all)
    }
}

#[cfg(test)]
mod tests;
