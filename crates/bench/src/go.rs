//! The Go programs: built from the sources beside the gold data, so that both sides run here and now.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail, ensure};
use serde::{Deserialize, de::DeserializeOwned};

use crate::measure::Figures;

/// Builds the program of a folder, beside this one. `None` where there is no Go, which is an error in CI.
pub(crate) fn build(folder: &Path, name: &str) -> anyhow::Result<Option<PathBuf>> {
    let Some(go) = find_go() else {
        if std::env::var("CI").is_ok_and(|ci| ci == "true") {
            bail!("the Go program cannot be built: no `go` in PATH or /usr/local/go");
        }
        println!("note: no `go` here: the Go figures are stored ones, of another machine and day");
        return Ok(None);
    };
    let program = std::env::current_exe()?.parent().context("a folder of this program")?.join(name);
    let mut build = Command::new(go);
    build.args(["build", "-o"]).arg(&program).arg(".").current_dir(folder);
    ensure!(build.status()?.success(), "the Go program does not build");
    Ok(Some(program))
}

/// Runs a built program.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "the Go program failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// One case of the program `go-baselines`.
#[derive(Debug, Deserialize)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// The least time of an operation over all repetitions.
    ns_min: f64,
    /// Allocations of an operation.
    allocs: f64,
}

impl Case {
    pub(crate) const HEADER: &str = "case                           ns   faster   allocs    fewer";

    /// A line of the table: our figures, and how many times better they are.
    pub(crate) fn beside(&self, ours: &Figures) -> String {
        format!(
            "{:<22} {:>10.0} {:>7.1}x {:>8.1} {:>7.1}x",
            ours.name,
            ours.ns_min,
            self.ns_min / ours.ns_min,
            ours.allocs,
            self.allocs / ours.allocs.max(0.1)
        )
    }
}

/// A set of figures of the program `go-baselines`: made now if it can be built, else the stored ones.
pub(crate) fn figures<T: DeserializeOwned>(gold: &Path, set: &str, stored: &str) -> anyhow::Result<T> {
    let file = match build(&gold.join("go-baselines"), "go-baselines")? {
        None => gold.join(stored),
        Some(program) => {
            let out = program.with_file_name(stored);
            let mut command = Command::new(&program);
            command.arg("-data").arg(gold.join("data")).args(["-set", set, "-reps", "25", "-time", "8ms"]);
            run(command.arg("-out").arg(&out))?;
            out
        }
    };
    kro_bench::read(&file)
}

fn find_go() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/local/go/bin")]);
    folders.map(|folder| folder.join("go")).find(|go| go.is_file())
}
