//! The release programs as a user runs them: size on disk, time to serve, memory when idle.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::Context;

use crate::program::{Program, answers, wait};

/// Size of a program in bytes.
pub(super) fn size(program: &Path) -> anyhow::Result<u64> {
    let metadata =
        std::fs::metadata(program).with_context(|| format!("{} is not built", program.display()))?;
    Ok(metadata.len())
}

/// From the start of `kro dev` until its API server answers, several times.
pub(super) fn serving(programs: &Path, example: &Path, times: usize) -> anyhow::Result<Vec<Duration>> {
    (0..times)
        .map(|_| {
            let start = Instant::now();
            let mut dev = Program::start(Command::new(programs.join("kro")).arg("dev").arg(example))?;
            let address = dev.address()?;
            wait(|| Ok(answers(&address, "/readyz")))?;
            Ok(start.elapsed())
        })
        .collect()
}

/// Resident memory of the operator beside a bare server, once the example is ready.
pub(super) fn idle_operator(programs: &Path, example: &Path) -> anyhow::Result<u64> {
    let mut server = Program::start(Command::new(programs.join("kro")).arg("apiserver"))?;
    let address = server.address()?;
    let kubeconfig = server.line("export KUBECONFIG=")?;
    let mut operator = Command::new(programs.join("kro-operator"));
    operator.env("KUBECONFIG", &kubeconfig);
    operator.args(["--metrics-bind-address=0", "--health-probe-bind-address=0"]);
    super::in_process::install(&address, example)?;
    let operator = Program::start(&mut operator)?;
    wait(|| super::in_process::is_ready_at(&address, example))?;
    std::thread::sleep(Duration::from_secs(3));
    operator.resident()
}
