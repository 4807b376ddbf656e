//! Runs of the program that is timed, and of callgrind over it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use kro_bench::cel_cases::Case;
use kro_bench::clock::Times;
use serde::Deserialize;

use super::Args;

/// Figures of one case.
#[derive(Debug, Deserialize)]
pub(super) struct Timed {
    pub(super) name: String,
    pub(super) compile: Times,
    pub(super) eval: Times,
    pub(super) cel_crate: Option<Times>,
}

/// Figures of a run.
#[derive(Debug)]
pub(super) struct Run {
    pub(super) cases: Vec<Timed>,
    pub(super) typed_env: Option<Times>,
}

/// The line about environments has no name of a case.
#[derive(Debug, Deserialize)]
struct EnvLine {
    compile: Times,
}

fn program() -> anyhow::Result<PathBuf> {
    let program = std::env::current_exe()?.with_file_name("kro-bench-cel");
    ensure!(program.is_file(), "{} is not built: use `cargo xtask bench cel`", program.display());
    Ok(program)
}

/// Times the cases of a folder.
pub(super) fn run(
    folder: &Path,
    only: Option<&str>,
    repetitions: usize,
    milliseconds: u64,
) -> anyhow::Result<Run> {
    let mut command = Command::new(program()?);
    command.arg("--gold").arg(folder).args(["--reps", &repetitions.to_string()]);
    command.args(["--milliseconds", &milliseconds.to_string()]);
    if let Some(only) = only {
        command.args(["--only", only]);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "the timed program failed: {}", String::from_utf8_lossy(&output.stderr));
    let mut run = Run { cases: Vec::new(), typed_env: None };
    for line in String::from_utf8(output.stdout)?.lines() {
        let json: serde_json::Value = serde_json::from_str(line)?;
        if json["name"] == "" {
            run.typed_env = Some(EnvLine::deserialize(json)?.compile);
        } else {
            run.cases.push(Timed::deserialize(json)?);
        }
    }
    Ok(run)
}

/// Whether instructions can be counted.
pub(super) fn has_valgrind() -> bool {
    Command::new("valgrind").arg("--version").output().is_ok_and(|output| output.status.success())
}

/// Instructions of one evaluation of each case. Callgrind counts in one function alone and writes a file after each
/// call of it.
pub(super) fn instructions(args: &Args, cases: &[Case]) -> anyhow::Result<BTreeMap<String, u64>> {
    const REPEAT: u64 = 20;
    const COUNTED: &str = "*::evaluations";
    let folder = tempfile::tempdir()?;
    let mut command = Command::new("valgrind");
    command.arg("--tool=callgrind").arg(format!("--toggle-collect={COUNTED}"));
    command.arg(format!("--dump-after={COUNTED}"));
    command.arg(format!("--callgrind-out-file={}", folder.path().join("counts").display())).arg(program()?);
    command.arg("--gold").arg(&args.gold).args(["--repeat", &REPEAT.to_string()]);
    if let Some(only) = &args.only {
        command.args(["--only", only]);
    }
    let output = command.output()?;
    ensure!(output.status.success(), "callgrind failed: {}", String::from_utf8_lossy(&output.stderr));
    let counts = cases.iter().zip(1..).map(|(case, number)| {
        let text = std::fs::read_to_string(folder.path().join(format!("counts.{number}")))?;
        let total =
            text.lines().find_map(|line| line.strip_prefix("totals: ")).context("callgrind counts")?;
        Ok((case.name.clone(), total.trim().parse::<u64>()? / REPEAT))
    });
    counts.collect()
}
