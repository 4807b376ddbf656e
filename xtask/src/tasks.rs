//! The tasks that start other programs.

use std::process::{Command, ExitCode};

use anyhow::{Context, bail, ensure};

use crate::cargo::{cargo, gold, pass, run};
use crate::layers::{LAYERS, Tier};
use crate::tidy;

/// All tests of the workspace, doctests included.
pub(crate) fn test(rest: &[String]) -> anyhow::Result<()> {
    if gold().is_none() {
        println!("note: no gold data (KRO_GOLD_DIR, ../shared): tests that compare with it are skipped");
    }
    // The command-line tests run the binaries as a user would, so these are built first.
    run(&mut cargo(&["build", "--workspace", "--bins", "--locked"]))?;
    run(cargo(&["test", "--workspace", "--locked"]).args(rest))
}

/// Everything a reviewer should not have to look at.
pub(crate) fn check() -> anyhow::Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    tidy::run()?;
    run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"]))?;
    alone()?;
    run(cargo(&["doc", "--workspace", "--no-deps", "--locked"]).env("RUSTDOCFLAGS", "-D warnings"))
}

/// Every library by itself, as those get it who use it: in the workspace others switch on features of dependencies that
/// it may have forgotten to ask for.
fn alone() -> anyhow::Result<()> {
    for library in LAYERS.iter().filter(|layer| layer.tier != Tier::Rim) {
        let manifest = format!("{}/Cargo.toml", library.dir);
        run(&mut cargo(&["check", "--quiet", "--locked", "--manifest-path", &manifest]))?;
    }
    Ok(())
}

/// One conformance suite.
pub(crate) fn conformance(rest: &[String]) -> anyhow::Result<ExitCode> {
    ensure!(gold().is_some(), "no gold data: set KRO_GOLD_DIR");
    if matches!(rest.first().map(String::as_str), Some("apiserver" | "scenarios")) {
        // These two play against the programs a user runs.
        built(&mut cargo(&["build", "--quiet", "--locked", "--bin", "kro", "--bin", "kro-operator"]))?;
    }
    pass(cargo(&["run", "--quiet", "--locked", "--package", "kro-conformance", "--"]).args(rest))
}

/// Stock clients on both servers.
pub(crate) fn clients(rest: &[String]) -> anyhow::Result<ExitCode> {
    let gold = gold().context("no gold data: set KRO_GOLD_DIR")?;
    built(&mut cargo(&["build", "--quiet", "--locked", "--bin", "kro"]))?;
    let mut play = cargo(&["run", "--quiet", "--locked", "--package", "kro-clients", "--", "--gold"]);
    pass(play.arg(gold).args(rest))
}

/// One benchmark, in release mode; counts are taken in a debug build.
pub(crate) fn bench(rest: &[String]) -> anyhow::Result<ExitCode> {
    if matches!(rest.first().map(String::as_str), Some("main-job" | "compile")) {
        built(&mut cargo(&[
            "build",
            "--quiet",
            "--locked",
            "--release",
            "--bin",
            "kro",
            "--bin",
            "kro-operator",
        ]))?;
    }
    // Counts are compared with counts of the same build, and what the tests have built is there already.
    let profile = if rest.iter().any(|word| word == "--counts") { "dev" } else { "release" };
    let words = ["--quiet", "--locked", "--profile", profile, "--package", "kro-bench"];
    // Expressions are timed in a program of their own.
    built(cargo(&["build", "--bins"]).args(words))?;
    pass(cargo(&["run"]).args(words).arg("--").args(rest))
}

/// Regenerates committed data.
pub(crate) fn codegen(rest: &[String]) -> anyhow::Result<()> {
    match rest.first().map(String::as_str) {
        Some("k8s" | "go-types" | "cel") => {
            run(cargo(&["run", "--quiet", "--package", "kro-codegen", "--"]).args(rest))
        }
        other => bail!("codegen knows `k8s`, `go-types` and `cel`, not {other:?}"),
    }
}

/// Simulated clusters; optimised, because thousands of them are played.
pub(crate) fn sim(rest: &[String]) -> anyhow::Result<()> {
    let words =
        ["run", "--quiet", "--locked", "--profile", "sim", "--package", "kro-sim", "--features", "mutants"];
    run(cargo(&words).arg("--").args(rest))
}

/// How fast simulated clusters live: nothing but what they need, in release mode.
pub(crate) fn sim_speed() -> anyhow::Result<()> {
    run(&mut cargo(&["run", "--quiet", "--locked", "--release", "--package", "kro-sim", "--", "--speed"]))
}

fn built(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status()?;
    ensure!(status.success(), "the programs under test do not build");
    Ok(())
}
