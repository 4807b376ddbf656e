//! What kro must never do to an object, seen by a single request: judged by the object before and after it.

use super::Observer;
use crate::scenario::{Lists, difference};
use kro_api::{
    names::{labels, managers},
    policy::{Deletion, Existing},
};
use kro_object::Object;

impl Observer {
    pub(super) fn judge_delete(&self, path: &str, object: &Object) -> Option<String> {
        let metadata = object.metadata();
        let group = object.gvk().map(|gvk| gvk.group).unwrap_or_default();
        if group.ends_with(kro_api::names::GROUP)
            || ["apiextensions.k8s.io", "coordination.k8s.io"].contains(&&*group)
        {
            // Revisions, generated kinds and nested instances are judged by what is left in the end, and replicas
            // come and go.
            return None;
        }
        let Some(set) = metadata.label(labels::APPLYSET_PART_OF) else {
            return Some(format!("deleted {path}, which is in no ApplySet"));
        };
        let applied = metadata.managed_fields().iter().any(|entry| entry["manager"] == managers::APPLYSET);
        if !applied {
            return Some(format!("deleted {path}, which kro never applied"));
        }
        let at = self.transcript.seconds();
        let lately = self.policies().lately(at, object);
        if lately.iter().all(|policy| policy.deletion != Deletion::Delete) {
            return Some(format!("deleted {path}, which its policy keeps"));
        }
        let order = order_of(object);
        let parent = metadata.label(labels::INSTANCE_ID).unwrap_or_default();
        let name = metadata.label(labels::INSTANCE_NAME).unwrap_or_default();
        let kind = metadata.label(labels::INSTANCE_KIND).unwrap_or_default();
        let group = metadata.label(labels::INSTANCE_GROUP).unwrap_or_default();
        let never_prunes = self.state().never_prunes;
        let parents = self.server.all(group, kind);
        let is_teardown = parents.iter().filter(|other| *other.key().name == *name).any(|other| {
            let metadata = other.metadata();
            // A pass that began before the deletion may still prune.
            let is_known = other.as_value_at("status").is_some_and(|status| status["state"] == "DELETING");
            metadata.uid() == Some(parent) && metadata.is_deleting() && (never_prunes || is_known)
        });
        if !is_teardown {
            return None;
        }
        let set = self.server.labelled(labels::APPLYSET_PART_OF, Some(set));
        let policies = self.policies();
        let later = set.iter().filter(|other| order_of(other) > order).find(|other| {
            policies.lately(at, other).iter().all(|policy| policy.deletion == Deletion::Delete)
        })?;
        Some(format!(
            "deleted {path} of wave {order} while {} of wave {} is there",
            later.key(),
            order_of(later)
        ))
    }

    /// What was done to an object that policies forbid.
    pub(super) fn judge_change(&self, path: &str, before: &Object, after: Option<&Object>) -> Option<String> {
        let at = self.transcript.seconds();
        if let Some(set) = taken_out(Some(before), after) {
            let lately = self.policies().lately(at, before);
            let is_told = lately.iter().any(|policy| policy.deletion == Deletion::Orphan);
            return (!is_told).then(|| format!("took {path} out of ApplySet {set}"));
        }
        if let Some(what) = after.and_then(|after| goes_back(before, after)) {
            return Some(format!("wrote {path} backwards: {what}"));
        }
        let after = after.filter(|after| is_taken_in(before, after))?;
        let lately = self.policies().lately(at, after);
        let applied = before.metadata().managed_fields().iter();
        let was_ours = applied.into_iter().any(|entry| entry["manager"] == managers::APPLYSET);
        if lately.iter().all(|policy| policy.existing == Existing::Refuse) {
            return Some(format!("took over {path}, which its policy leaves alone"));
        }
        let is_forced = !was_ours && ["data", "spec"].iter().any(|field| overwrites(field, before, after));
        (is_forced && lately.iter().all(|policy| policy.existing != Existing::Force))
            .then(|| format!("overwrote what others own of {path}, which its policy forbids"))
    }
}

/// The set that an object was in and is not any more.
fn taken_out<'o>(before: Option<&'o Object>, after: Option<&'o Object>) -> Option<&'o str> {
    let (before, after) = (before?.metadata(), after?.metadata());
    let set = before.label(labels::APPLYSET_PART_OF)?;
    let is_same = before.uid() == after.uid();
    (is_same && after.label(labels::APPLYSET_PART_OF) != Some(set)).then_some(set)
}

/// Whether an object that was in no set is in one now.
fn is_taken_in(before: &Object, after: &Object) -> bool {
    let (before, after) = (before.metadata(), after.metadata());
    before.uid() == after.uid()
        && before.label(labels::APPLYSET_PART_OF).is_none()
        && after.label(labels::APPLYSET_PART_OF).is_some()
}

/// Whether something that was there below a field has another value now.
fn overwrites(field: &str, before: &Object, after: &Object) -> bool {
    let (before, after) = (before.as_value_at(field), after.as_value_at(field));
    before.is_some_and(|before| {
        after.is_none_or(|after| difference(before, after, field, Lists::Whole).is_some())
    })
}

fn order_of(object: &Object) -> u32 {
    let annotation = object.metadata().annotation(kro_apply::APPLY_ORDER);
    annotation.and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// The condition of which a write says that it was judged by an older generation than before, or by one to come.
fn goes_back(before: &Object, after: &Object) -> Option<String> {
    let generation = after.metadata().generation().unwrap_or_default();
    let seen = |object: &Object| -> Vec<(String, i64)> {
        let conditions = object.as_value_at("status").and_then(|status| status["conditions"].as_array());
        let conditions = conditions.into_iter().flatten();
        conditions
            .filter_map(|it| Some((it["type"].as_str()?.to_owned(), it["observedGeneration"].as_i64()?)))
            .collect()
    };
    if before.metadata().uid() != after.metadata().uid() {
        return None;
    }
    let former = seen(before);
    let wrong = seen(after).into_iter().find(|(kind, now)| {
        *now > generation || former.iter().any(|(other, before)| other == kind && before > now)
    });
    wrong.map(|(kind, now)| format!("{kind} observed generation {now} of {generation}"))
}
