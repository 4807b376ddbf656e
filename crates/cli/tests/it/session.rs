//! A running `kro dev` for tests: started as a user starts it, ended with the value.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Longer than anything here takes on a slow machine; a test that waits this long has failed.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// `kro` with the repository as its working folder.
pub(crate) fn kro() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kro"));
    command.current_dir(root()).env_remove("KUBECONFIG");
    command
}

/// A `kro dev` that runs until it is dropped.
#[derive(Debug)]
pub(crate) struct Session {
    child: Child,
    lines: Receiver<String>,
    /// What it has printed so far.
    pub(crate) seen: Vec<String>,
    folder: tempfile::TempDir,
}

impl Session {
    /// Starts `kro` with these words and waits until its server can be used.
    pub(crate) fn start(words: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut child = kro()
            .args(words)
            .arg("--kubeconfig")
            .arg(folder.path().join("kubeconfig"))
            .stdout(Stdio::piped())
            .stdin(Stdio::null())
            .spawn()
            .expect("kro starts");
        let (sender, lines) = channel();
        let out = child.stdout.take().expect("standard output is piped");
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut session = Self { child, lines, seen: Vec::new(), folder };
        session.wait_for("export KUBECONFIG=");
        session
    }

    /// Waits for a line that contains a text.
    pub(crate) fn wait_for(&mut self, text: &str) {
        while !self.seen.iter().any(|line| line.contains(text)) {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("no line with {text:?}; seen:\n{}", self.seen.join("\n"))
                }
            }
        }
    }

    /// The kubeconfig that the session has written.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.folder.path().join("kubeconfig")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
