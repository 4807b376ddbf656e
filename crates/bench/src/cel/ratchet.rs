//! What has been reached and must not be lost: a committed file of figures, with room for noise.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::report::{Medians, Row};

/// Where the figures are, from the root of the repository.
pub(super) const FILE: &str = "crates/bench/cel-reached.json";

/// Ratios vary with the neighbours on a shared machine; this much of them must remain.
const RATIO_KEPT: f64 = 0.6;
/// Instruction counts vary with the toolchain and the build only.
const INSTRUCTIONS_ALLOWED: f64 = 1.25;

/// What was reached.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Reached {
    medians: Medians,
    cases: BTreeMap<String, Case>,
}

/// What one case came to.
#[derive(Debug, Serialize, Deserialize)]
struct Case {
    allocations: usize,
    instructions: Option<u64>,
}

impl Reached {
    pub(super) fn new(rows: &[Row]) -> Self {
        let case = |row: &Row| Case { allocations: row.allocations, instructions: row.instructions };
        Self {
            medians: Medians::of(rows),
            cases: rows.iter().map(|row| (row.name.clone(), case(row))).collect(),
        }
    }

    pub(super) fn read() -> anyhow::Result<Self> {
        kro_bench::read(Path::new(FILE)).context("run from the root of the repository, or --record first")
    }

    pub(super) fn write(&self) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        std::fs::write(FILE, text).with_context(|| format!("cannot write {FILE}"))
    }

    /// What was lost since. Medians count only over all cases.
    pub(super) fn lost(&self, rows: &[Row]) -> Vec<String> {
        let mut lost = Vec::new();
        if rows.len() == self.cases.len() {
            let now = Medians::of(rows);
            for ((what, before), (_, now)) in self.medians.each().into_iter().zip(now.each()) {
                if now < RATIO_KEPT * before {
                    lost.push(format!("{what}: {now:.1}x, was {before:.1}x"));
                }
            }
        }
        for row in rows {
            let Some(before) = self.cases.get(&row.name) else { continue };
            if row.allocations > before.allocations {
                lost.push(format!(
                    "{}: {} allocations, were {}",
                    row.name, row.allocations, before.allocations
                ));
            }
            if let (Some(now), Some(before)) = (row.instructions, before.instructions)
                && now as f64 > INSTRUCTIONS_ALLOWED * before as f64
            {
                lost.push(format!("{}: {now} instructions, were {before}", row.name));
            }
        }
        lost
    }
}
