//! The server over HTTP/1.1: on a listener of yours, or on an address for as long as a value lives.

use crate::server::ApiServer;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{future::Future, io, net::SocketAddr};
use tokio::{
    net::{TcpListener, ToSocketAddrs},
    task::{JoinHandle, JoinSet},
};

/// A server that listens; dropping the value cuts all connections.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    task: JoinHandle<io::Result<()>>,
}

impl Listening {
    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that clients are told.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ApiServer {
    /// Serves over HTTP, on a free port if the port is 0.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub async fn listen(&self, address: impl ToSocketAddrs) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let task = tokio::spawn(serve(self.clone(), listener, std::future::pending()));
        Ok(Listening { address, task })
    }
}

/// Serves until `shutdown` completes; then open connections, watches included, are cut.
///
/// Errors are those of the listener; a connection that fails only ends itself.
pub async fn serve(
    server: ApiServer,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => return Ok(()),
            Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else { continue };
                // Watch events are small; waiting to fill a packet would delay them.
                let _best_effort = stream.set_nodelay(true);
                let service = TowerToHyperService::new(server.clone());
                connections.spawn(async move {
                    // A client that goes away mid-request is no error of ours.
                    let _outcome = http1::Builder::new()
                        .timer(TokioTimer::new())
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        }
    }
}
