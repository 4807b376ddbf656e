//! What is reconciled next: once at a time per key, a class at a time, tenants in turn, with back-off per key and a
//! breaker for keys that come again and again.
//! Pure: the time comes in as an argument, jitter from a seed. A key is never dropped before it succeeded.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

/// A key's place among others: lower classes run first, whatever waits in higher ones.
pub trait Class {
    /// The class; 0 is first.
    fn class(&self) -> u8;

    /// Whose key it is. Within a class tenants take turns: a thousand keys of one hold up another's by one.
    fn tenant(&self) -> Arc<str>;
}

/// How a reconcile ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing to do until something changes.
    Done,
    /// Look again after this long, although nothing failed.
    Again(Duration),
    /// It failed: again after the key's back-off.
    Retry,
}

/// Times of retries: `first`, doubling up to `max`, each shortened by up to a tenth at random.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// After the first failure.
    pub first: Duration,
    /// The longest wait.
    pub max: Duration,
}

/// When a key is held up although it is due: after `burst` runs in quick succession it runs once per `every`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Breaker {
    /// Runs that are not held up.
    pub burst: u32,
    /// The pace after them, and at which the burst grows back.
    pub every: Duration,
}

/// Keys that wait to be reconciled, or are.
#[derive(Debug)]
pub struct Queue<K> {
    backoff: Backoff,
    random: u64,
    next_seq: u64,
    entries: BTreeMap<K, Entry>,
    /// Keys due now, by class, turn, and then in the order they became due.
    ready: BTreeMap<Turn, K>,
    /// The turn that each class has come to.
    turns: BTreeMap<u8, u64>,
    /// The last turn that was given to each tenant, while it has keys that are due.
    given: BTreeMap<(u8, Arc<str>), u64>,
    breaker: Option<Breaker>,
    /// When each key that ran lately has its whole burst again.
    rested: BTreeMap<K, Instant>,
    held: u64,
    /// Keys due later.
    later: BTreeSet<(Instant, K)>,
}

/// Class, turn, number.
type Turn = (u8, u64, u64);

/// As many takes apart are keys forgotten that have rested.
const SWEEP: u64 = 1024;

#[derive(Debug, Default)]
struct Entry {
    place: Place,
    failures: u32,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Only its failures are remembered.
    #[default]
    Idle,
    Ready(Turn),
    Later(Instant),
    Running {
        dirty: bool,
    },
}

impl<K: Ord + Clone + Class> Queue<K> {
    /// An empty queue.
    pub fn new(backoff: Backoff, seed: u64) -> Self {
        Self {
            backoff,
            random: seed,
            next_seq: 0,
            entries: BTreeMap::new(),
            ready: BTreeMap::new(),
            turns: BTreeMap::new(),
            given: BTreeMap::new(),
            breaker: None,
            rested: BTreeMap::new(),
            held: 0,
            later: BTreeSet::new(),
        }
    }

