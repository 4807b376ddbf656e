//! One definition: check it, issue a revision for every change, make its CRD, serve its instances, report.
//! A definition that is wrong keeps the last good revision running and never touches another definition.

mod follow;
mod hold;
mod remove;
mod revisions;

use crate::{
    Shared, access, api, compile,
    crd::{self, Ensured},
    queue::Outcome,
    reconcile::{
        Effect, Report,
        instance::progress::{INVENTORY, inventory_schema},
    },
    reports::DefinitionReport,
    revisions::{Compiled, Numbered, last_good},
    status,
};
use kro_api::{
    ConditionSet, ConditionStatus, DEFINITION_CONDITIONS, NodeDependencies, Policy, ResourceGraphDefinition,
    ResourceGraphDefinitionStatus, State,
    names::{FINALIZER, labels},
    policy::{Access, pinned},
};
use kro_cluster::{Error, Part};
use kro_graph::Graph;
use kro_object::{Object, Timestamp};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
    sync::Arc,
    time::Duration,
};

/// How often it is asked again whether the operator may do what it must.
const ACCESS_POLL: Duration = Duration::from_secs(10);

/// What the dispatcher knows of a definition.
#[derive(Debug)]
pub(crate) struct Input {
    /// The definition; `None` when it is gone.
    pub(crate) object: Option<Object>,
    /// Whether its status may be another one: a write was not answered.
    pub(crate) unsure: bool,
    /// Its revisions in the cluster, by number.
    pub(crate) revisions: BTreeMap<i64, RevisionState>,
    /// Its revisions in this process.
    pub(crate) compiled: Numbered,
    /// What its instances are reconciled by in this process.
    pub(crate) served: Option<Arc<Graph>>,
    /// Revisions that the definition or instances are to stay at.
    pub(crate) pinned: BTreeSet<i64>,
    /// How many instances there are.
    pub(crate) instances: usize,
    /// How long ago a CRD changed.
    pub(crate) crds: Duration,
    /// Whether there is a CRD that was made for it, or for a former one of its name.
    pub(crate) has_crd: bool,
    /// Whether it is ours to write; else it is only served, as the leader will have it.
    pub(crate) leads: bool,
}

impl Input {
    /// The newest revision that stays.
    fn latest(&self) -> Option<i64> {
        self.revisions.iter().rev().find(|(_, revision)| !revision.deleting).map(|(number, _)| *number)
    }
}

/// A revision in the cluster, as far as its definition cares.
#[derive(Debug, Clone)]
pub(crate) struct RevisionState {
    pub(crate) name: Box<str>,
    pub(crate) deleting: bool,
    /// UID of the definition that controls it.
    pub(crate) controller: Option<Box<str>>,
    pub(crate) owners: Value,
}

/// Reconciles one definition.
pub(crate) async fn reconcile(shared: Arc<Shared>, input: Input) -> Report {
    let Some(object) = input.object.clone() else { return Report::new(Outcome::Done).with(Effect::Unserve) };
    let result = if !input.leads {
        follow::reconcile(&shared, &input, object).await
    } else if object.metadata().is_deleting() {
        remove::reconcile(&shared, &input, object).await
    } else {
        living(&shared, &input, object).await
    };
    result.unwrap_or_else(|error| {
        tracing::warn!(%error, "definition not reconciled");
        Report::new(Outcome::Retry)
    })
}

async fn living(shared: &Arc<Shared>, input: &Input, mut object: Object) -> Result<Report, Error> {
    if input.unsure {
        // What is compared with the status as it was would not be written.
        let Some(stored) = shared.cluster.get(&api::definitions(), &object.key()).await? else {
            return Ok(Report::new(Outcome::Done));
        };
        object = stored;
    }
    let mut pass = Pass::new(shared, object, input.crds);
    if input.unsure {
        pass.effects.push(Effect::Wrote(pass.object.clone()));
    }
    let outcome = pass.run(input).await;
    pass.finish(outcome).await
}

