//! The network between the operator and the API server: bytes are passed on, counted, or cut off.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// A proxy on a free port of the loopback.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    is_cut: watch::Sender<bool>,
    asked: Arc<AtomicU64>,
}

impl Proxy {
    pub(crate) async fn start(upstream: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let port = listener.local_addr()?.port();
        let proxy = Self { port, is_cut: watch::Sender::new(false), asked: Arc::default() };
        let (cut, asked) = (proxy.is_cut.subscribe(), Arc::clone(&proxy.asked));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                // While the network is cut, whoever connects is dropped.
                if !*cut.borrow() {
                    tokio::spawn(pass(client, upstream, cut.clone(), Arc::clone(&asked)));
                }
            }
        });
        Ok(proxy)
    }

    /// Cuts every connection and lets no new one through, or ends that.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.is_cut.send_replace(is_cut);
    }

    /// Bytes that clients sent so far.
    pub(crate) fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

async fn pass(
    client: TcpStream,
    upstream: SocketAddr,
    mut cut: watch::Receiver<bool>,
    asked: Arc<AtomicU64>,
) {
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        let mut buffer = [0; 16 * 1024];
        while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
            asked.fetch_add(count as u64, Ordering::Relaxed);
            if to_server.write_all(&buffer[..count]).await.is_err() {
                break;
            }
        }
    };
    let back = tokio::io::copy(&mut from_server, &mut to_client);
    tokio::select! {
        biased;
        () = there => {}
        _ = back => {}
        _ = cut.wait_for(|is_cut| *is_cut) => {}
    }
}
