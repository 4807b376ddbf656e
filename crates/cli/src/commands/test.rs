//! `kro test`: scenarios beside definitions, played on an embedded cluster in virtual time. Finds, plays and prints
//! them; what they mean is the business of `kro-sim`.

use std::path::PathBuf;
use std::process::ExitCode;

use kro_sim::scenario;

use crate::commands::block_on;
use crate::files::Files;
use crate::output::{FAINT, is_terminal, styled};

pub(crate) mod load;
mod play;
mod report;

use load::Suite;

/// Options of `kro test`.
#[derive(Debug, clap::Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
pub(crate) struct Args {
    /// Files with scenarios, and folders: every `*.test.yaml` below them is played.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// How to print the results.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// Only scenarios whose name contains this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Write the snapshots as they are now, instead of comparing them.
    #[arg(long)]
    bless: bool,
    /// What goes wrong by chance, whatever the scenarios say.
    #[arg(long, value_enum)]
    faults: Option<Faults>,
    /// Seed of names, jitter and faults, whatever the scenarios say.
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Play every scenario with so many seeds, one after the other.
    #[arg(long, default_value_t = 1, value_name = "COUNT", conflicts_with = "bless")]
    seeds: u64,
    /// Scenarios played at once (default: one for each processor).
    #[arg(short, long, value_name = "COUNT")]
    jobs: Option<usize>,
    /// Print everything that happened in the scenarios that fail.
    #[arg(long)]
    trace: bool,
    /// Play them again whenever a file changes.
    #[arg(long)]
    watch: bool,
    /// Print the JSON Schema of scenario files and end.
    #[arg(long)]
    schema: bool,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people: a line for each scenario, and what failed with its place and difference.
    #[default]
    Human,
    /// One JSON array.
    Json,
    /// XML of the kind that CI systems read (`JUnit`).
    Junit,
    /// The Test Anything Protocol, version 14.
    Tap,
}

/// What goes wrong by chance.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Faults {
    /// Nothing.
    None,
    /// About one request in twenty meets something.
    Light,
    /// About one request in four.
    Heavy,
}

impl From<Faults> for scenario::Faults {
    fn from(faults: Faults) -> Self {
        match faults {
            Faults::None => Self::None,
            Faults::Light => Self::Light,
            Faults::Heavy => Self::Heavy,
        }
    }
}

/// Plays them once, or until a signal.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    if args.schema {
        println!("{:#}", scenario::json_schema());
        return Ok(ExitCode::SUCCESS);
    }
    if !args.watch {
        return once(args).map(|(code, _)| code);
    }
    loop {
        let watched = match once(args) {
            Ok((_, files)) => files,
            Err(error) => {
                crate::output::print_error(&error);
                Vec::new()
            }
        };
        let mut paths = args.paths.clone();
        paths.extend(watched);
        paths.sort();
        paths.dedup();
        let mut files = Files::watch(&paths)?;
        anstream::println!("{}", styled(FAINT, "waiting for changes"));
        block_on(files.changed())?;
        if is_terminal() {
            anstream::print!("\x1b[2J\x1b[H");
        }
    }
}

/// Plays all; says whether all went well, and which files took part.
fn once(args: &Args) -> anyhow::Result<(ExitCode, Vec<PathBuf>)> {
    let suite = Suite::load(&args.paths, &args.only)?;
    let results = play::all(&suite, args);
    if args.bless {
        play::bless(&suite, &results)?;
    }
    report::print(&suite, &results, args);
    let good = suite.problems.is_empty() && results.iter().all(|result| result.report.failures.is_empty());
    let code = if good { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    Ok((code, suite.cases.into_iter().flat_map(|case| case.paths).collect()))
}
