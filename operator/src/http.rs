//! Three routes over plain HTTP: `/healthz`, `/readyz`, `/metrics`. No authentication; keep them inside the cluster.

use anyhow::Context;
use bytes::Bytes;
use http::{Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinSet};

/// Answers a path with a status and a text.
pub(crate) type Routes = Arc<dyn Fn(&str) -> Option<(StatusCode, String)> + Send + Sync>;

/// Binds the address now, so that a busy port is an error at start.
pub(crate) async fn bind(address: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address} (--{flag})"))
}

/// Serves until dropped.
pub(crate) async fn serve(listener: TcpListener, routes: Routes) {
    let mut connections = JoinSet::new();
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
        };
        while connections.try_join_next().is_some() {}
        let routes = Arc::clone(&routes);
        connections.spawn(async move {
            let service = service_fn(move |request| {
                let response = answer(&request, &routes);
                async move { Ok::<_, Infallible>(response) }
            });
            if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
                tracing::debug!(%error, "connection broken");
            }
        });
    }
}

fn answer(request: &Request<Incoming>, routes: &Routes) -> Response<Full<Bytes>> {
    let (status, text) =
        routes(request.uri().path()).unwrap_or_else(|| (StatusCode::NOT_FOUND, "not found\n".to_owned()));
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let kind = if request.uri().path() == "/metrics" {
        "application/openmetrics-text; version=1.0.0; charset=utf-8"
    } else {
        "text/plain; charset=utf-8"
    };
    response.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static(kind));
    response
}
