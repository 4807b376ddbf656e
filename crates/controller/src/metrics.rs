//! Metric families under upstream's names, rendered by whoever serves HTTP.

use crate::queue::Outcome;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::time::Duration;

const LONG: [f64; 16] =
    [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 45.0, 60.0, 120.0];

/// The metrics of one controller.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    queue_length: Gauge,
    watch_count: Gauge,
    kind_count: Gauge,
    children: Gauge,
    reconciles: Family<Resource, Counter>,
    reconcile_seconds: Family<Resource, Histogram, fn() -> Histogram>,
    requeues: Family<Requeue, Counter>,
    panics: Family<Resource, Counter>,
    instance_errors: Family<Resource, Counter>,
    compiles: Family<Compile, Counter>,
    compile_seconds: Family<Compile, Histogram, fn() -> Histogram>,
    definition_deletions: Counter,
    revisions_issued: Counter,
    revisions_collected: Counter,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Resource {
    gvr: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Requeue {
    gvr: String,
    r#type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Compile {
    result: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let long: fn() -> Histogram = || Histogram::new(LONG);
        let mut metrics = Self {
            registry: Registry::default(),
            queue_length: Gauge::default(),
            watch_count: Gauge::default(),
            kind_count: Gauge::default(),
            children: Gauge::default(),
            reconciles: Family::default(),
            reconcile_seconds: Family::new_with_constructor(long),
            requeues: Family::default(),
            panics: Family::default(),
            instance_errors: Family::default(),
            compiles: Family::default(),
            compile_seconds: Family::new_with_constructor(long),
            definition_deletions: Counter::default(),
            revisions_issued: Counter::default(),
            revisions_collected: Counter::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("dynamic_controller_queue_length", "Keys that wait", metrics.queue_length.clone());
        registry.register("dynamic_controller_watch_count", "Running watches", metrics.watch_count.clone());
        registry.register("dynamic_controller_gvr_count", "Kinds served", metrics.kind_count.clone());
        registry.register("kro_children", "Children known", metrics.children.clone());
        registry.register("dynamic_controller_reconcile", "Reconciles", metrics.reconciles.clone());
        registry.register(
            "dynamic_controller_reconcile_duration_seconds",
            "Time of reconciles",
            metrics.reconcile_seconds.clone(),
        );
        registry.register(
            "dynamic_controller_requeue",
            "Reconciles that ask for another",
            metrics.requeues.clone(),
        );
        registry.register(
            "dynamic_controller_reconcile_panics",
            "Panics in reconciles",
            metrics.panics.clone(),
        );
        registry.register("instance_reconcile_errors", "Failed reconciles", metrics.instance_errors.clone());
        registry.register("graph_revision_compile", "Compiled graphs", metrics.compiles.clone());
        registry.register(
            "graph_revision_compile_duration_seconds",
            "Time of compiling",
            metrics.compile_seconds.clone(),
        );
        registry.register("rgd_deletions", "Definitions deleted", metrics.definition_deletions.clone());
        registry.register("rgd_graph_revision_issue", "Revisions issued", metrics.revisions_issued.clone());
        registry.register(
            "rgd_graph_revision_gc_deleted",
            "Old revisions deleted",
            metrics.revisions_collected.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// All metrics in the `OpenMetrics` text format.
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }

    pub(crate) fn queue_length(&self, length: usize) {
        self.queue_length.set(gauge(length));
    }

    pub(crate) fn watches(&self, watches: usize, kinds: usize, children: usize) {
        self.watch_count.set(gauge(watches));
        self.kind_count.set(gauge(kinds));
        self.children.set(gauge(children));
    }

    pub(crate) fn reconciled(&self, gvr: String, outcome: Outcome, took: Duration) {
        let resource = Resource { gvr };
        self.reconciles.get_or_create(&resource).inc();
        self.reconcile_seconds.get_or_create(&resource).observe(took.as_secs_f64());
        let kind = match outcome {
            Outcome::Done => return,
            Outcome::Again(_) => "requeue_after",
            Outcome::Retry => {
                self.instance_errors.get_or_create(&resource).inc();
                "rate_limited"
            }
        };
        self.requeues.get_or_create(&Requeue { gvr: resource.gvr, r#type: kind }).inc();
    }

    pub(crate) fn panicked(&self, gvr: String) {
        self.panics.get_or_create(&Resource { gvr }).inc();
    }

    pub(crate) fn compiled(&self, success: bool, took: Duration) {
        let label = Compile { result: if success { "success" } else { "failed" } };
        self.compiles.get_or_create(&label).inc();
        self.compile_seconds.get_or_create(&label).observe(took.as_secs_f64());
    }

    pub(crate) fn definition_deleted(&self) {
        self.definition_deletions.inc();
    }

    pub(crate) fn revision_issued(&self) {
        self.revisions_issued.inc();
    }

    pub(crate) fn revision_collected(&self) {
        self.revisions_collected.inc();
    }
}

fn gauge(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
