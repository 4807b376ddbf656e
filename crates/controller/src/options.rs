//! How a controller runs: limits, times, gates. Plain data with defaults; the flags are the operator's business.

use crate::queue::{Backoff, Breaker};
use kro_cluster::Clock;
use std::{sync::Arc, time::Duration};

/// Everything a [`crate::Controller`] can be told.
#[derive(Debug, Clone)]
pub struct Options {
    /// Instances reconciled at once, over all kinds; default 8, each with up to
    /// [`requests_per_instance`](Self::requests_per_instance) requests. More keep more objects in memory and make no
    /// server answer faster; they help where it is far away.
    pub instances: usize,
    /// Definitions reconciled at once.
    pub definitions: usize,
    /// Revisions reconciled at once.
    pub revisions: usize,
    /// Children of one instance applied at once.
    pub requests_per_instance: usize,
    /// What the expressions of one instance may cost.
    pub budget: kro_plan::Budget,
    /// Limits of collections.
    pub limits: kro_graph::Limits,
    /// Revisions kept per definition; 0 keeps all.
    pub max_revisions: usize,
    /// Whether a generated CRD goes with its definition. Its instances then go with it, without their children.
    pub allow_crd_deletion: bool,
    /// After this an instance with a failed request is tried again.
    pub retry_interval: Duration,
    /// Back-off of failing reconciles.
    pub backoff: Backoff,
    /// When an instance that is reconciled again and again is held up.
    pub breaker: Breaker,
    /// What holds where a definition has no policy of its own.
    pub profile: kro_api::Profile,
    /// Behaviour that is off by default.
    pub gates: FeatureGates,
    /// Seed of the jitter.
    pub seed: u64,
    /// Where compiling runs.
    pub compute: Compute,
    /// Wall-clock time, for conditions.
    pub clock: Arc<dyn Clock>,
    /// Our version, for the `kro.run/kro-version` label and the tooling annotation.
    pub version: String,
}

impl Options {
    /// The defaults, with time from `clock`.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            instances: 8,
            definitions: 4,
            revisions: 4,
            requests_per_instance: 16,
            budget: kro_plan::Budget::default(),
            limits: kro_graph::Limits::default(),
            max_revisions: 5,
            allow_crd_deletion: false,
            retry_interval: Duration::from_secs(3),
            backoff: Backoff { first: Duration::from_millis(200), max: Duration::from_secs(1000) },
            breaker: Breaker { burst: 60, every: Duration::from_secs(1) },
            profile: kro_api::Profile::default(),
            gates: FeatureGates::default(),
            seed: 0,
            compute: Compute::Blocking,
            clock,
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Our version as a label value, which may not contain `+`.
    pub fn version_label(&self) -> String {
        self.version.replace('+', "-")
    }

    /// The tooling annotation of parents.
    pub fn tooling(&self) -> String {
        format!("{TOOL}/{}", self.version)
    }
}

/// The name our tooling annotation starts with.
pub(crate) const TOOL: &str = "kro";

/// Upstream's feature gates.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeatureGates {
    /// `InstanceConditionEvents`: an event for every condition that changes its status.
    pub instance_condition_events: bool,
    /// `InstanceConditionMetrics`: how long each condition has had its status.
    pub instance_condition_metrics: bool,
    /// `CELOmitFunction`: `omit()` in templates.
    pub cel_omit_function: bool,
}

/// Where compiling runs: inline keeps a simulation deterministic, the blocking pool keeps a server responsive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compute {
    /// On the task that asks.
    Inline,
    /// On the runtime's blocking pool.
    Blocking,
}
