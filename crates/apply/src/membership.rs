//! What a parent remembers of its ApplySet: which kinds and namespaces its members can be in (KEP-3659).
//! Pure. The record is written *before* members are, so it always covers everything that might exist.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use kro_object::{GroupKind, Object, ObjectKey, ResourceType, Scope};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;

/// Label of a parent: the id of its set.
pub const ID: &str = "applyset.kubernetes.io/id";
/// Label of a member: the id of the set it is in.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
/// Annotation of a parent: who applies, `<name>/<version>`.
pub const TOOLING: &str = "applyset.kubernetes.io/tooling";
/// Annotation of a parent: sorted `Kind.group` list.
pub const GROUP_KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
/// Annotation of a parent: sorted list of namespaces other than its own.
pub const NAMESPACES: &str = "applyset.kubernetes.io/additional-namespaces";
/// Annotation of a parent: a hash over the two lists, against accidental edits.
pub const INVENTORY_HASH: &str = "internal.kro.run/applyset-inventory-hash";

/// Where members of a cluster-scoped parent are looked for in any case.
pub(crate) const HOMELESS: &str = "default";

/// The id of the set of one parent: stable over its versions and re-creations.
pub fn id(group_kind: &GroupKind, key: &ObjectKey) -> String {
    let namespace = key.namespace.as_deref().unwrap_or_default();
    let identity = format!("{}.{namespace}.{}.{}", key.name, group_kind.kind, group_kind.group);
    format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(Sha256::digest(identity)))
}

/// The kinds and further namespaces members are in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// Kinds of members.
    pub kinds: BTreeSet<GroupKind>,
    /// Namespaces of members other than the parent's own.
    pub namespaces: BTreeSet<Box<str>>,
}

impl Membership {
    /// Adds one member of a parent in `home` (the parent's namespace, `None` for a cluster-scoped one).
    pub fn insert(&mut self, resource: &ResourceType, key: &ObjectKey, home: Option<&str>) {
        self.kinds.insert(resource.gvk.group_kind());
        if resource.scope == Scope::Namespaced
            && let Some(namespace) = &key.namespace
            && home != Some(namespace)
        {
            self.namespaces.insert(namespace.clone());
        }
    }

    /// What the parent's annotations say; absent ones count as empty.
    pub fn of_parent(parent: &Object) -> Result<Self, InventoryError> {
        let metadata = parent.metadata();
        let mut membership = Self::default();
        for entry in entries(metadata.annotation(GROUP_KINDS).unwrap_or_default()) {
            membership.kinds.insert(parse_group_kind(entry)?);
        }
        for entry in entries(metadata.annotation(NAMESPACES).unwrap_or_default()) {
            if !is_dns_label(entry) {
                return Err(InventoryError::Entry { annotation: NAMESPACES, entry: entry.to_owned() });
            }
            membership.namespaces.insert(entry.into());
        }
        Ok(membership)
    }

    /// The same, but only if the record is complete and intact: needed before anything is decided by it that
    /// cannot be taken back. `tooling` is the name our tooling annotation starts with, without the slash.
    pub fn validated(parent: &Object, id: &str, tooling: &str) -> Result<Self, InventoryError> {
        let metadata = parent.metadata();
        if metadata.label(ID) != Some(id) {
            let found = metadata.label(ID).unwrap_or_default().to_owned();
            return Err(InventoryError::Id { found, wanted: id.to_owned() });
        }
        if !is_tool(metadata.annotation(TOOLING), tooling) {
            let found = metadata.annotation(TOOLING).unwrap_or_default().to_owned();
            return Err(InventoryError::Tooling { found, wanted: tooling.to_owned() });
        }
        for annotation in [GROUP_KINDS, NAMESPACES] {
            if metadata.annotation(annotation).is_none() {
                return Err(InventoryError::Missing(annotation));
            }
        }
        let membership = Self::of_parent(parent)?;
        match metadata.annotation(INVENTORY_HASH) {
            // Written by versions that had no hash; the next apply adds it.
            None => Ok(membership),
            Some(hash) if hash == membership.hash(id) => Ok(membership),
            Some(_) => Err(InventoryError::Hash),
        }
    }

    /// Whether the parent carries any trace of a record.
    pub fn is_recorded(parent: &Object) -> bool {
        let metadata = parent.metadata();
        metadata.label(ID).is_some()
            || [TOOLING, GROUP_KINDS, NAMESPACES, INVENTORY_HASH]
                .iter()
                .any(|annotation| metadata.annotation(annotation).is_some())
    }

