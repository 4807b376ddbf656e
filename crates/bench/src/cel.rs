//! Expressions beside cel-go: types, results and cost units first, then times of one run on one machine, allocations
//! and instructions. Says which of the promised ratios hold; the gate is what has been reached before.

mod growth;
mod peer;
mod ratchet;
mod report;
mod timing;

use std::path::PathBuf;

use anyhow::{Context, ensure};
use kro_bench::cel_cases::{self, Case, Expected};
use serde::Deserialize;
use serde_json::json;
use stats_alloc::Region;

use ratchet::Reached;
use report::Row;

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
    /// Do not run the Go program: compare with its stored figures.
    #[arg(long)]
    stored: bool,
    /// Do not count instructions.
    #[arg(long)]
    no_instructions: bool,
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
    let peer = if args.stored { None } else { peer::run(&args.gold, &args.gold, args.only.as_deref(), &[])? };
    let go = match peer {
        Some(go) => go,
        None => kro_bench::read(&args.gold.join("cel-go.json"))?,
    };
    let timed = timing::run(&args.gold, args.only.as_deref(), args.reps, args.milliseconds)?;
    let instructions = !args.no_instructions && timing::has_valgrind();
    if !instructions {
        println!("note: instructions are not counted: no valgrind, or not asked for");
    }
    let mut rows = Vec::new();
    for (case, timed) in cases.iter().zip(timed.cases) {
        let go = go.cases.iter().find(|go| go.name == case.name).context("the peer ran every case")?;
        let instructions = if instructions { Some(timing::instructions(args, &case.name)?) } else { None };
        rows.push(Row::new(timed, go, allocations(case)?, instructions));
    }
    report::table(&rows);
    report::promises(&rows, timed.typed_env, go.env.as_ref());
    let growing = if args.only.is_none() && !args.stored { growth::check(args)? } else { Vec::new() };
    if let Some(out) = &args.out {
        let figures = json!({ "cases": rows, "typed_env_two_kinds": timed.typed_env });
        std::fs::write(out, serde_json::to_vec_pretty(&figures)?)?;
    }
    if args.record {
        Reached::new(&rows).write()?;
    }
    let mut worse = if args.gate { Reached::read()?.lost(&rows) } else { Vec::new() };
    worse.extend(growing);
    for what in &worse {
        println!("WORSE  {what}");
    }
    ensure!(!args.gate || worse.is_empty(), "{} figures are worse than they were", worse.len());
    Ok(())
}

/// Allocations of one evaluation, when everything lazy is there.
fn allocations(case: &Case) -> anyhow::Result<usize> {
    let program = case.compile()?;
    drop(case.eval(&program)?);
    let region = Region::new(crate::ALLOCATOR);
    let outcome = case.eval(&program)?;
    let change = region.change();
    drop(outcome);
    Ok(change.allocations + change.reallocations)
}
