//! Starts cargo and the programs it builds. Knows where the repository and the gold data are, nothing else.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context, ensure};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("invariant: xtask lies below the root")
        .to_path_buf()
}

/// The gold data folder, when there is one.
pub(crate) fn gold() -> Option<PathBuf> {
    let wanted = std::env::var_os("KRO_GOLD_DIR").map_or_else(|| root().join("../shared"), PathBuf::from);
    wanted.canonicalize().ok()
}

/// A cargo command in the root, with the gold folder in its environment.
pub(crate) fn cargo(words: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.args(words).current_dir(root());
    if let Some(gold) = gold() {
        command.env("KRO_GOLD_DIR", gold);
    }
    command
}

/// Runs a command; an error unless it succeeds.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<()> {
    let line = describe(command);
    eprintln!("$ {line}");
    let status = command.status().with_context(|| format!("cannot start {line}"))?;
    ensure!(status.success(), "{line}: {status}");
    Ok(())
}

/// Runs a command and passes its exit code on.
pub(crate) fn pass(command: &mut Command) -> anyhow::Result<ExitCode> {
    let line = describe(command);
    let status = command.status().with_context(|| format!("cannot start {line}"))?;
    Ok(status.code().and_then(|c| u8::try_from(c).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}

fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy();
    let words = command.get_args().map(|w| w.to_string_lossy().into_owned());
    std::iter::once(program.into_owned()).chain(words).collect::<Vec<_>>().join(" ")
}
