//! The unmodified operator as a program of a world.

use crate::process::Host;
use kro_api::Profile;
use kro_cluster::{Clock, Cluster, Elector, LeaseTimes, Replica, Share};
use kro_controller::{Compute, Controller, Metrics, Options};
use kro_object::ObjectKey;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::sync::watch;

/// The name of the operator.
pub const OPERATOR: &str = "operator";

/// Runs until it is told to end.
pub(crate) async fn operator(host: Host, setup: Setup) {
    setup.controller(&host).run(host.shutdown).await;
}

/// The lease of operators of which one acts at a time.
pub(crate) fn lease() -> ObjectKey {
    ObjectKey::namespaced("default", "controller.kro.run")
}

/// Four times as long as by default: the hours that worlds live would be little else than renewals.
pub(crate) fn lease_times() -> LeaseTimes {
    let LeaseTimes { duration, renew_deadline, retry_period } = LeaseTimes::default();
    LeaseTimes { duration: duration * 4, renew_deadline: renew_deadline * 4, retry_period: retry_period * 4 }
}

/// One of several under a name: acts while it holds the lease, and ends when it loses it.
pub(crate) async fn candidate(host: Host, name: String, setup: Setup) {
    let cluster = Cluster::new(host.client.clone(), kro_cluster::Options::default());
    let elector = Elector::new(cluster, lease(), name, lease_times(), Arc::new(host.clock.clone()));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let told = || {
        let mut stopped = stopped.clone();
        async move { drop(stopped.wait_for(|stopped| *stopped).await) }
    };
    let lead = elector.lead(setup.controller(&host).run(told()), told());
    let mut lead = std::pin::pin!(lead);
    tokio::select! {
        biased;
        // A lost lease ends it; it is started again as a candidate.
        _ = &mut lead => return,
        () = host.shutdown => stop.send_replace(true),
    };
    let _ = lead.await;
}

/// One of several that share the instances out between them.
pub(crate) async fn replica(host: Host, name: String, shards: u32, setup: Setup) {
    let cluster = Cluster::new(host.client.clone(), kro_cluster::Options::default());
    let clock: Arc<dyn Clock> = Arc::new(host.clock.clone());
    let mut replica = Replica::new(cluster, &lease(), &name, shards, lease_times(), &clock);
    let (may, allowed) = watch::channel(Share::none(shards));
    let (busy, worked) = watch::channel(BTreeSet::new());
    let controller = setup.controller(&host);
    let is_told = tokio::select! {
        biased;
        () = controller.run_shared(allowed, busy, host.shutdown) => true,
        // A lost lease ends it; it is started again with nothing.
        _ = replica.run(&may, &worked) => false,
    };
    if is_told {
        replica.release().await;
    }
}

/// How operators of a world run.
#[derive(Debug, Clone)]
pub(crate) struct Setup {
    pub(crate) profile: Profile,
    /// What they tell of themselves; that of the last start counts.
    pub(crate) metrics: Arc<Mutex<Vec<Arc<Metrics>>>>,
}

impl Setup {
    fn controller(&self, host: &Host) -> Controller {
        let mut options = Options::new(Arc::new(host.clock.clone()));
        options.compute = Compute::Inline;
        options.seed = host.seed;
        options.profile = self.profile;
        let controller = Controller::new(host.client.clone(), options);
        self.metrics.lock().unwrap_or_else(PoisonError::into_inner).push(controller.metrics());
        controller
    }

    /// The highest value of a metric among operators that run, over all labels: of the others nobody holds the metrics.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let mut metrics = self.metrics.lock().unwrap_or_else(PoisonError::into_inner);
        metrics.retain(|metrics| Arc::strong_count(metrics) > 1);
        let value = |metrics: &Arc<Metrics>| -> u64 {
            let text = metrics.render();
            let series = text.lines().filter_map(|line| {
                let rest = line.strip_prefix(name)?;
                let value = rest.rsplit(' ').next().filter(|_| rest.starts_with([' ', '{']))?;
                value.parse::<u64>().ok()
            });
            series.sum()
        };
        metrics.iter().map(value).max().unwrap_or(0)
    }
}
