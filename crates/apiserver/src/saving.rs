//! Group commit: changes queue in the order they were made, a thread saves all that wait at once, and those who
//! made them are told when they are safe. Refuses to know where they are saved.

use crate::{core::Change, signal::Signal, status::Status};
use std::{
    io,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
};

/// Where changes are saved.
pub(crate) trait Keep: Send + 'static {
    /// Saves changes, in order, so that they survive whatever happens to the process. All or nothing.
    fn keep(&mut self, changes: &[Change], revision: u64) -> Result<(), String>;
}

/// What has been written up to a revision.
type Batch = (Vec<Change>, u64);

/// Saves changes in the background; dropping it waits until all are saved.
#[derive(Debug)]
pub(crate) struct Saver {
    queue: Option<Sender<Batch>>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Progress {
    state: Mutex<State>,
    /// For those who block a thread.
    blocked: Condvar,
    /// For those who wait in a task.
    moved: Signal,
}

#[derive(Debug, Default)]
struct State {
    /// Everything up to here is safe.
    saved: u64,
    /// Why nothing can be saved any more.
    failure: Option<String>,
}

impl Saver {
    /// Starts the thread.
    pub(crate) fn start(keep: impl Keep) -> io::Result<Self> {
        let (queue, batches) = mpsc::channel();
        let progress = Arc::new(Progress::default());
        let thread = thread::Builder::new().name("kro-apiserver-save".to_owned()).spawn({
            let progress = progress.clone();
            move || save_all(&batches, keep, &progress)
        })?;
        Ok(Self { queue: Some(queue), progress, thread: Some(thread) })
    }

    /// Queues changes. Callers hold the lock under which they made them, so that the queue is in order.
    pub(crate) fn push(&self, changes: Vec<Change>, revision: u64) {
        if changes.is_empty() {
            return;
        }
        if let Some(queue) = &self.queue {
            // The thread ends only after a failure, which everybody who waits is told.
            let _gone = queue.send((changes, revision)).is_err();
        }
    }

    /// Blocks until everything up to a revision is safe.
    pub(crate) fn wait(&self, revision: u64) -> Result<(), Status> {
        let mut state = self.progress.state();
        loop {
            if let Some(outcome) = state.outcome(revision) {
                return outcome;
            }
            state = self.progress.blocked.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until everything up to a revision is safe.
    pub(crate) async fn saved(&self, revision: u64) -> Result<(), Status> {
        loop {
            let seen = self.progress.moved.count();
            if let Some(outcome) = self.progress.state().outcome(revision) {
                return outcome;
            }
            self.progress.moved.after(seen).await;
        }
    }

    /// Takes everything up to a revision as safe, because it came from there.
    pub(crate) fn begin_at(&self, revision: u64) {
        self.progress.state().saved = revision;
    }
}

impl Drop for Saver {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _panicked = thread.join().is_err();
        }
    }
}

impl State {
    fn outcome(&self, revision: u64) -> Option<Result<(), Status>> {
        match &self.failure {
            _ if self.saved >= revision => Some(Ok(())),
            Some(why) => Some(Err(Status::internal(format_args!("the change could not be saved: {why}")))),
            None => None,
        }
    }
}

impl Progress {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state());
        self.blocked.notify_all();
        self.moved.raise();
    }
}

fn save_all(batches: &Receiver<Batch>, mut keep: impl Keep, progress: &Progress) {
    while let Ok((mut changes, mut revision)) = batches.recv() {
        for (more, later) in batches.try_iter() {
            changes.extend(more);
            revision = later;
        }
        match keep.keep(&changes, revision) {
            Ok(()) => progress.tell(|state| state.saved = revision),
            Err(why) => return progress.tell(|state| state.failure = Some(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::{Key, ResourceId};

    struct Full;

    impl Keep for Full {
        fn keep(&mut self, _: &[Change], revision: u64) -> Result<(), String> {
            if revision > 2 { Err("no space left".to_owned()) } else { Ok(()) }
        }
    }

    #[tokio::test]
    async fn a_failure_is_told_to_all_who_wait() {
        let saver = Saver::start(Full).expect("a thread");
        let change = |revision| Change {
            revision,
            resource: Arc::new(ResourceId { group: "".into(), plural: "configmaps".into() }),
            key: Key::new("default", "a"),
            old: None,
            new: None,
        };
        saver.push(vec![change(2)], 2);
        saver.saved(2).await.expect("saved");
        saver.push(vec![change(3)], 3);
        let refused = saver.saved(3).await.expect_err("not saved");
        assert!(refused.message.contains("no space left"), "{refused:?}");
        assert!(saver.wait(4).is_err(), "nothing is saved after a failure");
        saver.wait(2).expect("what was saved is");
    }
}
