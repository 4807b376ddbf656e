//! `kro-sim`: stories by seed, one seed in detail, everything that can go wrong in small stories, planted mistakes,
//! and how fast all of it is.
//! Each task ends in one line that sums it up; the program fails if one of them did.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

mod speed;

use clap::{ArgGroup, Parser};
use kro_sim::{exhaustive, spread, story};
use mimalloc::MiMalloc;
use std::process::ExitCode;

/// JSON objects come and go all the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Simulates clusters with the kro operator in virtual time.
#[derive(Debug, Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(group = ArgGroup::new("task").required(true).multiple(true))]
struct Args {
    /// Plays the stories of so many seeds.
    #[arg(long, group = "task")]
    seeds: Option<u64>,
    /// The first of them.
    #[arg(long, default_value_t = 0, requires = "seeds")]
    from: u64,
    /// Prints the hash of each of their transcripts, to compare with another process.
    #[arg(long, requires = "seeds")]
    hashes: bool,
    /// Plays the story of one seed, and shrinks it if it fails.
    #[arg(long, group = "task")]
    seed: Option<u64>,
    /// Prints its transcript.
    #[arg(long, requires = "seed")]
    trace: bool,
    /// Lets small stories go wrong at every single step.
    #[arg(long, group = "task")]
    exhaustive: bool,
    /// Plants mistakes in the operator, one at a time, and says what noticed them.
    #[arg(long, group = "task")]
    mutations: bool,
    /// Measures how fast a quiet and a busy cluster live.
    #[arg(long, group = "task")]
    speed: bool,
    /// Only small stories and mistakes whose name contains this.
    #[arg(long, default_value = "")]
    only: String,
    /// Threads.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut good = true;
    if let Some(seed) = args.seed {
        good &= one(seed, args.trace);
    }
    if let Some(seeds) = args.seeds {
        good &= many(&args, seeds);
    }
    if args.exhaustive {
        good &= exhaust(&args);
    }
    if args.mutations {
        good &= mutate(&args);
    }
    if args.speed {
        good &= speed::measure();
    }
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn many(args: &Args, seeds: u64) -> bool {
    let outcomes = spread(args.jobs, usize::try_from(seeds).unwrap_or(usize::MAX), |number| {
        let seed = args.from + number as u64;
        let outcome = story::play(&story::of_seed(seed), false);
        if let Some(first) = outcome.wrong.first() {
            println!("seed {seed} FAILED: {first}{}", more(outcome.wrong.len()));
        }
        outcome
    });
    if args.hashes {
        for (seed, outcome) in (args.from..).zip(&outcomes) {
            println!("seed {seed}: {}", outcome.hash);
        }
    }
    let failed = outcomes.iter().filter(|outcome| !outcome.wrong.is_empty()).count();
    let hours: f64 = outcomes.iter().map(|outcome| outcome.took.as_secs_f64() / 3600.0).sum();
    let requests: u64 = outcomes.iter().map(|outcome| outcome.requests).sum();
    let busiest = outcomes.iter().map(|outcome| outcome.busiest).max().unwrap_or(0);
    println!(
        "{seeds} seeds, {failed} failed, {hours:.0} virtual hours, {requests} requests, {busiest} in the busiest minute"
    );
    failed == 0
}

fn more(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}

fn one(seed: u64, trace: bool) -> bool {
    let outcome = story::play(&story::of_seed(seed), trace);
    outcome.lines.iter().for_each(|line| println!("{line}"));
    outcome.wrong.iter().for_each(|line| println!("WRONG {line}"));
    let is_right = outcome.wrong.is_empty();
    if !is_right && let Some((smallest, wrong)) = story::shrink(seed) {
        let faults = if smallest.faulty { ", with faults" } else { "" };
        let safe = if smallest.is_safe { ", profile safe" } else { "" };
        println!("\nthe smallest story that fails{faults}{safe}, {:?}:", smallest.crew);
        smallest.operations.iter().for_each(|operation| println!("  {operation:?}"));
        if trace {
            story::play(&smallest, true).lines.iter().for_each(|line| println!("{line}"));
        }
        for line in wrong {
            println!("WRONG {line}");
        }
    }
    println!("seed {seed}, {}, transcript {}", if is_right { "right" } else { "FAILED" }, outcome.hash);
    is_right
}

fn exhaust(args: &Args) -> bool {
    let stories: Vec<_> =
        exhaustive::stories().into_iter().filter(|story| story.name.contains(&args.only)).collect();
    let points = exhaustive::points(&stories, args.jobs);
    let failed = spread(args.jobs, points.len(), |number| {
        let wrong = points[number].play().wrong;
        if let Some(first) = wrong.first() {
            println!("{} FAILED: {first}{}", points[number], more(wrong.len()));
        }
        !wrong.is_empty()
    });
    let failed = failed.into_iter().filter(|failed| *failed).count();
    println!("{} small stories, {} points of failure, {failed} failed", stories.len(), points.len());
    failed == 0
}

#[cfg(feature = "mutants")]
fn mutate(args: &Args) -> bool {
    use kro_sim::mutations::{ALL, hunt};
    let wanted: Vec<_> = ALL.iter().filter(|mutation| mutation.name.contains(&args.only)).collect();
    let killed = spread(args.jobs, wanted.len(), |number| {
        let mutation = wanted[number];
        let kill = hunt(mutation);
        match &kill {
            Some(kill) => println!("killed    {:<28} by {}: {}", mutation.name, kill.by, kill.wrong),
            None => println!("SURVIVED  {:<28} {}", mutation.name, mutation.about),
        }
        kill.is_some()
    });
    let killed = killed.into_iter().filter(|killed| *killed).count();
    println!("{killed} of {} mutations killed", wanted.len());
    killed == wanted.len()
}

#[cfg(not(feature = "mutants"))]
fn mutate(_: &Args) -> bool {
    println!("this program has no mutations: build it with `--features mutants`");
    false
}
