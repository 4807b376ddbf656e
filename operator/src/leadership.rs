//! Work only while we hold the Lease.

use crate::{SystemClock, args::Args};
use anyhow::Context;
use kro_cluster::{Cluster, Elector, LeaseTimes};
use kro_object::ObjectKey;
use std::{future::Future, sync::Arc};

/// Upstream's Lease, so that the two never act at the same time.
const LEASE: &str = "controller.kro.run";
/// Where a pod finds the namespace it runs in.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Runs `work` once this process leads. Losing the lease is an error that ends the process, as upstream's: what
/// `work` has in flight cannot be taken back otherwise. `work` must end by itself on `shutdown`.
pub(crate) async fn lead(
    client: kube_client::Client,
    args: &Args,
    work: impl Future<Output = ()>,
    shutdown: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let namespace = match args.leader_election_namespace.as_str() {
        "" => std::fs::read_to_string(NAMESPACE_FILE)
            .context("--leader-elect needs --leader-election-namespace outside of a cluster")?,
        namespace => namespace.to_owned(),
    };
    let cluster = Cluster::new(client, kro_cluster::Options::default());
    let times = LeaseTimes {
        duration: args.leader_election_lease_duration,
        renew_deadline: args.leader_election_renew_deadline,
        retry_period: args.leader_election_retry_period,
    };
    let lease = ObjectKey::namespaced(namespace.trim(), LEASE);
    let elector = Elector::new(cluster, lease, identity(), times, Arc::new(SystemClock));
    Ok(elector.lead(work, shutdown).await?)
}

/// Unique per process, and telling where it runs.
fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "kro".to_owned());
    let started = kro_cluster::Clock::now(&SystemClock).unix_nanos();
    format!("{}_{}_{started:x}", host.trim(), std::process::id())
}
