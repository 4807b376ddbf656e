//! One cluster in virtual time: a server, programs, people, faults, and the judgement over all of them.

mod settle;

use crate::{
    admin::Admin,
    clock::{Beginning, VirtualClock},
    gate::Gate,
    observer::{Observer, Request, Requests},
    operator::{OPERATOR, Setup, candidate, operator, replica},
    oracle::Oracle,
    process::{Host, Process, Site},
    transcript::Transcript,
    writers::one_writer,
};
use futures_util::future::BoxFuture;
use kro_api::{Profile, policy::Deletion};
use kro_apiserver::{
    ApiServer, Behaviors, Options, Snapshot,
    fault::{Faults, Rates},
};
use kro_object::Object;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    future::Future,
    sync::{Arc, LazyLock},
    time::Duration,
};
use tower_layer::Layer as _;

/// What a world is made from.
#[derive(Debug, Clone, Default)]
pub struct WorldOptions {
    /// Seed of uids, jitter and faults.
    pub seed: u64,
    /// What goes wrong by chance; `None`: nothing.
    pub rates: Option<Rates>,
    /// What holds for operators where a definition has no policy.
    pub profile: Profile,
    /// Whether the transcript's lines are kept to be read.
    pub keep_lines: bool,
}

/// A server, programs and what stands between them.
pub struct World {
    site: Site,
    observer: Arc<Observer>,
    oracle: Oracle,
    processes: BTreeMap<String, Process>,
    /// Those that do not run for now.
    away: BTreeSet<String>,
    /// The operators by name.
    operators: Vec<String>,
    setup: Setup,
    /// What must hold in the end, beside what definitions ask for.
    wishes: Vec<Box<Wish>>,
}

impl fmt::Debug for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("World").field("processes", &self.processes).finish_non_exhaustive()
    }
}

/// Says what does not hold yet.
type Wish = dyn Fn(&Admin) -> Result<(), String>;

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

/// A server with kro's CRDs, the same for every world: making it takes as long as a whole story.
static SERVER: LazyLock<Snapshot> = LazyLock::new(|| {
    let server = ApiServer::new(Options {
        clock: Arc::new(Beginning),
        behaviors: Behaviors::all(),
        ..Options::default()
    });
    for crd in kro_api::manifests() {
        Admin::at(Arc::new(server.clone())).apply(&crd).expect("invariant: our CRDs are valid");
    }
    server.snapshot()
});

impl World {
    /// A world with kro's CRDs and the operator, which does not run yet. Call it inside of [`run`].
    pub fn new(options: &WorldOptions) -> Self {
        let server = |options| ApiServer::resume(options, SERVER.clone());
        let mut world =
            Self::with(options, |options| server(options).expect("invariant: a server was like this"));
        world.observer.is_kro(OPERATOR);
        world.operators = vec![OPERATOR.to_owned()];
        let setup = world.setup.clone();
        world.host(OPERATOR, move |host| operator(host, setup.clone()));
        world
    }

    /// A world with kro's CRDs and several operators by name, of which one acts at a time: it is broken when another
    /// one writes than the holder of the lease, which lasts a minute. Call it inside of [`run`].
    pub fn with_candidates(options: &WorldOptions, names: &[&str]) -> Self {
        let mut world = Self::new(options);
        world.have_several(names, candidate);
        let rule = one_writer(world.admin(), world.operators.iter().cloned().collect(), None);
        world.always(rule);
        world
    }

    /// A world with kro's CRDs and operators by name that share the instances out in so many shards: it is broken when
    /// one writes what is not its part by the leases. Call it inside of [`run`].
    pub fn with_replicas(options: &WorldOptions, names: &[&str], shards: u32) -> Self {
        let mut world = Self::new(options);
        world.have_several(names, move |host, name, setup| replica(host, name, shards, setup));
        let rule = one_writer(world.admin(), world.operators.iter().cloned().collect(), Some(shards));
        world.always(rule);
        world
    }

