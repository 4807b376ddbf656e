//! The families themselves: names, labels, buckets. When they count is not known here.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Metric, Registry},
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

impl Families {
    /// Under upstream's names. The encoder adds `_total` to counters.
    pub(super) fn registered(to: &mut Registry) -> Self {
        Self {
            queue_length: add(to, "dynamic_controller_queue_length", "Keys that wait", Gauge::default()),
            held: add(
                to,
                "kro_held",
                "Reconciles put off because their instance was reconciled again and again",
                Counter::default(),
            ),
            fights: add(to, "kro_fights", "Children that somebody else keeps changing", Family::default()),
            watch_count: add(to, "dynamic_controller_watch_count", "Running watches", Gauge::default()),
            kind_count: add(to, "dynamic_controller_gvr_count", "Kinds served", Gauge::default()),
            children: add(to, "kro_children", "Children known", Gauge::default()),
            handlers: add(to, "dynamic_controller_handler_count_total", "Kinds served", Family::default()),
            attached: add(
                to,
                "dynamic_controller_handler_attach",
                "Kinds that began to be served, or are served by another revision",
                Family::default(),
            ),
            detached: add(
                to,
                "dynamic_controller_handler_detach",
                "Kinds that are no longer served",
                Family::default(),
            ),
            instance_events: add(
                to,
                "dynamic_controller_informer_events",
                "Events about instances",
                Family::default(),
            ),
            routed: add(
                to,
                "dynamic_controller_route",
                "Events about children and foreign objects",
                Family::default(),
            ),
            route_matches: add(
                to,
                "dynamic_controller_route_match",
                "Instances woken by such events",
                Family::default(),
            ),
            reconciles: add(to, "dynamic_controller_reconcile", "Reconciles of instances", Family::default()),
            reconcile_seconds: add(
                to,
                "dynamic_controller_reconcile_duration_seconds",
                "Time of reconciles of instances",
                timed(),
            ),
            requeues: add(
                to,
                "dynamic_controller_requeue",
                "Reconciles of instances that ask for another",
                Family::default(),
            ),
            handler_errors: add(
                to,
                "dynamic_controller_handler_errors",
                "Failed reconciles of instances",
                Family::default(),
            ),
            panics: add(to, "dynamic_controller_reconcile_panics", "Panics in reconciles", Family::default()),
            controller_reconciles: add(
                to,
                "controller_runtime_reconcile",
                "Reconciles of definitions and revisions",
                Family::default(),
            ),
            controller_seconds: add(
                to,
                "controller_runtime_reconcile_time_seconds",
                "Time of reconciles of definitions and revisions",
                timed(),
            ),
            instance_reconciles: add(to, "instance_reconcile", "Reconciles of instances", Family::default()),
            instance_seconds: add(
                to,
                "instance_reconcile_duration_seconds",
                "Time of reconciles of instances",
                timed(),
            ),
            instance_errors: add(
                to,
                "instance_reconcile_errors",
                "Failed reconciles of instances, but for those that wait or were refused",
                Family::default(),
            ),
            instance_states: add(
                to,
                "instance_state_transitions",
                "Changes of the state of instances",
                Family::default(),
            ),
            graphs_resolved: add(
                to,
                "instance_graph_resolution_success",
                "Passes over instances that had a graph",
                Family::default(),
            ),
            runtimes: add(to, "runtime_creation", "Passes over instances", Counter::default()),
            evaluations: add(to, "cel_expr_eval", "Evaluations of CEL expressions", Counter::default()),
            evaluation_cost: add(to, "kro_cel_cost", "Cost units of evaluations", Counter::default()),
            collection_size: add(
                to,
                "runtime_collection_size",
                "Objects of collections",
                Histogram::new(exponential_buckets(1.0, 2.0, 10)),
            ),
            compiles: add(to, "graph_revision_compile", "Compiled revisions", Family::default()),
            compile_seconds: add(
                to,
                "graph_revision_compile_duration_seconds",
                "Time of compiling revisions",
                timed(),
            ),
            revision_status_errors: add(
                to,
                "graph_revision_status_update_errors",
                "Failed writes of the status of revisions",
                Counter::default(),
            ),
            activations_deferred: add(
                to,
                "graph_revision_activation_deferred",
                "Revisions not used yet because their status was not written",
                Counter::default(),
            ),
            revisions_let_go: add(
                to,
                "graph_revision_finalizer_evictions",
                "Revisions let go when they were deleted",
                Counter::default(),
            ),
            registry: add(
                to,
                "graph_revision_registry_entries",
                "Revisions known by state",
                Family::default(),
            ),
            builds: add(to, "rgd_graph_build", "Definitions compiled to check them", Family::default()),
            build_errors: add(
                to,
                "rgd_graph_build_errors",
                "Definitions that did not compile",
                Family::default(),
            ),
            build_seconds: add(
                to,
                "rgd_graph_build_duration_seconds",
                "Time of compiling definitions",
                timed(),
            ),
            definition_states: add(
                to,
                "rgd_state_transitions",
                "Changes of the state of definitions",
                Family::default(),
            ),
            definition_deletions: add(to, "rgd_deletions", "Definitions deleted", Family::default()),
            definition_deletion_seconds: add(
                to,
                "rgd_deletion_duration_seconds",
                "Time of deleting definitions",
                timed(),
            ),
            revisions_issued: add(to, "rgd_graph_revision_issue", "Revisions issued", Family::default()),
            revision_waits: add(
                to,
                "rgd_graph_revision_wait",
                "Reconciles that waited for a revision",
                Family::default(),
            ),
            resolutions: add(
                to,
                "rgd_graph_revision_resolution",
                "Outcomes of looking for the revision to serve",
                Family::default(),
            ),
            revisions_collected: add(
                to,
                "rgd_graph_revision_gc_deleted",
                "Old revisions deleted",
                Counter::default(),
            ),
            collect_errors: add(
                to,
                "rgd_graph_revision_gc_errors",
                "Failures to delete old revisions",
                Counter::default(),
            ),
        }
    }
}

fn add<M: Metric + Clone>(to: &mut Registry, name: &str, help: &str, metric: M) -> M {
    to.register(name, help, metric.clone());
    metric
}
