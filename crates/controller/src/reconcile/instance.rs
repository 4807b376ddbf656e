//! One instance: mark it as ours, drive its planner over the cluster, delete what is no longer wanted, report.
//! The planner decides what is read and applied, and when; here it is done, with as few requests as possible:
//! our own children are known from watches, and what is there already as wanted is not applied again.

mod children;
mod finish;
pub(crate) mod progress;
mod verdict;

use crate::{
    Shared,
    dispatch::Served,
    options::TOOL,
    packed::{Packed, lean},
    queue::Outcome,
    reconcile::{self, Effect, Report, teardown},
    router::{Interest, Target},
};
use futures_util::future::join_all;
use kro_api::{
    ConditionSet, ConditionStatus, INSTANCE_CONDITIONS,
    names::{FINALIZER, labels, managers},
    policy::pinned,
};
use kro_apply::{ApplySet, Membership};
use kro_cluster::{ApplyOptions, Cluster, Error, Query, mutants::mutant};
use kro_graph::Node;
use kro_object::{GroupKind, Gvr, Object, Timestamp};
use kro_plan::{Observation, Plan, Planner, Read, Step};
use std::{collections::BTreeSet, sync::Arc, time::Duration};

/// What the dispatcher knows of an instance.
#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) object: Packed,
    pub(crate) served: Arc<Served>,
    /// Why the revision that the instance is to stay at cannot be used.
    pub(crate) unavailable: Option<String>,
    /// The object may read otherwise by now: a write of ours was not answered, or the CRD changed since it was read,
    /// and with it perhaps its defaults.
    pub(crate) reread: bool,
    /// The resources of nodes that went with their CRD; it is heard of when one comes again.
    pub(crate) gone: BTreeSet<Gvr>,
    /// How long what is said of waiting can still be held back.
    pub(crate) grace: Duration,
}

/// Reconciles one instance.
pub(crate) async fn reconcile(shared: Arc<Shared>, input: Input) -> Report {
    let mut instance = input.object.unpack();
    if input.reread {
        match shared.cluster.get(&input.served.resource, &instance.key()).await {
            Ok(Some(live)) => instance = live,
            Ok(None) => return Report::new(Outcome::Done),
            Err(error) => {
                tracing::warn!(instance = %instance.key(), %error, "instance not read");
                return Report::new(Outcome::Retry);
            }
        }
    }
    let reread = input.reread.then(|| instance.clone());
    let mut report = if instance.metadata().is_deleting() && !mutant("deletion-ignored") {
        teardown::reconcile(&shared, &input.served, instance).await
    } else {
        let mut pass = Pass::new(&shared, &input.served, instance);
        pass.grace = input.grace;
        pass.gone = input.gone;
        let end = match input.unavailable {
            Some(message) => End::Unresolved(message),
            None => pass.run().await,
        };
        pass.finish(end).await
    };
    // Before what was written since.
    report.effects.splice(0..0, reread.map(Effect::Wrote));
    report
}

/// One pass over an instance.
struct Pass<'a> {
    shared: &'a Shared,
    served: &'a Served,
    /// With the rights that count for its objects.
    cluster: Cluster,
    /// As the cluster has it, with our latest writes.
    instance: Object,
    now: Timestamp,
    conditions: ConditionSet,
    set: ApplySet,
    /// What the parent recorded when the pass began.
    recorded: Membership,
    /// What it records now, if that is whole and ours.
    written: Option<Membership>,
    /// What nobody serves: nothing is there, and nothing can be applied.
    gone: BTreeSet<Gvr>,
    /// Kinds of what the pass will bring, as far as it is foreseen.
    foreseen: BTreeSet<GroupKind>,
    /// How long what is said of waiting can still be held back.
    grace: Duration,
    /// Something was held back.
    held: bool,
    /// Where the objects of this pass are.
    batch: Membership,
    failures: Failures,
    /// UIDs of the objects that are wanted and there.
    wanted: BTreeSet<Box<str>>,
    /// What was applied in this pass, by object, for telling two nodes with one target.
    targets: children::Targets,
    interests: Vec<Interest>,
    effects: Vec<Effect>,
}

/// What went wrong with the requests of a pass.
#[derive(Default)]
struct Failures {
    /// Those for children.
    child: Refused,
    /// An object of others is in the way.
    taken: bool,
    /// The operator may not do something.
    denied: bool,
}

/// Whether requests for children failed, and whether to ask again.
#[derive(Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Refused {
    #[default]
    No,
    /// Their kind is gone: it is heard of when it comes again.
    UntilTold,
    /// It may go well later, of which nobody will tell.
    Now,
}

