//! One cluster in virtual time: a server, the operator, people, faults, and the judgement over all of them.

use crate::{
    admin::Admin,
    clock::VirtualClock,
    observer::{Observer, Request, Requests},
    operator::Operator,
    oracle::Oracle,
    snapshot::Snapshot,
    transcript::Transcript,
};
use kro_apiserver::{
    ApiServer, Behaviors, Options,
    fault::{Faults, Rates},
};
use std::{future::Future, sync::Arc, time::Duration};

/// What a world is made from.
#[derive(Debug, Clone, Default)]
pub struct WorldOptions {
    /// Seed of uids, jitter and faults.
    pub seed: u64,
    /// What goes wrong by chance; `None`: nothing.
    pub rates: Option<Rates>,
    /// Whether the transcript's lines are kept to be read.
    pub keep_lines: bool,
}

/// A server, an operator and what stands between them.
#[derive(Debug)]
pub struct World {
    server: ApiServer,
    faults: Faults,
    clock: VirtualClock,
    transcript: Transcript,
    observer: Arc<Observer>,
    oracle: Oracle,
    operator: Option<Operator>,
    seed: u64,
    starts: u64,
    /// Of operators that another one has followed.
    deaths: u64,
}

/// How often it is looked whether everything is as it should be.
const LOOK: Duration = Duration::from_secs(15);
/// How long a healed world has to become right: beyond the longest back-off.
const PATIENCE: Duration = Duration::from_hours(1);
/// How long a world that is right must then be silent.
const SILENCE: Duration = Duration::from_mins(20);

/// Runs a future in virtual time on this thread: the clock stands still while anything can go on, and jumps when
/// everything waits.
pub fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("invariant: a runtime without I/O asks nothing of the machine");
    runtime.block_on(future)
}

impl World {
    /// A world with kro's CRDs and no operator yet. Call it inside of [`run`].
    pub fn new(options: &WorldOptions) -> Self {
        let clock = VirtualClock::start();
        let server = ApiServer::new(Options {
            clock: Arc::new(clock),
            seed: options.seed,
            behaviors: Behaviors::all(),
            ..Options::default()
        });
        let transcript = Transcript::new(clock, options.keep_lines);
        let world = Self {
            observer: Arc::new(Observer::new(server.clone(), transcript.clone())),
            faults: match options.rates {
                Some(rates) => Faults::seeded(options.seed, rates),
                None => Faults::none(),
            },
            server,
            clock,
            transcript,
            oracle: Oracle::default(),
            operator: None,
            seed: options.seed,
            starts: 0,
            deaths: 0,
        };
        for crd in kro_api::manifests() {
            world.admin().apply(&crd).expect("invariant: our CRDs are valid");
        }
        world
    }

    /// Hands that act at once and always reach the server.
    pub fn admin(&self) -> Admin {
        Admin::new(self.server.clone())
    }

    /// The server itself.
    pub fn server(&self) -> &ApiServer {
        &self.server
    }

    /// What can go wrong; the operator's name there is `operator`.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// What happened so far.
    pub fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Virtual seconds since it began.
    pub fn seconds(&self) -> f64 {
        self.clock.seconds()
    }

    /// What operators asked for so far.
    pub fn requests(&self) -> Requests {
        self.observer.requests()
    }

    /// Every request of operators that reached the server, watches apart.
    pub fn journal(&self) -> Vec<Request> {
        self.observer.journal()
    }

    /// What operators did that must never happen, since the last call: in words that go on after "the operator".
    pub fn take_broken(&self) -> Vec<String> {
        self.observer.take_broken()
    }

    /// From now on every deletion of a child is that of a teardown, which goes by waves; else that is judged once the
    /// status says `DELETING`, since a pass that began before may still prune.
    pub fn never_prunes(&self) {
        self.observer.never_prunes();
    }

    /// Starts the operator unless it runs.
    pub fn start(&mut self) {
        if self.operator.as_ref().is_some_and(Operator::is_running) {
            return;
        }
        self.deaths = self.deaths();
        self.starts += 1;
        self.transcript.note("operator starts");
        self.operator = Some(Operator::start(
            "operator",
            &self.server,
            &self.faults,
            Arc::clone(&self.observer) as Arc<dyn kro_apiserver::fault::Witness>,
            self.clock,
            self.seed.wrapping_add(self.starts),
        ));
    }

    /// Kills the operator wherever it is, as `kill -9` does.
    pub async fn crash(&mut self) {
        if let Some(operator) = self.operator.take() {
            operator.crash().await;
            self.transcript.note("operator killed");
        }
    }

    /// Stops the operator as a signal does.
    pub async fn stop(&mut self) {
        if let Some(operator) = self.operator.take() {
            operator.stop().await;
            self.transcript.note("operator stopped");
        }
    }

    /// Kills the operator at the step after so many more: a request leaving, a reply arriving, an event of a watch.
    pub fn crash_after(&self, steps: u64) {
        if let Some(operator) = &self.operator {
            operator.die_after(steps);
        }
    }

    /// Loses the message of the step after so many more, and the connection with it.
    pub fn lose_after(&self, steps: u64) {
        if let Some(operator) = &self.operator {
            operator.lose_after(steps);
        }
    }

    /// Steps that the operator has made since a crash or a loss was asked for, or since it started.
    pub fn steps(&self) -> u64 {
        self.operator.as_ref().map_or(0, Operator::steps)
    }

    /// How often the operator died at a step, as [`World::crash_after`] asks for.
    pub fn deaths(&self) -> u64 {
        self.deaths + u64::from(self.operator.as_ref().is_some_and(|operator| !operator.is_running()))
    }

    /// Lets time pass.
    pub async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// Ends all faults, starts the operator if it is dead, and waits until everything is as it should be and
    /// nothing happens any more. Gives the time until everything was right; the errors say what is wrong when
    /// patience ends.
    pub async fn settle(&mut self) -> Result<Duration, Vec<String>> {
        self.faults.heal();
        self.start();
        let start = tokio::time::Instant::now();
        let deadline = start + PATIENCE;
        // What is right depends on what is stored alone, so it is judged when that has changed.
        let mut judged = None;
        let mut wrong = Vec::new();
        loop {
            self.sleep(LOOK).await;
            self.start();
            let broken = self.observer.take_broken();
            if !broken.is_empty() {
                return Err(broken);
            }
            let revision = self.server.revision();
            if judged != Some(revision) {
                judged = Some(revision);
                wrong = self.oracle.judge(&Snapshot::new(self.server.dump()));
            }
            if wrong.is_empty() {
                break;
            }
            if tokio::time::Instant::now() >= deadline {
                return Err(wrong);
            }
        }
        let took = start.elapsed();
        self.silence().await?;
        Ok(took)
    }

    /// Nothing is read and nothing written once everything is right.
    async fn silence(&mut self) -> Result<(), Vec<String>> {
        // What was on its way may arrive.
        self.sleep(LOOK).await;
        let (requests, revision) = (self.requests(), self.server.revision());
        self.sleep(SILENCE).await;
        let (later, moved) = (self.requests(), self.server.revision() - revision);
        if later == requests && moved == 0 {
            return Ok(());
        }
        let wrong = self.oracle.judge(&Snapshot::new(self.server.dump()));
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Err(vec![format!(
            "not quiet: {} reads, {} writes and {moved} changes in {} minutes after everything was right",
            later.reads - requests.reads,
            later.writes - requests.writes,
            SILENCE.as_secs() / 60,
        )])
    }
}
