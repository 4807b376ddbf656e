//! The world's time: that of the paused runtime, from a fixed moment on. Nothing of it is the machine's.

use kro_object::Timestamp;
use tokio::time::Instant;

/// Where every world begins: 2030-01-01T00:00:00Z.
const BEGINNING: i64 = 1_893_456_000;

/// Virtual time, for server and operators alike.
#[derive(Debug, Clone, Copy)]
pub struct VirtualClock {
    start: Instant,
}

impl VirtualClock {
    /// Time that begins now, in the runtime the caller runs on.
    pub fn start() -> Self {
        Self { start: Instant::now() }
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_unix(BEGINNING, 0).saturating_add(self.start.elapsed())
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
