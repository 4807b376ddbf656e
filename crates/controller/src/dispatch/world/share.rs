//! Our part of the work, when several replicas share it, and what follows when it changes.

use super::World;
use crate::{
    dispatch::{Instance, Key},
    queue::Queue,
    revisions::Revisions,
};
use kro_cluster::{Projection, Share};
use std::sync::Arc;

impl World {
    /// What is ours to do.
    pub(crate) fn share(&self) -> &Share {
        &self.share
    }

    /// Whether an instance is ours to reconcile.
    pub(super) fn is_ours(&self, instance: &Instance) -> bool {
        self.share.shards.contains(&instance.shard(&self.share))
    }

    /// Our part is another one now: what came is looked at, what went is let go. The number of shards stays.
    pub(crate) fn set_share(&mut self, share: Share, queue: &mut Queue<Key>) {
        let former = std::mem::replace(&mut self.share, share);
        for instance in self.instances.keys() {
            let shard = instance.shard(&self.share);
            match (former.shards.contains(&shard), self.share.shards.contains(&shard)) {
                (false, true) => queue.add(Key::Instance(instance.clone())),
                (true, false) => queue.forget(&Key::Instance(instance.clone())),
                _ => {}
            }
        }
        if !self.share.shards.is_subset(&former.shards) {
            self.list_again();
        }
        if self.share.leads && !former.leads {
            // The former leader may have gone before it said how they compiled.
            self.compiled = Revisions::default();
            for name in self.definitions.keys() {
                queue.add(Key::Definition(Arc::clone(name)));
            }
            for name in self.revisions.keys() {
                queue.add(Key::Revision(Arc::clone(name)));
            }
        }
    }

    /// What another wrote a moment ago our watches may not have told yet: all is listed again, as after a restart.
    fn list_again(&mut self) {
        self.watches.stop(|watch| watch.projection == Projection::Object && !self.base.contains(watch));
        self.shared.members().unsync();
        self.relisted = self.kinds.keys().cloned().collect();
        self.listed.clear();
        self.rewatch = true;
    }
}
