//! The embedded API server as a client sees it, beside etcd and kube-apiserver through the same client.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use serde_json::Value;

mod load;
mod servers;

use self::{
    load::{Figure, Load},
    servers::Running,
};

/// Options of `bench apiserver`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Objects of each kind of request.
    #[arg(long, default_value_t = 1000)]
    objects: usize,
    /// Requests under way at a time when throughput is measured.
    #[arg(long, default_value_t = 16)]
    concurrency: usize,
    /// Also measure the real servers: where `etcd` and `kube-apiserver` are.
    #[arg(long, value_name = "DIR")]
    real: Option<PathBuf>,
    /// Let both sides sync every write to disk.
    #[arg(long)]
    fsync: bool,
    /// Where the release programs are.
    #[arg(long, default_value = "target/release")]
    programs: PathBuf,
    /// The gold data.
    #[arg(long, default_value = "../shared")]
    gold: PathBuf,
}

/// Options of `bench memory`.
#[derive(Debug, clap::Args)]
pub(crate) struct MemoryArgs {
    /// Deployments to apply.
    #[arg(long, default_value_t = 10_000)]
    objects: usize,
    /// Where the release programs are.
    #[arg(long, default_value = "target/release")]
    programs: PathBuf,
    /// The gold data.
    #[arg(long, default_value = "../shared")]
    gold: PathBuf,
}

/// Measures and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let deployment = deployment(&args.gold)?;
    let measure = |server: &Running| -> anyhow::Result<Vec<Figure>> {
        runtime.block_on(async {
            Load::new(server.client().await?, deployment.clone(), args.objects, args.concurrency).run().await
        })
    };
    let embedded = servers::embedded(&args.programs, &["--no-controllers"], args.fsync)?;
    println!("start to ready: {:.1} ms", millis(embedded.started));
    let ours = measure(&embedded)?;
    drop(embedded);
    let theirs = match &args.real {
        None => Vec::new(),
        Some(assets) => {
            let real = servers::real(&args.gold, assets, args.fsync)?;
            println!("start to ready of etcd and kube-apiserver: {:.1} ms", millis(real.started));
            measure(&real)?
        }
    };
    println!(
        "{:<22} {:>9} {:>9} {:>10}   {:>9} {:>9} {:>10} {:>8}",
        "request", "p50 ms", "p99 ms", "per s", "real p50", "real p99", "per s", "ratio"
    );
    for (at, figure) in ours.iter().enumerate() {
        let row = |figure: &Figure| {
            format!("{:>9.2} {:>9.2} {:>10.0}", millis(figure.p50), millis(figure.p99), figure.per_second)
        };
        print!("{:<22} {}", figure.name, row(figure));
        if let Some(real) = theirs.get(at) {
            print!("   {} {:>7.1}x", row(real), figure.per_second / real.per_second);
        }
        println!();
    }
    Ok(())
}

/// Applies many Deployments over HTTP and prints the memory of the server, with and without behaviors.
pub(crate) fn memory(args: &MemoryArgs) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let deployment = deployment(&args.gold)?;
    for (title, options) in [("behaviors off", &["--no-controllers"][..]), ("behaviors on", &[])] {
        let server = servers::embedded(&args.programs, options, false)?;
        let empty = server.resident()?;
        let bytes = runtime.block_on(async {
            let load = Load::new(server.client().await?, deployment.clone(), args.objects, 8);
            load.prepare().await?;
            load.fill().await
        })?;
        println!(
            "{title}: {} Deployments of {bytes} bytes: {:.1} MB resident, {:.1} MB before",
            args.objects,
            server.resident()? as f64 / 1e6,
            empty as f64 / 1e6
        );
    }
    Ok(())
}

/// The Deployment of the merge benchmark.
fn deployment(gold: &std::path::Path) -> anyhow::Result<Value> {
    let mut deployment: Value = kro_bench::read(&gold.join("bench/data/deployment.json"))?;
    // What a user applies: nothing that the server sets.
    deployment.as_object_mut().context("an object")?.remove("status");
    let metadata = deployment["metadata"].as_object_mut().context("metadata")?;
    metadata.retain(|field, _| matches!(field.as_str(), "labels" | "annotations"));
    Ok(deployment)
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
