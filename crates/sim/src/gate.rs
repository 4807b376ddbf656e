//! The door between one operator and the world, where the operator can be made to die and messages to vanish: before
//! a request leaves, after its reply has come, or as an event of a watch arrives. Every such moment is a step.

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, BodyStream, StreamBody, combinators::UnsyncBoxBody};
use kro_apiserver::fault::{Faulty, FaultyBody, Lost};
use kube_client::client::Body;
use std::{
    future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};
use tokio::sync::Notify;
use tower_service::Service;

/// What crosses the door of one operator, and when it closes for good.
#[derive(Debug, Clone)]
pub(crate) struct Gate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    steps: AtomicU64,
    /// Steps that were made when trouble was asked for.
    asked: AtomicU64,
    /// The step at which the operator dies; 0 for never.
    deadly: AtomicU64,
    /// The step at which a message is lost; 0 for never.
    lossy: AtomicU64,
    is_closed: AtomicBool,
    closed: Notify,
}

impl Gate {
    pub(crate) fn open() -> Self {
        let inner = Inner {
            steps: AtomicU64::new(0),
            asked: AtomicU64::new(0),
            deadly: AtomicU64::new(0),
            lossy: AtomicU64::new(0),
            is_closed: AtomicBool::new(false),
            closed: Notify::new(),
        };
        Self { inner: Arc::new(inner) }
    }

    /// Closes after so many more steps.
    pub(crate) fn close_after(&self, steps: u64) {
        self.inner.deadly.store(self.ask(steps), Ordering::Relaxed);
    }

    /// Loses the message of the step after so many more, and the connection with it.
    pub(crate) fn lose_after(&self, steps: u64) {
        self.inner.lossy.store(self.ask(steps), Ordering::Relaxed);
    }

    fn ask(&self, steps: u64) -> u64 {
        let made = self.inner.steps.load(Ordering::Relaxed);
        self.inner.asked.store(made, Ordering::Relaxed);
        made + steps.saturating_add(1)
    }

    /// Steps that were made since trouble was asked for last.
    pub(crate) fn steps(&self) -> u64 {
        self.inner.steps.load(Ordering::Relaxed) - self.inner.asked.load(Ordering::Relaxed)
    }

    /// Whether it has closed.
    pub(crate) fn is_closed(&self) -> bool {
        self.inner.is_closed.load(Ordering::Relaxed)
    }

    /// Comes when the door has closed: whoever is behind it must be dropped. For one listener.
    pub(crate) async fn closed(&self) {
        self.inner.closed.notified().await;
    }

    /// One step, or the message that is lost in it; never returns once the door is closed.
    async fn step(&self, lost: Lost) -> Result<(), Lost> {
        if !self.is_closed() {
            let step = self.inner.steps.fetch_add(1, Ordering::Relaxed) + 1;
            if step != self.inner.deadly.load(Ordering::Relaxed) {
                let is_lost = step == self.inner.lossy.load(Ordering::Relaxed);
                return if is_lost { Err(lost) } else { Ok(()) };
            }
            self.inner.is_closed.store(true, Ordering::Relaxed);
            self.inner.closed.notify_one();
        }
        future::pending().await
    }

    /// The server as seen through this door.
    pub(crate) fn before(
        &self,
        server: Faulty,
    ) -> impl Service<Request<Body>, Response = Response<FaultyBody>, Error = Lost, Future: Send> + Clone + use<>
    {
        let gate = self.clone();
        tower::service_fn(move |request: Request<Body>| {
            let (gate, mut server) = (gate.clone(), server.clone());
            let is_watch = request.uri().query().is_some_and(|query| query.contains("watch=true"));
            async move {
                gate.step(Lost::Request).await?;
                let answer = server.call(request).await;
                gate.step(Lost::Reply).await?;
                answer.map(
                    |response| if is_watch { response.map(|body| stepwise(gate, body)) } else { response },
                )
            }
        })
    }
}

/// A watch of which every event is a step.
fn stepwise(gate: Gate, body: FaultyBody) -> FaultyBody {
    let events = stream::unfold(Some((gate, BodyStream::new(body))), |open| async move {
        let (gate, mut events) = open?;
        let event: Result<Frame<Bytes>, Lost> = events.next().await?;
        match gate.step(Lost::Reply).await {
            Ok(()) => Some((event, Some((gate, events)))),
            Err(lost) => Some((Err(lost), None)),
        }
    });
    UnsyncBoxBody::new(StreamBody::new(events)).boxed_unsync()
}