/// How the work on an instance ended.
enum End {
    /// The planner came to its end.
    Planned(Plan),
    /// The instance asked to be left alone.
    Suspended(Plan),
    /// It could not be marked as ours.
    Unmanaged(String),
    /// The revision it is to stay at cannot be used: everything stays as it is.
    Unresolved(String),
    /// The pass could not go on.
    Stopped { plan: Plan, message: String, outcome: Outcome },
}

/// Why a pass cannot go on: two nodes want the same object, or the record on the instance could not be written.
struct Stop {
    message: String,
    outcome: Outcome,
}

impl<'a> Pass<'a> {
    fn new(shared: &'a Shared, served: &'a Served, instance: Object) -> Self {
        let now = shared.options.clock.now();
        let set = teardown::set_of(shared, served, &instance);
        let recorded = Membership::of_parent(&instance).unwrap_or_default();
        let whole = recorded.is_written(&instance, &set.id, TOOL);
        Self {
            shared,
            served,
            cluster: reconcile::cluster_for(shared, served, &instance),
            now,
            conditions: ConditionSet::open(INSTANCE_CONDITIONS, &instance, now),
            set,
            written: whole.then(|| recorded.clone()),
            recorded,
            gone: BTreeSet::new(),
            foreseen: BTreeSet::new(),
            grace: Duration::ZERO,
            held: false,
            batch: Membership::default(),
            failures: Failures::default(),
            wanted: BTreeSet::new(),
            targets: children::Targets::default(),
            interests: Vec::new(),
            effects: Vec::new(),
            instance,
        }
    }

    async fn run(&mut self) -> End {
        if let Err(message) = self.manage().await {
            return End::Unmanaged(message);
        }
        self.set(
            "InstanceManaged",
            ConditionStatus::True,
            "Managed",
            "instance is properly managed with finalizers and labels",
        );
        match pinned(&self.instance) {
            Some(Ok(number)) => {
                let message = format!("the instance stays at revision {number}, as its annotation says");
                self.set("GraphResolved", ConditionStatus::True, "Pinned", &message);
            }
            _ => self.set(
                "GraphResolved",
                ConditionStatus::True,
                "Resolved",
                "runtime graph created and all resources resolved",
            ),
        }
        let graph = Arc::clone(&self.served.graph);
        self.shared.metrics.graph_resolved(&self.served.resource.gvr());
        let options = &self.shared.options;
        let mut planner = Planner::new(graph, self.instance.clone())
            .with_limits(options.limits)
            .with_budget(options.budget)
            .with_kstatus(Arc::clone(&self.served.kstatus));
        if kro_api::is_suspended(&self.instance) {
            return End::Suspended(planner.finish());
        }
        loop {
            match planner.poll() {
                Step::Read(reads) => {
                    let answers = join_all(reads.iter().map(|read| self.read(read))).await;
                    for (read, answer) in reads.iter().zip(answers) {
                        let answer = answer.unwrap_or_else(|error| Observation::Failed(self.explain(&error)));
                        self.interests.extend(self.interest(read, &answer));
                        planner.observe(read.id, answer);
                    }
                }
                Step::Apply(desired) => {
                    self.foreseen = planner.foreseen().map(|node| node.resource.gvk.group_kind()).collect();
                    match self.apply(desired).await {
                        Ok(results) => {
                            for (node, item, result) in results {
                                planner.applied(&node, item.map(|item| item.index), result);
                            }
                        }
                        Err(Stop { message, outcome }) => {
                            return End::Stopped { plan: planner.finish(), message, outcome };
                        }
                    }
                }
                Step::Done(plan) => return End::Planned(plan),
            }
        }
    }