/// One pass over a living definition.
struct Pass<'a> {
    shared: &'a Arc<Shared>,
    object: Object,
    now: Timestamp,
    conditions: ConditionSet,
    status: ResourceGraphDefinitionStatus,
    effects: Vec<Effect>,
    /// How long ago a CRD changed.
    crds: Duration,
    policy: Policy,
    /// There is nothing new to say.
    quiet: bool,
}

impl<'a> Pass<'a> {
    fn new(shared: &'a Arc<Shared>, object: Object, crds: Duration) -> Self {
        let now = shared.options.clock.now();
        Self {
            shared,
            now,
            conditions: ConditionSet::open(DEFINITION_CONDITIONS, &object, now),
            status: ResourceGraphDefinitionStatus::of(&object),
            effects: Vec::new(),
            crds,
            policy: Policy::of(shared.options.profile, &object),
            quiet: false,
            object,
        }
    }

    /// Everything but writing the status.
    async fn run(&mut self, input: &Input) -> Result<Outcome, Error> {
        if !self.object.metadata().has_finalizer(FINALIZER) {
            self.add_finalizer().await?;
        }
        let definition = match ResourceGraphDefinition::decode(self.object.clone()).into_result() {
            Ok(definition) => definition,
            Err(diagnostics) => {
                self.reject(&compile::errors(&diagnostics));
                self.serve_last_good(input);
                return Ok(Outcome::Done);
            }
        };
        let hash = kro_graph::spec_hash(&definition.spec);
        self.adopt(&input.revisions).await?;

        let latest = input.latest();
        if input.revisions.values().any(|revision| revision.deleting) {
            self.shared.metrics.revision_awaited("settling");
            self.wait(
                "WaitingForGraphRevisionSettlement",
                "waiting for terminating graph revisions to settle",
            );
            return Ok(Outcome::Done);
        }
        if let (Some(Ok(pin)), Some(latest)) = (pinned(&self.object), latest) {
            return Ok(self.hold(&definition, &hash, pin, latest, input).await);
        }
        let Some(number) = latest else {
            let outcome = self.issue(&definition, hash, 0).await;
            if input.has_crd && !self.conditions.is_true("GraphAccepted") {
                // A former definition of this name has left instances.
                self.serve_last_good(input);
            }
            return outcome;
        };
        let Some(revision) = input.compiled.get(&number) else {
            self.shared.metrics.revision_awaited("warming_up");
            self.shared.metrics.revision_resolved("wait");
            // It compiles right now, after a restart; the status of before stands until that is done.
            self.quiet = true;
            return Ok(Outcome::Done);
        };
        self.status.last_issued_revision = self.status.last_issued_revision.max(number);
        if revision.hash != hash {
            self.resolved(number);
            self.serve_last_good(input);
            return self.issue(&definition, hash, number).await;
        }
        match &revision.compiled {
            Compiled::Active(graph) => {
                self.resolved(number);
                self.accept();
                self.shared.metrics.revision_resolved("serve");
                let outcome = self.serve(&definition, Arc::clone(graph)).await;
                self.collect(input).await;
                Ok(outcome)
            }
            Compiled::Failed => {
                self.shared.metrics.revision_resolved("failed");
                let mut message = format!("latest graph revision {number} failed compilation");
                if let Some((good, _)) = last_good(&input.compiled) {
                    write!(message, "; revision {good} goes on serving the instances")
                        .expect("invariant: a String takes everything");
                }
                self.set("GraphRevisionsResolved", ConditionStatus::False, "Failed", &message);
                self.set("GraphAccepted", ConditionStatus::False, "InvalidResourceGraph", &message);
                self.serve_last_good(input);
                Ok(Outcome::Done)
            }
        }
    }

