//! Plays stock clients against the embedded API server and a real one, and compares what they are told.
//! Refuses to judge by anything but the difference: the real server is right.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool")]

mod clients;
mod kube;
mod normal;
mod servers;

use anyhow::{Context, ensure};
use clap::Parser as _;
use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use self::{
    clients::{CLIENTS, Client, Prepared},
    servers::Server,
};

/// Options of the program.
#[derive(Debug, clap::Parser)]
struct Args {
    /// Only these clients.
    clients: Vec<String>,
    /// Where the program `kro` is.
    #[arg(long, default_value = "target/debug/kro")]
    kro: PathBuf,
    /// The gold data, with the scripts that start a real server.
    #[arg(long, default_value = "../shared")]
    gold: PathBuf,
    /// Where what the clients were told is left.
    #[arg(long, default_value = "target/clients")]
    out: PathBuf,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Whether all clients were told the same.
fn run(args: &Args) -> anyhow::Result<bool> {
    let is_ci = std::env::var_os("CI").is_some_and(|value| value == "true");
    for name in &args.clients {
        ensure!(CLIENTS.iter().any(|client| client.name == name), "no client named {name:?}");
    }
    fs::create_dir_all(&args.out)?;
    let out = args.out.canonicalize()?;
    let servers = [Server::embedded(&args.kro)?, Server::real(&args.gold)?];
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    let wanted = |client: &&Client| args.clients.is_empty() || args.clients.iter().any(|n| n == client.name);
    for client in CLIENTS.iter().filter(wanted) {
        let script = match client.prepared(&out) {
            Ok(script) => script,
            Err(error) if client.is_optional || !is_ci => {
                println!("skipped {}: {error:#}", client.name);
                skipped += 1;
                continue;
            }
            Err(error) => return Err(error.context(client.name)),
        };
        let [ours, real] = servers.each_ref().map(|server| told(client, &script, server, &out));
        let (ours, real) = (ours?, real?);
        if ours == real {
            println!("passed {}: {} lines", client.name, real.lines().count());
            passed += 1;
        } else {
            println!("FAILED {}: - is the real server, + the embedded one", client.name);
            println!("{}", similar::TextDiff::from_lines(&real, &ours).unified_diff().context_radius(4));
            failed += 1;
        }
    }
    println!("{passed} passed, {failed} failed, {skipped} skipped");
    Ok(failed == 0)
}

/// What a client says on one server, without what differs from run to run.
fn told(client: &Client, script: &Prepared, server: &Server, out: &Path) -> anyhow::Result<String> {
    let text = script.play(server).with_context(|| format!("{} on {}", client.name, server.name))?;
    let text = normal::text(&text);
    fs::write(out.join(format!("{}.{}.txt", client.name, server.name)), &text)?;
    Ok(text)
}
