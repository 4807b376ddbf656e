//! A server step by step: what differs from the defaults, then where its state comes from.

use crate::{ApiServer, Authorization, Behaviors, Clock, Options, Snapshot, Status};
use std::sync::Arc;

/// Settings of a server that is to be.
///
/// ```
/// use kro_apiserver::{ApiServer, Authorization, Behaviors, core::Call};
///
/// let builder = ApiServer::builder().behaviors(Behaviors::none()).authorization(Authorization::Rbac);
/// let server = builder.token("sesame").build();
/// let mut call = Call { path: "/api/v1/namespaces".into(), ..Call::default() };
/// assert_eq!(server.handle(&call).status, 403);
/// call.authorization = Some("Bearer sesame".into());
/// assert_eq!(server.handle(&call).status, 200);
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Builder {
    options: Options,
}

impl Builder {
    /// Where the time comes from; the system's clock by default.
    pub fn clock(mut self, clock: impl Clock + 'static) -> Self {
        self.options.clock = Arc::new(clock);
        self
    }

    /// Seed of uids and generated names.
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.seed = seed;
        self
    }

    /// What plays the rest of the cluster.
    pub fn behaviors(mut self, behaviors: Behaviors) -> Self {
        self.options.behaviors = behaviors;
        self
    }

    /// How many changes watches and paged lists can look back.
    pub fn history(mut self, changes: usize) -> Self {
        self.options.history = changes;
        self
    }

    /// The administrator's bearer token. Without one, everybody is an administrator.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.options.token = Some(token.into());
        self
    }

    /// Who may do what.
    pub fn authorization(mut self, authorization: Authorization) -> Self {
        self.options.authorization = authorization;
        self
    }

    /// A fresh server.
    pub fn build(self) -> ApiServer {
        ApiServer::new(self.options)
    }

    /// A server with its state in a directory; see [`ApiServer::open`].
    ///
    /// # Errors
    ///
    /// If the directory is in use, cannot be read or written, or holds what this program does not understand.
    #[cfg(feature = "disk")]
    pub fn open(self, directory: impl AsRef<std::path::Path>) -> Result<ApiServer, crate::DiskError> {
        ApiServer::open(self.options, directory.as_ref())
    }

    /// A server that goes on where another one was when the snapshot was taken.
    ///
    /// # Errors
    ///
    /// If an object is of a kind that the server does not know.
    pub fn resume(self, snapshot: Snapshot) -> Result<ApiServer, Status> {
        ApiServer::resume(self.options, snapshot)
    }
}

impl ApiServer {
    /// Settings to begin with.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// A client in this process, for the namespace `default`. With a token set, it is nobody: use a client over
    /// HTTP, which can send one.
    #[cfg(feature = "kube")]
    pub fn client(&self) -> kube_client::Client {
        kube_client::Client::new(self.clone(), "default")
    }
}
