//! Makes generated files: `kro-codegen k8s --from DIR|--server URL`, `go-types`, `cel`. `cargo xtask codegen` starts
//! this program.
#![expect(clippy::print_stdout, reason = "a tool reports on standard output")]

use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Parser};

mod cel;
mod k8s;
mod resources;
mod source;

/// Makes generated files of the repository.
#[derive(Debug, Parser)]
enum Command {
    /// Schemas and resource types of the built-in kinds, from `/openapi/v3` of a real API server.
    K8s(K8s),
    /// The reference of CEL functions, from the rows of the libraries.
    Cel {
        /// The page.
        #[arg(long, default_value = "docs/reference/cel.md")]
        into: PathBuf,
    },
    /// How Go writes the built-in kinds, from the sources of Kubernetes; needs Go.
    GoTypes(GoTypes),
}

#[derive(Debug, Args)]
struct GoTypes {
    /// The Go program that prints the types.
    #[arg(long, default_value = "crates/codegen/go")]
    program: PathBuf,
    /// The file to write.
    #[arg(long, default_value = "crates/k8s-schemas/data/go-types.txt")]
    into: PathBuf,
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
    let args = match Command::parse() {
        Command::K8s(args) => args,
        Command::GoTypes(args) => return go_types(&args),
        Command::Cel { into } => {
            return std::fs::write(&into, cel::reference())
                .with_context(|| format!("cannot write {}", into.display()));
        }
    };
    let recording = match (args.source.from, args.source.server) {
        (Some(folder), _) => source::recorded(&folder)?,
        (None, Some(server)) => source::live(server)?,
        (None, None) => unreachable!("clap asks for one of them"),
    };
    let written = k8s::generate(&recording, &args.into).context("cannot write the data")?;
    println!("{written} files from Kubernetes {}", recording.version);
    Ok(())
}

fn go_types(args: &GoTypes) -> anyhow::Result<()> {
    let output = std::process::Command::new("go")
        .args(["run", "."])
        .current_dir(&args.program)
        .stderr(std::process::Stdio::inherit())
        .output()
        .context("cannot start go")?;
    anyhow::ensure!(output.status.success(), "the program in {} failed", args.program.display());
    std::fs::write(&args.into, &output.stdout)
        .with_context(|| format!("cannot write {}", args.into.display()))?;
    println!("{} bytes into {}", output.stdout.len(), args.into.display());
    Ok(())
}
