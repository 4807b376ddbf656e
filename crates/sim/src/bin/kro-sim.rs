//! `kro-sim`: stories by seed, one seed in detail, every crash point of the small ones.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

use clap::{Parser, Subcommand};
use kro_sim::{exhaustive, story};
use std::{collections::BTreeMap, process::ExitCode, sync::Mutex, thread};

/// Simulates clusters with the kro operator in virtual time.
#[derive(Debug, Parser)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays the stories of many seeds.
    Run {
        /// How many.
        #[arg(long, default_value_t = 100)]
        seeds: u64,
        /// The first.
        #[arg(long, default_value_t = 0)]
        from: u64,
        /// Threads.
        #[arg(long, default_value_t = 2)]
        jobs: u64,
        /// Prints the hash of every transcript, to compare with another process.
        #[arg(long)]
        hashes: bool,
    },
    /// Plays the story of one seed and shrinks it if it fails.
    Replay {
        /// The seed.
        seed: u64,
        /// Prints the transcript.
        #[arg(long)]
        trace: bool,
    },
    /// Kills the operator at every step of some small stories.
    Exhaustive {
        /// Steps tried per story at most.
        #[arg(long, default_value_t = 250)]
        limit: u64,
        /// Only stories whose name contains this.
        #[arg(long, default_value = "")]
        only: String,
    },
}

fn main() -> ExitCode {
    let good = match Args::parse().command {
        Command::Run { seeds, from, jobs, hashes } => many(from, seeds, jobs.max(1), hashes),
        Command::Replay { seed, trace } => one(seed, trace),
        Command::Exhaustive { limit, only } => exhaust(limit, &only),
    };
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn many(from: u64, seeds: u64, jobs: u64, hashes: bool) -> bool {
    let outcomes = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for job in 0..jobs {
            let outcomes = &outcomes;
            scope.spawn(move || {
                for seed in (from..from + seeds).filter(|seed| seed % jobs == job) {
                    let outcome = story::play(&story::of_seed(seed), false);
                    outcomes.lock().expect("no holder panics").insert(seed, outcome);
                }
            });
        }
    });
    let outcomes = outcomes.into_inner().expect("no holder panics");
    let mut failed = 0;
    let (mut hours, mut requests) = (0.0, 0);
    for (seed, outcome) in &outcomes {
        if hashes {
            println!("seed {seed}: {}", outcome.hash);
        }
        hours += outcome.took.as_secs_f64() / 3600.0;
        requests += outcome.requests;
        if let Some(first) = outcome.wrong.first() {
            failed += 1;
            println!("seed {seed} FAILED: {first}{}", more(outcome.wrong.len()));
        }
    }
    println!("{seeds} seeds, {failed} failed, {hours:.0} virtual hours, {requests} requests");
    failed == 0
}

fn more(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}

fn one(seed: u64, trace: bool) -> bool {
    let outcome = story::play(&story::of_seed(seed), trace);
    outcome.lines.iter().for_each(|line| println!("{line}"));
    println!("seed {seed}: {}", outcome.hash);
    if outcome.wrong.is_empty() {
        println!("everything is right");
        return true;
    }
    outcome.wrong.iter().for_each(|line| println!("WRONG {line}"));
    if let Some((smallest, wrong)) = story::shrink(seed) {
        println!("\nthe smallest story that fails{}:", if smallest.faulty { ", with faults" } else { "" });
        smallest.operations.iter().for_each(|operation| println!("  {operation:?}"));
        if trace {
            story::play(&smallest, true).lines.iter().for_each(|line| println!("{line}"));
        }
        for line in wrong {
            println!("WRONG {line}");
        }
    }
    false
}

fn exhaust(limit: u64, only: &str) -> bool {
    let (mut runs, mut failed) = (0, 0);
    for (name, operations) in exhaustive::stories().iter().filter(|(name, _)| name.contains(only)) {
        let report = exhaustive::explore(operations, limit);
        runs += report.runs;
        failed += report.wrong.len();
        for (step, wrong) in &report.wrong {
            println!("{name}, step {step} FAILED: {}{}", wrong[0], more(wrong.len()));
        }
    }
    println!("{runs} crash points, {failed} failed");
    failed == 0
}
