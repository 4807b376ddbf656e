//! House rules that neither the compiler nor clippy knows. Prints every breach, then fails once.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};

use crate::cargo::root;
use crate::layers;

mod docs;
mod manifests;
mod sources;

/// What the rules look at and what they found.
#[derive(Debug)]
pub(crate) struct Tidy {
    root: PathBuf,
    breaches: Vec<String>,
}

/// Checks every rule.
pub(crate) fn run() -> anyhow::Result<()> {
    let mut tidy = Tidy { root: root(), breaches: Vec::new() };
    manifests::check(&mut tidy)?;
    sources::check(&mut tidy)?;
    docs::check(&mut tidy)?;
    for breach in &tidy.breaches {
        println!("tidy: {breach}");
    }
    ensure!(tidy.breaches.is_empty(), "tidy: {} breaches", tidy.breaches.len());
    println!("tidy: {} crates, all rules hold", layers::LAYERS.len());
    Ok(())
}

impl Tidy {
    fn breach(&mut self, path: &Path, what: impl std::fmt::Display) {
        let shown = path.strip_prefix(&self.root).unwrap_or(path).display().to_string();
        self.breaches.push(format!("{shown}: {what}"));
    }

    /// Files below a folder of the repository whose name ends in `end`, in name order; nothing built or hidden.
    fn files(&self, dir: &str, end: &str) -> anyhow::Result<Vec<PathBuf>> {
        let mut found = Vec::new();
        let mut open = vec![self.root.join(dir)];
        while let Some(dir) = open.pop() {
            let Ok(entries) = fs::read_dir(&dir) else { continue };
            for entry in entries {
                let path = entry?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if path.is_dir() {
                    if name != "target" && !name.starts_with('.') {
                        open.push(path);
                    }
                } else if name.ends_with(end) {
                    found.push(path);
                }
            }
        }
        found.sort();
        Ok(found)
    }
}

fn read(path: &Path) -> anyhow::Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
