//! `kro`: develop, validate and generate without a cluster. Parses the command line and turns errors into exit codes.
#![expect(clippy::print_stdout, reason = "a command line talks to its user")]

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

mod commands;
mod crds;
mod files;
mod input;
mod kubeconfig;
#[cfg(test)]
mod manual;
mod output;
mod project;
mod report;
mod server;

/// Both the embedded API server and simulated clusters make and drop small JSON objects all the time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// ResourceGraphDefinitions without a cluster: develop, validate, generate.
#[derive(Debug, Parser)]
#[command(name = "kro", version, propagate_version = true, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: commands::Command,
}

fn main() -> ExitCode {
    match Cli::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            output::print_error(&error);
            ExitCode::FAILURE
        }
    }
}
