//! The unmodified operator as a program of a world.

use crate::process::Host;
use kro_cluster::{Cluster, Elector, LeaseTimes};
use kro_controller::{Compute, Controller, Options};
use kro_object::ObjectKey;
use std::sync::Arc;

/// The name of the operator.
pub const OPERATOR: &str = "operator";

/// Runs until it is told to end.
pub(crate) async fn operator(host: Host) {
    controller(&host).run(host.shutdown).await;
}

/// The lease of operators of which one acts at a time.
pub(crate) fn lease() -> ObjectKey {
    ObjectKey::namespaced("default", "controller.kro.run")
}

/// One of several under a name: acts while it holds the lease, and ends when it loses it.
pub(crate) async fn candidate(host: Host, name: String) {
    let cluster = Cluster::new(host.client.clone(), kro_cluster::Options::default());
    let times = LeaseTimes::default();
    let elector = Elector::new(cluster, lease(), name, times, Arc::new(host.clock));
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let told = || {
        let mut stopped = stopped.clone();
        async move { drop(stopped.wait_for(|stopped| *stopped).await) }
    };
    let lead = elector.lead(controller(&host).run(told()), told());
    let mut lead = std::pin::pin!(lead);
    tokio::select! {
        biased;
        // A lost lease ends it; it is started again as a candidate.
        _ = &mut lead => return,
        () = host.shutdown => stop.send_replace(true),
    };
    let _ = lead.await;
}

fn controller(host: &Host) -> Controller {
    let mut options = Options::new(Arc::new(host.clock));
    options.compute = Compute::Inline;
    options.seed = host.seed;
    Controller::new(host.client.clone(), options)
}
