//! The end of a pass: delete what is no longer wanted, sum the nodes up in conditions and state, write the status.

use super::{
    End, Pass, Refused, Stop,
    progress::{INVENTORY, Since, describe},
    verdict::{Pruned, Verdict},
};
use crate::{
    events,
    members::Child,
    packed::lean,
    queue::Outcome,
    reconcile::{
        Effect, Report,
        teardown::{self, Fates},
    },
    reports::{InstanceReport, NodeReport},
    status,
};
use kro_api::{ConditionStatus, InstanceState};
use kro_apply::{Membership, Removal};
use kro_cluster::mutants::mutant;
use kro_graph::NodeKind;
use kro_object::{GroupKind, Object};
use kro_plan::{AuthorConditions, Plan, Problem};
use serde_json::{Map, Value, json};
use std::{collections::BTreeSet, time::Duration};

impl Pass<'_> {
    /// Reports the end of the pass.
    pub(super) async fn finish(mut self, end: End) -> Report {
        let retry = Outcome::Again(self.shared.options.retry_interval);
        let unresolved = matches!(end, End::Unresolved(_));
        let suspended = matches!(end, End::Suspended(_));
        let heard = suspended || matches!(end, End::Planned(_));
        if !matches!(end, End::Planned(_)) {
            self.grace = Duration::ZERO;
        }
        let (plan, verdict) = match end {
            End::Unmanaged(message) => {
                self.set("InstanceManaged", ConditionStatus::False, "ManagementFailed", &message);
                (None, None)
            }
            End::Unresolved(message) => {
                self.set("GraphResolved", ConditionStatus::False, "RevisionUnavailable", &message);
                (None, None)
            }
            End::Suspended(plan) => (Some(plan), Some(Verdict::suspended())),
            End::Stopped { plan, message, outcome } => {
                (Some(plan), Some(Verdict::not_ready(InstanceState::InProgress, &message, outcome)))
            }
            End::Planned(plan) => {
                let verdict = self.judge(&plan, retry).await;
                (Some(plan), Some(verdict))
            }
        };
        let since = plan.as_ref().map(|plan| self.since(plan)).unwrap_or_default();
        let (state, mut outcome) = match &verdict {
            Some(verdict) => {
                self.set("ResourcesReady", verdict.status, verdict.reason, &verdict.message);
                (verdict.state, verdict.outcome)
            }
            // A revision that cannot be used is heard of when it comes.
            None if unresolved => (InstanceState::Error, Outcome::Done),
            None => (InstanceState::Active, Outcome::Retry),
        };
        self.report(plan.as_ref(), state);
        if let Some(plan) = &plan
            && let Some(next) = self.progress(plan, &since, !heard || suspended)
            && outcome == Outcome::Done
        {
            outcome = Outcome::Again(next);
        }
        let mut outcome = self.write_status(plan.as_ref(), &since, state, outcome).await;
        if let Some(plan) = &plan {
            let nodes = self.served.graph.nodes.values();
            let collections = nodes.filter(|node| matches!(node.kind, NodeKind::Collection { .. }));
            let sizes = collections.map(|node| plan.desired(&node.id).len());
            self.shared.metrics.evaluated(plan.spent(), sizes);
        }
        if self.held {
            outcome = Outcome::Again(self.grace);
        }
        self.effects.push(Effect::Held(self.held));
        if self.failures.denied {
            self.effects.push(Effect::Denied);
        }
        if heard {
            // A pass that broke off leaves what was listened to as it was.
            self.effects.push(Effect::Interests(std::mem::take(&mut self.interests)));
        }
        Report { outcome, effects: self.effects }
    }

    /// Sums up the nodes, and deletes what is no longer wanted if every node is known.
    async fn judge(&mut self, plan: &Plan, retry: Outcome) -> Verdict {
        let mut record = self.occupied();
        if mutant("record-shrinks-first")
            && plan.is_complete()
            && self.write_record(self.batch.clone()).await.is_ok()
        {
            self.recorded = self.batch.clone();
        }
        let mut pruned = Pruned::Clean;
        if plan.is_complete() && self.failures.child == Refused::No {
            pruned = self.prune().await;
            if matches!(pruned, Pruned::Clean) {
                record = self.batch.clone();
            }
        }
        let waits = matches!(plan.problem(), Some(Problem::Pending(_) | Problem::Unready(_)))
            && self.failures.child == Refused::No;
        if !waits {
            self.grace = Duration::ZERO;
        }
        if !self.holds(&record)
            && let Err(Stop { message, outcome }) = self.write_record(record).await
        {
            return Verdict::not_ready(InstanceState::InProgress, &message, outcome);
        }
        if matches!(plan.problem(), Some(Problem::Unready(_))) && mutant("ready-too-early") {
            return Verdict::ready();
        }
        let verdict = match plan.problem() {
            None => return Verdict::of_pruning(pruned, retry),
            Some(Problem::Failed(message)) => {
                let message = format!("apply results contain errors: {message}");
                // A refused request may be granted later, and it is heard of when a CRD comes; a mistake stays one until
                // something changes. What costs too much is not even tried again.
                let outcome = match self.failures.child {
                    Refused::Now => retry,
                    Refused::UntilTold => Outcome::Done,
                    Refused::No if plan.spent().exceeded => Outcome::Done,
                    Refused::No => Outcome::Retry,
                };
                let verdict = Verdict::not_ready(InstanceState::Error, &message, outcome);
                // Objects of others are not watched; asking for them again and again helps nobody.
                if self.failures.taken {
                    Verdict { reason: "Conflict", outcome: Outcome::Retry, ..verdict }
                } else {
                    verdict
                }
            }
            Some(Problem::Deleting(message)) => Verdict {
                reason: "ResourceDeleting",
                message,
                ..Verdict::not_ready(InstanceState::InProgress, "", Outcome::Done)
            },
            Some(Problem::Unready(message) | Problem::Pending(message)) => {
                Verdict { message, ..Verdict::not_ready(InstanceState::InProgress, "", Outcome::Done) }
            }
        };
        verdict.with_pruning(pruned, retry)
    }

    /// Where members of the set are: all that was recorded or applied, but for kinds that were only foreseen.
    fn occupied(&self) -> Membership {
        let mut record = self.recorded.union(&self.batch);
        let members = self.shared.members();
        let kinds: BTreeSet<GroupKind> = members.of_set(&self.set.id).map(Child::kind).collect();
        record.kinds.retain(|kind| {
            let empty = self.foreseen.contains(kind) && !kinds.contains(kind) && members.is_kind_synced(kind);
            self.batch.kinds.contains(kind) || !empty
        });
        record
    }

    /// Whether a record that could be smaller is left as it is for now.
    fn holds(&mut self, record: &Membership) -> bool {
        let covered =
            self.written.as_ref().is_some_and(|written| written.covers(record) && written != record);
        let holds = covered && !self.grace.is_zero();
        self.held |= holds;
        holds
    }

    /// Deletes members of the set that no node wants, the latest waves first.
    async fn prune(&mut self) -> Pruned {
        if mutant("no-prune") {
            return Pruned::Clean;
        }
        let scope = self.recorded.union(&self.batch);
        let mut orphans = match teardown::members(self.shared, &self.set, &scope).await {
            Ok((members, _)) => members,
            Err(error) => return Pruned::Failed(format!("list orphans failed: {}", self.explain(&error))),
        };
        orphans.retain(|member| !self.wanted.contains(&member.uid));
        let Fates { deleted: mut orphans, released, retained } = Fates::of(&self.served.policy, orphans);
        for member in retained {
            // It is looked for again when the policy changes.
            self.batch.insert(&member.resource, &member.key, self.set.home.as_deref());
        }
        if let Some(limit) = self.served.policy.max_deletes {
            let count = orphans.iter().filter(|member| !member.deleting).count();
            if count > limit {
                return Pruned::Blocked(format!(
                    "{count} objects are no longer wanted and the policy max-deletes is {limit}: none is deleted"
                ));
            }
        }
        let left = match teardown::release(self.shared, &self.cluster, &self.set, &released).await {
            Ok(left) => left,
            Err(error) => return Pruned::Failed(self.explain(&error)),
        };
        orphans.sort_by_key(|member| std::cmp::Reverse(member.order));
        if mutant("prune-one") {
            orphans.truncate(1);
        }
        let mut lingering = left.is_some();
        for wave in orphans.chunk_by(|a, b| a.order == b.order) {
            for (orphan, result) in self.set.delete_all(&self.cluster, wave.to_vec()).await {
                match result {
                    Ok(Removal::Gone | Removal::Released) => self.shared.members().gone(&orphan),
                    Ok(Removal::Terminating | Removal::Changed) => lingering = true,
                    Ok(Removal::Vetoed(veto)) => tracing::warn!(object = %orphan.key, %veto, "left alone"),
                    Err(error) => return Pruned::Failed(self.explain(&error)),
                }
            }
        }
        if lingering { Pruned::Lingering } else { Pruned::Clean }
    }

    async fn write_status(
        &mut self,
        plan: Option<&Plan>,
        since: &Since,
        mut state: InstanceState,
        mut outcome: Outcome,
    ) -> Outcome {
        let mut fields = match plan.map(Plan::status) {
            None if !self.conditions.is_true("GraphResolved") => {
                self.stored_status().cloned().unwrap_or_default()
            }
            None => Map::new(),
            Some(Ok(fields)) => fields,
            Some(Err(message)) => {
                // A mistake in a status expression: say so, and leave the author's fields as they are.
                let message = format!("status cannot be computed: {message}");
                self.set("ResourcesReady", ConditionStatus::False, "NotReady", &message);
                state = InstanceState::Error;
                let exceeded = plan.is_some_and(|plan| plan.spent().exceeded);
                outcome = if exceeded { Outcome::Done } else { Outcome::Retry };
                self.stored_status().cloned().unwrap_or_default()
            }
        };
        let builtin = self.conditions.to_value();
        let conditions = match plan.and_then(|plan| plan.conditions(&builtin)) {
            None => builtin,
            Some(authored) => {
                if let Some(problem) = &authored.problem {
                    tracing::info!(instance = %self.instance.key(), %problem, "conditions cannot be computed");
                    state = InstanceState::Error;
                }
                self.authored(&authored)
            }
        };
        fields.insert("state".to_owned(), state.as_str().into());
        fields.insert("conditions".to_owned(), conditions);
        if let Some(nodes) = plan.and_then(|plan| self.inventory(plan, since)) {
            fields.insert(INVENTORY.to_owned(), nodes);
        }
        if mutant("status-written-once")
            && self.stored_status().is_some_and(|stored| stored["state"] == fields["state"])
        {
            return outcome;
        }
        let wanted = Value::Object(fields);
        if !self.grace.is_zero() && status::differs(&self.instance, &wanted) {
            self.held = true;
            return outcome;
        }
        match status::write(&self.shared.cluster, &self.served.resource, &self.instance, &wanted).await {
            Ok(Some(written)) => {
                let written = lean(written);
                let before = std::mem::replace(&mut self.instance, written.clone());
                self.effects.push(Effect::Wrote(written));
                self.tell(&before).await;
                self.count(&before);
                outcome
            }
            Ok(None) => {
                self.count(&self.instance);
                outcome
            }
            // Gone meanwhile.
            Err(error) if error.is_not_found() => Outcome::Done,
            Err(error) => {
                tracing::warn!(instance = %self.instance.key(), %error, "status not written");
                self.effects.extend(Effect::of_failed_write(&error));
                Outcome::Retry
            }
        }
    }

    /// The state of now, after that of before.
    fn count(&self, before: &Object) {
        let status = |object: &Object| object.as_map().get("status").cloned().unwrap_or_default();
        let (old, new) = (status(before), status(&self.instance));
        let state = |status: &Value| status["state"].as_str().unwrap_or_default().to_owned();
        let metrics = &self.shared.metrics;
        metrics.instance_state(&self.served.resource.gvk, &state(&old), &state(&new));
        if self.shared.options.gates.instance_condition_metrics {
            metrics.conditions(&self.served.resource.gvr(), &self.instance.key(), &new["conditions"]);
        }
    }

    /// Events about the conditions that changed, if that is wanted.
    async fn tell(&self, before: &Object) {
        if !self.shared.options.gates.instance_condition_events {
            return;
        }
        let conditions =
            |object: &Object| object.as_map().get("status").map(|status| status["conditions"].clone());
        let [before, after] = [before, &self.instance].map(|object| conditions(object).unwrap_or_default());
        let crd = format!("{}.{}", self.served.resource.plural, self.served.resource.gvk.group);
        for note in events::transitions(&before, &after) {
            events::write(self.shared, &self.instance, &format!("kro/{crd}-controller"), &note).await;
        }
    }

    /// The author's conditions as they are stored: stamped, with those of before where some are missing now.
    fn authored(&self, authored: &AuthorConditions) -> Value {
        let stored =
            self.stored_status().and_then(|status| status.get("conditions")).and_then(Value::as_array);
        let stored = stored.map_or(&[][..], Vec::as_slice);
        let mut list = Vec::new();
        for condition in &authored.conditions {
            let before = stored.iter().find(|old| old["type"] == condition.kind.as_str());
            let since = before.filter(|old| old["status"] == condition.status.as_str());
            let since = since.and_then(|old| old.get("lastTransitionTime")).cloned();
            let mut value = json!({
                "type": condition.kind,
                "status": condition.status,
                "observedGeneration": self.instance.metadata().generation().unwrap_or_default(),
                "lastTransitionTime": since.unwrap_or_else(|| self.now.whole_seconds().to_string().into()),
            });
            for (field, text) in [("reason", &condition.reason), ("message", &condition.message)] {
                if !text.is_empty() {
                    value[field] = text.as_str().into();
                }
            }
            list.push(value);
        }
        if authored.incomplete || authored.problem.is_some() {
            let made = |old: &Value| authored.conditions.iter().any(|new| old["type"] == new.kind.as_str());
            list.extend(stored.iter().filter(|old| !made(old)).cloned());
        }
        list.into()
    }

    pub(super) fn stored_status(&self) -> Option<&Map<String, Value>> {
        self.instance.as_map().get("status")?.as_object()
    }

    fn report(&self, plan: Option<&Plan>, state: InstanceState) {
        let id = (self.served.definition.clone(), self.instance.key());
        self.shared.reports.publish(|reports| {
            let nodes = plan.into_iter().flat_map(|plan| &plan.nodes).map(|(id, node)| {
                let (state, detail) = describe(node);
                let names = self.targets.iter().filter(|(_, target)| target.node == *id);
                NodeReport {
                    id: id.to_string(),
                    kind: self.served.graph.nodes[id].resource.gvk.kind.to_string(),
                    names: names.map(|((_, key), _)| key.to_string()).collect(),
                    state,
                    detail,
                }
            });
            let ready = self.conditions.get("Ready");
            let report = InstanceReport {
                state: state.as_str(),
                message: ready.map(|ready| ready.message.clone()).unwrap_or_default(),
                nodes: nodes.collect(),
            };
            reports.instances.insert(id, report);
        });
    }
}
