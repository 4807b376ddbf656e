//! The shareable handle: one core behind a mutex, a clock and a channel that tells of new revisions.

use crate::{
    Outcome,
    behaviors::Behaviors,
    clock::{Clock, SystemClock},
    core::{Call, Core, CoreOptions, Cursor, Key, Next, Reply, ResourceId, Source},
    saving::Saver,
    signal::Signal,
    snapshot::Snapshot,
    status::Status,
    wakes::{Following, Wakes},
};
use kro_object::{Gvk, Object, ResourceType, Timestamp};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};
use tokio::sync::watch;

/// How a server behaves.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Arc<dyn Clock>,
    /// Seed of uids and generated names.
    pub seed: u64,
    /// What plays the rest of the cluster.
    pub behaviors: Behaviors,
    /// How many changes watches and paged lists can look back; older ones get 410.
    pub history: usize,
    /// The administrator's bearer token; without one, everybody is an administrator.
    pub token: Option<String>,
    /// Who may do what.
    pub authorization: Authorization,
}

/// Who may do what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Authorization {
    /// Whoever is authenticated may do everything.
    #[default]
    AllowAll,
    /// What roles and bindings on the server grant; members of `system:masters` may do everything.
    Rbac,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            seed: 0,
            behaviors: Behaviors::all(),
            history: 10_000,
            token: None,
            authorization: Authorization::AllowAll,
        }
    }
}

impl Options {
    fn split(self) -> (CoreOptions, Arc<dyn Clock>) {
        let core = CoreOptions {
            token: self.token,
            authorization: self.authorization,
            seed: self.seed,
            behaviors: self.behaviors,
            history: self.history,
            is_saved: false,
        };
        (core, self.clock)
    }
}

/// One answered call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// When it was answered.
    pub at: Timestamp,
    /// Who asked, after impersonation; empty if nobody knows.
    pub user: Box<str>,
    /// HTTP method.
    pub verb: Box<str>,
    /// Path without query.
    pub path: Box<str>,
    /// HTTP status code of the answer.
    pub code: u16,
    /// `User-Agent` of the client.
    pub user_agent: Box<str>,
}

/// A running server; clones share it.
#[derive(Debug, Clone)]
pub struct ApiServer {
    shared: Arc<Shared>,
}

/// A server that may be gone.
#[derive(Debug)]
pub(crate) struct WeakServer {
    shared: Weak<Shared>,
}

impl WeakServer {
    /// The server, if anybody still has it.
    pub(crate) fn upgrade(&self) -> Option<ApiServer> {
        Some(ApiServer { shared: self.shared.upgrade()? })
    }
}

#[derive(Debug)]
struct Shared {
    core: Mutex<Core>,
    clock: Arc<dyn Clock>,
    /// Raised for every new revision.
    revised: Signal,
    /// Wakes the watches that a change concerns.
    wakes: Wakes,
    /// When the controllers want to run next; a task sleeps until then.
    due: watch::Sender<Option<Timestamp>>,
    /// What makes changes durable, if anything does.
    saver: Option<Saver>,
}

impl ApiServer {
    /// A server with the namespaces every cluster has.
    pub fn new(options: Options) -> Self {
        let (core_options, clock) = options.split();
        let core = Core::new(core_options, clock.now());
        Self::over(core, clock, None)
    }

    /// A server that goes on where another one was when the snapshot was taken.
    ///
    /// # Errors
    ///
    /// If an object is of a kind that the server does not know.
    pub fn resume(options: Options, snapshot: Snapshot) -> Result<Self, Status> {
        let (core_options, clock) = options.split();
        let core = Core::resume(core_options, snapshot, clock.now())?;
        Ok(Self::over(core, clock, None))
    }