    /// Operators by name in place of the one.
    fn have_several<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        names: &[&str],
        program: impl Fn(Host, String, Setup) -> F + Clone + 'static,
    ) {
        self.processes.clear();
        self.operators = names.iter().map(|name| (*name).to_owned()).collect();
        for name in names {
            self.observer.is_kro(name);
            let (program, owned, setup) = (program.clone(), (*name).to_owned(), self.setup.clone());
            self.host(name, move |host| program(host, owned.clone(), setup.clone()));
        }
    }

    /// A world with nothing of kro's. Call it inside of [`run`].
    pub fn without_kro(options: &WorldOptions) -> Self {
        Self::with(options, ApiServer::new)
    }

    fn with(options: &WorldOptions, server: impl FnOnce(Options) -> ApiServer) -> Self {
        let clock = VirtualClock::start();
        let server = server(Options {
            clock: Arc::new(clock.steady()),
            seed: options.seed,
            behaviors: Behaviors::all(),
            ..Options::default()
        });
        let transcript = Transcript::new(clock.clone(), options.keep_lines);
        let observer = Arc::new(Observer::new(server.clone(), transcript.clone(), options.profile));
        let faults = match options.rates {
            Some(rates) => Faults::seeded(options.seed, rates),
            None => Faults::none(),
        };
        Self {
            site: Site { server, faults, witness: observer.clone(), clock, transcript, seed: options.seed },
            observer,
            oracle: Oracle::default(),
            processes: BTreeMap::new(),
            away: BTreeSet::new(),
            operators: Vec::new(),
            setup: Setup { profile: options.profile, metrics: Arc::default() },
            wishes: Vec::new(),
        }
    }

    /// Adds a program, in place of one of that name, which is killed. It is run anew at each start, with a client that
    /// meets the faults of its name. A program that ends is started again as one that died.
    ///
    /// Whatever it spawns outlives it: a program that is to be killed keeps its work in its own future.
    pub fn host<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &str,
        program: impl Fn(Host) -> F + 'static,
    ) {
        let program = Box::new(move |host| -> BoxFuture<'static, ()> { Box::pin(program(host)) });
        self.processes.insert(name.to_owned(), Process::new(name, program, self.site.clone()));
    }

    /// A client that is no program: it meets the faults of its name, and cannot be killed.
    pub fn client(&self, name: &str) -> kube_client::Client {
        let way = self.site.faults.layer(name).witnessed(Arc::clone(&self.site.witness));
        kube_client::Client::new(way.layer(self.site.server.clone()), "default")
    }

    /// Every request of programs that reaches the server from now on must be as the rule says, which sees it, the
    /// object before it and the object after it; requests about all objects of a kind come without. Errors go on after "the operator".
    pub fn always(
        &self,
        rule: impl Fn(&Request, Option<&Object>, Option<&Object>) -> Result<(), String> + Send + 'static,
    ) {
        self.observer.always(Box::new(rule));
    }

    /// When everything has calmed down, this must hold, beside what definitions ask for. It is asked again whenever
    /// what is stored has changed.
    pub fn eventually(&mut self, wish: impl Fn(&Admin) -> Result<(), String> + 'static) {
        self.wishes.push(Box::new(wish));
    }

    /// Hands that act at once and always reach the server.
    pub fn admin(&self) -> Admin {
        Admin::at(Arc::new(self.site.server.clone()))
    }

    /// The server itself.
    pub fn server(&self) -> &ApiServer {
        &self.site.server
    }

    /// What can go wrong, by the names of programs.
    pub fn faults(&self) -> &Faults {
        &self.site.faults
    }

    /// What happened so far.
    pub fn transcript(&self) -> &Transcript {
        &self.site.transcript
    }

    /// The time of the machines that programs run on.
    pub fn clock(&self) -> &VirtualClock {
        &self.site.clock
    }

    /// Virtual seconds since it began.
    pub fn seconds(&self) -> f64 {
        self.site.clock.seconds()
    }

    /// What programs asked for so far.
    pub fn requests(&self) -> Requests {
        self.observer.requests()
    }

    /// A metric of the operator as [`kro_controller::Metrics`] shows it, over all labels; of several operators the
    /// highest. 0 when there is none of this name.
    pub fn metric(&self, name: &str) -> u64 {
        self.setup.metric(name)
    }

    /// The most requests that one program made within a minute so far, watches and what is about leases apart.
    pub fn busiest_minute(&self) -> u64 {
        self.observer.busiest()
    }

    /// Every request of programs that reached the server, watches apart.
    pub fn journal(&self) -> Vec<Request> {
        self.observer.journal()
    }

    /// What programs did that must never happen, since the last call: in words that go on after "the operator".
    pub fn take_broken(&self) -> Vec<String> {
        self.observer.take_broken()
    }

    /// From now on every deletion of a child is that of a teardown, which goes by waves; else that is judged once the
    /// status says `DELETING`, since a pass that began before may still prune.
    pub fn never_prunes(&self) {
        self.observer.never_prunes();
    }

    /// What becomes of a child when it is to go.
    pub(crate) fn deletion_of(&self, child: &Object) -> Deletion {
        self.observer.policies().now(child).deletion
    }

    /// Whether a child may be there without being wanted.
    pub(crate) fn may_be_retained(&self, child: &Object) -> bool {
        self.observer.policies().ever(child).iter().any(|policy| policy.deletion == Deletion::Retain)
    }

    /// Starts all programs that do not run.
    pub fn start(&mut self) {
        // What was asked for up to now is known, whatever is asked for next.
        drop(self.observer.policies());
        let here = self.processes.iter_mut().filter(|(name, _)| !self.away.contains(*name));
        here.for_each(|(_, process)| process.start());
    }

    /// The operators by name: one, unless there are several.
    pub fn operators(&self) -> &[String] {
        &self.operators
    }

    /// Stops a program as a signal does; it does not run again before it joins.
    pub async fn leave(&mut self, name: &str) {
        self.stop(name).await;
        self.away.insert(name.to_owned());
    }

    /// A program that left runs again, from the next start on.
    pub fn join(&mut self, name: &str) {
        self.away.remove(name);
    }

    /// Whether a program has left.
    pub fn is_away(&self, name: &str) -> bool {
        self.away.contains(name)
    }

    /// Kills a program wherever it is, as `kill -9` does.
    pub async fn crash(&mut self, name: &str) {
        if let Some(process) = self.processes.get_mut(name) {
            process.crash().await;
        }
    }

    /// Stops a program as a signal does.
    pub async fn stop(&mut self, name: &str) {
        if let Some(process) = self.processes.get_mut(name) {
            process.stop().await;
        }
    }

    /// Kills a program that runs at the step after so many more: a request leaving, a reply arriving, an event of a
    /// watch.
    pub fn crash_after(&self, name: &str, steps: u64) {
        if let Some(gate) = self.gate(name) {
            gate.close_after(steps);
        }
    }

    /// Loses the message of the step after so many more of a program that runs, and the connection with it.
    pub fn lose_after(&self, name: &str, steps: u64) {
        if let Some(gate) = self.gate(name) {
            gate.lose_after(steps);
        }
    }

    /// Steps that a program has made since a crash or a loss was asked for, or since it started.
    pub fn steps(&self, name: &str) -> u64 {
        self.gate(name).map_or(0, Gate::steps)
    }

    /// How often a program died at a step, as [`World::crash_after`] asks for.
    pub fn deaths(&self, name: &str) -> u64 {
        self.processes.get(name).map_or(0, Process::deaths)
    }

    fn gate(&self, name: &str) -> Option<&Gate> {
        self.processes.get(name).and_then(Process::gate)
    }

    /// Lets time pass.
    pub async fn sleep(&self, duration: Duration) {
        drop(self.observer.policies());
        tokio::time::sleep(duration).await;
    }
}
