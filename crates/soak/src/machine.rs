//! The programs of a cluster as a machine runs them: they can be killed, stopped for a while and started again.

use crate::{Args, proxy::Proxy, server::Real};
use anyhow::{Context as _, ensure};
use std::{
    fs,
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::Arc,
};
use tokio::runtime::Runtime;

/// All programs.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) server: Arc<Real>,
    pub(crate) proxy: Proxy,
    apiserver: Program,
    etcd: u32,
    pids: PathBuf,
    operator: PathBuf,
    /// Leads through the proxy.
    kubeconfig: PathBuf,
    log: PathBuf,
    running: Option<Child>,
}

/// How kube-apiserver is started.
#[derive(Debug)]
struct Program {
    pid: u32,
    words: Vec<String>,
    child: Option<Child>,
}

impl Machine {
    pub(crate) fn start(runtime: &Runtime, args: &Args) -> anyhow::Result<Self> {
        let server = Arc::new(runtime.block_on(Real::connect(runtime.handle(), &args.kubeconfig))?);
        let upstream = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port));
        let proxy = runtime.block_on(Proxy::start(upstream))?;
        let text = fs::read_to_string(&args.kubeconfig)?;
        let direct = format!("127.0.0.1:{}", server.port);
        ensure!(text.contains(&direct), "the kubeconfig does not lead to {direct}");
        let kubeconfig = args.kubeconfig.with_extension("proxy");
        fs::write(&kubeconfig, text.replace(&direct, &format!("127.0.0.1:{}", proxy.port)))?;
        let line = fs::read(format!("/proc/{}/cmdline", args.apiserver)).context("no such kube-apiserver")?;
        let words = String::from_utf8(line)?;
        let words = words.split_terminator('\0').map(str::to_owned).collect();
        crate::controllers::start(runtime, Arc::clone(&server));
        Ok(Self {
            server,
            proxy,
            apiserver: Program { pid: args.apiserver, words, child: None },
            etcd: args.etcd,
            pids: args.pids.clone(),
            operator: args.operator.clone(),
            log: args.kubeconfig.with_extension("operator.log"),
            kubeconfig,
            running: None,
        })
    }

    /// Starts the operator, unless it runs.
    pub(crate) fn start_operator(&mut self) -> anyhow::Result<()> {
        if let Some(child) = &mut self.running
            && child.try_wait()?.is_none()
        {
            return Ok(());
        }
        let log = fs::File::options().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.operator);
        command.args(["--metrics-bind-address", "0", "--health-probe-bind-address", "0"]);
        command.env("KUBECONFIG", &self.kubeconfig).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        self.running =
            Some(command.spawn().with_context(|| format!("cannot run {}", self.operator.display()))?);
        Ok(())
    }

    /// Kills the operator wherever it is.
    pub(crate) fn kill_operator(&mut self) -> anyhow::Result<()> {
        if let Some(mut child) = self.running.take() {
            child.kill()?;
            child.wait()?;
        }
        Ok(())
    }

    /// The last lines of what operators said.
    pub(crate) fn log(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// Kills kube-apiserver wherever it is.
    pub(crate) fn kill_server(&mut self) -> anyhow::Result<()> {
        match &mut self.apiserver.child {
            Some(child) => {
                child.kill()?;
                child.wait()?;
            }
            None => signal("KILL", self.apiserver.pid)?,
        }
        Ok(())
    }

    /// Starts kube-apiserver as it was started first, and waits until it answers.
    pub(crate) fn start_server(&mut self) -> anyhow::Result<()> {
        let log =
            fs::File::options().create(true).append(true).open(self.log.with_extension("server.log"))?;
        let mut command = Command::new(&self.apiserver.words[0]);
        command.args(&self.apiserver.words[1..]).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().context("cannot start kube-apiserver again")?;
        // Whoever ends the server ends this one.
        writeln!(fs::File::options().append(true).open(&self.pids)?, "{}", child.id())?;
        self.apiserver.child = Some(child);
        self.server.wait_until_ready()
    }

    /// Stops etcd where it is, or lets it go on.
    pub(crate) fn pause_etcd(&self, is_paused: bool) -> anyhow::Result<()> {
        signal(if is_paused { "STOP" } else { "CONT" }, self.etcd)
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.kill_operator();
        let _ = self.pause_etcd(false);
    }
}

fn signal(name: &str, pid: u32) -> anyhow::Result<()> {
    let status = Command::new("kill").args([&format!("-{name}"), &pid.to_string()]).status()?;
    ensure!(status.success(), "cannot send SIG{name} to {pid}");
    Ok(())
}
