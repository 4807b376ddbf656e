//! What `allOf`, `anyOf`, `oneOf` and `not` hold: conditions on values without structure of their own.

use crate::Constraints;
use std::{collections::BTreeMap, sync::Arc};

/// The combined conditions of a position.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Logic {
    /// All must hold.
    pub all_of: Vec<Arc<Condition>>,
    /// At least one must hold.
    pub any_of: Vec<Arc<Condition>>,
    /// Exactly one must hold.
    pub one_of: Vec<Arc<Condition>>,
    /// Must not hold.
    pub not: Option<Arc<Condition>>,
}

/// A condition on a value: what Kubernetes calls a nested value validation.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Condition {
    /// `type`; structural schemas allow it only for int-or-string.
    pub type_name: Option<Arc<str>>,
    /// Limits on the value.
    pub constraints: Constraints,
    /// Fields that must be there.
    pub required: Vec<Arc<str>>,
    /// Conditions on fields.
    pub properties: BTreeMap<Arc<str>, Arc<Condition>>,
    /// A condition on all other fields.
    pub additional: Option<Arc<Condition>>,
    /// A condition on each item.
    pub items: Option<Arc<Condition>>,
    /// Further combinations.
    pub logic: Logic,
}

impl Logic {
    /// Whether there is no condition.
    pub fn is_empty(&self) -> bool {
        self.all_of.is_empty() && self.any_of.is_empty() && self.one_of.is_empty() && self.not.is_none()
    }
}
