//! Runs a folder of gold data against the crates: `kro-conformance <suite> --data DIR [--json]`.
//!
//! `cargo xtask conformance` starts this program.
//! Each suite names its failures with a first difference; the last line is `N passed, N failed, N skipped`.
//! A case counts as skipped only when it fails and `fixtures/known-gaps.toml` lists it with a reason.
#![expect(clippy::print_stdout, reason = "a runner reports on standard output")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Parser;

mod gaps;
mod oracle;
mod report;
mod suites;

/// Checks one set of recorded behaviour.
#[derive(Debug, Parser)]
struct Args {
    /// Which suite to run.
    suite: suites::Suite,
    /// The folder with the case files; it may hold case files only.
    #[arg(long)]
    data: PathBuf,
    /// Where everything shared is found: CRDs, schemas, runners, stand-ins.
    #[arg(long, env = "KRO_GOLD_DIR", default_value = "../shared")]
    gold: PathBuf,
    /// The list of known gaps.
    #[arg(long, default_value = "fixtures/known-gaps.toml")]
    gaps: PathBuf,
    /// Run only cases whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let data = args
        .data
        .canonicalize()
        .with_context(|| format!("cannot open the data folder {}", args.data.display()))?;
    let gold = args.gold.canonicalize().with_context(|| {
        format!("cannot open the gold folder {}; set KRO_GOLD_DIR or pass --gold", args.gold.display())
    })?;
    let gaps = gaps::Gaps::read(&args.gaps)?;
    let mut report = args.suite.run(&suites::Input { data, gold, only: args.only })?;
    report.excuse(&gaps, args.suite.name());
    println!(
        "{}",
        if args.json { report.to_json(args.suite.name()).to_string() } else { report.to_string() }
    );
    if args.json {
        println!("{}", report.summary());
    }
    Ok(if report.failed() == 0 && report.total() > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
