//! Whether the controller is alive and ready, for whoever serves probes. Refuses to judge the cluster.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// A handle on a controller's health; clones see the same.
#[derive(Debug, Clone, Default)]
pub struct Health {
    ready: Arc<AtomicBool>,
}

impl Health {
    /// Whether the first lists of definitions, revisions and CRDs are complete.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }
}
