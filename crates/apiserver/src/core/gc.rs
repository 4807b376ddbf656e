//! The garbage collector: objects go when their owners have gone, in the order the deletion asked for.
//!
//! Background deletion takes the owner first, foreground its dependents, orphaning cuts the references.

use super::{
    Core, object,
    options::{DeleteOptions, Propagation},
    owner_reference::OwnerReference,
    registry::Served,
    store::{Change, Key, Place},
    stored::Stored,
};
use kro_object::Timestamp;
use serde_json::Value;
use std::sync::Arc;

const FOREGROUND: &str = "foregroundDeletion";
const ORPHAN: &str = "orphan";

/// What an owner reference leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Owner {
    /// The owner lives, or nobody can tell.
    Solid,
    /// The owner waits for its dependents to go.
    Waiting,
    /// There is no such owner.
    Absent,
}

impl Core {
    /// Reacts to one change.
    pub(super) fn collect_garbage(&mut self, change: &Change, now: Timestamp) {
        let place = (change.resource.clone(), change.key.clone());
        if change.new.is_some() {
            self.judge_dependent(&place, now);
            self.judge_owner(&place, now);
        }
        let Some(old) = &change.old else { return };
        if change.new.is_none() {
            for dependent in self.dependents(old.uid()) {
                self.judge_dependent(&dependent, now);
            }
        }
        // An owner in foreground deletion may have waited for this object, or for its reference.
        for owner in old.owners() {
            if let Some((served, key)) = self.owner_place(owner, &change.key.namespace) {
                self.judge_owner(&(served.storage.clone(), key), now);
            }
        }
    }

    fn dependents(&self, uid: &str) -> Vec<Place> {
        self.store.dependents(uid).cloned().collect()
    }

    fn look_up(&self, place: &Place) -> Option<(Arc<Served>, Arc<Stored>)> {
        Some((self.registry.stored(&place.0)?.clone(), self.store.get(&place.0, &place.1)?.clone()))
    }

    fn owner_place(&self, owner: &OwnerReference, namespace: &str) -> Option<(Arc<Served>, Key)> {
        let (group, version) = owner.group_version();
        let served = self.registry.kind(group, version, &owner.kind)?.clone();
        let key = Key::new(if served.is_namespaced() { namespace } else { "" }, &owner.name);
        Some((served, key))
    }

    fn owner_state(&self, owner: &OwnerReference, namespace: &str) -> Owner {
        let Some((served, key)) = self.owner_place(owner, namespace) else { return Owner::Solid };
        match self.store.get(&served.storage, &key) {
            Some(found) if *owner.uid == *found.uid() => {
                let waits = found.is_deleting() && object::finalizers(&found.value()).contains(&FOREGROUND);
                if waits { Owner::Waiting } else { Owner::Solid }
            }
            _ => Owner::Absent,
        }
    }

    /// Deletes an object that no owner keeps, or takes off references that lead nowhere.
    fn judge_dependent(&mut self, place: &Place, now: Timestamp) {
        let Some((served, stored)) = self.look_up(place) else { return };
        if stored.is_deleting() {
            return;
        }
        let state = |owner| self.owner_state(owner, &place.1.namespace);
        let states: Vec<(&str, Owner)> =
            stored.owners().iter().map(|owner| (&*owner.uid, state(owner))).collect();
        if states.iter().all(|(_, state)| *state == Owner::Solid) {
            return;
        }
        if states.iter().any(|(_, state)| *state == Owner::Solid) {
            let stale: Vec<&str> =
                states.into_iter().filter(|(_, state)| *state != Owner::Solid).map(|(uid, _)| uid).collect();
            self.disown(&served, &place.1, &stale, now);
            return;
        }
        let waits = states.iter().any(|(_, state)| *state == Owner::Waiting);
        let has_dependents = self.store.dependents(stored.uid()).next().is_some();
        let object = stored.value();
        let finalizers = object::finalizers(&object);
        let propagation = if waits && has_dependents || finalizers.contains(&FOREGROUND) {
            Propagation::Foreground
        } else if finalizers.contains(&ORPHAN) {
            Propagation::Orphan
        } else {
            Propagation::Background
        };
        let options = DeleteOptions {
            propagation: Some(propagation),
            uid: Some(stored.uid().to_owned()),
            ..DeleteOptions::default()
        };
        let _gone = self.delete(&served, &place.1, &options, now).is_err();
    }

    /// Removes owner references by uid.
    fn disown(&mut self, served: &Arc<Served>, key: &Key, uids: &[&str], now: Timestamp) {
        self.adjust(served, key, None, now, &mut |object| {
            let references = object::meta(object, "ownerReferences").and_then(Value::as_array);
            let is_gone = |owner: &Value| {
                owner.get("uid").and_then(Value::as_str).is_some_and(|uid| uids.contains(&uid))
            };
            let kept: Vec<Value> =
                references.into_iter().flatten().filter(|owner| !is_gone(owner)).cloned().collect();
            object::set_meta(object, "ownerReferences", (!kept.is_empty()).then(|| kept.into()));
        });
    }

    /// Moves a foreground or orphaning deletion on.
    fn judge_owner(&mut self, place: &Place, now: Timestamp) {
        let Some((served, stored)) = self.look_up(place) else { return };
        if !stored.is_deleting() {
            return;
        }
        let uid = stored.uid();
        let object = stored.value();
        let finalizers = object::finalizers(&object);
        if finalizers.contains(&ORPHAN) {
            for (resource, key) in self.dependents(uid) {
                if let Some(dependent) = self.registry.stored(&resource).cloned() {
                    self.disown(&dependent, &key, &[uid], now);
                }
            }
            self.release(&served, &place.1, ORPHAN, now);
        } else if finalizers.contains(&FOREGROUND) {
            let dependents = self.dependents(uid);
            let blocks = dependents.iter().any(|place| self.is_blocking(place, uid));
            if blocks {
                for dependent in dependents {
                    self.judge_dependent(&dependent, now);
                }
            } else {
                self.release(&served, &place.1, FOREGROUND, now);
            }
        }
    }

    fn is_blocking(&self, place: &Place, owner_uid: &str) -> bool {
        let dependent = self.store.get(&place.0, &place.1);
        let mut owners = dependent.into_iter().flat_map(|dependent| dependent.owners());
        owners.any(|owner| owner.is_blocking && *owner.uid == *owner_uid)
    }
}
