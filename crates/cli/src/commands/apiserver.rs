//! `kro apiserver`: a bare in-memory Kubernetes API server on a loopback port, for tests and conformance.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use kro_apiserver::{Authorization, Behaviors, Options};

use crate::server::{Server, ended};

/// Options of `kro apiserver`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Address to listen on; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to write a kubeconfig for the server (default: a temporary file).
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Do not play the cluster's controllers: no garbage collection, no namespace deletion, no workloads.
    #[arg(long)]
    no_controllers: bool,
    /// Ask for this bearer token; it is an administrator's.
    #[arg(long)]
    token: Option<String>,
    /// Decide by the RBAC objects on the server instead of allowing everything.
    #[arg(long)]
    rbac: bool,
}

/// Serves until a signal.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let behaviors = if args.no_controllers { Behaviors::None } else { Behaviors::Workloads };
    let authorization = if args.rbac { Authorization::Rbac } else { Authorization::AllowAll };
    let options = Options { behaviors, authorization, token: args.token.clone(), ..Options::default() };
    let server = Server::start(args.listen, args.kubeconfig, args.token.as_deref(), options).await?;
    println!("serving on {}", server.url);
    println!("export KUBECONFIG={}", server.kubeconfig.path().display());
    ended().await;
    Ok(ExitCode::SUCCESS)
}
