//! Fuzzing: starts `cargo fuzz` on one target of the folder `fuzz/`, with its committed seeds. What the fuzzer finds
//! worth keeping goes to `fuzz/corpus`, what fails to `fuzz/artifacts`; neither is committed.

use std::process::{Command, ExitCode};

use anyhow::{Context, bail, ensure};

use crate::cargo::{pass, root};

/// Runs a target for a while; without one, prints their names.
pub(crate) fn run(rest: &[String]) -> anyhow::Result<ExitCode> {
    let (target, seconds) = match rest {
        [] => {
            for name in targets()? {
                println!("{name}");
            }
            return Ok(ExitCode::SUCCESS);
        }
        [target] => (target, 60),
        [target, flag, seconds] if flag == "--seconds" => {
            (target, seconds.parse().with_context(|| format!("--seconds takes a number, not {seconds}"))?)
        }
        _ => bail!("usage: cargo xtask fuzz TARGET [--seconds N]"),
    };
    let known = targets()?;
    ensure!(known.contains(target), "no target named {target}; there are: {}", known.join(" "));
    let has_tool =
        Command::new("cargo").args(["fuzz", "--version"]).output().is_ok_and(|out| out.status.success());
    ensure!(
        has_tool,
        "cargo-fuzz is missing: `cargo install --locked cargo-fuzz`, and `rustup toolchain install nightly`"
    );
    let corpus = format!("fuzz/corpus/{target}");
    std::fs::create_dir_all(root().join(&corpus)).with_context(|| format!("cannot make {corpus}"))?;
    let time: u64 = seconds;
    // Through rustup's proxy, not the cargo that started this program: only the proxy can switch to nightly.
    let mut command = Command::new("cargo");
    command
        .args([
            "+nightly",
            "fuzz",
            "run",
            "--sanitizer",
            "none",
            target,
            &corpus,
            &format!("fuzz/seeds/{target}"),
        ])
        .args(["--", "-max_len=4096", "-timeout=10", "-rss_limit_mb=2048", "-print_final_stats=1"])
        .arg(format!("-max_total_time={time}"))
        .current_dir(root())
        .env_remove("CARGO")
        .env_remove("RUSTUP_TOOLCHAIN");
    pass(&mut command)
}

/// The targets: one file each.
fn targets() -> anyhow::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(root().join("fuzz/targets")).context("cannot list fuzz/targets")? {
        let name = entry?.file_name();
        names.extend(name.to_string_lossy().strip_suffix(".rs").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}
