//! The tower layer in which faults happen, and the bodies of watches that break, stall or come late.

use super::{Fault, Faults, decide::Asked};
use crate::{
    core::Reply,
    server::ApiServer,
    status::{Named, Status},
};
use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody, combinators::UnsyncBoxBody};
use std::{
    collections::VecDeque,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};
use tokio::time::{self, Instant};
use tower_service::Service;

/// The way of one client to the server.
#[derive(Debug, Clone)]
pub struct FaultLayer {
    faults: Faults,
    client: String,
    witness: Option<Arc<dyn Witness>>,
}

impl FaultLayer {
    pub(super) fn new(faults: Faults, client: &str) -> Self {
        Self { faults, client: client.to_owned(), witness: None }
    }

    /// With somebody who sees what reaches the server on this way.
    #[must_use]
    pub fn witnessed(mut self, witness: Arc<dyn Witness>) -> Self {
        self.witness = Some(witness);
        self
    }
}

/// Sees the requests of a client at the server's end: those that get through, at the moment they are performed.
/// Between the two calls nothing else happens on the server.
pub trait Witness: std::fmt::Debug + Send + Sync {
    /// The server is about to perform it.
    fn before(&self, client: &str, method: &Method, uri: &Uri);
    /// The server has performed it, whether or not the client will hear of it.
    fn after(&self, client: &str, method: &Method, uri: &Uri, status: StatusCode);
}

impl tower_layer::Layer<ApiServer> for FaultLayer {
    type Service = Faulty;

    fn layer(&self, server: ApiServer) -> Faulty {
        Faulty { server, way: self.clone() }
    }
}

/// A server that is reached through faults.
#[derive(Debug, Clone)]
pub struct Faulty {
    server: ApiServer,
    way: FaultLayer,
}

/// A connection that broke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Lost {
    /// Before the request reached the server.
    #[error("connection reset: the request was lost")]
    Request,
    /// After the server performed the request, or while it was answering.
    #[error("connection reset: the reply was lost")]
    Reply,
}

/// The body of an answer that may break.
pub type FaultyBody = UnsyncBoxBody<Bytes, Lost>;

impl<B> Service<Request<B>> for Faulty
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<FaultyBody>;
    type Error = Lost;
    type Future = Pin<Box<dyn Future<Output = Result<Response<FaultyBody>, Lost>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Lost>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        Box::pin(self.clone().answer(request))
    }
}

impl Faulty {
    async fn answer<B>(mut self, mut request: Request<B>) -> Result<Response<FaultyBody>, Lost>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let FaultLayer { faults, client, witness } = self.way.clone();
        if faults.is_partitioned(&client) {
            return Err(Lost::Request);
        }
        let asked = Asked::new(request.method(), request.uri());
        let healed = faults.healed();
        let fault = faults.decide(&client, &asked);
        match fault {
            Some(Fault::LoseRequest) => return Err(Lost::Request),
            Some(Fault::Delay(by)) => {
                tokio::select! {
                    biased;
                    () = faults.healed_since(healed) => {}
                    () = time::sleep(by) => {}
                }
            }
            Some(Fault::Compact) => self.server.compact(),
            Some(Fault::StaleList(by)) => self.make_stale(request.uri_mut(), by),
            Some(fault) => {
                if let Some(status) = refusal(fault, &asked) {
                    let response = self.server.respond(Reply::status(&status), false);
                    return Ok(response.map(|body| body.map_err(|never| match never {}).boxed_unsync()));
                }
            }
            None => {}
        }
        let seen = witness.map(|witness| (witness, request.method().clone(), request.uri().clone()));
        if let Some((witness, method, uri)) = &seen {
            witness.before(&client, method, uri);
        }
        let Ok(response) = Service::call(&mut self.server, request).await;
        if let Some((witness, method, uri)) = &seen {
            witness.after(&client, method, uri, response.status());
        }
        if fault == Some(Fault::LoseReply) || faults.is_partitioned(&client) {
            return Err(Lost::Reply);
        }
        Ok(response.map(|body| {
            let body = body.map_err(|never| match never {}).boxed_unsync();
            if asked.is_watch { troubled(body, faults, client, healed, fault) } else { body }
        }))
    }

    /// Turns a list into one of a past revision.
    fn make_stale(&self, uri: &mut Uri, by: u64) {
        let past = self.server.revision().saturating_sub(by).max(self.server.oldest_revision()).max(1);
        let kept: Vec<&str> = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|piece| {
                let name = piece.split('=').next().unwrap_or_default();
                !matches!(name, "" | "resourceVersion" | "resourceVersionMatch")
            })
            .collect();
        let has_pages =
            kept.iter().any(|piece| piece.starts_with("continue=") && piece.len() > "continue=".len());
        if has_pages {
            return;
        }
        let mut query = format!("resourceVersion={past}&resourceVersionMatch=Exact");
        for piece in kept {
            query.push('&');
            query.push_str(piece);
        }
        if let Ok(stale) = format!("{}?{query}", uri.path()).parse() {
            *uri = stale;
        }
    }
}

