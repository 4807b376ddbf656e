//! The handle to one API server for one user: its client, options and caches. Cheap to clone, shared by every task.

use crate::{kinds::KindCache, schemas::SchemaCache};
use std::{sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// One API server as seen by one user.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) inner: Arc<Inner>,
    /// Whom its requests are made for, if not for ourselves.
    pub(crate) user: Option<Arc<str>>,
}

pub(crate) struct Inner {
    pub(crate) client: kube_client::Client,
    pub(crate) options: Options,
    pub(crate) kinds: KindCache,
    pub(crate) schemas: SchemaCache,
    /// A place for each request in flight.
    pub(crate) places: Semaphore,
}

/// How requests are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Limit of every request but watches, from when it is sent; default 30 s.
    pub request_timeout: Duration,
    /// Requests in flight at once, but watches; default 16, at least 1. More would open more connections, each with
    /// its buffers, for a server that works on few at a time.
    pub concurrency: usize,
    /// Field manager of writes that are not server-side applies; default `kro`.
    pub field_manager: &'static str,
    /// Objects per page of a list; default 100. A page is held whole while it is read, and objects are large.
    pub page_size: u32,
    /// Discovery is not asked again sooner than this after a miss; default 1 s.
    pub discovery_interval: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            request_timeout: Duration::from_secs(30),
            concurrency: 16,
            field_manager: "kro",
            page_size: 100,
            discovery_interval: Duration::from_secs(1),
        }
    }
}

impl Cluster {
    /// A cluster behind `client`. The client must not retry by itself (`Config::default_retry = false`):
    /// callers decide what to do with a 429 or 503. Sends nothing yet.
    pub fn new(client: kube_client::Client, options: Options) -> Self {
        let places = Semaphore::new(options.concurrency.max(1));
        let (kinds, schemas) = (KindCache::default(), SchemaCache::default());
        let inner = Inner { client, options, kinds, schemas, places };
        Self { inner: Arc::new(inner), user: None }
    }

    /// The same cluster with the rights of another user, whom we must be allowed to impersonate. Watches stay ours.
    #[must_use]
    pub fn impersonating(&self, user: &str) -> Self {
        Self { inner: Arc::clone(&self.inner), user: Some(user.into()) }
    }

    /// The options this cluster was made with.
    pub fn options(&self) -> &Options {
        &self.inner.options
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("options", &self.inner.options).finish_non_exhaustive()
    }
}
