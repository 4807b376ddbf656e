//! One revision: compile its snapshot once per process, say in its status how that went, let it go when deleted.

use crate::{
    Shared, api,
    compile::{self, CompileError, What},
    queue::Outcome,
    reconcile::{Effect, Report, definition::topology},
    revisions::{Compiled, Revision},
    status,
};
use kro_api::{
    ConditionSet, ConditionStatus, GraphRevision, GraphRevisionStatus, REVISION_CONDITIONS, names::FINALIZER,
};
use kro_cluster::{Error, Part};
use kro_graph::Graph;
use kro_object::Object;
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// What the dispatcher knows of a revision.
#[derive(Debug)]
pub(crate) struct Input {
    /// The revision; `None` when it is gone.
    pub(crate) object: Option<Object>,
    /// Its number, from the last time it was seen.
    pub(crate) number: i64,
    /// A graph that was compiled from the spec with this hash a moment ago.
    pub(crate) candidate: Option<(String, Arc<Graph>)>,
    /// Whether it was compiled in this process already.
    pub(crate) known: bool,
    /// How long ago a CRD changed.
    pub(crate) crds: Duration,
    /// Whether it is ours to write; else it is only compiled.
    pub(crate) leads: bool,
}

/// Reconciles one revision.
pub(crate) async fn reconcile(shared: Arc<Shared>, input: Input) -> Report {
    let number = input.number;
    match run(&shared, input).await {
        Ok(report) => report,
        Err(error) => {
            tracing::warn!(revision = number, %error, "revision not reconciled");
            Report::new(Outcome::Retry)
        }
    }
}

async fn run(shared: &Arc<Shared>, input: Input) -> Result<Report, Error> {
    let number = input.number;
    let Some(mut object) = input.object else {
        return Ok(Report::new(Outcome::Done).with(Effect::Dropped { number }));
    };
    if object.metadata().is_deleting() {
        if !input.leads {
            return Ok(Report::new(Outcome::Done).with(Effect::Dropped { number }));
        }
        let without: Vec<&str> = object.metadata().finalizers().filter(|name| *name != FINALIZER).collect();
        patch_finalizers(shared, &object, &without).await?;
        shared.metrics.revision_let_go();
        return Ok(Report::new(Outcome::Done).with(Effect::Dropped { number }));
    }
    let mut effects = Vec::new();
    if input.leads && !object.metadata().has_finalizer(FINALIZER) {
        let mut with: Vec<&str> = object.metadata().finalizers().collect();
        with.push(FINALIZER);
        if let Some(patched) = patch_finalizers(shared, &object, &with).await? {
            effects.push(Effect::Wrote(patched.clone()));
            object = patched;
        }
    }
    if input.known {
        return Ok(Report { outcome: Outcome::Done, effects });
    }
    let (hash, compiled) = match GraphRevision::decode(object.clone()).into_result() {
        Err(diagnostics) => (String::new(), Err(CompileError::Invalid(compile::errors(&diagnostics)))),
        Ok(revision) => {
            let hash = kro_graph::spec_hash(&revision.snapshot.spec);
            let graph = match input.candidate {
                Some((candidate, graph)) if candidate == hash => Ok(graph),
                _ => compile::compile(shared, What::Revision, &revision.snapshot.spec).await,
            };
            (hash, graph)
        }
    };
    let now = shared.options.clock.now();
    let mut conditions = ConditionSet::open(REVISION_CONDITIONS, &object, now);
    let mut wanted = GraphRevisionStatus::default();
    let (compiled, outcome) = match compiled {
        Ok(graph) => {
            let message = "graph revision compiled and verified";
            conditions.set("GraphVerified", ConditionStatus::True, "Verified", message, now);
            (wanted.topological_order, wanted.resources) = topology(&graph);
            (Compiled::Active(graph), Outcome::Done)
        }
        Err(CompileError::Invalid(message)) => {
            let message = format!("failed to compile graph revision: {message}");
            conditions.set("GraphVerified", ConditionStatus::False, "InvalidGraph", &message, now);
            (Compiled::Failed, compile::awaits_inputs(shared, input.crds))
        }
        Err(CompileError::Cluster(error)) => return Err(error),
    };
    if input.leads {
        wanted.conditions = conditions.conditions().to_vec();
        let written = status::write(&shared.cluster, &api::revisions(), &object, &wanted.to_value()).await;
        effects.extend(written.inspect_err(|_| shared.metrics.revision_status_failed())?.map(Effect::Wrote));
    }
    // Published only now: who sees the graph in use also sees a status that says so.
    effects.push(Effect::Compiled { number, revision: Revision { hash, compiled } });
    Ok(Report { outcome, effects })
}

async fn patch_finalizers(
    shared: &Shared,
    object: &Object,
    finalizers: &[&str],
) -> Result<Option<Object>, Error> {
    let version = object.metadata().resource_version();
    let patch = json!({"metadata": {"finalizers": finalizers, "resourceVersion": version}});
    match shared.cluster.merge(&api::revisions(), &object.key(), Part::Main, &patch).await {
        Ok(object) => Ok(Some(object)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}
