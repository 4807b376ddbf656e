//! The servers under measurement, started as a user starts them and ended when dropped.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use kube_client::config::{KubeConfigOptions, Kubeconfig};

use crate::program::{Program, answers, wait};

/// A server that answers.
#[derive(Debug)]
pub(super) struct Running {
    kubeconfig: PathBuf,
    /// From the start until it was ready.
    pub(super) started: Duration,
    program: Option<Program>,
    /// What ends a real one.
    down: Option<(PathBuf, String)>,
    /// Its data, if it keeps any.
    data: Option<PathBuf>,
}

impl Running {
    /// A client as a program beside it would make one.
    pub(super) async fn client(&self) -> anyhow::Result<kube_client::Client> {
        let kubeconfig = Kubeconfig::read_from(&self.kubeconfig)?;
        let config =
            kube_client::Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await?;
        Ok(kube_client::Client::try_from(config)?)
    }

    /// Resident memory in bytes.
    pub(super) fn resident(&self) -> anyhow::Result<u64> {
        self.program.as_ref().context("one of our programs")?.resident()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.program.take());
        if let Some((script, directory)) = &self.down {
            let _ = Command::new(script).arg(directory).status();
        }
        if let Some(data) = &self.data {
            let _ = std::fs::remove_dir_all(data);
        }
    }
}

/// `kro apiserver`.
pub(super) fn embedded(programs: &Path, options: &[&str], durable: bool) -> anyhow::Result<Running> {
    let data = durable.then(|| std::env::temp_dir().join(format!("kro-bench-data-{}", std::process::id())));
    let start = Instant::now();
    let mut command = Command::new(programs.join("kro"));
    command.arg("apiserver").args(options);
    if let Some(data) = &data {
        command.arg("--data-dir").arg(data);
    }
    let mut program = Program::start(&mut command)?;
    let address = program.address()?;
    wait(|| Ok(answers(&address, "/readyz")))?;
    let started = start.elapsed();
    let kubeconfig = PathBuf::from(program.line("export KUBECONFIG=")?);
    Ok(Running { kubeconfig, started, program: Some(program), down: None, data })
}

/// etcd and kube-apiserver.
pub(super) fn real(gold: &Path, assets: &Path, durable: bool) -> anyhow::Result<Running> {
    let folder = std::path::absolute(gold.join("real-apiserver"))?;
    let start = Instant::now();
    let mut command = Command::new(folder.join("up.sh"));
    command.env("KUBEBUILDER_ASSETS", std::path::absolute(assets)?);
    // More requests at a time than by default, as the embedded server takes them.
    command.args(["--max-requests-inflight=4000", "--max-mutating-requests-inflight=2000"]);
    if durable {
        command.env("ETCD_FSYNC", "1");
    }
    // The servers keep the script's output open, so it is read from a file.
    let said = std::env::temp_dir().join(format!("kro-bench-real-{}", std::process::id()));
    let status = command.stdout(std::fs::File::create(&said)?).status()?;
    let text = std::fs::read_to_string(&said)?;
    let _ = std::fs::remove_file(&said);
    ensure!(status.success(), "the real servers do not start");
    let value = |name: &str| -> anyhow::Result<String> {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        Ok(line.with_context(|| format!("no {name}"))?.to_owned())
    };
    Ok(Running {
        kubeconfig: value("KUBECONFIG")?.into(),
        started: start.elapsed(),
        program: None,
        down: Some((folder.join("down.sh"), value("DIR")?)),
        data: None,
    })
}
