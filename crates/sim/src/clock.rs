//! The world's time: that of the paused runtime, from a fixed moment on. Nothing of it is the machine's.

use kro_object::Timestamp;
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};
use tokio::time::Instant;

/// Where every world begins: 2030-01-01T00:00:00Z.
const BEGINNING: i64 = 1_893_456_000;

/// Virtual time. Clones go together; the clock of a machine can be put on and back, which no waiting notices.
#[derive(Debug, Clone)]
pub struct VirtualClock {
    start: Instant,
    /// Seconds by which it is ahead.
    ahead: Arc<AtomicI64>,
}

impl VirtualClock {
    /// Time that begins now, in the runtime the caller runs on.
    pub fn start() -> Self {
        Self { start: Instant::now(), ahead: Arc::default() }
    }

    /// The same time on another machine, whose clock stays right.
    pub(crate) fn steady(&self) -> Self {
        Self { start: self.start, ahead: Arc::default() }
    }

    /// Puts the clock on by so many seconds, or back.
    pub fn jump(&self, seconds: i64) {
        self.ahead.fetch_add(seconds, Ordering::Relaxed);
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        let beginning = BEGINNING.saturating_add(self.ahead.load(Ordering::Relaxed));
        Timestamp::from_unix(beginning, 0).saturating_add(self.start.elapsed())
    }

    /// Seconds since the world began.
    pub fn seconds(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }
}

/// The moment before every world begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Beginning;

impl kro_apiserver::Clock for Beginning {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(BEGINNING, 0)
    }
}

impl kro_apiserver::Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}

impl kro_cluster::Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Self::now(self)
    }
}
