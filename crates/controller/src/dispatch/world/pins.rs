//! Revisions that definitions and instances are to stay at, as their annotations say.

use super::{Served, World};
use crate::revisions::{Compiled, Revision};
use std::{
    collections::{BTreeSet, btree_map::Entry},
    sync::Arc,
};

impl World {
    /// The revisions that a definition and its instances are to stay at.
    pub(super) fn pins(&self, definition: &str) -> BTreeSet<i64> {
        let own = self.definitions.get(definition).and_then(|record| record.pin);
        let instances = self.instances.iter().filter(|(id, _)| *id.definition == *definition);
        let theirs = instances.filter_map(|(_, record)| record.pin.clone()?.ok());
        own.into_iter().chain(theirs).collect()
    }

    /// Makes the revisions ready that instances of a definition are to stay at, as far as they compiled.
    pub(super) fn serve_pinned(&mut self, definition: &Arc<str>) {
        let Some(served) = self.served.get(definition).cloned() else { return };
        let pins = self.pins(definition);
        let before = self.pinned.len();
        self.pinned.retain(|(of, number), _| of != definition || pins.contains(number));
        self.rewatch |= self.pinned.len() != before;
        let compiled = self.compiled.of(definition);
        for number in pins {
            let Some(Revision { compiled: Compiled::Active(graph), .. }) = compiled.get(&number) else {
                continue;
            };
            let key = (Arc::clone(definition), number);
            if let Entry::Vacant(place) = self.pinned.entry(key) {
                let (name, uid) = (Arc::clone(definition), served.uid.clone());
                let policy = served.policy.clone();
                place.insert(Arc::new(Served::new(
                    name,
                    uid,
                    Arc::clone(graph),
                    policy,
                    crate::dispatch::now(),
                )));
                self.rewatch = true;
            }
        }
    }

    /// Whether a revision is there and not compiled yet.
    pub(super) fn is_compiling(&self, definition: &str, number: i64) -> bool {
        let there = self.revisions.values().any(|revision| {
            *revision.definition == *definition && revision.number == number && !revision.deleting
        });
        there && !self.compiled.of(definition).contains_key(&number)
    }
}
