//! The server over HTTP/1.1 on a listener.

use crate::server::ApiServer;
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{future::Future, io};
use tokio::{net::TcpListener, task::JoinSet};

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
