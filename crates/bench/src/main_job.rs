//! The main job, end to end: how fast `kro dev` serves, how fast children exist, how many requests an instance costs,
//! how big the programs are. Prints each figure beside its promise; judges none, since the machine may be noisy.

use std::path::PathBuf;
use std::time::Duration;

mod in_process;
mod programs;

/// Options of `bench main-job`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Instances to create, one after the other.
    #[arg(long, default_value_t = 30)]
    instances: usize,
    /// How long to watch the converged operator, in seconds.
    #[arg(long, default_value_t = 60)]
    idle: u64,
    /// Where the release programs are.
    #[arg(long, default_value = "target/release")]
    programs: PathBuf,
    /// The example to run.
    #[arg(long, default_value = "fixtures/examples/web-app")]
    example: PathBuf,
}

/// Measures and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    row("figure", "measured", "promise");
    for program in ["kro", "kro-operator"] {
        let size = programs::size(&args.programs.join(program))?;
        row(&format!("size of {program}"), &format!("{:.1} MB", megabytes(size)), "< 25 MB");
    }
    let serving = median(programs::serving(&args.programs, &args.example, 5)?);
    row("kro dev: start → server answers", &millis(serving), "< 1,000 ms");
    let resident = programs::idle_operator(&args.programs, &args.example)?;
    row("operator idle, resident", &format!("{:.1} MB", megabytes(resident)), "< 20 MB");

    let measured = in_process::measure(&args.example, args.instances, Duration::from_secs(args.idle))?;
    let exist = measured.all_children_exist;
    row("create → all children exist, median", &millis(median(exist.clone())), "< 50 ms");
    row("create → all children exist, worst", &millis(exist.into_iter().max().unwrap_or_default()), "");
    row("create → ready, median", &millis(median(measured.ready)), "");
    let promise = format!("≤ {}", measured.children + 3);
    row(
        &format!("writes until ready ({} children)", measured.children),
        &format!("{:.1}", measured.writes),
        &promise,
    );
    row("reads until ready", &format!("{:.1}", measured.reads), "");
    for (kind, count) in &measured.requests {
        row(&format!("  {kind}"), &format!("{count:.1}"), "");
    }
    let idle = format!("{} reads, {} writes", measured.idle_reads, measured.idle_writes);
    row(&format!("requests in {} idle seconds", args.idle), &idle, "0 reads, 0 writes");
    Ok(())
}

fn row(figure: &str, measured: &str, promise: &str) {
    println!("{figure:<42} {measured:>20}   {promise}");
}

fn millis(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}

fn median(mut durations: Vec<Duration>) -> Duration {
    durations.sort_unstable();
    durations.get(durations.len() / 2).copied().unwrap_or_default()
}
