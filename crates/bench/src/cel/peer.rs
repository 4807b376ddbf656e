//! The Go program: built from its sources, run here and now, so that both sides have the same machine and neighbours.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use kro_bench::{cel_cases, clock::Times};
use serde::Deserialize;

/// Figures of the Go program.
#[derive(Debug, Deserialize)]
pub(super) struct Go {
    #[serde(default)]
    pub(super) env: Option<GoEnv>,
    pub(super) cases: Vec<GoCase>,
}

/// Prices of environments.
#[derive(Debug, Deserialize)]
pub(super) struct GoEnv {
    #[serde(default)]
    pub(super) extend_env_two_objects: Option<Times>,
}

/// One case.
#[derive(Debug, Deserialize)]
pub(super) struct GoCase {
    pub(super) name: String,
    pub(super) compile: Times,
    pub(super) eval: Times,
    pub(super) eval_raw: Option<Times>,
}

/// Builds the program that is beside the gold data and runs it on a folder of cases. `None` where there is no Go, which is an error in CI.
pub(super) fn run(
    gold: &Path,
    cases: &Path,
    only: Option<&str>,
    effort: &[&str],
) -> anyhow::Result<Option<Go>> {
    let Some(go) = find_go() else {
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            bail!("the Go program cannot be built: no `go` in PATH or /usr/local/go");
        }
        println!("note: no `go` here: the Go figures are stored ones, of another machine and day");
        return Ok(None);
    };
    let folder = std::env::current_exe()?.parent().context("a folder of this program")?.to_owned();
    let program = folder.join("cel-go-bench");
    let mut build = Command::new(go);
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(gold.join("cel-go"));
    ensure!(build.status()?.success(), "the Go program does not build");
    let out = folder.join("cel-go.json");
    let mut ran = Command::new(&program);
    ran.arg("-cases").arg(cases).arg("-out").arg(&out).args(effort);
    if let Some(only) = only {
        ran.arg("-only").arg(only);
    }
    let output = ran.output()?;
    ensure!(output.status.success(), "the Go program failed: {}", String::from_utf8_lossy(&output.stderr));
    cel_cases::read(&out).map(Some)
}

fn find_go() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/local/go/bin")]);
    folders.map(|folder| folder.join("go")).find(|go| go.is_file())
}
