//! What happens after a write without anyone asking: definitions become established, garbage is collected,
//! namespaces end, workloads come up. Runs until nothing is left to do now.

use super::{Core, store::Change};
use crate::Behaviors;
use kro_object::Timestamp;

/// How far the controllers have come in the change log.
#[derive(Debug, Default)]
pub(crate) struct Background {
    seen: u64,
}

/// Rounds of mutual reactions within one call; more means two controllers disagree forever.
const ROUND_LIMIT: usize = 1_000;

impl Core {
    /// Catches up with all changes; returns when to come back for what is due later.
    pub fn background(&mut self, now: Timestamp) -> Option<Timestamp> {
        for _ in 0..ROUND_LIMIT {
            let changes = self.unseen();
            if changes.is_empty() {
                break;
            }
            for change in changes {
                if &*change.resource.plural == "customresourcedefinitions"
                    && &*change.resource.group == "apiextensions.k8s.io"
                {
                    self.reconcile_crd(&change.key.name, now);
                } else {
                    self.instance_left(&change, now);
                }
            }
        }
        if self.behaviors == Behaviors::None {
            return None;
        }
        None
    }

    /// The changes that the controllers have not looked at yet.
    fn unseen(&mut self) -> Vec<Change> {
        let mut out = Vec::new();
        let mut at = self.background.seen.max(self.store.oldest());
        while let Ok(Some(change)) = self.store.after(at) {
            at = change.revision;
            out.push(change.clone());
        }
        self.background.seen = at;
        out
    }

    /// A definition on its way out goes when its last instance has gone.
    fn instance_left(&mut self, change: &Change, now: Timestamp) {
        if change.new.is_none() && !change.resource.group.is_empty() {
            let name = format!("{}.{}", change.resource.plural, change.resource.group);
            let is_custom =
                self.registry.stored(&change.resource).is_some_and(|served| served.custom.is_some());
            if is_custom {
                self.reconcile_crd(&name, now);
            }
        }
    }
}
