//! `kro-soak`: the operator on a real API server under real trouble, for as long as one likes. People's operations
//! are those of `kro-sim`'s stories, and so is the judgement; time is real.
//! Started by `cargo xtask soak`, which brings the server. Linux only.
#![expect(clippy::print_stdout, reason = "a command-line tool")]

mod controllers;
mod machine;
mod proxy;
mod round;
mod server;
mod trouble;

use anyhow::Context as _;
use clap::Parser;
use machine::Machine;
use round::Soak;
use std::{path::PathBuf, process::ExitCode, time::Duration};

/// Soaks the operator.
#[derive(Debug, Parser)]
struct Args {
    /// Of an administrator; the cluster is used up.
    #[arg(long)]
    kubeconfig: PathBuf,
    /// Process id of kube-apiserver.
    #[arg(long)]
    apiserver: u32,
    /// Process id of etcd.
    #[arg(long)]
    etcd: u32,
    /// File that lists processes to end with the server; one that is started anew is added.
    #[arg(long)]
    pids: PathBuf,
    /// The operator.
    #[arg(long)]
    operator: PathBuf,
    /// After so many minutes no new round begins.
    #[arg(long, default_value_t = 30)]
    minutes: u64,
    /// Seed of what people do and of the trouble, not of when things happen.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

fn main() -> anyhow::Result<ExitCode> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let machine = Machine::start(&runtime, &args).context("cannot start")?;
    let mut soak = Soak::new(machine, args.seed)?;
    let wrong = soak.run(Duration::from_secs(args.minutes * 60));
    for line in &wrong {
        println!("wrong: {line}");
    }
    println!("soak of seed {}: {}, {} wrong", args.seed, soak.counts(), wrong.len());
    Ok(if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
