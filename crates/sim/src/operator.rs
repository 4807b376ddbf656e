//! One operator process: the unmodified controller behind its own door and faults. It can end well or badly.

use crate::{clock::VirtualClock, gate::Gate};
use kro_apiserver::{
    ApiServer,
    fault::{Faults, Witness},
};
use kro_controller::{Compute, Controller, Options};
use std::sync::Arc;
use tokio::{sync::oneshot, task::JoinHandle};
use tower_layer::Layer as _;

/// A running operator.
#[derive(Debug)]
pub(crate) struct Operator {
    gate: Gate,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<End>,
}

/// How an operator ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was told to, and finished what it was doing.
    Stopped,
    /// It died at a step.
    Died,
}

impl Operator {
    /// Starts one under a name, which is also its name for faults.
    pub(crate) fn start(
        name: &str,
        server: &ApiServer,
        faults: &Faults,
        witness: Arc<dyn Witness>,
        clock: VirtualClock,
        seed: u64,
    ) -> Self {
        let gate = Gate::open();
        let way = gate.before(faults.layer(name).witnessed(witness).layer(server.clone()));
        let client = kube_client::Client::new(way, "default");
        let mut options = Options::new(Arc::new(clock));
        options.compute = Compute::Inline;
        options.seed = seed;
        let controller = Controller::new(client, options);
        let (stop, stopped) = oneshot::channel::<()>();
        let door = gate.clone();
        let task = tokio::spawn(async move {
            let shutdown = async move { drop(stopped.await) };
            tokio::select! {
                biased;
                () = door.closed() => End::Died,
                () = controller.run(shutdown) => End::Stopped,
            }
        });
        Self { gate, stop: Some(stop), task }
    }

    /// Whether it runs.
    pub(crate) fn is_running(&self) -> bool {
        !self.task.is_finished()
    }

    /// Dies after so many more steps.
    pub(crate) fn die_after(&self, steps: u64) {
        self.gate.close_after(steps);
    }

    /// Loses a message after so many more steps.
    pub(crate) fn lose_after(&self, steps: u64) {
        self.gate.lose_after(steps);
    }

    /// Steps it has made since one of these two was asked for.
    pub(crate) fn steps(&self) -> u64 {
        self.gate.steps()
    }

    /// Dies now, wherever it is.
    pub(crate) async fn crash(self) {
        self.task.abort();
        // Aborted, or ended before: gone either way.
        let _ = self.task.await;
    }

    /// Ends as a signal would end it.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        let _ = self.task.await;
    }
}
