//! `kro apiserver`: a bare Kubernetes API server, for tests, conformance, and as a small control plane.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;
use kro_apiserver::serve::Authority;
use kro_apiserver::{ApiServer, Authorization, Behavior, Behaviors};

use crate::server::{Access, Server, ended};

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
    /// Do not play one of the controllers: `pods`, `claims`, `cron-jobs`, …; a wrong name is answered with all of them.
    #[arg(long, value_name = "BEHAVIOR", conflicts_with = "no_controllers")]
    without: Vec<Behavior>,
    /// Let one of the controllers act some seconds after a change, for example `pods=5`.
    #[arg(long, value_name = "BEHAVIOR=SECONDS", value_parser = delay, conflicts_with = "no_controllers")]
    delay: Vec<(Behavior, Duration)>,
    /// Ask for this bearer token; it is an administrator's.
    #[arg(long)]
    token: Option<String>,
    /// Decide by the RBAC objects on the server instead of allowing everything.
    #[arg(long)]
    rbac: bool,
    /// Serve over TLS with a certificate authority made for this run. The kubeconfig holds the administrator's certificate; nobody else is let in.
    #[arg(long)]
    secure: bool,
    /// Keep all objects in this folder, and go on from what is in it: what was answered is on disk.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

fn delay(text: &str) -> anyhow::Result<(Behavior, Duration)> {
    let (behavior, seconds) = text.split_once('=').context("expected BEHAVIOR=SECONDS")?;
    Ok((behavior.parse()?, Duration::try_from_secs_f64(seconds.parse()?)?))
}

/// Serves until a signal.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut behaviors = if args.no_controllers { Behaviors::none() } else { Behaviors::all() };
    for (behavior, delay) in args.delay {
        behaviors = behaviors.delayed(behavior, delay);
    }
    for behavior in args.without {
        behaviors = behaviors.without(behavior);
    }
    let authorization = if args.rbac { Authorization::Rbac } else { Authorization::AllowAll };
    let authority = if args.secure {
        Some(Authority::generate(["localhost".to_owned(), args.listen.ip().to_string()])?)
    } else {
        None
    };
    let mut builder = ApiServer::builder().behaviors(behaviors).authorization(authorization);
    // With a token that nobody knows, those who have no certificate are nobody.
    if let Some(token) = args.token.as_deref().or(authority.as_ref().map(Authority::token)) {
        builder = builder.token(token);
    }
    let api = match &args.data_dir {
        Some(directory) => builder.open(directory)?,
        None => builder.build(),
    };
    let access = Access { token: args.token, authority };
    let server = Server::start(api, args.listen, args.kubeconfig, access).await?;
    println!("serving on {}", server.url);
    println!("export KUBECONFIG={}", server.kubeconfig.path().display());
    ended().await;
    Ok(ExitCode::SUCCESS)
}
