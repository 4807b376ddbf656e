//! The real API server of the gold data: etcd and kube-apiserver, by its scripts.

use anyhow::{Context, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A real API server that ends with its value.
pub(crate) struct Server {
    pub(crate) kubeconfig: String,
    /// Where its data are; the processes are listed in `pids`.
    pub(crate) folder: String,
    /// Process ids of kube-apiserver and of etcd.
    pub(crate) pids: [String; 2],
    stop: PathBuf,
}

impl Server {
    pub(crate) fn start(scripts: &Path) -> anyhow::Result<Self> {
        let mut up = Command::new(scripts.join("up.sh"));
        if env::var_os("KUBEBUILDER_ASSETS").is_none() {
            let home = env::var_os("HOME").context("no HOME: set KUBEBUILDER_ASSETS")?;
            up.env("KUBEBUILDER_ASSETS", Path::new(&home).join(".cache/real-apiserver"));
        }
        let output = up.stderr(Stdio::inherit()).output().context("cannot run real-apiserver/up.sh")?;
        ensure!(
            output.status.success(),
            "the real API server did not start; real-apiserver/build.sh makes it"
        );
        let text = String::from_utf8(output.stdout)?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.map(str::to_owned).with_context(|| format!("up.sh did not print {name}"))
        };
        let pids = value("PIDS")?;
        let mut pids = pids.trim_matches('"').split(' ').map(str::to_owned);
        let mut pid = || pids.next().context("up.sh told too few processes");
        let pids = [pid()?, pid()?];
        Ok(Self {
            pids,
            kubeconfig: value("KUBECONFIG")?,
            folder: value("DIR")?,
            stop: scripts.join("down.sh"),
        })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is on its way out; what is left is a folder in /tmp.
        let _ = Command::new(&self.stop).arg(&self.folder).status();
    }
}
