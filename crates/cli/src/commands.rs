//! The subcommands, one file each. Exit codes: 0 done, 1 something is wrong with the input or the world, 2 usage.

use std::process::ExitCode;

use anyhow::Context;

mod apiserver;
mod cel;
mod dev;
mod fmt;
mod fuzz;
mod generate;
mod graph;
mod lint;
mod lsp;
mod test;
mod validate;

/// What `kro` can do.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Run definitions on an embedded API server and show what happens.
    Dev(dev::Args),
    /// Check definitions: every mistake with its place.
    Validate(validate::Args),
    /// Play scenarios: what happens, and what must hold then, in virtual time.
    Test(test::Args),
    /// Say what may go wrong and what an instance can cost at most, under ceilings.
    Lint(lint::Args),
    /// Show in which order resources are applied, and what each waits for.
    Graph(graph::Args),
    /// Format files of manifests; comments and values stay as they are.
    Fmt(fmt::Args),
    /// Print what a definition generates.
    #[command(subcommand)]
    Generate(generate::What),
    /// Search for valid instances that go wrong in an embedded cluster, or make invalid objects.
    Fuzz(fuzz::Args),
    /// Serve an editor: findings, types, completion, navigation, formatting.
    Lsp(lsp::Args),
    /// Evaluate, check, format and price expressions.
    #[command(subcommand)]
    Cel(cel::What),
    /// Serve a bare in-memory Kubernetes API server.
    Apiserver(apiserver::Args),
}

impl Command {
    /// Runs the command to its end.
    pub(crate) fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Dev(args) => block_on(dev::run(args))?,
            Self::Validate(args) => validate::run(&args),
            Self::Test(args) => test::run(&args),
            Self::Lint(args) => lint::run(&args),
            Self::Graph(args) => graph::run(&args),
            Self::Fmt(args) => fmt::run(&args),
            Self::Fuzz(args) => fuzz::run(&args),
            Self::Lsp(args) => lsp::run(&args),
            Self::Generate(what) => generate::run(&what),
            Self::Cel(what) => cel::run(&what),
            Self::Apiserver(args) => block_on(apiserver::run(args))?,
        }
    }
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("cannot start the asynchronous runtime")?;
    Ok(runtime.block_on(future))
}
