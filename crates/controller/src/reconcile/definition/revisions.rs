//! The revisions of a definition: one is issued for every change, those of a former definition are adopted, old ones
//! go.

use super::{Input, Pass, RevisionState};
use crate::{
    api,
    compile::{self, CompileError, What},
    queue::Outcome,
    reconcile::Effect,
};
use kro_api::{GraphRevision, ResourceGraphDefinition, names::FINALIZER};
use kro_cluster::{Error, Part, Precondition};
use kro_object::{Object, ObjectKey};
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Pass<'_> {
    /// Compiles the present spec and, if it is right, records it as a new revision.
    pub(super) async fn issue(
        &mut self,
        definition: &ResourceGraphDefinition,
        hash: String,
        latest: i64,
    ) -> Result<Outcome, Error> {
        self.shared.metrics.revision_resolved("issue");
        let name = definition.object.key().name;
        let graph = match compile::compile(self.shared, What::Definition(&name), &definition.spec).await {
            Ok(graph) => graph,
            Err(CompileError::Invalid(message)) => {
                self.reject(&message);
                return Ok(compile::awaits_inputs(self.shared, self.crds));
            }
            Err(CompileError::Cluster(error)) => return Err(error),
        };
        self.accept();
        let number = self.status.last_issued_revision.max(latest) + 1;
        let version = self.shared.options.version_label();
        let mut object = Object::from_value(GraphRevision::issue(definition, number, &hash, &version))
            .expect("invariant: a revision is an object");
        object.metadata_mut().add_finalizer(FINALIZER);
        match self.shared.cluster.create(&api::revisions(), &object).await {
            Ok(created) => {
                self.shared.metrics.revision_issued(if latest == 0 { "no_revision" } else { "spec_changed" });
                self.shared.metrics.revision_awaited("compiling");
                self.status.last_issued_revision = number;
                self.wait(
                    "WaitingForGraphRevisionCompilation",
                    &format!("graph revision {number} issued and awaiting compilation"),
                );
                self.effects.push(Effect::Proposed { hash, graph });
                self.effects.push(Effect::Wrote(created));
                Ok(Outcome::Done)
            }
            Err(error) => {
                let message = format!("creating graph revision {:?}: {error}", object.key().name);
                self.reject(&message);
                Err(error)
            }
        }
    }

    /// Revisions of a former definition of this name become ours.
    pub(super) async fn adopt(&mut self, revisions: &BTreeMap<i64, RevisionState>) -> Result<(), Error> {
        let uid = self.object.metadata().uid().unwrap_or_default();
        for revision in revisions.values() {
            if revision.deleting || revision.controller.as_deref() == Some(uid) {
                continue;
            }
            let owner = json!({
                "apiVersion": self.object.as_map()["apiVersion"], "kind": ResourceGraphDefinition::KIND,
                "name": self.object.key().name, "uid": uid, "controller": true,
            });
            let mut owners: Vec<Value> = revision.owners.as_array().cloned().unwrap_or_default();
            match owners.iter_mut().find(|owner| owner["kind"] == ResourceGraphDefinition::KIND) {
                Some(former) => *former = owner,
                None => owners.push(owner),
            }
            let patch = json!({"metadata": {"ownerReferences": owners}});
            let key = ObjectKey::cluster(&revision.name);
            let adopted = self.shared.cluster.merge(&api::revisions(), &key, Part::Main, &patch).await?;
            self.effects.push(Effect::Wrote(adopted));
        }
        Ok(())
    }

    /// Deletes the oldest revisions beyond the number to keep.
    pub(super) async fn collect(&mut self, input: &Input) {
        let keep = self.shared.options.max_revisions;
        let excess = input.revisions.len().saturating_sub(keep);
        if keep == 0 {
            return;
        }
        let old = input.revisions.iter().take(excess).filter(|(number, _)| !input.pinned.contains(number));
        for (_, revision) in old {
            let key = ObjectKey::cluster(&revision.name);
            let result = self.shared.cluster.delete(&api::revisions(), &key, Precondition::default()).await;
            if let Err(error) = result {
                self.shared.metrics.revision_collected(false);
                tracing::warn!(revision = %revision.name, %error, "old revision not deleted");
                return;
            }
            self.shared.metrics.revision_collected(true);
        }
    }
}