    /// With a breaker.
    #[must_use]
    pub fn with_breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = Some(breaker);
        self
    }

    /// How often the breaker held up a key.
    pub fn held(&self) -> u64 {
        self.held
    }

    /// Something about the key changed: reconcile it as soon as possible. While it runs it is only marked, and
    /// runs once more afterwards.
    pub fn add(&mut self, key: K) {
        let place = self.entries.entry(key.clone()).or_default().place;
        match place {
            Place::Ready(_) => {}
            Place::Running { .. } => self.set(key, Place::Running { dirty: true }),
            Place::Idle | Place::Later(_) => self.make_ready(key),
        }
    }

    /// Reconcile the key at `at`, unless it is due sooner anyway.
    pub fn add_at(&mut self, key: K, at: Instant) {
        let place = self.entries.entry(key.clone()).or_default().place;
        match place {
            Place::Ready(_) | Place::Running { .. } => {}
            Place::Later(due) if due <= at => {}
            Place::Idle | Place::Later(_) => self.set(key, Place::Later(at)),
        }
    }

    /// The next key to reconcile at `now`, of a class that `admits` one; it runs until [`Queue::finish`].
    pub fn take(&mut self, now: Instant, admits: impl Fn(u8) -> bool) -> Option<K> {
        while let Some((due, key)) = self.later.first()
            && *due <= now
        {
            let key = key.clone();
            self.make_ready(key);
        }
        let mut start = (0, 0, 0);
        loop {
            let (&(class, turn, _), key) = self.ready.range(start..).next()?;
            if !admits(class) {
                start = (class.checked_add(1)?, 0, 0);
                continue;
            }
            let key = key.clone();
            self.turns.insert(class, turn);
            let tenant = (class, key.tenant());
            if self.given.get(&tenant) == Some(&turn) {
                self.given.remove(&tenant);
            }
            match self.hold_up(&key, now) {
                Some(until) => self.set(key, Place::Later(until)),
                None => {
                    self.set(key.clone(), Place::Running { dirty: false });
                    return Some(key);
                }
            }
        }
    }

    /// Until when the breaker holds up a key; counts its run otherwise.
    fn hold_up(&mut self, key: &K, now: Instant) -> Option<Instant> {
        let Breaker { burst, every } = self.breaker?;
        if self.next_seq.is_multiple_of(SWEEP) {
            self.rested.retain(|_, rested| *rested > now);
        }
        let rested = self.rested.get(key).map_or(now, |rested| (*rested).max(now)) + every;
        let tired = rested.saturating_duration_since(now + every * burst);
        if !tired.is_zero() {
            self.held += 1;
            return Some(now + tired);
        }
        self.rested.insert(key.clone(), rested);
        None
    }

    /// A taken key's reconcile ended. A change that came meanwhile outweighs its outcome.
    pub fn finish(&mut self, key: &K, outcome: Outcome, now: Instant) {
        let Some(entry) = self.entries.get_mut(key) else { return };
        let Place::Running { dirty } = entry.place else { return };
        match outcome {
            Outcome::Done => entry.failures = 0,
            Outcome::Again(_) => {}
            Outcome::Retry => entry.failures = entry.failures.saturating_add(1),
        }
        let failures = entry.failures;
        match outcome {
            // A failing key waits its turn even when it changed, else a flapping object defeats the back-off;
            // but the change shortens the wait to the first step.
            Outcome::Retry => {
                let wait = self.wait(if dirty { 1 } else { failures });
                self.set(key.clone(), Place::Later(now + wait));
            }
            _ if dirty => self.make_ready(key.clone()),
            Outcome::Done => {
                self.unplace(key);
                self.entries.remove(key);
            }
            Outcome::Again(wait) => self.set(key.clone(), Place::Later(now + wait)),
        }
    }

    /// The key no longer exists: forget its failures and its place, unless it runs right now.
    pub fn forget(&mut self, key: &K) {
        if self.entries.get(key).is_some_and(|entry| !matches!(entry.place, Place::Running { .. })) {
            self.unplace(key);
            self.entries.remove(key);
        }
    }

    /// When a key becomes due that is not due yet.
    pub fn next_at(&self) -> Option<Instant> {
        self.later.first().map(|(due, _)| *due)
    }

    /// Whether a key is due without waiting for time to pass.
    pub fn has_ready(&self) -> bool {
        !self.ready.is_empty()
    }

    /// Keys that wait, now or later.
    pub fn len(&self) -> usize {
        self.ready.len() + self.later.len()
    }

    /// Whether no key waits.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn make_ready(&mut self, key: K) {
        let class = key.class();
        let reached = self.turns.get(&class).copied().unwrap_or(0);
        let given = self.given.entry((class, key.tenant())).or_default();
        *given = reached.max(*given) + 1;
        let place = Place::Ready((class, *given, self.next_seq));
        self.next_seq += 1;
        self.set(key, place);
    }

    fn set(&mut self, key: K, place: Place) {
        self.unplace(&key);
        match place {
            Place::Ready(turn) => {
                self.ready.insert(turn, key.clone());
            }
            Place::Later(due) => {
                self.later.insert((due, key.clone()));
            }
            Place::Idle | Place::Running { .. } => {}
        }
        self.entries.entry(key).or_default().place = place;
    }

    /// Takes the key out of the indexes.
    fn unplace(&mut self, key: &K) {
        match self.entries.get(key).map(|entry| entry.place) {
            Some(Place::Ready(turn)) => {
                self.ready.remove(&turn);
                if self.ready.is_empty() {
                    self.given.clear();
                }
            }
            Some(Place::Later(due)) => {
                self.later.remove(&(due, key.clone()));
            }
            _ => {}
        }
    }

    fn wait(&mut self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(32);
        let full = self.backoff.first.saturating_mul(1 << doublings.min(31)).min(self.backoff.max);
        full.mul_f64(1.0 - self.jitter() / 10.0)
    }

    /// The next number in [0, 1): splitmix64.
    fn jitter(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        (z >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests;
