//! The families themselves: names, labels, buckets. When they count is not known here.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

/// Upstream's buckets for times of reconciles and compilations.
const LONG: [f64; 16] =
    [0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0, 45.0, 60.0, 120.0];

type Timed<L> = Family<L, Histogram, fn() -> Histogram>;

fn timed<L: Clone + std::hash::Hash + Eq>() -> Timed<L> {
    Family::new_with_constructor(|| Histogram::new(LONG))
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Type {
    pub(super) r#type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Event {
    pub(super) gvr: String,
    pub(super) event_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Resource {
    pub(super) gvr: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Requeue {
    pub(super) gvr: String,
    pub(super) r#type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reconcile {
    pub(super) controller: &'static str,
    pub(super) result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Controller {
    pub(super) controller: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Transition {
    pub(super) gvr: String,
    pub(super) from_state: String,
    pub(super) to_state: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Compile {
    pub(super) result: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct State {
    pub(super) state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Named {
    pub(super) name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct StateChange {
    pub(super) name: String,
    pub(super) from: String,
    pub(super) to: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct Reason {
    pub(super) reason: &'static str,
}

/// Every family once.
#[derive(Debug)]
pub(super) struct Families {
    pub(super) queue_length: Gauge,
    pub(super) held: Counter,
    pub(super) fights: Family<Resource, Counter>,
    pub(super) watch_count: Gauge,
    pub(super) kind_count: Gauge,
    pub(super) children: Gauge,
    pub(super) handlers: Family<Type, Gauge>,
    pub(super) attached: Family<Type, Counter>,
    pub(super) detached: Family<Type, Counter>,
    pub(super) instance_events: Family<Event, Counter>,
    pub(super) routed: Family<Resource, Counter>,
    pub(super) route_matches: Family<Resource, Counter>,
    pub(super) reconciles: Family<Resource, Counter>,
    pub(super) reconcile_seconds: Timed<Resource>,
    pub(super) requeues: Family<Requeue, Counter>,
    pub(super) handler_errors: Family<Resource, Counter>,
    pub(super) panics: Family<Resource, Counter>,
    pub(super) controller_reconciles: Family<Reconcile, Counter>,
    pub(super) controller_seconds: Timed<Controller>,
    pub(super) instance_reconciles: Family<Resource, Counter>,
    pub(super) instance_seconds: Timed<Resource>,
    pub(super) instance_errors: Family<Resource, Counter>,
    pub(super) instance_states: Family<Transition, Counter>,
    pub(super) graphs_resolved: Family<Resource, Counter>,
    pub(super) runtimes: Counter,
    pub(super) evaluations: Counter,
    pub(super) evaluation_cost: Counter,
    pub(super) collection_size: Histogram,
    pub(super) compiles: Family<Compile, Counter>,
    pub(super) compile_seconds: Timed<Compile>,
    pub(super) revision_status_errors: Counter,
    pub(super) activations_deferred: Counter,
    pub(super) revisions_let_go: Counter,
    pub(super) registry: Family<State, Gauge>,
    pub(super) builds: Family<Named, Counter>,
    pub(super) build_errors: Family<Named, Counter>,
    pub(super) build_seconds: Timed<Named>,
    pub(super) definition_states: Family<StateChange, Counter>,
    pub(super) definition_deletions: Family<Named, Counter>,
    pub(super) definition_deletion_seconds: Timed<Named>,
    pub(super) revisions_issued: Family<Reason, Counter>,
    pub(super) revision_waits: Family<Reason, Counter>,
    pub(super) resolutions: Family<Compile, Counter>,
    pub(super) revisions_collected: Counter,
    pub(super) collect_errors: Counter,
}

impl Default for Families {
    fn default() -> Self {
        Self {
            queue_length: Gauge::default(),
            held: Counter::default(),
            fights: Family::default(),
            watch_count: Gauge::default(),
            kind_count: Gauge::default(),
            children: Gauge::default(),
            handlers: Family::default(),
            attached: Family::default(),
            detached: Family::default(),
            instance_events: Family::default(),
            routed: Family::default(),
            route_matches: Family::default(),
            reconciles: Family::default(),
            reconcile_seconds: timed(),
            requeues: Family::default(),
            handler_errors: Family::default(),
            panics: Family::default(),
            controller_reconciles: Family::default(),
            controller_seconds: timed(),
            instance_reconciles: Family::default(),
            instance_seconds: timed(),
            instance_errors: Family::default(),
            instance_states: Family::default(),
            graphs_resolved: Family::default(),
            runtimes: Counter::default(),
            evaluations: Counter::default(),
            evaluation_cost: Counter::default(),
            collection_size: Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            compiles: Family::default(),
            compile_seconds: timed(),
            revision_status_errors: Counter::default(),
            activations_deferred: Counter::default(),
            revisions_let_go: Counter::default(),
            registry: Family::default(),
            builds: Family::default(),
            build_errors: Family::default(),
            build_seconds: timed(),
            definition_states: Family::default(),
            definition_deletions: Family::default(),
            definition_deletion_seconds: timed(),
            revisions_issued: Family::default(),
            revision_waits: Family::default(),
            resolutions: Family::default(),
            revisions_collected: Counter::default(),
            collect_errors: Counter::default(),
        }
    }
}

impl Families {
    /// Under upstream's names. The encoder adds `_total` to counters.
    pub(super) fn register(&self, to: &mut Registry) {
        to.register("dynamic_controller_queue_length", "Keys that wait", self.queue_length.clone());
        let help = "Reconciles put off because their instance was reconciled again and again";
        to.register("kro_held", help, self.held.clone());
        to.register("kro_fights", "Children that somebody else keeps changing", self.fights.clone());
        to.register("dynamic_controller_watch_count", "Running watches", self.watch_count.clone());
        to.register("dynamic_controller_gvr_count", "Kinds served", self.kind_count.clone());
        to.register("kro_children", "Children known", self.children.clone());
        to.register("dynamic_controller_handler_count_total", "Kinds served", self.handlers.clone());
        to.register(
            "dynamic_controller_handler_attach",
            "Kinds that began to be served, or are served by another revision",
            self.attached.clone(),
        );
        to.register(
            "dynamic_controller_handler_detach",
            "Kinds that are no longer served",
            self.detached.clone(),
        );
        to.register(
            "dynamic_controller_informer_events",
            "Events about instances",
            self.instance_events.clone(),
        );
        to.register(
            "dynamic_controller_route",
            "Events about children and foreign objects",
            self.routed.clone(),
        );
        to.register(
            "dynamic_controller_route_match",
            "Instances woken by such events",
            self.route_matches.clone(),
        );
        to.register("dynamic_controller_reconcile", "Reconciles of instances", self.reconciles.clone());
        to.register(
            "dynamic_controller_reconcile_duration_seconds",
            "Time of reconciles of instances",
            self.reconcile_seconds.clone(),
        );
        to.register(
            "dynamic_controller_requeue",
            "Reconciles of instances that ask for another",
            self.requeues.clone(),
        );
        to.register(
            "dynamic_controller_handler_errors",
            "Failed reconciles of instances",
            self.handler_errors.clone(),
        );
        to.register("dynamic_controller_reconcile_panics", "Panics in reconciles", self.panics.clone());
        to.register(
            "controller_runtime_reconcile",
            "Reconciles of definitions and revisions",
            self.controller_reconciles.clone(),
        );
        to.register(
            "controller_runtime_reconcile_time_seconds",
            "Time of reconciles of definitions and revisions",
            self.controller_seconds.clone(),
        );
        to.register("instance_reconcile", "Reconciles of instances", self.instance_reconciles.clone());
        to.register(
            "instance_reconcile_duration_seconds",
            "Time of reconciles of instances",
            self.instance_seconds.clone(),
        );
        to.register(
            "instance_reconcile_errors",
            "Failed reconciles of instances, but for those that wait or were refused",
            self.instance_errors.clone(),
        );
        to.register(
            "instance_state_transitions",
            "Changes of the state of instances",
            self.instance_states.clone(),
        );
        to.register(
            "instance_graph_resolution_success",
            "Passes over instances that had a graph",
            self.graphs_resolved.clone(),
        );
        to.register("runtime_creation", "Passes over instances", self.runtimes.clone());
        to.register("cel_expr_eval", "Evaluations of CEL expressions", self.evaluations.clone());
        to.register("kro_cel_cost", "Cost units of evaluations", self.evaluation_cost.clone());
        to.register("runtime_collection_size", "Objects of collections", self.collection_size.clone());
        to.register("graph_revision_compile", "Compiled revisions", self.compiles.clone());
        to.register(
            "graph_revision_compile_duration_seconds",
            "Time of compiling revisions",
            self.compile_seconds.clone(),
        );
        to.register(
            "graph_revision_status_update_errors",
            "Failed writes of the status of revisions",
            self.revision_status_errors.clone(),
        );
        to.register(
            "graph_revision_activation_deferred",
            "Revisions not used yet because their status was not written",
            self.activations_deferred.clone(),
        );
        to.register(
            "graph_revision_finalizer_evictions",
            "Revisions let go when they were deleted",
            self.revisions_let_go.clone(),
        );
        to.register("graph_revision_registry_entries", "Revisions known by state", self.registry.clone());
        to.register("rgd_graph_build", "Definitions compiled to check them", self.builds.clone());
        to.register("rgd_graph_build_errors", "Definitions that did not compile", self.build_errors.clone());
        to.register(
            "rgd_graph_build_duration_seconds",
            "Time of compiling definitions",
            self.build_seconds.clone(),
        );
        to.register(
            "rgd_state_transitions",
            "Changes of the state of definitions",
            self.definition_states.clone(),
        );
        to.register("rgd_deletions", "Definitions deleted", self.definition_deletions.clone());
        to.register(
            "rgd_deletion_duration_seconds",
            "Time of deleting definitions",
            self.definition_deletion_seconds.clone(),
        );
        to.register("rgd_graph_revision_issue", "Revisions issued", self.revisions_issued.clone());
        to.register(
            "rgd_graph_revision_wait",
            "Reconciles that waited for a revision",
            self.revision_waits.clone(),
        );
        to.register(
            "rgd_graph_revision_resolution",
            "Outcomes of looking for the revision to serve",
            self.resolutions.clone(),
        );
        to.register(
            "rgd_graph_revision_gc_deleted",
            "Old revisions deleted",
            self.revisions_collected.clone(),
        );
        to.register(
            "rgd_graph_revision_gc_errors",
            "Failures to delete old revisions",
            self.collect_errors.clone(),
        );
    }
}
