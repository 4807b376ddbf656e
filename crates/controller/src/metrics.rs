//! Metric families under upstream's names, rendered by whoever serves HTTP. `docs/reference/metrics.md` lists them.

mod conditions;
mod families;

use self::{
    conditions::Durations,
    families::{Compile, Families, Named, Reconcile, Requeue, Resource, StateChange, Transition},
};
use crate::queue::Outcome;
use kro_cluster::Clock;
use kro_object::{Gvk, Gvr, ObjectKey};
use prometheus_client::{encoding::text::encode, registry::Registry};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// The metrics of one controller.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    families: Families,
    durations: Durations,
    clock: Arc<dyn Clock>,
}

/// Which of the three controllers of upstream's a reconcile belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Definition,
    Revision,
    Instance,
}

impl Metrics {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let mut registry = Registry::default();
        let families = Families::registered(&mut registry);
        let durations = Durations::registered(&mut registry);
        Self { registry, families, durations, clock }
    }

    /// All metrics in the `OpenMetrics` text format.
    pub fn render(&self) -> String {
        self.durations.refresh(self.clock.now());
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    /// Keys that wait, and how often one was held up so far.
    pub(crate) fn queue(&self, length: usize, held: u64) {
        self.families.queue_length.set(gauge(length));
        self.families.held.inc_by(held.saturating_sub(self.families.held.get()));
    }

    pub(crate) fn children(&self, children: usize) {
        self.families.children.set(gauge(children));
    }

    pub(crate) fn watches(&self, watches: usize, kinds: usize) {
        self.families.watch_count.set(gauge(watches));
        self.families.kind_count.set(gauge(kinds));
        self.families.handlers.get_or_create(&PARENT).set(gauge(kinds));
    }

    pub(crate) fn served(&self) {
        self.families.attached.get_or_create(&PARENT).inc();
    }

    pub(crate) fn unserved(&self) {
        self.families.detached.get_or_create(&PARENT).inc();
    }

    /// An event about an instance: `add`, `update` or `delete`.
    pub(crate) fn instance_event(&self, resource: &Gvr, event: &'static str) {
        let label = families::Event { gvr: spelled(resource), event_type: event };
        self.families.instance_events.get_or_create(&label).inc();
    }

    /// An event about a child or a foreign object, and how many instances it woke.
    pub(crate) fn routed(&self, resource: &Gvr, woken: usize) {
        let label = Resource { gvr: spelled(resource) };
        self.families.routed.get_or_create(&label).inc();
        self.families.route_matches.get_or_create(&label).inc_by(woken as u64);
    }

    pub(crate) fn reconciled(&self, of: Of, resource: &Gvr, outcome: Outcome, took: Duration) {
        let families = &self.families;
        let seconds = took.as_secs_f64();
        if of != Of::Instance {
            let controller = if of == Of::Definition { "ResourceGraphDefinition" } else { "GraphRevision" };
            let result = match outcome {
                Outcome::Done => "success",
                Outcome::Again(_) => "requeue_after",
                Outcome::Retry => "error",
            };
            families.controller_reconciles.get_or_create(&Reconcile { controller, result }).inc();
            families.controller_seconds.get_or_create(&families::Controller { controller }).observe(seconds);
            return;
        }
        let slashed = Resource { gvr: slashed(resource) };
        families.reconciles.get_or_create(&slashed).inc();
        families.reconcile_seconds.get_or_create(&slashed).observe(seconds);
        let label = Resource { gvr: spelled(resource) };
        families.instance_reconciles.get_or_create(&label).inc();
        families.instance_seconds.get_or_create(&label).observe(seconds);
        let kind = match outcome {
            Outcome::Done => return,
            Outcome::Again(_) => "requeue_after",
            Outcome::Retry => {
                families.instance_errors.get_or_create(&label).inc();
                families.handler_errors.get_or_create(&slashed).inc();
                "rate_limited"
            }
        };
        families.requeues.get_or_create(&Requeue { gvr: slashed.gvr, r#type: kind }).inc();
    }

    pub(crate) fn panicked(&self, resource: &Gvr) {
        self.families.panics.get_or_create(&Resource { gvr: slashed(resource) }).inc();
    }

    /// A definition was compiled to check it.
    pub(crate) fn built(&self, definition: &str, success: bool, took: Duration) {
        let name = Named { name: definition.to_owned() };
        self.families.builds.get_or_create(&name).inc();
        self.families.build_seconds.get_or_create(&name).observe(took.as_secs_f64());
        if !success {
            self.families.build_errors.get_or_create(&name).inc();
        }
    }

    /// A revision was compiled.
    pub(crate) fn compiled(&self, success: bool, took: Duration) {
        let label = Compile { result: if success { "success" } else { "failed" } };
        self.families.compiles.get_or_create(&label).inc();
        self.families.compile_seconds.get_or_create(&label).observe(took.as_secs_f64());
    }

    pub(crate) fn definition_deleted(&self, definition: &str, took: Duration) {
        let name = Named { name: definition.to_owned() };
        self.families.definition_deletions.get_or_create(&name).inc();
        self.families.definition_deletion_seconds.get_or_create(&name).observe(took.as_secs_f64());
    }

    pub(crate) fn definition_state(&self, definition: &str, from: &str, to: &str) {
        if !from.is_empty() && from != to {
            let label = StateChange { name: definition.to_owned(), from: from.to_owned(), to: to.to_owned() };
            self.families.definition_states.get_or_create(&label).inc();
        }
    }

    /// `no_revision` or `spec_changed`.
    pub(crate) fn revision_issued(&self, reason: &'static str) {
        self.families.revisions_issued.get_or_create(&families::Reason { reason }).inc();
    }

    /// `warming_up`, `compiling` or `settling`.
    pub(crate) fn revision_awaited(&self, reason: &'static str) {
        self.families.revision_waits.get_or_create(&families::Reason { reason }).inc();
    }

    /// `serve`, `issue`, `wait` or `failed`.
    pub(crate) fn revision_resolved(&self, result: &'static str) {
        self.families.resolutions.get_or_create(&Compile { result }).inc();
    }

    pub(crate) fn revision_collected(&self, success: bool) {
        let counter =
            if success { &self.families.revisions_collected } else { &self.families.collect_errors };
        counter.inc();
    }

    pub(crate) fn revision_let_go(&self) {
        self.families.revisions_let_go.inc();
    }

    pub(crate) fn revision_status_failed(&self) {
        self.families.revision_status_errors.inc();
        self.families.activations_deferred.inc();
    }

    /// How many compiled and failed revisions are known.
    pub(crate) fn revisions_known(&self, active: usize, failed: usize) {
        for (state, count) in [("active", active), ("failed", failed)] {
            self.families.registry.get_or_create(&families::State { state }).set(gauge(count));
        }
    }

    /// Somebody keeps changing a child of an instance of this resource.
    pub(crate) fn fought(&self, resource: &Gvr) {
        self.families.fights.get_or_create(&Resource { gvr: spelled(resource) }).inc();
    }

    /// An instance is driven by a graph.
    pub(crate) fn graph_resolved(&self, resource: &Gvr) {
        self.families.graphs_resolved.get_or_create(&Resource { gvr: spelled(resource) }).inc();
        self.families.runtimes.inc();
    }

    pub(crate) fn instance_state(&self, kind: &Gvk, from: &str, to: &str) {
        if from != to {
            let label = Transition {
                gvr: format!("{}, Kind={}", kind.api_version(), kind.kind),
                from_state: from.to_owned(),
                to_state: to.to_owned(),
            };
            self.families.instance_states.get_or_create(&label).inc();
        }
    }

    /// What the expressions of a pass cost, and how large its collections are.
    pub(crate) fn evaluated(&self, spent: kro_plan::Spent, collections: impl Iterator<Item = usize>) {
        self.families.evaluations.inc_by(spent.evaluations);
        self.families.evaluation_cost.inc_by(spent.cost);
        for size in collections {
            self.families.collection_size.observe(size as f64);
        }
    }

    /// The conditions an instance has now.
    pub(crate) fn conditions(&self, resource: &Gvr, key: &ObjectKey, conditions: &Value) {
        self.durations.set(&spelled(resource), key, conditions, self.clock.now());
    }

    /// An instance is gone, or nobody's business any more.
    pub(crate) fn forget_conditions(&self, resource: &Gvr, key: &ObjectKey) {
        self.durations.forget(&spelled(resource), key);
    }
}

const PARENT: families::Type = families::Type { r#type: "parent" };

/// `group/version/resource`, as upstream's dispatching metrics write a resource.
fn slashed(resource: &Gvr) -> String {
    format!("{}/{}/{}", resource.group, resource.version, resource.resource)
}

/// `group/version, Resource=resource`, as all other metrics of upstream's write it.
fn spelled(resource: &Gvr) -> String {
    format!("{}/{}, Resource={}", resource.group, resource.version, resource.resource)
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
