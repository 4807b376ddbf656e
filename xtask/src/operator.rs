//! `bench operator`: the gold data's live benchmark on a real API server that is started for it. Measures; judging
//! is the reader's business, beside `operator-upstream.json`.

use crate::{
    cargo::{cargo, gold, pass, root, run},
    real::Server,
};
use anyhow::Context;
use std::process::{Command, ExitCode};

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
