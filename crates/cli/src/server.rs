//! The embedded API server on a loopback port: bound before anything else, with a kubeconfig that names it.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::path::PathBuf;

use kro_apiserver::ApiServer;
use kro_apiserver::serve::{Authority, Listening, Transport};

use crate::kubeconfig::{Kubeconfig, Login};
use crate::output::Advice;

/// How clients are known; as administrators, whoever they are, by default.
#[derive(Debug, Default)]
pub(crate) struct Access {
    /// The administrator's bearer token.
    pub(crate) token: Option<String>,
    /// Serve over TLS with certificates of this authority.
    pub(crate) authority: Option<Authority>,
}

/// A served API server; dropping it ends it and removes its kubeconfig.
#[derive(Debug)]
pub(crate) struct Server {
    /// The server, for callers in this process.
    pub(crate) api: ApiServer,
    /// How other programs reach it.
    pub(crate) kubeconfig: Kubeconfig,
    /// Its URL.
    pub(crate) url: String,
    _listening: Listening,
}

impl Server {
    /// Binds, writes the kubeconfig, and serves.
    pub(crate) async fn start(
        api: ApiServer,
        listen: SocketAddr,
        kubeconfig: Option<PathBuf>,
        access: Access,
    ) -> anyhow::Result<Self> {
        let Access { token, authority } = access;
        let transport = Transport { authority: authority.clone(), ..Transport::default() };
        let listening = api.listen_with(listen, transport).await.map_err(|error| refused(listen, &error))?;
        let url = listening.url();
        let login = Login::new(&url, token, authority.as_ref())?;
        let kubeconfig = Kubeconfig::write(kubeconfig, &login)?;
        Ok(Self { api, kubeconfig, url, _listening: listening })
    }
}

fn refused(listen: SocketAddr, error: &std::io::Error) -> anyhow::Error {
    let what = format!("cannot listen on {listen}: {error}");
    match error.kind() {
        ErrorKind::AddrInUse => {
            Advice::new(what, "another program uses this port; --listen 127.0.0.1:0 picks a free one")
        }
        ErrorKind::AddrNotAvailable => {
            Advice::new(what, "this machine has no such address; try --listen 127.0.0.1:0")
        }
        ErrorKind::PermissionDenied => {
            Advice::new(what, "ports below 1024 need privileges; try --listen 127.0.0.1:0")
        }
        _ => Advice::new(what, "try --listen 127.0.0.1:0"),
    }
    .into()
}

/// Resolves when the user or the system asks the program to end.
pub(crate) async fn ended() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        match signal(SignalKind::terminate()) {
            Ok(mut terminate) => {
                tokio::select! {
                    biased;
                    _ = terminate.recv() => {}
                    _ = interrupt => {}
                }
            }
            Err(_) => drop(interrupt.await),
        }
    }
    #[cfg(not(unix))]
    drop(interrupt.await);
}
