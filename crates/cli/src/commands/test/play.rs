//! Plays scenarios on several threads; each has a world of its own, so the number of threads changes nothing.

use std::thread;

use anyhow::Context;
use kro_sim::scenario::{self, Inputs, Report};

use super::Args;
use super::load::{Case, Suite};

/// How one run of one scenario went.
#[derive(Debug)]
pub(super) struct Played {
    /// The index of the scenario.
    pub(super) case: usize,
    pub(super) seed: u64,
    pub(super) report: Report,
}

/// Plays all scenarios with all seeds, and gives the results in their order.
pub(super) fn all(suite: &Suite, args: &Args) -> Vec<Played> {
    let runs: Vec<(usize, u64)> = suite
        .cases
        .iter()
        .enumerate()
        .flat_map(|(index, case)| {
            let first = args.seed.unwrap_or(case.scenario.seed);
            (0..args.seeds.max(1)).map(move |offset| (index, first.wrapping_add(offset)))
        })
        .collect();
    let jobs = args.jobs.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    kro_sim::spread(jobs, runs.len(), |number| {
        let (case, seed) = runs[number];
        Played { case, seed, report: one(&suite.cases[case], seed, args) }
    })
}

fn one(case: &Case, seed: u64, args: &Args) -> Report {
    let inputs = Inputs {
        files: &case.files,
        snapshots: (!args.bless).then_some(&case.snapshots),
        seed: Some(seed),
        faults: args.faults.map(Into::into),
        keep_lines: args.trace,
    };
    scenario::run(&case.scenario, inputs)
}

/// Writes the snapshots of the scenarios that went well.
pub(super) fn bless(suite: &Suite, results: &[Played]) -> anyhow::Result<()> {
    for result in results.iter().filter(|result| result.report.failures.is_empty()) {
        let case = &suite.cases[result.case];
        for (name, text) in &result.report.snapshots {
            let path = case.snapshot_path(name);
            std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}
