//! Where the objects are that refer to something by its name.

use super::Place;
use std::collections::{BTreeMap, BTreeSet};

/// Places by what the objects there refer to.
#[derive(Debug, Default)]
pub(super) struct Index(BTreeMap<Box<str>, BTreeSet<Place>>);

impl Index {
    /// The places that refer to this, in order.
    pub(super) fn get(&self, name: &str) -> impl Iterator<Item = &Place> {
        self.0.get(name).into_iter().flatten()
    }

    /// What a place refers to has changed.
    pub(super) fn replace<'n, N>(&mut self, place: &Place, old: N, new: N)
    where
        N: Iterator<Item = &'n str> + Clone,
    {
        if old.clone().eq(new.clone()) {
            return;
        }
        for name in old {
            if let Some(places) = self.0.get_mut(name) {
                places.remove(place);
                if places.is_empty() {
                    self.0.remove(name);
                }
            }
        }
        for name in new {
            self.0.entry(name.into()).or_default().insert(place.clone());
        }
    }
}
