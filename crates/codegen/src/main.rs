//! Makes generated files: `kro-codegen k8s --from DIR|--server URL`. `cargo xtask codegen` starts this program.
#![expect(clippy::print_stdout, reason = "a tool reports on standard output")]

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser};

mod k8s;
mod resources;
mod source;

/// Makes generated files of the repository.
#[derive(Debug, Parser)]
enum Command {
    /// Schemas and resource types of the built-in kinds, from `/openapi/v3` of a real API server.
    K8s(K8s),
}

#[derive(Debug, Args)]
struct K8s {
    #[command(flatten)]
    source: Source,
    /// Where the crate is whose data is made.
    #[arg(long, default_value = "crates/k8s-schemas")]
    into: PathBuf,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Source {
    /// A folder with recorded documents and their `index.json`.
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// An API server that asks for no credentials, such as `kubectl proxy`.
    #[arg(long, value_name = "URL")]
    server: Option<http::Uri>,
}

fn main() -> anyhow::Result<()> {
    let Command::K8s(args) = Command::parse();
    let recording = match (args.source.from, args.source.server) {
        (Some(folder), _) => source::recorded(&folder)?,
        (None, Some(server)) => source::live(server)?,
        (None, None) => unreachable!("clap asks for one of them"),
    };
    let written = k8s::generate(&recording, &args.into).context("cannot write the data")?;
    println!("{written} files from Kubernetes {}", recording.version);
    Ok(())
}
