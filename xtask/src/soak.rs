//! `soak`: brings a real API server and the operator, and lets `kro-soak` kill and cut off what it likes.

use crate::{
    cargo::{self, cargo, gold, pass, root},
    real::Server,
};
use anyhow::Context;
use std::{path::Path, process::ExitCode};

pub(crate) fn run(rest: &[String]) -> anyhow::Result<ExitCode> {
    let gold = gold().context("no gold data: set KRO_GOLD_DIR")?;
    cargo::run(&mut cargo(&[
        "build",
        "--quiet",
        "--locked",
        "--package",
        "kro-operator",
        "--package",
        "kro-soak",
    ]))?;
    let server = Server::start(&gold.join("real-apiserver"))?;
    let [apiserver, etcd] = &server.pids;
    let mut soak = cargo(&["run", "--quiet", "--locked", "--package", "kro-soak", "--"]);
    soak.args(["--apiserver", apiserver, "--etcd", etcd, "--kubeconfig", &server.kubeconfig]);
    soak.arg("--pids").arg(Path::new(&server.folder).join("pids"));
    soak.arg("--operator").arg(root().join("target/debug/kro-operator"));
    pass(soak.args(rest))
}
