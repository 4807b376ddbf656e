//! Runs every command that a document shows in a `console` block, in its order, as a reader would.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::session::{PATIENCE, Session, kro, root};

/// The guide of the installed form, below `docs/guide`.
pub(crate) const INSTALLED: &str = "run-the-operator.md";

/// The lines `$ …` of the console blocks of a document.
pub(crate) fn commands(text: &str) -> Vec<String> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in text.lines() {
        match line.trim() {
            "```console" => inside = true,
            "```" => inside = false,
            line if inside => found.extend(line.strip_prefix("$ ").map(str::to_owned)),
            _ => {}
        }
    }
    found
}

/// Splits a command as a shell does, as far as our documents need it: quotes and a trailing comment.
fn words(command: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for c in command.chars() {
        match (quote, c) {
            (None, '\'' | '"') => quote = Some(c),
            (Some(open), c) if c == open => quote = None,
            (None, '#') if words.last().is_some_and(String::is_empty) => break,
            (None, ' ') => words.push(String::new()),
            (_, c) => words.last_mut().expect("there is a word").push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

pub(crate) fn has_kubectl() -> bool {
    Command::new("kubectl").args(["version", "--client"]).output().is_ok_and(|out| out.status.success())
}

/// Runs kubectl until it succeeds: the objects it names are being made.
fn kubectl(session: &Session, words: &[&str]) {
    #[expect(clippy::disallowed_methods, reason = "a test waits in real time")]
    let start = Instant::now();
    loop {
        let out = Command::new("kubectl")
            .args(words)
            .env("KUBECONFIG", session.kubeconfig())
            .output()
            .expect("kubectl starts");
        if out.status.success() {
            return;
        }
        assert!(
            start.elapsed() < PATIENCE,
            "kubectl {}: {}",
            words.join(" "),
            String::from_utf8_lossy(&out.stderr)
        );
        #[expect(clippy::disallowed_methods, reason = "a test waits in real time")]
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn run(document: &Path) {
    let text = std::fs::read_to_string(document).expect("a document");
    let kubectl_is_here = has_kubectl();
    let mut session: Option<Session> = None;
    for command in commands(&text) {
        let words = words(&command);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        match words.as_slice() {
            ["cargo", "run", "--release", "--bin", "kro", "--", rest @ ..]
                if rest.first() == Some(&"dev") =>
            {
                drop(session.take());
                session = Some(Session::start(rest));
            }
            ["cargo", "run", "--release", "--bin", "kro", "--", rest @ ..] | ["kro", rest @ ..] => {
                let out = kro().args(rest).output().expect("kro starts");
                assert!(out.status.success(), "{command}: {}", String::from_utf8_lossy(&out.stderr));
            }
            ["cargo", "xtask", task, ..] => {
                let tasks = ["test", "check", "tidy", "conformance", "bench", "codegen"];
                assert!(tasks.contains(task), "{command}: no such task");
            }
            ["kubectl", ..] if !kubectl_is_here => {
                eprintln!("NOT RUN, kubectl is not installed: {command}");
            }
            ["kubectl", rest @ ..] => {
                kubectl(session.as_ref().expect("a document starts `kro dev` before kubectl"), rest);
            }
            _ => panic!("{}: nobody runs {command:?}", document.display()),
        }
    }
}

/// Guides but the one of the installed form, which needs a cluster of its own (`installed`).
fn guides() -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(root().join("docs/guide")).into_iter().flatten().flatten() {
        found.push(entry.path());
    }
    found.retain(|path| !path.ends_with(INSTALLED));
    found.sort();
    found
}

#[test]
fn readme() {
    run(&root().join("README.md"));
}

#[test]
fn example_web_app() {
    run(&root().join("fixtures/examples/web-app/README.md"));
}

#[test]
fn example_database() {
    run(&root().join("fixtures/examples/database/README.md"));
}

#[test]
fn guide() {
    for document in guides() {
        run(&document);
    }
}

#[test]
fn commands_are_read_as_a_shell_reads_them() {
    let text = "```console\n$ kubectl patch x -p '{\"a\": 1}'   # why\noutput\n```\n$ not a command\n";
    assert_eq!(commands(text), ["kubectl patch x -p '{\"a\": 1}'   # why"]);
    assert_eq!(
        words("kubectl patch x -p '{\"a\": 1}'   # why"),
        ["kubectl", "patch", "x", "-p", "{\"a\": 1}"]
    );
}
