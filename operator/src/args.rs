//! Flags, under upstream's names with upstream's defaults where they are not about speed. Each also as `KRO_…`
//! in the environment. Flags that tune what this operator has no knob for are accepted and have no effect.

use clap::Parser;
use kro_controller::{FeatureGates, Options, Profile, queue::Backoff};
use std::{net::SocketAddr, path::PathBuf, str::FromStr, sync::Arc, time::Duration};

/// Turns definitions into kinds, and instances of those kinds into objects.
#[derive(Debug, Clone, Parser)]
#[command(name = "kro-operator", version)]
pub struct Args {
    /// Where to serve Prometheus metrics (`:8078` means every address; `0` turns it off)
    #[arg(long, env = "KRO_METRICS_BIND_ADDRESS", default_value = ":8078")]
    pub metrics_bind_address: Bind,
    /// Where to serve `/healthz` and `/readyz`
    #[arg(long, env = "KRO_HEALTH_PROBE_BIND_ADDRESS", default_value = ":8079")]
    pub health_probe_bind_address: Bind,
    /// Act only while holding a Lease, so that several replicas can run
    #[arg(long, env = "KRO_LEADER_ELECT", default_value_t = false, num_args = 0..=1, default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set)]
    pub leader_elect: bool,
    /// Share the instances among all replicas, in so many parts that each has its Lease; 0 shares nothing. All replicas
    /// must say the same. One of them leads; `--leader-elect` is not needed
    #[arg(long, env = "KRO_SHARDS", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=256))]
    pub shards: u32,
    /// Namespace of the Leases; found out inside a cluster
    #[arg(long, env = "KRO_LEADER_ELECTION_NAMESPACE", default_value = "")]
    pub leader_election_namespace: String,
    /// How long others wait for a holder that is silent
    #[arg(long, env = "KRO_LEADER_ELECTION_LEASE_DURATION", default_value = "15s", value_parser = duration)]
    pub leader_election_lease_duration: Duration,
    /// How long the holder tries to renew before it gives up
    #[arg(long, env = "KRO_LEADER_ELECTION_RENEW_DEADLINE", default_value = "10s", value_parser = duration)]
    pub leader_election_renew_deadline: Duration,
    /// Pause between tries
    #[arg(long, env = "KRO_LEADER_ELECTION_RETRY_PERIOD", default_value = "2s", value_parser = duration)]
    pub leader_election_retry_period: Duration,
    /// How long reconciles in flight may take after a signal
    #[arg(long, env = "KRO_GRACEFUL_SHUTDOWN_TIMEOUT", default_value = "60s", value_parser = duration)]
    pub graceful_shutdown_timeout: Duration,
    /// Delete a generated CRD with its definition
    #[arg(long, env = "KRO_ALLOW_CRD_DELETION", default_value_t = false, num_args = 0..=1, default_missing_value = "true", require_equals = true, action = clap::ArgAction::Set)]
    pub allow_crd_deletion: bool,
    /// Definitions reconciled at once
    #[arg(long, env = "KRO_RESOURCE_GRAPH_DEFINITION_CONCURRENT_RECONCILES", default_value_t = 4)]
    pub resource_graph_definition_concurrent_reconciles: usize,
    /// Revisions reconciled at once
    #[arg(long, env = "KRO_GRAPH_REVISION_CONCURRENT_RECONCILES", default_value_t = 4)]
    pub graph_revision_concurrent_reconciles: usize,
    /// Instances reconciled at once, over all kinds; more make up for an API server that is far away
    #[arg(long, env = "KRO_DYNAMIC_CONTROLLER_CONCURRENT_RECONCILES", default_value_t = 8)]
    pub dynamic_controller_concurrent_reconciles: usize,
    /// First wait after a failure; doubles
    #[arg(long, env = "KRO_DYNAMIC_CONTROLLER_RATE_LIMITER_MIN_DELAY", default_value = "200ms", value_parser = duration)]
    pub dynamic_controller_rate_limiter_min_delay: Duration,
    /// Longest wait after failures
    #[arg(long, env = "KRO_DYNAMIC_CONTROLLER_RATE_LIMITER_MAX_DELAY", default_value = "1000s", value_parser = duration)]
    pub dynamic_controller_rate_limiter_max_delay: Duration,
    /// After this an instance with a failed request is tried again
    #[arg(long, env = "KRO_INSTANCE_REQUEUE_INTERVAL", default_value = "3s", value_parser = duration)]
    pub instance_requeue_interval: Duration,
    /// Revisions kept per definition; 0 or less keeps all
    #[arg(long, env = "KRO_RGD_MAX_GRAPH_REVISIONS", default_value_t = 5, allow_negative_numbers = true)]
    pub rgd_max_graph_revisions: i64,
    /// Objects of one collection at most
    #[arg(long, env = "KRO_RGD_MAX_COLLECTION_SIZE", default_value_t = 1000)]
    pub rgd_max_collection_size: usize,
    /// `forEach` dimensions of one resource at most
    #[arg(long, env = "KRO_RGD_MAX_COLLECTION_DIMENSION_SIZE", default_value_t = 10)]
    pub rgd_max_collection_dimension_size: usize,
    /// CEL cost units one evaluation of one expression may take
    #[arg(long, env = "KRO_CEL_EXPRESSION_COST_LIMIT", default_value_t = 1_000_000)]
    pub cel_expression_cost_limit: u64,
    /// CEL cost units one pass over an instance may take
    #[arg(long, env = "KRO_CEL_PASS_COST_LIMIT", default_value_t = 10_000_000)]
    pub cel_pass_cost_limit: u64,
    /// Behaviour that is off by default: `A=true,B=false`
    #[arg(long, env = "KRO_FEATURE_GATES", default_value = "")]
    pub feature_gates: Gates,
    /// What holds where a definition has no policy: `upstream` or `safe` (docs/reference/policy.md)
    #[arg(long, env = "KRO_POLICY", default_value = "upstream", value_parser = profile)]
    pub policy: Profile,
    /// Kubeconfig file; default `KUBECONFIG`, then inside a cluster its service account
    #[arg(long)]
    pub kubeconfig: Option<PathBuf>,
    /// Log level, or `target=level,…`
    #[arg(long, visible_alias = "zap-log-level", env = "KRO_LOG_LEVEL", default_value = "info")]
    pub log_level: String,
    /// Log format
    #[arg(long, visible_alias = "zap-encoder", env = "KRO_LOG_FORMAT", default_value = "console")]
    pub log_format: LogFormat,
    #[command(flatten)]
    without_effect: WithoutEffect,
}

