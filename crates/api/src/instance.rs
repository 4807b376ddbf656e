//! What kro writes on and reads from instances beside the author's fields.

use crate::names::annotations;
use kro_object::Object;

/// `status.state` of an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    /// Everything is there and ready.
    Active,
    /// Something is not there or not ready yet.
    InProgress,
    /// The instance is being deleted.
    Deleting,
    /// Something failed; it is tried again.
    Error,
}

impl InstanceState {
    /// The word in the status.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::InProgress => "IN_PROGRESS",
            Self::Deleting => "DELETING",
            Self::Error => "ERROR",
        }
    }
}

/// Whether the user asked to leave an instance alone.
pub fn is_suspended(instance: &Object) -> bool {
    let asked = instance.metadata().annotation(annotations::RECONCILE).unwrap_or_default();
    ["suspended", "disabled"].iter().any(|word| asked.eq_ignore_ascii_case(word))
}
