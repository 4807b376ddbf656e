//! The release programs as a user runs them: size on disk, time to serve, memory when idle.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Nothing here takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_mins(1);

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
    resident(operator.child.id())
}

/// `VmRSS` of a process in bytes.
fn resident(process: u32) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("cannot read /proc")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// A program that ends with the value.
struct Program {
    child: Child,
    seen: String,
}

impl Program {
    fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child, seen: String::new() })
    }

    /// `host:port` of the server it says it serves.
    fn address(&mut self) -> anyhow::Result<String> {
        self.line("serving on http://")
    }

    /// The rest of the first line that begins with a text.
    fn line(&mut self, prefix: &str) -> anyhow::Result<String> {
        let out = self.child.stdout.as_mut().context("standard output is piped")?;
        loop {
            if let Some(rest) = self.seen.lines().find_map(|line| line.strip_prefix(prefix))
                && self.seen.ends_with('\n')
            {
                return Ok(rest.to_owned());
            }
            let mut buffer = [0; 4096];
            match out.read(&mut buffer)? {
                0 => bail!("it ended before it said {prefix:?}: {}", self.seen),
                read => self.seen.push_str(&String::from_utf8_lossy(&buffer[..read])),
            }
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn wait(mut is_done: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let start = Instant::now();
    while !is_done()? {
        anyhow::ensure!(start.elapsed() < PATIENCE, "nothing happened for {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Whether a GET of a path is answered with 200.
fn answers(address: &str, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    TcpStream::connect(address)
        .and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        })
        .is_ok_and(|_| answer.starts_with("HTTP/1.1 200"))
}