    /// A server with its state in a directory, made if it is not there: what is answered is on disk, whatever happens
    /// to the process. Another process cannot open the same directory meanwhile. History is not kept: watches and
    /// continue tokens from before are answered with 410.
    ///
    /// # Errors
    ///
    /// If the directory is in use, cannot be read or written, or holds what this program does not understand.
    #[cfg(feature = "disk")]
    pub fn open(options: Options, directory: &std::path::Path) -> Result<Self, crate::DiskError> {
        use crate::disk::{Disk, DiskError};
        let wrong = |why: &dyn std::fmt::Display| DiskError::new(directory, why.to_string());
        let (disk, snapshot) = Disk::open(directory)?;
        let saver = Saver::start(disk).map_err(|error| wrong(&error))?;
        let (mut core_options, clock) = options.split();
        core_options.is_saved = true;
        let core = match snapshot {
            None => Core::new(core_options, clock.now()),
            Some(snapshot) => {
                saver.begin_at(snapshot.revision);
                let resumed = Core::resume(core_options, snapshot, clock.now());
                resumed.map_err(|status| wrong(&status.message))?
            }
        };
        let server = Self::over(core, clock, Some(saver));
        server.wait_saved(server.revision()).map_err(|status| wrong(&status.message))?;
        Ok(server)
    }

    fn over(mut core: Core, clock: Arc<dyn Clock>, saver: Option<Saver>) -> Self {
        let due = core.background(clock.now());
        if let Some(saver) = &saver {
            saver.push(core.take_unsaved(), core.revision());
        }
        Self {
            shared: Arc::new(Shared {
                core: Mutex::new(core),
                clock,
                revised: Signal::default(),
                wakes: Wakes::default(),
                due: watch::Sender::new(due),
                saver,
            }),
        }
    }

    /// Answers one call and lets the controllers react to it. With a data directory it blocks until what the answer
    /// tells is on disk.
    pub fn handle(&self, call: &Call) -> Reply {
        let (reply, revision) = self.handle_unsaved(call);
        self.wait_saved(revision).map_or_else(|status| Reply::status(&status), |()| reply)
    }

    /// The same without waiting for the disk. The answer must not be given before its revision is saved.
    pub(crate) fn handle_unsaved(&self, call: &Call) -> (Reply, u64) {
        let body = Source::parse(call);
        let now = self.now();
        let mut core = self.core();
        let known = core.revision();
        let reply = core.answer(call, body, now);
        let revision = self.settle(core, known, now);
        (reply, revision)
    }

    /// Puts objects in as an administrator would, before anyone connects. Definitions come before their instances.
    pub fn load(&self, objects: impl IntoIterator<Item = Object>) -> Result<(), Status> {
        let now = self.now();
        let mut core = self.core();
        let known = core.revision();
        let outcome = objects.into_iter().try_for_each(|object| core.load(object, now));
        let revision = self.settle(core, known, now);
        outcome.and_then(|()| self.wait_saved(revision))
    }

    /// Puts objects in exactly as another server had stored them: uids, times, managers and status stay, only
    /// resource versions are new. What is there already is replaced. Definitions come before their instances.
    pub fn restore(&self, objects: impl IntoIterator<Item = Object>) -> Result<(), Status> {
        let now = self.now();
        let mut core = self.core();
        let known = core.revision();
        let outcome = objects.into_iter().try_for_each(|object| core.restore(object, now));
        let revision = self.settle(core, known, now);
        outcome.and_then(|()| self.wait_saved(revision))
    }

    /// The calls answered so far, oldest first; only the last 10,000 are kept.
    pub fn audit(&self) -> Vec<AuditRecord> {
        self.core().audit().cloned().collect()
    }

    /// An object as stored; unlike a call it leaves no trace in the audit.
    pub fn stored(&self, resource: &ResourceId, key: &Key) -> Option<Object> {
        self.core().stored(resource, key)
    }

    /// The resource of a kind, if it is served.
    pub fn resource(&self, gvk: &Gvk) -> Option<ResourceType> {
        self.core().resource_of(gvk)
    }

    /// All state, to [resume](ApiServer::resume) from.
    pub fn snapshot(&self) -> Snapshot {
        self.core().snapshot()
    }

    /// Everything stored, for assertions.
    pub fn dump(&self) -> Vec<Object> {
        self.core().dump()
    }

    /// Everything stored of a kind, whichever version it was written in.
    pub fn all(&self, group: &str, kind: &str) -> Vec<Object> {
        self.core().all(group, kind)
    }

    /// Everything stored with a label, of any value or of this one.
    pub fn labelled(&self, label: &str, value: Option<&str>) -> Vec<Object> {
        self.core().labelled(label, value)
    }

