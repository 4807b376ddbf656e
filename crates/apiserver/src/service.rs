//! The async shell: a `tower` service that collects bodies, streams watches and wakes the controllers.

use crate::{
    core::{Call, Cursor, Next, Reply, ReplyBody},
    server::{ApiServer, WeakServer},
    status::Status,
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, Limited, StreamBody, combinators::UnsyncBoxBody};
use kro_object::Timestamp;
use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};
use tokio::{sync::watch, time};

/// The body of an answer: all of it, or the stream of a watch.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// Bytes of a request body that are read at most; the core refuses before that what etcd would.
const BODY_LIMIT: usize = 4 * 1024 * 1024;
/// How long the body of a request may take to come.
const BODY_WAIT: Duration = Duration::from_mins(1);
/// How long a request waits for a revision that is still to come.
const FUTURE_REVISION_WAIT: Duration = Duration::from_secs(3);

impl<B> tower_service::Service<Request<B>> for ApiServer
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let server = self.clone();
        Box::pin(async move { Ok(server.answer(request).await) })
    }
}

impl ApiServer {
    async fn answer<B>(self, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        self.keep_time();
        let (parts, body) = request.into_parts();
        let is_head = parts.method == http::Method::HEAD;
        let body = match read(body).await {
            Ok(body) => body,
            Err(status) => return self.respond(Reply::status(&status), is_head),
        };
        let call = Call::new(&parts, body);
        let mut seen = self.revised().count();
        let (mut reply, mut revision) = self.handle_unsaved(&call);
        if let ReplyBody::Wait(_) = reply.body {
            let deadline = time::Instant::now() + FUTURE_REVISION_WAIT;
            while matches!(reply.body, ReplyBody::Wait(_)) {
                if time::timeout_at(deadline, self.revised().after(seen)).await.is_err() {
                    break;
                }
                seen = self.revised().count();
                (reply, revision) = self.handle_unsaved(&call);
            }
        }
        if let Err(status) = self.saved(revision).await {
            reply = Reply::status(&status);
        }
        self.respond(reply, is_head)
    }

    pub(crate) fn respond(&self, reply: Reply, is_head: bool) -> Response<Body> {
        let (status, headers, body) = match reply.body {
            ReplyBody::Wait(late) => {
                let bytes = if let ReplyBody::Full(bytes) = late.body { bytes } else { Vec::new() };
                (late.status, late.headers, full(bytes))
            }
            ReplyBody::Full(bytes) => {
                (reply.status, reply.headers, full(if is_head { Vec::new() } else { bytes }))
            }
            ReplyBody::Watch(cursor) => (reply.status, reply.headers, self.stream(*cursor)),
        };
        let mut response = Response::new(body);
        *response.status_mut() = http::StatusCode::from_u16(status).unwrap_or_default();
        for (name, value) in headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }

    /// The events of a watch as they come; ends when the watch does.
    fn stream(&self, cursor: Cursor) -> Body {
        let following = self.follow(&cursor);
        let start = (self.clone(), cursor, following);
        let events = stream::unfold(start, |(server, mut cursor, following)| async move {
            loop {
                let seen = following.signal().count();
                match server.next(&mut cursor) {
                    Next::Event(line) => {
                        server.saved(cursor.revision()).await.ok()?;
                        let frame = Ok::<_, Infallible>(Frame::data(Bytes::from(line)));
                        return Some((frame, (server, cursor, following)));
                    }
                    Next::Closed => return None,
                    Next::Pending(until) => {
                        let asleep = async {
                            match until {
                                Some(until) => sleep_until(&server, until).await,
                                None => std::future::pending().await,
                            }
                        };
                        tokio::select! {
                            biased;
                            () = following.signal().after(seen) => {}
                            () = asleep => {}
                        }
                    }
                }
            }
        });
        UnsyncBoxBody::new(StreamBody::new(events))
    }

    /// Makes sure that a task runs the controllers when something is due. It ends when the server has no users.
    fn keep_time(&self) {
        if self.has_timer() {
            return;
        }
        tokio::spawn(run_timer(self.downgrade(), self.due()));
    }
}

/// Runs the controllers when something is due, for as long as somebody else has the server.
async fn run_timer(server: WeakServer, mut due: watch::Receiver<Option<Timestamp>>) {
    loop {
        let next = *due.borrow_and_update();
        let Some(wait) = server.upgrade().map(|server| next.map(|next| server.until(next))) else { return };
        let asleep = async {
            match wait {
                Some(wait) => time::sleep(wait).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            changed = due.changed() => if changed.is_err() { return },
            () = asleep => match server.upgrade() {
                Some(server) => server.run_background(),
                None => return,
            },
        }
    }
}

async fn sleep_until(server: &ApiServer, until: Timestamp) {
    time::sleep(server.until(until)).await;
}

fn full(bytes: Vec<u8>) -> Body {
    UnsyncBoxBody::new(Full::new(Bytes::from(bytes)))
}

/// All of a body, unless it is too long or too slow.
async fn read<B>(body: B) -> Result<Bytes, Status>
where
    B: http_body::Body<Data = Bytes>,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let too_large = || Status::too_large(format!("Request entity too large: limit is {BODY_LIMIT}"));
    if body.size_hint().lower() > BODY_LIMIT as u64 {
        return Err(too_large());
    }
    match time::timeout(BODY_WAIT, Limited::new(body, BODY_LIMIT).collect()).await {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Ok(Err(error)) => {
            Err(Status::bad_request(format!("the body of the request could not be read: {error}")))
        }
        Err(_) => Err(Status::timeout(format!("the body of the request did not come within {BODY_WAIT:?}"))),
    }
}