    /// Writes what the pass found out. An error of the pass outweighs one of this write.
    async fn finish(mut self, outcome: Result<Outcome, Error>) -> Result<Report, Error> {
        if self.quiet && outcome.is_ok() {
            return Ok(Report { outcome: outcome?, effects: self.effects });
        }
        let before = self.status.state.map_or("", State::as_str);
        let active = ["GraphAccepted", "KindReady", "ControllerReady"]
            .iter()
            .all(|kind| self.conditions.is_true(kind));
        self.status.state = Some(if active { State::Active } else { State::Inactive });
        self.status.conditions = self.conditions.conditions().to_vec();
        let after = self.status.state.map_or("", State::as_str);
        self.shared.metrics.definition_state(&self.object.key().name, before, after);
        self.report();
        let written =
            status::write(&self.shared.cluster, &api::definitions(), &self.object, &self.status.to_value())
                .await;
        let outcome = match outcome {
            Ok(outcome) => outcome,
            Err(error) => {
                tracing::warn!(definition = %self.object.key().name, %error, "definition not reconciled");
                Outcome::Retry
            }
        };
        match written {
            Ok(object) => self.effects.extend(object.map(Effect::Wrote)),
            Err(error) if error.is_not_found() => {}
            Err(error) => {
                tracing::warn!(definition = %self.object.key().name, %error, "status of the definition not written");
                self.effects.extend(Effect::of_failed_write(&error));
                return Ok(Report { outcome: Outcome::Retry, effects: self.effects });
            }
        }
        Ok(Report { outcome, effects: self.effects })
    }

    fn report(&self) {
        self.shared.reports.publish(|reports| {
            let ready = self.conditions.get("Ready").filter(|ready| ready.status != ConditionStatus::True);
            let report = DefinitionReport {
                state: self.status.state.map_or("", State::as_str),
                message: ready.map(|ready| ready.message.clone()).unwrap_or_default(),
            };
            reports.definitions.insert((&*self.object.key().name).into(), report);
        });
    }

    async fn add_finalizer(&mut self) -> Result<(), Error> {
        let mut finalizers: Vec<&str> = self.object.metadata().finalizers().collect();
        finalizers.push(FINALIZER);
        let patch = json!({"metadata": {
            "finalizers": finalizers, "resourceVersion": self.object.metadata().resource_version(),
        }});
        let key = self.object.key();
        self.object = self.shared.cluster.merge(&api::definitions(), &key, Part::Main, &patch).await?;
        self.effects.push(Effect::Wrote(self.object.clone()));
        Ok(())
    }

    /// Makes the CRD and hands the instances to the graph.
    async fn serve(&mut self, definition: &ResourceGraphDefinition, graph: Arc<Graph>) -> Outcome {
        self.describe(&graph);
        let uid = self.object.metadata().uid().unwrap_or_default().to_owned();
        let desired = self.crd(&graph, &definition.object.key().name);
        match crd::ensure(self.shared, desired, crd::allows_breaking(&self.object)).await {
            Ok(Ensured { crd, changed }) => {
                let kind =
                    crd.as_map().get("status").and_then(|status| status.pointer("/acceptedNames/kind"));
                let kind = kind.and_then(Value::as_str).unwrap_or(&graph.instance.resource.gvk.kind);
                let message = format!("kind {kind} has been accepted and ready");
                self.set("KindReady", ConditionStatus::True, "Ready", &message);
                let (lacks, outcome) = self.check_access(&graph).await;
                let policy = self.policy.clone();
                self.effects.push(Effect::Serve { uid: uid.into(), graph, policy, lacks, reread: changed });
                outcome
            }
            Err(error) => {
                self.set("KindReady", ConditionStatus::False, "Failed", &error.to_string());
                if error.is_final() { Outcome::Done } else { Outcome::Retry }
            }
        }
    }