/// Upstream's knobs that this operator does not need.
#[derive(Debug, Clone, clap::Args)]
struct WithoutEffect {
    #[arg(long, hide = true)]
    rgd_progress_requeue_delay: Option<String>,
    #[arg(long, hide = true)]
    dynamic_controller_rate_limiter_rate_limit: Option<String>,
    #[arg(long, hide = true)]
    dynamic_controller_rate_limiter_burst_limit: Option<String>,
    #[arg(long, hide = true)]
    dynamic_controller_default_resync_period: Option<String>,
    #[arg(long, hide = true)]
    dynamic_controller_default_queue_max_retries: Option<String>,
    #[arg(long, hide = true)]
    client_qps: Option<String>,
    #[arg(long, hide = true)]
    client_burst: Option<String>,
    #[arg(long, hide = true)]
    pprof_bind_address: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    enable_controller_warmup: Option<String>,
    #[arg(long, hide = true, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    zap_devel: Option<String>,
    #[arg(long, hide = true)]
    zap_stacktrace_level: Option<String>,
    #[arg(long, hide = true)]
    zap_time_encoding: Option<String>,
}

/// Log formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// For people.
    Console,
    /// One object a line.
    Json,
}

impl Default for Args {
    /// The flags' defaults.
    fn default() -> Self {
        Self::parse_from(["kro-operator"])
    }
}

