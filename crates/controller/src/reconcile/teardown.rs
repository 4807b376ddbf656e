//! An instance is being deleted: take its children down, the latest wave first, each wave when the one before is
//! gone, then let the instance go. Needs neither graph nor expressions, so that no broken definition is in the way.

use crate::{
    Shared,
    dispatch::Served,
    members::Child,
    options::TOOL,
    queue::Outcome,
    reconcile::{Effect, Report, cluster_for, explain},
    status,
};
use kro_api::{
    ConditionSet, ConditionStatus, INSTANCE_CONDITIONS, InstanceState, Policy,
    names::{FINALIZER, managers},
    policy::Deletion,
};
use kro_apply::{ApplySet, Member, Membership, Removal, highest_wave};
use kro_cluster::{Cluster, Error, Part, mutants::mutant};
use kro_object::{GroupKind, Object};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// One step of taking an instance down.
pub(crate) async fn reconcile(shared: &Shared, served: &Served, mut instance: Object) -> Report {
    if !instance.metadata().has_finalizer(FINALIZER) {
        return Report::new(Outcome::Done);
    }
    let now = shared.options.clock.now();
    let mut conditions = ConditionSet::open(INSTANCE_CONDITIONS, &instance, now);
    let set = set_of(shared, served, &instance);
    let mut denied = false;
    let outcome = match step(shared, served, &set, &instance).await {
        Ok(Step::Gone) => match let_go(shared, served, &instance).await {
            Ok(()) => {
                shared.members().set_uncertain(&set.id, false);
                return Report::new(Outcome::Done);
            }
            Err(error) => {
                let message = format!("failed removing finalizer: {error}");
                conditions.set("InstanceManaged", ConditionStatus::False, "ManagementFailed", &message, now);
                Outcome::Retry
            }
        },
        Ok(Step::Waiting { wave, watched }) => {
            let message = format!("deleting apply-order wave {wave}");
            conditions.set("ResourcesReady", ConditionStatus::Unknown, "UnderDeletion", &message, now);
            if watched { Outcome::Done } else { Outcome::Again(shared.options.retry_interval) }
        }
        Err(why) => {
            let why = match why {
                Blocked::Cluster(error) => {
                    denied = error.is_forbidden();
                    explain(&error, served)
                }
                Blocked::Unsafe(why) => why,
            };
            let message = format!("deletion blocked: {why}");
            conditions.set("ResourcesReady", ConditionStatus::Unknown, "UnderDeletion", &message, now);
            Outcome::Retry
        }
    };
    let mut report = Report::new(outcome);
    if denied {
        report.effects.push(Effect::Denied);
    }
    match status::write(&shared.cluster, &served.resource, &instance, &wanted(served, &instance, &conditions))
        .await
    {
        Ok(Some(written)) => {
            instance = written;
            report.effects.push(Effect::Wrote(instance));
        }
        Ok(None) => {}
        Err(error) if error.is_not_found() => {}
        Err(error) => {
            tracing::debug!(%error, "status of the instance not written");
            report.effects.extend(Effect::of_failed_write(&error));
            report.outcome = Outcome::Retry;
        }
    }
    report
}

/// The set of an instance.
pub(crate) fn set_of(shared: &Shared, served: &Served, instance: &Object) -> ApplySet {
    let key = instance.key();
    ApplySet {
        id: kro_apply::id(&served.resource.gvk.group_kind(), &key).into(),
        home: key.namespace,
        manager: managers::APPLYSET,
        concurrency: shared.options.requests_per_instance,
    }
}

/// All members in `scope`: from the watches where they work, from the server where not. Also says whether every
/// change of them will be noticed.
pub(crate) async fn members(
    shared: &Shared,
    set: &ApplySet,
    scope: &Membership,
) -> Result<(Vec<Member>, bool), Error> {
    let (mut members, watched) = {
        let known = shared.members();
        let in_scope = known
            .of_set(&set.id)
            .filter(|child| scope.holds(&child.kind(), child.namespace(), set.home.as_deref()));
        let members: Vec<Member> = in_scope.map(Child::member).collect();
        let certain = !known.is_uncertain(&set.id);
        let watched = scope.kinds.iter().filter(|kind| certain && known.is_kind_synced(kind));
        let watched: BTreeSet<GroupKind> = watched.cloned().collect();
        (members, watched)
    };
    let asked = set.members(&shared.cluster, scope, &watched).await?;
    let newer: BTreeSet<&str> = asked.iter().map(|member| &*member.uid).collect();
    members.retain(|member| !newer.contains(&*member.uid));
    members.extend(asked);
    // What is not provably ours stays, and must not hold up what is.
    members.retain(|member| match member.veto(&set.id) {
        None => true,
        Some(veto) => {
            tracing::warn!(object = %member.key, kind = %member.resource.gvk.kind, %veto, "left alone");
            false
        }
    });
    Ok((members, watched == scope.kinds))
}

