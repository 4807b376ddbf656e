//! The server over HTTP/1.1 and HTTP/2, in the clear or with TLS.
//!
//! Nobody can hold it up: clients that are slow to greet, to send or to read are cut off, connections and requests
//! under way are counted, and what a request may be long is bounded.

mod gate;
mod gzip;
mod tls;

pub use self::tls::{Authority, ClientCertificate, TlsError};

use self::gate::Gate;
use crate::{
    core::{Identity, Reply},
    server::ApiServer,
    service::Body,
};
use http::{Method, Request, Response};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use std::{convert::Infallible, future::Future, io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream, ToSocketAddrs},
    sync::Semaphore,
    task::{JoinHandle, JoinSet},
    time,
};
use tokio_rustls::TlsAcceptor;
use tower_service::Service as _;

/// How connections are made and what they may ask for.
#[derive(Debug, Clone, Default)]
pub struct Transport {
    /// Whose certificates are shown and believed; HTTP in the clear without one.
    pub authority: Option<Authority>,
    /// What clients may take.
    pub limits: Limits,
}

/// What clients may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Open connections; more of them wait until one closes.
    pub connections: usize,
    /// Requests under way that change nothing; more of them get 429. Watches do not count once they run.
    pub reads: usize,
    /// Requests under way that change something; more of them get 429.
    pub writes: usize,
    /// How long a client may take to greet and to send headers, and to take what it was sent.
    pub patience: Duration,
}

impl Default for Limits {
    /// Room for 10,000 watches, and kube-apiserver's numbers of requests.
    fn default() -> Self {
        Self { connections: 12_000, reads: 400, writes: 200, patience: Duration::from_secs(30) }
    }
}

/// A server that listens; dropping the value cuts all connections.
#[derive(Debug)]
pub struct Listening {
    address: SocketAddr,
    scheme: &'static str,
    task: JoinHandle<()>,
}

impl Listening {
    /// The address that was bound.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL that clients are told.
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.address)
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl ApiServer {
    /// Serves over HTTP in the clear, on a free port if the port is 0.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub async fn listen(&self, address: impl ToSocketAddrs) -> io::Result<Listening> {
        self.listen_with(address, Transport::default()).await
    }

    /// Serves as `transport` says, on a free port if the port is 0.
    ///
    /// # Errors
    ///
    /// If the address cannot be bound.
    pub async fn listen_with(
        &self,
        address: impl ToSocketAddrs,
        transport: Transport,
    ) -> io::Result<Listening> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let scheme = if transport.authority.is_some() { "https" } else { "http" };
        let task = tokio::spawn(serve(self.clone(), listener, transport, std::future::pending()));
        Ok(Listening { address, scheme, task })
    }
}

/// Serves until `shutdown` completes; then open connections, watches included, are cut.
/// A connection that fails only ends itself.
pub async fn serve(
    server: ApiServer,
    listener: TcpListener,
    transport: Transport,
    shutdown: impl Future<Output = ()>,
) {
    let Transport { authority, limits } = transport;
    let shared = Shared { server, gate: Arc::new(Gate::new(limits)), limits, authority };
    let room = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let next = async {
            // Closed never: the semaphore lives as long as this function.
            let place = room.clone().acquire_owned().await;
            (place, listener.accept().await)
        };
        tokio::select! {
            biased;
            () = &mut shutdown => return,
            Some(_ended) = connections.join_next(), if !connections.is_empty() => {}
            (place, accepted) = next => match accepted {
                Ok((stream, _)) => {
                    let shared = shared.clone();
                    connections.spawn(async move {
                        shared.connection(stream).await;
                        drop(place);
                    });
                }
                // No file is left to open, say: another try at once would be in vain.
                Err(_) => time::sleep(Duration::from_millis(20)).await,
            },
        }
    }
}

/// What all connections have in common.
#[derive(Debug, Clone)]
struct Shared {
    server: ApiServer,
    gate: Arc<Gate>,
    limits: Limits,
    authority: Option<Authority>,
}

impl Shared {
    async fn connection(self, stream: TcpStream) {
        // Watch events are small; waiting to fill a packet would delay them.
        let _best_effort = stream.set_nodelay(true);
        cut_the_silent(&stream, self.limits.patience);
        let patience = self.limits.patience;
        match &self.authority {
            None => {
                if let Ok(Ok(is_http2)) = time::timeout(patience, speaks_http2(&stream)).await {
                    self.converse(stream, is_http2, None).await;
                }
            }
            Some(authority) => {
                let acceptor = TlsAcceptor::from(authority.config());
                let Ok(Ok(stream)) = time::timeout(patience, acceptor.accept(stream)).await else { return };
                let (_, session) = stream.get_ref();
                let identity = authority.identify(session.peer_certificates());
                let is_http2 = session.alpn_protocol() == Some(b"h2");
                self.converse(stream, is_http2, identity).await;
            }
        }
    }

    async fn converse(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        is_http2: bool,
        identity: Option<Arc<Identity>>,
    ) {
        let patience = self.limits.patience;
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(patience);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(1_000)
            .keep_alive_interval(patience)
            .keep_alive_timeout(patience);
        let builder = if is_http2 { builder.http2_only() } else { builder.http1_only() };
        let service = service_fn(move |request| self.clone().answer(request, identity.clone()));
        // A client that goes away mid-request is no error of ours.
        let _outcome = builder.serve_connection(TokioIo::new(stream), service).await;
    }

    async fn answer(
        mut self,
        mut request: Request<Incoming>,
        identity: Option<Arc<Identity>>,
    ) -> Result<Response<Body>, Infallible> {
        if let Some(identity) = &identity {
            request.extensions_mut().insert(identity.clone());
        }
        let Some(_place) = self.gate.enter(&request, identity.as_deref()) else {
            let is_head = request.method() == Method::HEAD;
            return Ok(self.server.respond(Reply::status(&gate::overload()), is_head));
        };
        let takes_gzip = gzip::is_accepted(request.headers());
        let response = self.server.call(request).await?;
        Ok(if takes_gzip { gzip::pack(response).await } else { response })
    }
}

/// Lets the system end connections whose other end is gone or takes nothing.
fn cut_the_silent(stream: &TcpStream, patience: Duration) {
    let socket = socket2::SockRef::from(stream);
    let _best_effort = socket.set_tcp_keepalive(&socket2::TcpKeepalive::new().with_time(patience));
    #[cfg(target_os = "linux")]
    let _best_effort = socket.set_tcp_user_timeout(Some(patience));
}

/// Whether a client begins with HTTP/2's greeting. Waits for as many bytes as it takes to tell.
async fn speaks_http2(stream: &TcpStream) -> io::Result<bool> {
    const GREETING: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    let mut seen = [0; GREETING.len()];
    loop {
        let length = stream.peek(&mut seen).await?;
        let seen = &seen[..length];
        if length == 0 || !GREETING.starts_with(seen) {
            return Ok(false);
        }
        if length == GREETING.len() {
            return Ok(true);
        }
        // The rest is on its way; peeking would return at once again.
        time::sleep(Duration::from_millis(5)).await;
    }
}
