//! Programs under measurement: started, listened to, asked for their memory, ended when dropped.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Nothing here takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that ends with the value.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    seen: String,
}

impl Program {
    /// Starts it; what it says on standard output is kept.
    pub(crate) fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", command.get_program().display()))?;
        Ok(Self { child, seen: String::new() })
    }

    /// `host:port` of the server it says it serves.
    pub(crate) fn address(&mut self) -> anyhow::Result<String> {
        self.line("serving on http://")
    }

    /// The rest of the first line that begins with a text.
    pub(crate) fn line(&mut self, prefix: &str) -> anyhow::Result<String> {
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

impl Program {
    /// `VmRSS` in bytes.
    pub(crate) fn resident(&self) -> anyhow::Result<u64> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).context("cannot read /proc")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes * 1024)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks again and again until the answer is yes.
pub(crate) fn wait(mut is_done: impl FnMut() -> anyhow::Result<bool>) -> anyhow::Result<()> {
    let start = Instant::now();
    while !is_done()? {
        anyhow::ensure!(start.elapsed() < PATIENCE, "nothing happened for {PATIENCE:?}");
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(())
}

/// Whether a GET of a path is answered with 200.
pub(crate) fn answers(address: &str, path: &str) -> bool {
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut answer = String::new();
    TcpStream::connect(address)
        .and_then(|mut stream| {
            stream.write_all(request.as_bytes())?;
            stream.read_to_string(&mut answer)
        })
        .is_ok_and(|_| answer.starts_with("HTTP/1.1 200"))
}
