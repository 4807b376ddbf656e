//! Names of objects.

use crate::GroupKind;
use std::fmt;

/// Namespace and name. `namespace` is absent for cluster-scoped objects and never empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectKey {
    /// Namespace, absent for cluster-scoped objects.
    pub namespace: Option<Box<str>>,
    /// Name.
    pub name: Box<str>,
}

/// An object in a cluster, whatever the version it is read in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectId {
    /// Kind without version.
    pub kind: GroupKind,
    /// Namespace and name.
    pub key: ObjectKey,
}

impl ObjectKey {
    /// A cluster-scoped name.
    pub fn cluster(name: &str) -> Self {
        Self { namespace: None, name: name.into() }
    }

    /// A name within a namespace; an empty namespace is none.
    pub fn namespaced(namespace: &str, name: &str) -> Self {
        Self { namespace: (!namespace.is_empty()).then(|| namespace.into()), name: name.into() }
    }
}

impl ObjectId {
    /// An object from its parts.
    pub fn new(kind: GroupKind, key: ObjectKey) -> Self {
        Self { kind, key }
    }
}

impl fmt::Display for ObjectKey {
    /// `shop/web`, or `web` without a namespace.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl fmt::Display for ObjectId {
    /// `Deployment.apps shop/web`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.key)
    }
}
