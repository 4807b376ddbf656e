//! `metadata.ownerReferences` as the controllers ask for them at every change, without unpacking the object.

use super::object;
use serde_json::Value;

/// One owner.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct OwnerReference {
    pub uid: Box<str>,
    api_version: Box<str>,
    pub kind: Box<str>,
    pub name: Box<str>,
    pub is_controller: bool,
    /// Whether a foreground deletion of the owner waits for the object.
    pub is_blocking: bool,
}

impl OwnerReference {
    /// Those of an object; validation leaves none without uid.
    pub(crate) fn all(object: &Value) -> Box<[Self]> {
        let references = object::meta(object, "ownerReferences").and_then(Value::as_array);
        references.into_iter().flatten().filter_map(Self::new).collect()
    }

    fn new(reference: &Value) -> Option<Self> {
        let text = |field: &str| Box::from(reference.get(field).and_then(Value::as_str).unwrap_or_default());
        let is = |field: &str| reference.get(field) == Some(&Value::Bool(true));
        Some(Self {
            uid: reference.get("uid")?.as_str()?.into(),
            api_version: text("apiVersion"),
            kind: text("kind"),
            name: text("name"),
            is_controller: is("controller"),
            is_blocking: is("blockOwnerDeletion"),
        })
    }

    /// Group and version of the owner.
    pub(crate) fn group_version(&self) -> (&str, &str) {
        self.api_version.split_once('/').unwrap_or(("", &self.api_version))
    }
}
