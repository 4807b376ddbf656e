//! What tests have said about single objects: which are left alone, and how the others turn out.

use super::{react, template};
use crate::{
    Outcome,
    core::{
        Core, object,
        store::{Change, Key, ResourceId},
        stored::Stored,
    },
};
use kro_object::Timestamp;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// One object, or all of a resource.
type Subject = (ResourceId, Option<Key>);

/// What has been said.
#[derive(Debug, Default)]
pub(crate) struct Script {
    /// What the rest of the cluster leaves alone.
    held: BTreeSet<Subject>,
    outcomes: BTreeMap<Subject, Outcome>,
}

/// The most objects between a pod and whoever is told the outcome: job and cron job, replica set and deployment.
const MOST_CONTROLLERS: usize = 4;

impl Core {
    /// From now on nobody but clients touches an object, or any of a resource: a claim that is never bound, a
    /// deployment that never comes up.
    pub fn hold(&mut self, resource: &ResourceId, key: Option<&Key>) {
        self.script.held.insert((resource.clone(), key.cloned()));
    }

    /// Ends what [`Core::hold`] began with the same arguments; what was left undone is done.
    pub fn let_go(&mut self, resource: &ResourceId, key: Option<&Key>, now: Timestamp) {
        self.script.held.remove(&(resource.clone(), key.cloned()));
        self.revisit(resource, key, now);
    }

    /// From now on an object and what it controls, or all of a resource, turn out like this.
    pub fn script(&mut self, resource: &ResourceId, key: Option<&Key>, outcome: Outcome, now: Timestamp) {
        self.script.outcomes.insert((resource.clone(), key.cloned()), outcome);
        self.revisit(resource, key, now);
    }

    /// Looks again at objects and what they control.
    fn revisit(&mut self, resource: &ResourceId, key: Option<&Key>, now: Timestamp) {
        let objects: Vec<(Key, Arc<Stored>)> = self
            .store
            .list(resource, None)
            .filter(|(found, _)| key.is_none_or(|key| key == *found))
            .map(|(key, object)| (key.clone(), Arc::clone(object)))
            .collect();
        for (key, object) in objects {
            let uid = object.uid().to_owned();
            let change = Change {
                revision: self.store.revision(),
                resource: Arc::new(resource.clone()),
                key,
                old: Some(Arc::clone(&object)),
                new: Some(object),
            };
            react(self, &change, now);
            revisit_controlled(self, &uid, now);
        }
    }

    pub(super) fn is_held(&self, resource: &ResourceId, key: &Key) -> bool {
        let is_held = |key: Option<Key>| self.script.held.contains(&(resource.clone(), key));
        !self.script.held.is_empty() && (is_held(None) || is_held(Some(key.clone())))
    }

    /// How an object turns out: as is said of it, else of its controller, and so on.
    pub(super) fn outcome(&self, resource: &Arc<ResourceId>, key: &Key) -> Outcome {
        let mut place = (Arc::clone(resource), key.clone());
        for _ in 0..MOST_CONTROLLERS {
            let Some(stored) = self.store.get(&place.0, &place.1) else { break };
            if let Some(outcome) = self.own_outcome(&place.0, &place.1, stored) {
                return outcome;
            }
            let Some(controller) = template::controller(self, &place.1.namespace, stored) else { break };
            place = controller;
        }
        Outcome::Success
    }

    fn own_outcome(&self, resource: &ResourceId, key: &Key, stored: &Stored) -> Option<Outcome> {
        let scripted =
            |key: Option<&Key>| self.script.outcomes.get(&(resource.clone(), key.cloned())).copied();
        if self.script.outcomes.is_empty() {
            return stored.outcome();
        }
        scripted(Some(key)).or(stored.outcome()).or_else(|| scripted(None))
    }
}

/// Reacts to an object that is told another outcome than before, for what it controls.
pub(super) fn outcome_changed(core: &mut Core, change: &Change, now: Timestamp) {
    let (Some(old), Some(new)) = (&change.old, &change.new) else { return };
    if old.outcome() != new.outcome() {
        revisit_controlled(core, new.uid(), now);
    }
}

/// Looks again at everything below an owner, as deep as controllers make objects.
fn revisit_controlled(core: &mut Core, uid: &str, now: Timestamp) {
    let mut uids = vec![uid.to_owned()];
    for _ in 1..MOST_CONTROLLERS {
        let below: Vec<_> = uids.iter().flat_map(|uid| core.store.dependents(uid)).cloned().collect();
        uids = below
            .iter()
            .filter_map(|(resource, key)| Some(core.store.get(resource, key)?.uid().to_owned()))
            .collect();
        for (resource, key) in below {
            super::attend(core, &resource, &key, now);
        }
    }
}

/// What is wrong with an outcome that an object or the template of its pods tells.
pub(in crate::core) fn problem(object: &Value) -> Option<String> {
    const PLACES: [&str; 4] = [
        "/metadata/annotations",
        "/spec/template/metadata/annotations",
        "/spec/jobTemplate/metadata/annotations",
        "/spec/jobTemplate/spec/template/metadata/annotations",
    ];
    PLACES.iter().find_map(|at| {
        let told = object::at(object, at)?.get(Outcome::ANNOTATION)?;
        let why = told.as_str()?.parse::<Outcome>().err()?;
        Some(format!("annotation {:?}: {why}", Outcome::ANNOTATION))
    })
}
