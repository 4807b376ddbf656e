//! Work only under a Lease: alone, or as one of several replicas with a part each.

use crate::{SystemClock, args::Args};
use anyhow::Context;
use kro_cluster::{Clock, Cluster, Elector, LeaseTimes, Replica, Share};
use kro_controller::Controller;
use kro_object::ObjectKey;
use std::{collections::BTreeSet, future::Future, sync::Arc};
use tokio::sync::watch;

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
    let lease = lease(args)?;
    let cluster = Cluster::new(client, kro_cluster::Options::default());
    let elector = Elector::new(cluster, lease, identity(), times(args), Arc::new(SystemClock));
    Ok(elector.lead(work, shutdown).await?)
}

/// Works on the shards this process holds. Losing a lease ends the process, as above.
pub(crate) async fn share(
    client: kube_client::Client,
    args: &Args,
    controller: Controller,
    shutdown: impl Future<Output = ()> + Send,
) -> anyhow::Result<()> {
    let cluster = Cluster::new(client, kro_cluster::Options::default());
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let mut replica = Replica::new(cluster, &lease(args)?, &identity(), args.shards, times(args), &clock);
    let (may, allowed) = watch::channel(Share::none(args.shards));
    let (busy, worked) = watch::channel(BTreeSet::new());
    let lost = tokio::select! {
        biased;
        () = controller.run_shared(allowed, busy, shutdown) => None,
        lost = replica.run(&may, &worked) => Some(lost),
    };
    match lost {
        None => {
            replica.release().await;
            Ok(())
        }
        Some(lost) => Err(lost.into()),
    }
}

/// The leader's Lease.
fn lease(args: &Args) -> anyhow::Result<ObjectKey> {
    let namespace = match args.leader_election_namespace.as_str() {
        "" => std::fs::read_to_string(NAMESPACE_FILE)
            .context("--leader-elect and --shards need --leader-election-namespace outside of a cluster")?,
        namespace => namespace.to_owned(),
    };
    Ok(ObjectKey::namespaced(namespace.trim(), LEASE))
}

fn times(args: &Args) -> LeaseTimes {
    LeaseTimes {
        duration: args.leader_election_lease_duration,
        renew_deadline: args.leader_election_renew_deadline,
        retry_period: args.leader_election_retry_period,
    }
}

/// Unique per process, and telling where it runs.
fn identity() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "kro".to_owned());
    let started = SystemClock.now().unix_nanos();
    format!("{}_{}_{started:x}", host.trim(), std::process::id())
}
