//! `bench operator`: the gold data's live benchmark on a real API server that is started for it. Measures; judging
//! is the reader's business, beside `operator-upstream.json`.

use crate::cargo::{cargo, gold, pass, root, run};
use anyhow::{Context, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

const FLAGS: &str =
    "--metrics-bind-address=127.0.0.1:{metrics} --health-probe-bind-address=127.0.0.1:{health}";

/// Runs it; `rest` goes to `operator_bench.py` (`--help` lists its options).
pub(crate) fn bench(rest: &[String]) -> anyhow::Result<ExitCode> {
    let gold = gold().context("no gold data: set KRO_GOLD_DIR")?;
    run(&mut cargo(&["build", "--quiet", "--locked", "--release", "--package", "kro-operator"]))?;
    let server = Server::start(&gold.join("real-apiserver"))?;
    let mut bench = Command::new("python3");
    bench
        .arg(gold.join("bench/operator_bench.py"))
        .arg("--kubeconfig")
        .arg(&server.kubeconfig)
        .arg("--crds")
        .arg(root().join("crates/api/crds"))
        .arg("--operator-cmd")
        .arg(format!("{} {FLAGS}", root().join("target/release/kro-operator").display()))
        .args(["--label", "kro-rs", "--keep"])
        .args(rest);
    pass(&mut bench)
}

/// A real API server that ends with its value.
struct Server {
    kubeconfig: String,
    folder: String,
    stop: PathBuf,
}

impl Server {
    fn start(scripts: &Path) -> anyhow::Result<Self> {
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
        Ok(Self { kubeconfig: value("KUBECONFIG")?, folder: value("DIR")?, stop: scripts.join("down.sh") })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It is on its way out; what is left is a folder in /tmp.
        let _ = Command::new(&self.stop).arg(&self.folder).status();
    }
}
