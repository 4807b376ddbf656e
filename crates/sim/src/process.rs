//! One process of a world: a program behind its own door and faults. It can end well or badly, and start again.

use crate::{clock::VirtualClock, gate::Gate, transcript::Transcript};
use futures_util::{FutureExt as _, future::BoxFuture};
use kro_apiserver::{
    ApiServer,
    fault::{Faults, Witness},
};
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tokio::{sync::oneshot, task::JoinHandle};
use tower_layer::Layer as _;

/// What a program gets each time it starts.
pub struct Host {
    /// Its way to the server.
    pub client: kube_client::Client,
    /// The world's time. Sleeping is done with [`tokio::time`], which goes the same way.
    pub clock: VirtualClock,
    /// For what is left to chance: another one at each start, the same ones in each run.
    pub seed: u64,
    /// Comes when the program is told to end; it is not told when it is killed.
    pub shutdown: Shutdown,
}

/// Comes when a program is told to end.
#[derive(Debug)]
pub struct Shutdown(oneshot::Receiver<()>);

impl Future for Shutdown {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // The other end says nothing: it is dropped.
        self.0.poll_unpin(context).map(drop)
    }
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// What makes a running program of a host.
pub(crate) type Program = Box<dyn Fn(Host) -> BoxFuture<'static, ()>>;

/// Where processes live.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) server: ApiServer,
    pub(crate) faults: Faults,
    pub(crate) witness: Arc<dyn Witness>,
    pub(crate) clock: VirtualClock,
    pub(crate) transcript: Transcript,
    pub(crate) seed: u64,
}

/// A program that runs, or could.
pub(crate) struct Process {
    /// Also its name for faults.
    name: String,
    program: Program,
    site: Site,
    running: Option<Running>,
    starts: u64,
    /// Of runs before the present one.
    deaths: u64,
}

struct Running {
    gate: Gate,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process")
            .field("name", &self.name)
            .field("starts", &self.starts)
            .finish_non_exhaustive()
    }
}

impl Process {
    pub(crate) fn new(name: &str, program: Program, site: Site) -> Self {
        Self { name: name.to_owned(), program, site, running: None, starts: 0, deaths: 0 }
    }

    /// Starts it unless it runs.
    pub(crate) fn start(&mut self) {
        if self.running.as_ref().is_some_and(|running| !running.task.is_finished()) {
            return;
        }
        self.deaths = self.deaths();
        self.starts += 1;
        self.note("starts");
        let Site { server, faults, witness, clock, seed, .. } = &self.site;
        let gate = Gate::open();
        let way = gate.before(faults.layer(&self.name).witnessed(Arc::clone(witness)).layer(server.clone()));
        let (stop, stopped) = oneshot::channel::<()>();
        let program = (self.program)(Host {
            client: kube_client::Client::new(way, "default"),
            clock: clock.clone(),
            seed: seed.wrapping_add(self.starts),
            shutdown: Shutdown(stopped),
        });
        let door = gate.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                biased;
                () = door.closed() => {}
                () = program => {}
            }
        });
        self.running = Some(Running { gate, stop, task });
    }

    /// Ends it wherever it is, as `kill -9` does.
    pub(crate) async fn crash(&mut self) {
        self.deaths = self.deaths();
        if let Some(running) = self.running.take() {
            running.task.abort();
            // Aborted, or ended before: gone either way.
            let _ = running.task.await;
            self.note("killed");
        }
    }

    /// Ends it as a signal does.
    pub(crate) async fn stop(&mut self) {
        self.deaths = self.deaths();
        if let Some(Running { stop, task, .. }) = self.running.take() {
            drop(stop);
            let _ = task.await;
            self.note("stopped");
        }
    }

    /// Where it can be made to die, while it runs.
    pub(crate) fn gate(&self) -> Option<&Gate> {
        self.running.as_ref().map(|running| &running.gate)
    }

    /// How often it died at a step.
    pub(crate) fn deaths(&self) -> u64 {
        self.deaths + u64::from(self.gate().is_some_and(Gate::is_closed))
    }

    fn note(&self, what: &str) {
        self.site.transcript.note(&format!("{} {what}", self.name));
    }
}