    /// The CRD of the definition of this name, whose graph this is.
    fn crd(&self, graph: &Graph, name: &str) -> Object {
        let mut crd = graph.crd.clone();
        if self.policy.inventory {
            crd::declare(&mut crd, INVENTORY, inventory_schema());
        }
        let version = self.shared.options.version_label();
        for (label, value) in [
            (labels::OWNED, "true"),
            (labels::KRO_VERSION, version.as_str()),
            (labels::DEFINITION_ID, self.object.metadata().uid().unwrap_or_default()),
            (labels::DEFINITION_NAME, name),
        ] {
            crd.metadata_mut().insert_label(label, value);
        }
        crd
    }

    /// Says whether the operator may do what it must, if the policy wants it to be asked. Returns what it lacks.
    async fn check_access(&mut self, graph: &Graph) -> (Option<String>, Outcome) {
        let missing = match self.policy.access {
            Access::Assume => Ok(None),
            Access::Check => access::missing(self.shared, graph, &self.policy).await,
        };
        match missing {
            Ok(None) => {
                self.set("ControllerReady", ConditionStatus::True, "Running", "controller is running");
                (None, Outcome::Done)
            }
            Ok(Some(lacks)) => {
                self.set("ControllerReady", ConditionStatus::False, "MissingRules", &lacks);
                // Nobody tells when it is granted.
                (Some(lacks), Outcome::Again(ACCESS_POLL))
            }
            Err(error) => {
                let message = format!("cannot ask what the operator may do: {error}");
                self.set("ControllerReady", ConditionStatus::Unknown, "AccessUnknown", &message);
                (None, Outcome::Retry)
            }
        }
    }

    /// While the newest spec is not served, the newest that compiled is. If none does, instances can still be deleted.
    fn serve_last_good(&mut self, input: &Input) {
        // After a restart nobody serves yet; whoever serves already keeps what its CRD fits.
        let last = || last_good(&input.compiled).map(|(_, graph)| graph);
        if let Some(graph) = input.served.as_ref().or_else(last) {
            let uid = self.object.metadata().uid().unwrap_or_default().into();
            let (graph, policy) = (Arc::clone(graph), self.policy.clone());
            self.effects.push(Effect::Serve { uid, graph, policy, lacks: None, reread: false });
        } else if let Some(definition) = ResourceGraphDefinition::decode(self.object.clone()).value
            && let Some(graph) = compile::bare(&definition.spec)
        {
            let uid = self.object.metadata().uid().unwrap_or_default().into();
            let (graph, policy) = (Arc::new(graph), self.policy.clone());
            self.effects.push(Effect::ServeDeletions { uid, graph, policy });
        }
    }

    fn describe(&mut self, graph: &Graph) {
        (self.status.topological_order, self.status.resources) = topology(graph);
    }

    fn reject(&mut self, message: &str) {
        self.status.topological_order.clear();
        self.status.resources.clear();
        self.set("GraphAccepted", ConditionStatus::False, "InvalidResourceGraph", message);
    }

    fn accept(&mut self) {
        self.set("GraphAccepted", ConditionStatus::True, "Valid", "resource graph and schema are valid");
    }

    fn resolved(&mut self, number: i64) {
        let message = format!("revision {number} compiled and active");
        self.set("GraphRevisionsResolved", ConditionStatus::True, "Resolved", &message);
    }

    fn wait(&mut self, reason: &str, message: &str) {
        self.set("GraphRevisionsResolved", ConditionStatus::Unknown, reason, message);
    }

    fn set(&mut self, kind: &str, status: ConditionStatus, reason: &str, message: &str) {
        self.conditions.set(kind, status, reason, message, self.now);
    }
}

/// Node ids in order, and what each depends on, for a status.
pub(crate) fn topology(graph: &Graph) -> (Vec<String>, Vec<NodeDependencies>) {
    let order = graph.order.iter().map(ToString::to_string).collect();
    let dependent = graph.order.iter().filter_map(|id| {
        let node = graph.nodes.get(id)?;
        let dependencies: Vec<String> = node.dependencies.iter().map(ToString::to_string).collect();
        (!dependencies.is_empty()).then(|| NodeDependencies { id: id.to_string(), dependencies })
    });
    (order, dependent.collect())
}
