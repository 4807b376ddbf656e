//! What happened, line by line, with its hash: equal hashes mean equal runs.

use crate::clock::VirtualClock;
use kro_apiserver::ApiServer;
use sha2::{Digest as _, Sha256};
use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The record of one world; clones share it.
#[derive(Debug, Clone)]
pub struct Transcript {
    clock: VirtualClock,
    lines: Arc<Mutex<Lines>>,
}

#[derive(Debug, Default)]
struct Lines {
    hash: Sha256,
    /// Kept only when somebody wants to read them.
    kept: Option<Vec<String>>,
}

impl Transcript {
    pub(crate) fn new(clock: VirtualClock, keep: bool) -> Self {
        let lines = Lines { kept: keep.then(Vec::new), ..Lines::default() };
        Self { clock, lines: Arc::new(Mutex::new(lines)) }
    }

    /// The present moment, in virtual seconds since the world began.
    pub(crate) fn seconds(&self) -> f64 {
        self.clock.seconds()
    }

    /// Adds a line, with the time in front.
    pub fn note(&self, line: &str) {
        let at = self.clock.seconds();
        let mut lines = self.lines();
        let text = format!("{at:>10.3}  {line}");
        lines.hash.update(text.as_bytes());
        lines.hash.update(b"\n");
        if let Some(kept) = &mut lines.kept {
            kept.push(text);
        }
    }

    /// SHA-256 of all lines, as hexadecimal digits.
    pub fn hash(&self) -> String {
        let hash = self.lines().hash.clone().finalize();
        hash.iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        })
    }

    /// The lines; empty unless the world keeps them.
    pub fn lines_kept(&self) -> Vec<String> {
        self.lines().kept.clone().unwrap_or_default()
    }

    /// Adds what the server stores now to the hash, so that equal transcripts mean equal worlds.
    pub(crate) fn seal(&self, server: &ApiServer) {
        let mut lines = self.lines();
        for object in server.dump() {
            lines.hash.update(object.to_value().to_string().as_bytes());
        }
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