    /// Everything in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self {
            kinds: self.kinds.union(&other.kinds).cloned().collect(),
            namespaces: self.namespaces.union(&other.namespaces).cloned().collect(),
        }
    }

    /// Whether a member of such a kind and place is within the record.
    pub fn holds(&self, kind: &GroupKind, namespace: Option<&str>, home: Option<&str>) -> bool {
        let home = home.unwrap_or(HOMELESS);
        let here = namespace.is_none_or(|namespace| namespace == home || self.namespaces.contains(namespace));
        self.kinds.contains(kind) && here
    }

    /// Whether everything in `other` is in here too.
    pub fn covers(&self, other: &Self) -> bool {
        self.kinds.is_superset(&other.kinds) && self.namespaces.is_superset(&other.namespaces)
    }

    /// Writes the record into the parent; `tooling` is the whole annotation, `kro/1.2.3`.
    pub fn write(&self, parent: &mut Object, id: &str, tooling: &str) {
        let mut metadata = parent.metadata_mut();
        metadata.insert_label(ID, id);
        metadata.insert_annotation(TOOLING, tooling);
        metadata.insert_annotation(GROUP_KINDS, &self.kinds_text());
        metadata.insert_annotation(NAMESPACES, &self.namespaces_text());
        metadata.insert_annotation(INVENTORY_HASH, &self.hash(id));
    }

    /// Whether the parent's record says exactly this. `tooling` as in [`Membership::validated`]: which version wrote
    /// the record does not matter.
    pub fn is_written(&self, parent: &Object, id: &str, tooling: &str) -> bool {
        let metadata = parent.metadata();
        metadata.label(ID) == Some(id)
            && is_tool(metadata.annotation(TOOLING), tooling)
            && metadata.annotation(GROUP_KINDS) == Some(&self.kinds_text())
            && metadata.annotation(NAMESPACES) == Some(&self.namespaces_text())
            && metadata.annotation(INVENTORY_HASH) == Some(&self.hash(id))
    }

    fn kinds_text(&self) -> String {
        // Sorted as text, which differs from the order of (group, kind).
        let kinds: BTreeSet<String> = self.kinds.iter().map(group_kind_text).collect();
        kinds.into_iter().collect::<Vec<_>>().join(",")
    }

    fn namespaces_text(&self) -> String {
        self.namespaces.iter().map(|namespace| &**namespace).collect::<Vec<_>>().join(",")
    }

    fn hash(&self, id: &str) -> String {
        let text = format!("{id}\0{}\0{}", self.kinds_text(), self.namespaces_text());
        format!("sha256:{}", URL_SAFE_NO_PAD.encode(Sha256::digest(text)))
    }
}

/// Why a parent's record cannot be relied on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The id label is not the one this parent must have.
    #[error("invalid {ID} label: got {found:?}, want {wanted:?}")]
    Id {
        /// The label, empty when absent.
        found: String,
        /// The id of this parent's set.
        wanted: String,
    },
    /// Somebody else's tool manages the set.
    #[error("invalid {TOOLING} annotation: got {found:?}, want {wanted}/<version>")]
    Tooling {
        /// The annotation, empty when absent.
        found: String,
        /// Our tool's name.
        wanted: String,
    },
    /// A list is not there at all.
    #[error("annotation {0} is missing")]
    Missing(&'static str),
    /// An entry of a list is not what it should be.
    #[error("annotation {annotation} has an invalid entry {entry:?}")]
    Entry {
        /// The annotation.
        annotation: &'static str,
        /// The entry.
        entry: String,
    },
    /// The lists were edited by hand.
    #[error("annotation {INVENTORY_HASH} does not match the inventory")]
    Hash,
}

fn is_tool(annotation: Option<&str>, tool: &str) -> bool {
    annotation.and_then(|text| text.strip_prefix(tool)).is_some_and(|rest| rest.starts_with('/'))
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    let present = !text.is_empty();
    text.split(',').map(str::trim).filter(move |_| present)
}

fn group_kind_text(kind: &GroupKind) -> String {
    if kind.group.is_empty() { kind.kind.to_string() } else { format!("{}.{}", kind.kind, kind.group) }
}

fn parse_group_kind(entry: &str) -> Result<GroupKind, InventoryError> {
    let (kind, group) = entry.split_once('.').unwrap_or((entry, ""));
    let valid = !kind.is_empty()
        && !kind.contains(char::is_whitespace)
        && (group.is_empty() && !entry.ends_with('.') || is_dns_subdomain(group));
    if !valid {
        return Err(InventoryError::Entry { annotation: GROUP_KINDS, entry: entry.to_owned() });
    }
    Ok(GroupKind { group: group.into(), kind: kind.into() })
}

/// RFC 1123: up to 63 of `[-a-z0-9]`, alphanumeric at both ends.
fn is_dns_label(text: &str) -> bool {
    let alphanumeric = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let bytes = text.as_bytes();
    bytes.len() <= 63
        && bytes.first().is_some_and(alphanumeric)
        && bytes.last().is_some_and(alphanumeric)
        && bytes.iter().all(|byte| alphanumeric(byte) || *byte == b'-')
}

fn is_dns_subdomain(text: &str) -> bool {
    text.len() <= 253 && text.split('.').all(is_dns_label)
}

#[cfg(test)]
mod tests;
