//! Data that is not known yet. Everything strict that touches it is unknown too and names what it waits for.
use std::{collections::BTreeSet, sync::Arc};

/// The paths an evaluation waits for, such as `deployment.status.replicas`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    paths: Arc<BTreeSet<String>>,
}

impl Unknown {
    /// One unknown variable or path.
    pub fn new(path: impl Into<String>) -> Self {
        Self { paths: Arc::new(BTreeSet::from([path.into()])) }
    }

    /// The paths, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.paths.iter().map(String::as_str)
    }

    /// Both.
    #[must_use]
    pub fn merge(&self, other: &Self) -> Self {
        Self { paths: Arc::new(self.paths.union(&other.paths).cloned().collect()) }
    }

    /// A field of the unknown value.
    #[must_use]
    pub fn field(&self, name: &str) -> Self {
        Self { paths: Arc::new(self.paths.iter().map(|path| format!("{path}.{name}")).collect()) }
    }
}