    /// Finalizer and labels, with an empty record of children so that a deletion can always be decided.
    async fn manage(&mut self) -> Result<(), String> {
        let wanted = [
            (labels::OWNED, "true".to_owned()),
            (labels::KRO_VERSION, self.shared.options.version_label()),
            (labels::DEFINITION_ID, self.served.uid.to_string()),
            (labels::DEFINITION_NAME, self.served.definition.to_string()),
        ];
        let metadata = self.instance.metadata();
        let finalized = metadata.has_finalizer(FINALIZER);
        // The version tells who wrote last; a new one alone is no reason to write.
        let has = |label: &str, value: &str| match metadata.label(label) {
            Some(found) => label == labels::KRO_VERSION || found == value,
            None => false,
        };
        let finalized = finalized || mutant("no-finalizer");
        if finalized && wanted.iter().all(|(label, value)| has(label, value)) {
            return Ok(());
        }
        let recorded = Membership::is_recorded(&self.instance);
        if !finalized && recorded {
            // Whoever took the finalizer may have hidden living children behind a fresh empty record.
            Membership::validated(&self.instance, &self.set.id, TOOL).map_err(|error| {
                format!("finalizer/labeling failed: {error}; repair the ApplySet metadata of the instance")
            })?;
        }
        let mut patch = Object::new(&self.served.resource.gvk, &self.instance.key());
        for (label, value) in &wanted {
            patch.metadata_mut().insert_label(label, value);
        }
        if !mutant("no-finalizer") {
            patch.metadata_mut().add_finalizer(FINALIZER);
        }
        if recorded {
            // The labeller may be the only owner of the record; leaving it out would remove it.
            copy_record(&self.instance, &mut patch);
        } else {
            Membership::default().write(&mut patch, &self.set.id, &self.shared.options.tooling());
        }
        let options = ApplyOptions::force(managers::LABELLER);
        let managed = self.shared.cluster.apply(&self.served.resource, &patch, &options).await;
        let managed = managed.map_err(|error| {
            self.effects.extend(Effect::of_failed_write(&error));
            format!("finalizer/labeling failed: {}", self.explain(&error))
        });
        self.adopt(managed?);
        Ok(())
    }

    /// Takes the server's answer to a write of the instance as its newest form.
    fn adopt(&mut self, instance: Object) {
        let instance = lean(instance);
        self.effects.push(Effect::Wrote(instance.clone()));
        self.instance = instance;
    }

    /// Answers a read of the planner: our own children and kinds that are gone from what is known, everything else from
    /// the server.
    async fn read(&self, read: &Read) -> Result<Observation, Error> {
        if let Some(known) = self.known(read) {
            return Ok(known);
        }
        let ours = self.served.graph.nodes.get(&read.node).is_some_and(Node::is_managed);
        let result = match &read.target {
            kro_plan::Target::Named(key) => {
                let found = self.cluster.get(&read.resource, key).await;
                // As with what watches tell: an object that is not ours says nothing of a child.
                let counts = |object: &Object| !ours || object.metadata().label(labels::NODE_ID).is_some();
                found.map(|object| object.filter(counts).into_iter().collect::<Vec<_>>())
            }
            kro_plan::Target::Selected { namespace, selector } => {
                let query = Query::all().within(namespace.as_deref()).selected(selector);
                // Members carry labels of ours; to see them no right of theirs is needed.
                let cluster = if ours { &self.shared.cluster } else { &self.cluster };
                cluster.list(&read.resource, &query).await
            }
        };
        if let Ok(objects) = &result {
            self.learn(read, objects);
        }
        match result {
            Ok(objects) if objects.is_empty() && matches!(read.target, kro_plan::Target::Named(_)) => {
                Ok(Observation::Missing)
            }
            Ok(objects) => Ok(Observation::Found(objects)),
            Err(Error::UnknownKind(_)) => Ok(Observation::Missing),
            Err(error) => Err(error),
        }
    }

    /// What an external read makes us listen to.
    fn interest(&self, read: &Read, answer: &Observation) -> Option<Interest> {
        let node = self.served.graph.nodes.get(&read.node)?;
        if node.is_managed() {
            return None;
        }
        if matches!(answer, Observation::Missing) && mutant("missing-externals-unheard") {
            return None;
        }
        let seen = match answer {
            Observation::Found(objects) => objects.iter().map(Object::key).collect(),
            _ => BTreeSet::new(),
        };
        let target = match read.target.clone() {
            kro_plan::Target::Named(key) => Target::Named(key),
            kro_plan::Target::Selected { namespace, selector } => {
                Target::Selected { namespace, selector, seen }
            }
        };
        Some(Interest { resource: read.resource.gvr(), target })
    }

    /// What is said of a failed request.
    fn explain(&mut self, error: &Error) -> String {
        self.failures.denied |= error.is_forbidden();
        reconcile::explain(error, self.served)
    }

    fn set(&mut self, kind: &str, status: ConditionStatus, reason: &str, message: &str) {
        self.conditions.set(kind, status, reason, message, self.now);
    }
}

/// Copies id label and annotations of the record as they are.
fn copy_record(from: &Object, to: &mut Object) {
    if let Some(id) = from.metadata().label(kro_apply::ID) {
        to.metadata_mut().insert_label(kro_apply::ID, id);
    }
    for annotation in
        [kro_apply::TOOLING, kro_apply::GROUP_KINDS, kro_apply::NAMESPACES, kro_apply::INVENTORY_HASH]
    {
        if let Some(value) = from.metadata().annotation(annotation) {
            to.metadata_mut().insert_annotation(annotation, value);
        }
    }
}
