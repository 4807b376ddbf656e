//! `kro dev`: the embedded API server, the operator in this process, and a folder that is applied whenever it changes.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use kro_apiserver::ApiServer;
use kro_cluster::{ApplyOptions, Cluster};
use kro_controller::{Controller, Reports};
use kro_operator::SystemClock;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, sleep_until};

use crate::files::Files;
use crate::output::{BAD, FAINT, GOOD, is_terminal, styled};
use crate::project::{Expected, Project};
use crate::server::{Access, Server, ended};

mod apply;
mod rows;
mod view;

use apply::{Applier, Event};
use view::View;

/// How long to wait before trying again what could not be applied: a kind that is being made takes milliseconds.
const RETRY: Duration = Duration::from_millis(100);
/// How long the operator may take to finish what it is doing.
const GRACE: Duration = Duration::from_secs(5);

/// Options of `kro dev`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders to apply: definitions, the CRDs they need, instances, anything else.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Wait until everything is ready, then end: 0 when it is, 1 with the reasons when it is not in time.
    #[arg(long)]
    once: bool,
    /// How long `--once` waits, in seconds.
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
    /// Address of the API server; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Where to write the kubeconfig (default: a temporary file). It is removed at the end.
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,
    /// Keep the cluster's state in this folder, and go on from what is in it.
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
}

/// Runs until a signal, or until everything is ready.
pub(crate) async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let project = Project::read(&args.paths)?;
    if args.once {
        project.require_manifests()?;
    }
    let api = match &args.data_dir {
        Some(directory) => ApiServer::builder().open(directory)?,
        None => ApiServer::builder().build(),
    };
    let server = Server::start(api, args.listen, args.kubeconfig.clone(), Access::default()).await?;
    let client = kube_client::Client::new(server.api.clone(), "default");
    let cluster = Cluster::new(client.clone(), kro_cluster::Options::default());
    install(&cluster).await.context("cannot install kro's own kinds")?;
    let operator = Operator::start(client);
    println!("serving on {}", server.url);
    println!("export KUBECONFIG={}", server.kubeconfig.path().display());

    let mut session = Session {
        applier: Applier::new(cluster),
        reports: operator.reports.clone(),
        view: View::new(is_terminal() && !args.once),
        expected: Expected::default(),
    };
    session.take(&project);
    let code = if args.once {
        session.until_ready(Instant::now() + Duration::from_secs(args.timeout)).await
    } else {
        session.until_ended(&args.paths).await?
    };
    operator.stop().await;
    Ok(code)
}

/// What can be seen and done while the operator runs.
#[derive(Debug)]
struct Session {
    applier: Applier,
    reports: watch::Receiver<Arc<Reports>>,
    view: View,
    expected: Expected,
}

impl Session {
    fn take(&mut self, project: &Project) {
        for problem in &project.problems {
            self.view.note(&styled(BAD, &problem.text));
        }
        self.expected = project.expected();
        self.applier.want(project);
    }

    async fn pass(&mut self) {
        for event in self.applier.pass().await {
            let text = match event {
                Event::Applied(what) => format!("{} {what}", styled(GOOD, "applied")),
                Event::Deleted(what) => format!("{} {what}", styled(FAINT, "deleted")),
                Event::Refused(file, answer) => format!("{} {file}: {answer}", styled(BAD, "refused")),
            };
            self.view.note(&text);
        }
    }

    fn draw(&mut self) {
        let reports = self.reports.borrow_and_update().clone();
        self.view.show(&rows::of(&reports));
    }

    /// Everything is applied, and everything that was applied is ready.
    fn is_ready(&self) -> bool {
        self.applier.is_done() && rows::are_ready(&self.reports.borrow(), &self.expected)
    }

    async fn until_ready(&mut self, deadline: Instant) -> ExitCode {
        loop {
            self.pass().await;
            self.draw();
            if self.is_ready() {
                println!("everything is ready");
                return ExitCode::SUCCESS;
            }
            tokio::select! {
                biased;
                () = ended() => return ExitCode::FAILURE,
                () = sleep_until(deadline) => return self.too_late(),
                Ok(()) = self.reports.changed() => {}
                () = sleep(RETRY) => {}
            }
        }
    }

    fn too_late(&self) -> ExitCode {
        anstream::eprintln!("{}: not ready in time", styled(BAD, "error"));
        for (what, why) in self.applier.missing() {
            anstream::eprintln!("  {what}: {why}");
        }
        for line in rows::reasons(&self.reports.borrow()) {
            anstream::eprintln!("  {line}");
        }
        ExitCode::FAILURE
    }

    async fn until_ended(&mut self, paths: &[PathBuf]) -> anyhow::Result<ExitCode> {
        let mut files = Files::watch(paths)?;
        loop {
            self.pass().await;
            self.draw();
            tokio::select! {
                biased;
                () = ended() => return Ok(ExitCode::SUCCESS),
                () = files.changed() => match Project::read(paths) {
                    Ok(project) => self.take(&project),
                    Err(error) => self.view.note(&format!("{} {error:#}", styled(BAD, "not read:"))),
                },
                Ok(()) = self.reports.changed() => {}
                () = sleep(RETRY), if !self.applier.is_done() => {}
            }
        }
    }
}

/// The controller in a task of its own.
#[derive(Debug)]
struct Operator {
    reports: watch::Receiver<Arc<Reports>>,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Operator {
    fn start(client: kube_client::Client) -> Self {
        let controller = Controller::new(client, kro_controller::Options::new(Arc::new(SystemClock)));
        let reports = controller.reports();
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(controller.run(async move { drop(stopped.await) }));
        Self { reports, stop, task }
    }

    async fn stop(self) {
        drop(self.stop);
        let _ = tokio::time::timeout(GRACE, self.task).await;
    }
}

async fn install(cluster: &Cluster) -> anyhow::Result<()> {
    for manifest in kro_api::manifests() {
        let crds = cluster.kind(&manifest.gvk()?).await?;
        cluster.apply(&crds, &manifest, &ApplyOptions::force("kro-dev")).await?;
    }
    Ok(())
}
