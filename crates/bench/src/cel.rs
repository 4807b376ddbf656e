//! Expressions beside cel-go: types, results and cost units first, then times of one run on one machine and
//! allocations, or allocations and instructions alone. Says which of the promised ratios hold; the gate is what has been reached before.

mod counts;
mod growth;
mod peer;
mod ratchet;
mod report;
mod timing;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use kro_bench::cel_cases::{self, Expected};
use serde::Deserialize;
use serde_json::json;

use ratchet::Reached;
use report::{Medians, Row};

/// Expressions beside cel-go and the `cel` crate.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "independent flags of a command")]
pub(crate) struct Args {
    /// The folder with the cases, the Go program and its stored figures.
    #[arg(long, default_value = "../shared/bench")]
    gold: PathBuf,
    /// Repetitions of each measurement.
    #[arg(long, default_value_t = 25)]
    reps: usize,
    /// Least milliseconds of each repetition.
    #[arg(long, default_value_t = 8)]
    milliseconds: u64,
    /// Run only cases whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Where to write the figures as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compare types, results and cost units, and time nothing.
    #[arg(long)]
    check: bool,
    /// Only count allocations and instructions, which need neither Go nor a quiet machine.
    #[arg(long)]
    counts: bool,
    /// Do not run the Go program: compare with its stored figures.
    #[arg(long)]
    stored: bool,
    /// Fail when a figure is clearly worse than what has been reached, or times grow faster than the data.
    #[arg(long)]
    gate: bool,
    /// Write the figures as what has been reached.
    #[arg(long, conflicts_with_all = ["gate", "only", "stored"])]
    record: bool,
}

/// What cel-go came to, from a run or stored.
#[derive(Debug, Deserialize)]
struct Gold {
    cases: Vec<Expected>,
}

/// Checks, measures, prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let gold: Gold = kro_bench::read(&args.gold.join("cel-go.json"))?;
    let cases = cel_cases::load(&args.gold, args.only.as_deref())?;
    ensure!(!cases.is_empty(), "no case has this name");
    for case in &cases {
        let expected = gold.cases.iter().find(|expected| expected.name == case.name);
        let expected = expected.with_context(|| format!("cel-go has no case {}", case.name))?;
        case.check(expected).with_context(|| case.name.clone())?;
    }
    println!("{} cases: types, results, cost units of cel-go and of Kubernetes as recorded", cases.len());
    if args.check {
        return Ok(());
    }
    if args.counts {
        return counts::run(args, &cases);
    }
    let peer = if args.stored { None } else { peer::run(&args.gold, &args.gold, args.only.as_deref(), &[])? };
    let go = match peer {
        Some(go) => go,
        None => kro_bench::read(&args.gold.join("cel-go.json"))?,
    };
    let timed = timing::run(&args.gold, args.only.as_deref(), args.reps, args.milliseconds)?;
    let mut rows = Vec::new();
    for (case, timed) in cases.iter().zip(timed.cases) {
        let go = go.cases.iter().find(|go| go.name == case.name).context("the peer ran every case")?;
        rows.push(Row::new(timed, go, counts::allocations(case)?));
    }
    report::table(&rows);
    report::promises(&rows, timed.typed_env, go.env.as_ref());
    let growing = if args.only.is_none() && !args.stored { growth::check(args)? } else { Vec::new() };
    if let Some(out) = &args.out {
        let figures = json!({ "cases": rows, "typed_env_two_kinds": timed.typed_env });
        std::fs::write(out, serde_json::to_vec_pretty(&figures)?)?;
    }
    let medians = Medians::of(&rows);
    if args.record {
        Reached { medians, ..Reached::read()? }.write()?;
        return Ok(());
    }
    // Medians count only over all cases.
    let mut worse = Vec::new();
    if args.gate && args.only.is_none() {
        worse = Reached::read()?.slower(&medians);
    }
    worse.extend(growing);
    judge(&worse, args.gate)
}

/// Says what is worse than it was; an error where that is a gate.
fn judge(worse: &[String], gate: bool) -> anyhow::Result<()> {
    for what in worse {
        println!("WORSE  {what}");
    }
    ensure!(!gate || worse.is_empty(), "{} figures are worse than they were", worse.len());
    Ok(())
}