fn refusal(fault: Fault, asked: &Asked) -> Option<Status> {
    let (group, plural, name) = &asked.resource;
    let resource = Named { group, plural };
    Some(match fault {
        Fault::Conflict => Status::conflict(resource, name, crate::core::MODIFIED),
        Fault::TooManyRequests(seconds) => {
            Status::too_many_requests("too many requests, please try again later", seconds)
        }
        Fault::InternalError => Status::internal("injected fault"),
        Fault::Unavailable => Status::unavailable("the server is currently unable to handle the request"),
        Fault::Deny => Status::forbidden(resource, name, "injected fault"),
        _ => return None,
    })
}

/// How many events of a watch wait at most; what comes later waits in the server.
const IN_FLIGHT: usize = 1024;

/// A watch on its way.
struct Way {
    body: FaultyBody,
    faults: Faults,
    client: String,
    /// How often the world had been healed when the watch began; since then, nothing is wrong any more.
    healed: u64,
    cut_at: Option<Instant>,
    delay: Duration,
    in_flight: VecDeque<(Instant, Frame<Bytes>)>,
    is_over: bool,
}

fn troubled(
    body: FaultyBody,
    faults: Faults,
    client: String,
    healed: u64,
    fault: Option<Fault>,
) -> FaultyBody {
    let cut_at = match fault {
        Some(Fault::CutWatch(after)) => Some(Instant::now() + after),
        _ => None,
    };
    let delay = match fault {
        Some(Fault::DelayWatch(by)) => by,
        _ => Duration::ZERO,
    };
    let way = Way { body, faults, client, healed, cut_at, delay, in_flight: VecDeque::new(), is_over: false };
    UnsyncBoxBody::new(StreamBody::new(stream::unfold(way, |mut way| async move {
        way.next().await.map(|frame| (frame, way))
    })))
}

impl Way {
    async fn next(&mut self) -> Option<Result<Frame<Bytes>, Lost>> {
        loop {
            let seen = self.faults.changed().count();
            if self.faults.healed() != self.healed {
                (self.cut_at, self.delay) = (None, Duration::ZERO);
                self.in_flight.iter_mut().for_each(|(due, _)| *due = Instant::now());
            }
            let stalls = self.faults.is_partitioned(&self.client);
            if self.is_over && self.in_flight.is_empty() {
                return None;
            }
            if !stalls && self.in_flight.front().is_some_and(|(due, _)| *due <= Instant::now()) {
                return self.in_flight.pop_front().map(|(_, frame)| Ok(frame));
            }
            let due = self.in_flight.front().map(|(due, _)| *due).filter(|_| !stalls);
            let reads = !self.is_over && self.in_flight.len() < IN_FLIGHT;
            tokio::select! {
                biased;
                () = self.faults.changed().after(seen) => {}
                () = time::sleep_until(self.cut_at.unwrap_or_else(Instant::now)), if self.cut_at.is_some() => {
                    (self.cut_at, self.is_over) = (None, true);
                    self.in_flight.clear();
                    return Some(Err(Lost::Reply));
                }
                () = time::sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {}
                frame = self.body.frame(), if reads => match frame {
                    Some(Ok(frame)) => self.in_flight.push_back((Instant::now() + self.delay, frame)),
                    Some(Err(lost)) => return Some(Err(lost)),
                    None => self.is_over = true,
                },
            }
        }
    }
}
