//! The controller's loop: one task owns all state, starts reconciles and takes their results. Nothing here waits
//! for the cluster. Arms are tried in order: shutdown, results, events, time.

mod world;

use crate::{
    Shared,
    health::Health,
    metrics::Of,
    queue::{Class, Outcome, Queue},
    reconcile::{Report, definition, instance, revision},
};
use futures_util::FutureExt;
use kro_cluster::{Share, WatchEvent, WatchSet, mutants::mutant};
use kro_object::ObjectKey;
use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    fmt,
    future::Future,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
pub(crate) use world::Served;
use world::{Turn, World};

/// Events taken in one go before reconciles are started again.
const BATCH: usize = 256;
/// Events that may wait, each with its whole object; a full channel slows the watches down.
const CHANNEL: usize = 256;

/// What is reconciled.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A definition, by name.
    Definition(Arc<str>),
    /// A revision, by its object's name.
    Revision(Arc<str>),
    /// An instance.
    Instance(Instance),
}

/// An instance: the definition behind its kind, and its name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instance {
    pub(crate) definition: Arc<str>,
    pub(crate) key: ObjectKey,
}

impl Class for Key {
    /// Definitions and revisions before instances: a storm of instances cannot starve a new definition.
    fn class(&self) -> u8 {
        match self {
            Self::Definition(_) => 0,
            Self::Revision(_) => 1,
            Self::Instance(_) => 2,
        }
    }

    /// Instances of one definition do not hold up those of another.
    fn tenant(&self) -> Arc<str> {
        match self {
            Self::Definition(_) | Self::Revision(_) => "".into(),
            Self::Instance(instance) => Arc::clone(&instance.definition),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Definition(name) => write!(f, "definition {name}"),
            Self::Revision(name) => write!(f, "revision {name}"),
            Self::Instance(instance) => write!(f, "instance {} of {}", instance.key, instance.definition),
        }
    }
}

impl Instance {
    /// The shard it is in.
    pub(crate) fn shard(&self, share: &Share) -> u32 {
        if share.count == 1 {
            return 0;
        }
        let ObjectKey { namespace, name } = &self.key;
        share.shard_of(&format!("{}/{}/{name}", self.definition, namespace.as_deref().unwrap_or_default()))
    }
}

/// Runs until `shutdown`, then until the reconciles in flight have ended.
pub(crate) async fn run(
    shared: Arc<Shared>,
    health: Health,
    mut share: watch::Receiver<Share>,
    busy: watch::Sender<BTreeSet<u32>>,
    shutdown: impl Future<Output = ()> + Send,
) {
    let (sender, mut events) = mpsc::channel(CHANNEL);
    let first = share.borrow_and_update().clone();
    let mut dispatcher = Dispatcher::new(shared, health, first, busy, sender);
    let mut shutdown = std::pin::pin!(shutdown);
    dispatcher.say_busy();
    loop {
        dispatcher.world.sync_watches();
        dispatcher.start();
        let due = dispatcher.queue.next_at().unwrap_or_else(|| now() + Duration::from_hours(1));
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Ok(()) = share.changed() => {
                dispatcher.world.set_share(share.borrow_and_update().clone(), &mut dispatcher.queue);
                dispatcher.say_busy();
            }
            Some(result) = dispatcher.tasks.join_next(), if !dispatcher.tasks.is_empty() => {
                dispatcher.finished(result.expect("invariant: a reconcile's panic is caught and none is aborted"));
            }
            Some(event) = events.recv() => {
                dispatcher.happened(&event);
                for _ in 1..BATCH {
                    let Ok(event) = events.try_recv() else { break };
                    dispatcher.happened(&event);
                }
            }
            () = tokio::time::sleep_until(due.into()) => {}
        }
    }
    // No new work; what runs may finish its requests.
    drop(events);
    while let Some(result) = dispatcher.tasks.join_next().await {
        dispatcher.finished(result.expect("invariant: a reconcile's panic is caught and none is aborted"));
    }
}

struct Dispatcher {
    shared: Arc<Shared>,
    health: Health,
    queue: Queue<Key>,
    world: World,
    tasks: JoinSet<Finished>,
    /// Reconciles in flight by class.
    busy: [usize; 3],
    /// Reconciles in flight by shard.
    shards: BTreeMap<u32, usize>,
    /// The shards that are worked on, for others to know.
    said: watch::Sender<BTreeSet<u32>>,
}

