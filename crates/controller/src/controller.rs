//! The controller as an embedder sees it: made from a client, run until told to stop.

use crate::{
    Metrics, Options, dispatch,
    health::Health,
    members::Members,
    reports::{Publisher, Reports},
};
use kro_cluster::{Cluster, Share};
use kro_object::{Gvr, ResourceType};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::watch;

/// Everything kro does in a cluster: definitions, revisions, instances.
#[derive(Debug)]
pub struct Controller {
    shared: Arc<Shared>,
    health: Health,
}

impl Controller {
    /// A controller that acts through `client`, which must not retry by itself. Sends nothing yet.
    pub fn new(client: kube_client::Client, options: Options) -> Self {
        let cluster = Cluster::new(client, kro_cluster::Options::default());
        let metrics = Arc::new(Metrics::new(Arc::clone(&options.clock)));
        let shared = Shared {
            cluster,
            options,
            members: Mutex::default(),
            kinds: Mutex::default(),
            metrics,
            reports: Publisher::default(),
        };
        Self { shared: Arc::new(shared), health: Health::default() }
    }

    #[cfg(test)]
    pub(crate) fn shared(self) -> Arc<Shared> {
        self.shared
    }

    /// Its metrics; they stay readable while it runs.
    pub fn metrics(&self) -> Arc<Metrics> {
        Arc::clone(&self.shared.metrics)
    }

    /// Its health; it stays readable while it runs.
    pub fn health(&self) -> Health {
        self.health.clone()
    }

    /// Its view of every definition, instance and node, kept up to date while somebody holds the receiver.
    /// Subscribe before [`run`](Self::run) to miss nothing.
    pub fn reports(&self) -> watch::Receiver<Arc<Reports>> {
        self.shared.reports.subscribe()
    }

    /// Runs until `shutdown` resolves and the reconciles in flight have ended. A cluster that cannot be reached,
    /// or lacks kro's CRDs, is waited for.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send) {
        let (_sender, share) = watch::channel(Share::all());
        self.run_shared(share, watch::Sender::default(), shutdown).await;
    }

    /// Runs as one of several replicas: does what `share` says, at each time. `busy` has the shards it works on; one that
    /// is no longer its own it ends and then takes out, before which nobody else may work on it. Every replica knows all instances and children, so that it
    /// can take over at once.
    pub async fn run_shared(
        self,
        share: watch::Receiver<Share>,
        busy: watch::Sender<BTreeSet<u32>>,
        shutdown: impl Future<Output = ()> + Send,
    ) {
        dispatch::run(self.shared, self.health, share, busy, shutdown).await;
    }
}

/// What all reconciles share.
pub(crate) struct Shared {
    pub(crate) cluster: Cluster,
    pub(crate) options: Options,
    /// Written by the dispatcher on events and by reconciles with the answers to their writes; a lock instead of a
    /// message, since a reconcile must see in its next wave what it applied in the one before.
    members: Mutex<Members>,
    /// One shared copy of each resource type.
    kinds: Mutex<BTreeMap<Gvr, Arc<ResourceType>>>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) reports: Publisher,
}

impl Shared {
    /// The children; never hold it across an await.
    pub(crate) fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The shared copy of a resource type.
    pub(crate) fn intern(&self, resource: &ResourceType) -> Arc<ResourceType> {
        let mut kinds = self.kinds.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = kinds.entry(resource.gvr()).or_insert_with(|| Arc::new(resource.clone()));
        if **kept != *resource {
            *kept = Arc::new(resource.clone());
        }
        Arc::clone(kept)
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}
