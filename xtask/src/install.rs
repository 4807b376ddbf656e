//! The installed form: `operator/install.yaml` made from the chart. Refuses to touch a cluster.

use crate::cargo::{root, run};
use anyhow::{Context, bail, ensure};
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The release of Helm that is built where none is installed.
const HELM: &str = "helm.sh/helm/v3/cmd/helm@v3.19.0";
const NAMESPACE: &str = "kro-system";
const HEADER: &str = "# Made from operator/chart by `cargo xtask codegen install`; do not edit.\n";

/// Writes `operator/install.yaml`, or says that it is stale.
pub(crate) fn codegen(rest: &[String]) -> anyhow::Result<()> {
    let path = root().join("operator/install.yaml");
    let made = rendered()?;
    if rest.iter().any(|word| word == "--check") {
        let there = fs::read_to_string(&path).unwrap_or_default();
        ensure!(there == made, "operator/install.yaml is stale: cargo xtask codegen install");
        return Ok(());
    }
    fs::write(path, made).context("cannot write operator/install.yaml")
}

/// The chart as plain manifests.
fn rendered() -> anyhow::Result<String> {
    let mut template = Command::new(helm()?);
    template.args(["template", "kro"]).arg(root().join("operator/chart"));
    template.args([
        "--namespace",
        NAMESPACE,
        "--include-crds",
        "--kube-version",
        "1.34.0",
        "--set",
        "namespace.create=true",
    ]);
    Ok(format!("{HEADER}{}", output(&mut template)?))
}

/// Helm: the one of `HELM`, the one on the path, or one built from its Go module.
fn helm() -> anyhow::Result<PathBuf> {
    if let Some(given) = env::var_os("HELM") {
        return Ok(given.into());
    }
    let there =
        |program: &Path| Command::new(program).arg("version").output().is_ok_and(|out| out.status.success());
    let built = root().join("target/tools/helm");
    for program in [PathBuf::from("helm"), built.clone()] {
        if there(&program) {
            return Ok(program);
        }
    }
    run(Command::new("go").args(["install", HELM]).env("GOBIN", root().join("target/tools")))?;
    Ok(built)
}

/// What a command prints; its errors are the error.
fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = command.output().with_context(|| format!("cannot start {name}"))?;
    if !out.status.success() {
        bail!("{name}: {}", String::from_utf8_lossy(&out.stderr).trim());
    }
    String::from_utf8(out.stdout).with_context(|| format!("{name} prints no text"))
}