    /// The rest of the cluster leaves an object alone from now on, or all of a resource.
    pub fn hold(&self, resource: &ResourceId, key: Option<&Key>) {
        self.core().hold(resource, key);
    }

    /// Ends what [`ApiServer::hold`] began with the same arguments.
    pub fn let_go(&self, resource: &ResourceId, key: Option<&Key>) {
        self.act(|core, now| core.let_go(resource, key, now));
    }

    /// An object and what it controls, or all of a resource, turn out like this from now on; see [`Outcome`].
    pub fn script(&self, resource: &ResourceId, key: Option<&Key>, outcome: Outcome) {
        self.act(|core, now| core.script(resource, key, outcome, now));
    }

    /// Does something that may change objects, and tells of it.
    fn act(&self, what: impl FnOnce(&mut Core, Timestamp)) {
        let now = self.now();
        let mut core = self.core();
        let known = core.revision();
        what(&mut core, now);
        self.settle(core, known, now);
    }

    /// Forgets the history, as etcd's compaction does: older watches and continue tokens get 410.
    pub fn compact(&self) {
        self.core().compact();
    }

    /// The revision of the last write.
    pub fn revision(&self) -> u64 {
        self.core().revision()
    }

    /// The oldest revision whose state is still known.
    pub fn oldest_revision(&self) -> u64 {
        self.core().oldest_revision()
    }

    /// The server's present moment.
    pub fn now(&self) -> Timestamp {
        self.shared.clock.now()
    }

    /// How long it is until a moment; nothing if it is past.
    pub(crate) fn until(&self, moment: Timestamp) -> Duration {
        moment.saturating_duration_since(self.now())
    }

    pub(crate) fn downgrade(&self) -> WeakServer {
        WeakServer { shared: Arc::downgrade(&self.shared) }
    }

    /// The next event of a watch.
    pub(crate) fn next(&self, cursor: &mut Cursor) -> Next {
        let now = self.now();
        self.core().next(cursor, now)
    }

    /// Tells of changes that concern a watch.
    pub(crate) fn follow(&self, cursor: &Cursor) -> Following {
        self.shared.wakes.follow(cursor.topic())
    }

    /// Tells of new revisions.
    pub(crate) fn revised(&self) -> &Signal {
        &self.shared.revised
    }

    /// Tells when the controllers want to run next.
    pub(crate) fn due(&self) -> watch::Receiver<Option<Timestamp>> {
        self.shared.due.subscribe()
    }

    /// Whether a task sleeps for the controllers already.
    pub(crate) fn has_timer(&self) -> bool {
        self.shared.due.receiver_count() > 0
    }

    /// Lets the controllers do what is due.
    pub(crate) fn run_background(&self) {
        let now = self.now();
        let core = self.core();
        let known = core.revision();
        self.settle(core, known, now);
    }

    /// Lets the controllers react to what was done while the core was held, and tells of it if `known` is no longer
    /// the revision. Returns the revision.
    fn settle(&self, mut core: MutexGuard<'_, Core>, known: u64, now: Timestamp) -> u64 {
        let due = core.background(now);
        let revision = core.revision();
        if let Some(saver) = &self.shared.saver {
            saver.push(core.take_unsaved(), revision);
        }
        let changed = core.changed_since(known);
        drop(core);
        if revision != known {
            self.shared.wakes.raise(changed);
            self.shared.revised.raise();
        }
        self.shared.due.send_if_modified(|known| std::mem::replace(known, due) != due);
        revision
    }

    /// Waits until a revision is safe on disk, if there is a data directory.
    pub(crate) async fn saved(&self, revision: u64) -> Result<(), Status> {
        match &self.shared.saver {
            Some(saver) => saver.saved(revision).await,
            None => Ok(()),
        }
    }

    fn wait_saved(&self, revision: u64) -> Result<(), Status> {
        self.shared.saver.as_ref().map_or(Ok(()), |saver| saver.wait(revision))
    }

    /// A panic in a handler must not take the server down: the state is valid between any two writes.
    fn core(&self) -> MutexGuard<'_, Core> {
        self.shared.core.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