enum Step {
    /// No member is left.
    Gone,
    /// A wave was told to go.
    Waiting { wave: u32, watched: bool },
}

/// Why nothing goes on.
enum Blocked {
    Cluster(Error),
    /// It cannot be told what may be deleted.
    Unsafe(String),
}

impl From<Error> for Blocked {
    fn from(error: Error) -> Self {
        Self::Cluster(error)
    }
}

async fn step(shared: &Shared, served: &Served, set: &ApplySet, instance: &Object) -> Result<Step, Blocked> {
    if mutant("children-left-behind") {
        return Ok(Step::Gone);
    }
    let cluster = cluster_for(shared, served, instance);
    let scope = Membership::validated(instance, &set.id, TOOL)
        .map_err(|error| Blocked::Unsafe(format!("validate deletion inventory: {error}")))?;
    loop {
        let (members, watched) = members(shared, set, &scope).await?;
        let Fates { deleted, released, .. } = Fates::of(&served.policy, members);
        let left = release(shared, &cluster, set, &released).await?;
        if deleted.is_empty() {
            return Ok(left.map_or(Step::Gone, |wave| Step::Waiting { wave, watched: false }));
        }
        let (wave, members) = highest_wave(deleted);
        let mut waiting = false;
        for (member, result) in set.delete_all(&cluster, members).await {
            match result? {
                Removal::Gone | Removal::Released => shared.members().gone(&member),
                Removal::Terminating | Removal::Changed => waiting = true,
                Removal::Vetoed(veto) => return Err(Blocked::Unsafe(format!("{}: {veto}", member.key))),
            }
        }
        if waiting {
            return Ok(Step::Waiting { wave, watched });
        }
        // The whole wave is gone at once: on to the next.
    }
}

/// What becomes of members that are no longer wanted.
#[derive(Default)]
pub(crate) struct Fates {
    pub(crate) deleted: Vec<Member>,
    /// Stays, without our labels.
    pub(crate) released: Vec<Member>,
    /// Stays as it is.
    pub(crate) retained: Vec<Member>,
}

impl Fates {
    pub(crate) fn of(policy: &Policy, members: Vec<Member>) -> Self {
        let mut fates = Self::default();
        for member in members {
            match policy.node(&member.node).deletion {
                Deletion::Delete => fates.deleted.push(member),
                Deletion::Orphan => fates.released.push(member),
                Deletion::Retain => fates.retained.push(member),
            }
        }
        fates
    }
}

/// Lets members go without deleting them. Some may have changed meanwhile and must be looked at again: returns the
/// latest wave of these.
pub(crate) async fn release(
    shared: &Shared,
    cluster: &Cluster,
    set: &ApplySet,
    members: &[Member],
) -> Result<Option<u32>, Error> {
    let mut left = None;
    for member in members {
        match set.release(cluster, member).await? {
            // Its kind may not be watched any more: nobody else will tell.
            Removal::Gone | Removal::Released => shared.members().gone(member),
            Removal::Terminating | Removal::Changed | Removal::Vetoed(_) => {
                left = left.max(Some(member.order));
            }
        }
    }
    Ok(left)
}

/// Removes the finalizer. The instance may be gone by now.
async fn let_go(shared: &Shared, served: &Served, instance: &Object) -> Result<(), Error> {
    if mutant("finalizer-kept") {
        return Ok(());
    }
    let mut instance = instance.clone();
    loop {
        let metadata = instance.metadata();
        let without: Vec<&str> = metadata.finalizers().filter(|name| *name != FINALIZER).collect();
        let patch =
            json!({"metadata": {"finalizers": without, "resourceVersion": metadata.resource_version()}});
        match shared.cluster.merge(&served.resource, &instance.key(), Part::Main, &patch).await {
            Ok(_) => return Ok(()),
            Err(error) if error.is_not_found() => return Ok(()),
            Err(error) if error.is_conflict() => {
                match shared.cluster.get(&served.resource, &instance.key()).await? {
                    Some(live) if live.metadata().uid() == instance.metadata().uid() => instance = live,
                    _ => return Ok(()),
                }
            }
            Err(error) => return Err(error),
        }
    }
}

/// Everything the status says already, with kro's part on top. Author conditions stay; only progress is overlaid.
fn wanted(served: &Served, instance: &Object, conditions: &ConditionSet) -> Value {
    let mut status = instance.as_map().get("status").cloned().unwrap_or_else(|| json!({}));
    status["state"] = InstanceState::Deleting.as_str().into();
    // Without a graph nobody knows whose the conditions are.
    status["conditions"] = if served.graph.instance.conditions.is_some() || served.only_deletes {
        let mut list = status["conditions"].as_array().cloned().unwrap_or_default();
        if let Some(progress) = conditions.get("ResourcesReady") {
            list.retain(|condition| condition["type"] != "ResourcesReady");
            list.push(progress.to_value());
        }
        list.into()
    } else {
        conditions.to_value()
    };
    status
}

#[cfg(test)]
mod tests;
