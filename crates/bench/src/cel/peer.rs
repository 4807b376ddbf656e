//! The Go program: built from its sources, run here and now, so that both sides have the same machine and neighbours.

use std::path::Path;
use std::process::Command;

use kro_bench::clock::Times;
use serde::Deserialize;

use crate::go;

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

/// Builds the program that is beside the gold data and runs it on a folder of cases. `None` where there is no Go.
pub(super) fn run(
    gold: &Path,
    cases: &Path,
    only: Option<&str>,
    effort: &[&str],
) -> anyhow::Result<Option<Go>> {
    let Some(program) = go::build(&gold.join("cel-go"), "cel-go-bench")? else { return Ok(None) };
    let out = program.with_file_name("cel-go.json");
    let mut ran = Command::new(&program);
    ran.arg("-cases").arg(cases).arg("-out").arg(&out).args(effort);
    if let Some(only) = only {
        ran.arg("-only").arg(only);
    }
    go::run(&mut ran)?;
    kro_bench::read(&out).map(Some)
}
