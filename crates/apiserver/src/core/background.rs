//! What happens after a write without anyone asking: definitions become established, garbage is collected,
//! namespaces end, workloads come up. Runs until nothing is left to do now.

use super::{
    Core, behavior, object,
    registry::Served,
    store::{Change, Key, Place},
    write::Writer,
};
use crate::Behavior;
use kro_object::Timestamp;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// How far the controllers have come in the change log, and what they have put off.
#[derive(Debug, Default)]
pub(crate) struct Background {
    seen: u64,
    /// When each object is looked at again.
    later: BTreeMap<Place, Timestamp>,
    /// The same, by time.
    order: BTreeSet<(Timestamp, Place)>,
}

impl Background {
    /// Takes changes up to a revision as seen.
    pub(super) fn skip_to(&mut self, revision: u64) {
        self.seen = revision;
    }

    /// An object is to be looked at again at some time, unless it will be before.
    pub(super) fn later(&mut self, at: Timestamp, place: Place) {
        match self.later.get(&place) {
            Some(planned) if *planned <= at => return,
            Some(planned) => drop(self.order.remove(&(*planned, place.clone()))),
            None => {}
        }
        self.later.insert(place.clone(), at);
        self.order.insert((at, place));
    }

    /// The objects whose time has come, in the order of their times.
    fn take_due(&mut self, now: Timestamp) -> Vec<Place> {
        let mut due = Vec::new();
        while self.order.first().is_some_and(|(at, _)| *at <= now)
            && let Some((_, place)) = self.order.pop_first()
        {
            self.later.remove(&place);
            due.push(place);
        }
        due
    }

    /// When the next object is to be looked at.
    fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(at, _)| *at)
    }
}

/// Rounds of mutual reactions within one call; more means that two controllers disagree forever.
const ROUND_LIMIT: usize = 1_000;
/// The field manager of the cluster's controllers.
pub(super) const MANAGER: &str = "kube-controller-manager";

impl Core {
    /// Catches up with all changes; returns when to come back for what is due later.
    pub fn background(&mut self, now: Timestamp) -> Option<Timestamp> {
        for _ in 0..ROUND_LIMIT {
            for change in self.unseen() {
                self.react(&change, now);
            }
            let due = self.background.take_due(now);
            if due.is_empty() && !self.is_behind() {
                break;
            }
            for (resource, key) in due {
                behavior::play(self, &resource, &key, now);
            }
        }
        self.background.next()
    }

    /// What the controllers do about one change.
    pub(super) fn react(&mut self, change: &Change, now: Timestamp) {
        if &*change.resource.plural == "customresourcedefinitions"
            && &*change.resource.group == "apiextensions.k8s.io"
        {
            self.reconcile_crd(&change.key.name, now);
        } else {
            self.instance_left(change, now);
        }
        if self.behaviors.is_on(Behavior::GarbageCollection) {
            self.collect_garbage(change, now);
        }
        if self.behaviors.is_on(Behavior::Namespaces) {
            self.end_namespaces(change, now);
        }
        behavior::react(self, change, now);
    }

    /// Whether there are changes that the controllers have not looked at yet.
    fn is_behind(&self) -> bool {
        self.background.seen < self.store.revision()
    }

    /// These changes; from now on they have been looked at.
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
            let is_awaited = || {
                let definitions =
                    self.registry.get("apiextensions.k8s.io", "v1", "customresourcedefinitions")?;
                Some(self.store.get(&definitions.storage, &Key::new("", &name))?.is_deleting())
            };
            if is_custom && is_awaited() == Some(true) {
                self.reconcile_crd(&name, now);
            }
        }
    }

    /// Changes an object as a controller does. Whoever deleted or changed it meanwhile wins; the next change
    /// brings the controller back.
    pub(super) fn adjust(
        &mut self,
        served: &Arc<Served>,
        key: &Key,
        subresource: Option<&str>,
        now: Timestamp,
        change: &mut dyn FnMut(&mut Value),
    ) {
        let mut writer = Writer::named(MANAGER, now);
        writer.subresource = subresource.map(str::to_owned);
        let outcome = self.update(served, key, &writer, &mut |_, old| {
            let mut new = old.cloned().unwrap_or_default();
            change(&mut new);
            Ok(new)
        });
        let _retried_later = outcome.is_err();
    }

    /// Takes a finalizer off an object.
    pub(super) fn release(&mut self, served: &Arc<Served>, key: &Key, finalizer: &str, now: Timestamp) {
        self.adjust(served, key, None, now, &mut |object| {
            let rest: Vec<Value> = object::finalizers(object)
                .into_iter()
                .filter(|name| *name != finalizer)
                .map(Value::from)
                .collect();
            object::set_meta(object, "finalizers", (!rest.is_empty()).then(|| rest.into()));
        });
    }
}