/// A reconcile that ended.
struct Finished {
    key: Key,
    /// Of an instance.
    shard: Option<u32>,
    since: Instant,
    /// `None` when it panicked.
    report: Option<Report>,
}

impl Dispatcher {
    fn new(
        shared: Arc<Shared>,
        health: Health,
        share: Share,
        said: watch::Sender<BTreeSet<u32>>,
        events: mpsc::Sender<WatchEvent>,
    ) -> Self {
        let watches = WatchSet::new(shared.cluster.clone(), events);
        Self {
            queue: Queue::new(shared.options.backoff, shared.options.seed)
                .with_breaker(shared.options.breaker),
            world: World::new(Arc::clone(&shared), watches, share),
            shared,
            health,
            tasks: JoinSet::new(),
            busy: [0; 3],
            shards: BTreeMap::new(),
            said,
        }
    }

    /// Says what is worked on: our shards, and those no longer ours of which something has not ended yet.
    fn say_busy(&self) {
        let ours = self.world.share().shards.iter();
        self.said.send_replace(ours.chain(self.shards.keys()).copied().collect());
    }

    /// Starts what is due, as far as there is room.
    fn start(&mut self) {
        let options = &self.shared.options;
        let mut limits = [options.definitions.max(1), options.revisions.max(1), options.instances.max(1)];
        if !self.world.is_ready() {
            // A definition whose revisions are not all known would be issued another one.
            limits = [0; 3];
        }
        let time = now();
        loop {
            let busy = self.busy;
            let Some(key) =
                self.queue.take(time, |class| busy[usize::from(class)] < limits[usize::from(class)])
            else {
                break;
            };
            let outcome = match &key {
                Key::Definition(name) => {
                    let input = self.world.definition(name);
                    self.spawn(&key, time, definition::reconcile(Arc::clone(&self.shared), input));
                    continue;
                }
                Key::Revision(name) => match self.world.revision(name) {
                    Some(input) => {
                        self.spawn(&key, time, revision::reconcile(Arc::clone(&self.shared), input));
                        continue;
                    }
                    None => Outcome::Done,
                },
                Key::Instance(instance) => match self.world.instance(instance, time) {
                    Turn::Now(input) => {
                        self.spawn(&key, time, instance::reconcile(Arc::clone(&self.shared), *input));
                        continue;
                    }
                    Turn::Later(wait) => Outcome::Again(wait),
                    Turn::Never => Outcome::Done,
                },
            };
            self.queue.finish(&key, outcome, time);
        }
        self.shared.metrics.queue(self.queue.len(), self.queue.held());
        self.shared.metrics.children(self.shared.members().len());
    }

    fn spawn(&mut self, key: &Key, since: Instant, work: impl Future<Output = Report> + Send + 'static) {
        self.busy[usize::from(key.class())] += 1;
        let shard = match key {
            Key::Instance(instance) => Some(instance.shard(self.world.share())),
            Key::Definition(_) | Key::Revision(_) => None,
        };
        if let Some(shard) = shard {
            *self.shards.entry(shard).or_default() += 1;
        }
        let key = key.clone();
        self.tasks.spawn(async move {
            // A panic is this reconcile's problem alone.
            let report = AssertUnwindSafe(work).catch_unwind().await.ok();
            Finished { key, shard, since, report }
        });
    }

    fn finished(&mut self, Finished { key, shard, since, report }: Finished) {
        self.busy[usize::from(key.class())] -= 1;
        if let Some(shard) = shard
            && let Entry::Occupied(mut count) = self.shards.entry(shard)
        {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
                self.say_busy();
            }
        }
        let report = report.unwrap_or_else(|| {
            tracing::error!(%key, "reconcile panicked");
            self.shared.metrics.panicked(&self.world.resource_of(&key));
            Report::new(Outcome::Retry)
        });
        let outcome = match report.outcome {
            Outcome::Retry | Outcome::Again(_) if mutant("retries-forgotten") => Outcome::Done,
            outcome => outcome,
        };
        for effect in report.effects {
            self.world.record(&key, effect, &mut self.queue);
        }
        let time = now();
        let of = match key {
            Key::Definition(_) => Of::Definition,
            Key::Revision(_) => Of::Revision,
            Key::Instance(_) => Of::Instance,
        };
        self.shared.metrics.reconciled(of, &self.world.resource_of(&key), outcome, time - since);
        self.queue.finish(&key, outcome, time);
    }

    fn happened(&mut self, event: &WatchEvent) {
        self.world.happened(event, &mut self.queue);
        if self.world.is_ready() {
            self.health.set_ready();
        }
    }
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
