//! What has been reached and must not be lost: a committed file of figures, with room for noise.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::report::Medians;

/// Where the figures are, from the root of the repository.
pub(super) const FILE: &str = "crates/bench/cel-reached.json";

/// Ratios vary with the neighbours on a shared machine; this much of them must remain.
const RATIO_KEPT: f64 = 0.6;
/// Instruction counts vary with the toolchain and the build only.
const INSTRUCTIONS_ALLOWED: f64 = 1.25;

/// What was reached.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reached {
    /// Of a release build on a quiet machine.
    pub(super) medians: Medians,
    /// Of a debug build.
    pub(super) cases: BTreeMap<String, Counts>,
}

/// What one evaluation of a case takes.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Counts {
    pub(super) allocations: usize,
    pub(super) instructions: Option<u64>,
}

impl Reached {
    pub(super) fn read() -> anyhow::Result<Self> {
        kro_bench::read(Path::new(FILE)).context("run from the root of the repository")
    }

    pub(super) fn write(&self) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(FILE, text).with_context(|| format!("cannot write {FILE}"))
    }

    /// The medians that are clearly less than they were.
    pub(super) fn slower(&self, now: &Medians) -> Vec<String> {
        let pairs = self.medians.each().into_iter().zip(now.each());
        let lost = pairs.filter(|((_, before), (_, now))| *now < RATIO_KEPT * before);
        lost.map(|((what, before), (_, now))| format!("{what}: {now:.1}x, was {before:.1}x")).collect()
    }

    /// The cases that take more than they took.
    pub(super) fn more(&self, now: &BTreeMap<String, Counts>) -> Vec<String> {
        let mut more = Vec::new();
        for (name, now) in now {
            let Some(before) = self.cases.get(name) else { continue };
            if now.allocations > before.allocations {
                more.push(format!("{name}: {} allocations, were {}", now.allocations, before.allocations));
            }
            if let (Some(now), Some(before)) = (now.instructions, before.instructions)
                && now as f64 > INSTRUCTIONS_ALLOWED * before as f64
            {
                more.push(format!("{name}: {now} instructions, were {before}"));
            }
        }
        more
    }
}
