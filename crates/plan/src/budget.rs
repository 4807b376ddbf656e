//! What expressions may cost, and what they have cost so far in one pass.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Limits in CEL cost units, as the reference counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// The most one evaluation of one expression may cost.
    pub expression: u64,
    /// The most all evaluations of one pass may cost together.
    pub pass: u64,
}

impl Default for Budget {
    /// 1,000,000 for an expression, as the API server allows for a whole resource's validation; 10,000,000 for a pass.
    fn default() -> Self {
        Self { expression: 1_000_000, pass: 10_000_000 }
    }
}

/// What evaluations have cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Spent {
    /// How many there were.
    pub evaluations: u64,
    /// Cost units of those that came to a value or met a limit.
    pub cost: u64,
    /// Whether one of them met a limit.
    pub exceeded: bool,
}

/// Counts while a pass is only read; the order of its evaluations does not depend on it.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    pub(crate) budget: Budget,
    evaluations: AtomicU64,
    cost: AtomicU64,
    exceeded: AtomicBool,
}

impl Meter {
    /// What the next evaluation may cost.
    pub(crate) fn limit(&self) -> u64 {
        self.budget.expression.min(self.budget.pass.saturating_sub(self.cost.load(Ordering::Relaxed)))
    }

    pub(crate) fn charge(&self, cost: u64) {
        self.evaluations.fetch_add(1, Ordering::Relaxed);
        self.cost.fetch_add(cost, Ordering::Relaxed);
    }

    /// An evaluation was stopped at `limit`.
    pub(crate) fn exceed(&self, limit: u64) {
        self.charge(limit);
        self.exceeded.store(true, Ordering::Relaxed);
    }

    /// Whose limit this is.
    pub(crate) fn whose(&self, limit: u64) -> &'static str {
        if limit == self.budget.expression {
            "the limit of one expression"
        } else {
            "what was left of the pass"
        }
    }

    pub(crate) fn spent(&self) -> Spent {
        Spent {
            evaluations: self.evaluations.load(Ordering::Relaxed),
            cost: self.cost.load(Ordering::Relaxed),
            exceeded: self.exceeded.load(Ordering::Relaxed),
        }
    }
}