impl Args {
    /// The controller's options these flags ask for.
    pub fn options(&self) -> Options {
        let mut options = Options::new(Arc::new(crate::SystemClock));
        options.instances = self.dynamic_controller_concurrent_reconciles;
        options.definitions = self.resource_graph_definition_concurrent_reconciles;
        options.revisions = self.graph_revision_concurrent_reconciles;
        options.budget.expression = self.cel_expression_cost_limit;
        options.budget.pass = self.cel_pass_cost_limit;
        options.limits.collection_size = self.rgd_max_collection_size;
        options.limits.dimensions = self.rgd_max_collection_dimension_size;
        options.max_revisions = usize::try_from(self.rgd_max_graph_revisions).unwrap_or(0);
        options.allow_crd_deletion = self.allow_crd_deletion;
        options.retry_interval = self.instance_requeue_interval;
        options.backoff = Backoff {
            first: self.dynamic_controller_rate_limiter_min_delay,
            max: self.dynamic_controller_rate_limiter_max_delay,
        };
        options.gates = self.feature_gates.0;
        options.profile = self.policy;
        options.seed = u64::from(std::process::id());
        options
    }
}

/// An address to serve at, or nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bind(pub Option<SocketAddr>);

impl FromStr for Bind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if matches!(text, "" | "0") {
            return Ok(Self(None));
        }
        let text = if text.starts_with(':') {
            format!("0.0.0.0{text}")
        } else {
            text.replace("localhost", "127.0.0.1")
        };
        text.parse()
            .map(|address| Self(Some(address)))
            .map_err(|_| "an address is host:port or :port".to_owned())
    }
}

/// Feature gates as written on the command line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gates(pub FeatureGates);

impl FromStr for Gates {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut gates = FeatureGates::default();
        for entry in text.split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, value) =
                entry.split_once('=').ok_or_else(|| format!("{entry:?} is not of the form Gate=true"))?;
            let on: bool =
                value.to_lowercase().parse().map_err(|_| format!("{value:?} is neither true nor false"))?;
            match name {
                "InstanceConditionEvents" => gates.instance_condition_events = on,
                "InstanceConditionMetrics" => gates.instance_condition_metrics = on,
                "CELOmitFunction" => gates.cel_omit_function = on,
                "AllAlpha" => {
                    gates = FeatureGates {
                        instance_condition_events: on,
                        instance_condition_metrics: on,
                        cel_omit_function: on,
                    }
                }
                "AllBeta" => {}
                _ => return Err(format!("unknown feature gate {name:?}")),
            }
        }
        Ok(Self(gates))
    }
}

fn profile(text: &str) -> Result<Profile, String> {
    Profile::parse(text).ok_or_else(|| format!("{text:?} is neither upstream nor safe"))
}

/// A duration as Go writes it: `1m30s`, `200ms`, `0`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a duration such as 500ms, 3s or 1m30s");
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let number: f64 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        total += number
            * match &rest[digits..unit] {
                "ns" => 1e-9,
                "us" | "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1.0,
                "m" => 60.0,
                "h" => 3600.0,
                _ => return Err(wrong()),
            };
        rest = &rest[unit..];
    }
    Duration::try_from_secs_f64(total)
        .map_err(|_| wrong())
        .and_then(|duration| if text.is_empty() { Err(wrong()) } else { Ok(duration) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_as_upstream_writes_them() {
        let args = Args::try_parse_from([
            "kro-operator",
            "--metrics-bind-address=127.0.0.1:1",
            "--instance-requeue-interval=1m30.5s",
            "--rgd-progress-requeue-delay=1s",
            "--feature-gates=CELOmitFunction=true,InstanceConditionEvents=false",
            "--allow-crd-deletion",
            "--leader-elect=false",
            "--rgd-max-graph-revisions=-1",
            "--cel-expression-cost-limit=7",
            "--policy=safe",
        ])
        .expect("valid flags");
        let options = args.options();
        assert_eq!(options.retry_interval, Duration::from_millis(90_500));
        assert!(options.gates.cel_omit_function && options.allow_crd_deletion && !args.leader_elect);
        assert_eq!((options.max_revisions, options.profile), (0, Profile::Safe));
        assert_eq!((options.budget.expression, options.budget.pass), (7, 10_000_000));
        assert_eq!(args.health_probe_bind_address, ":8079".parse().expect("an address"));
    }

    #[test]
    fn wrong_values_are_usage_errors() {
        for flag in [
            "--feature-gates=Nope=true",
            "--feature-gates=CELOmitFunction",
            "--instance-requeue-interval=3",
            "--metrics-bind-address=x",
            "--policy=strict",
        ] {
            assert!(Args::try_parse_from(["kro-operator", flag]).is_err(), "{flag}");
        }
    }
}
