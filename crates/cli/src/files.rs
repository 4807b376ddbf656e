//! Tells when files below some paths change. Says that something changed, not what: the caller reads everything again.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Editors write a file in several steps; changes this close together are one.
const QUIET: Duration = Duration::from_millis(120);

/// A watch on files and folders; it ends when dropped.
pub(crate) struct Files {
    _watcher: notify::RecommendedWatcher,
    changes: mpsc::Receiver<()>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Files").finish_non_exhaustive()
    }
}

impl Files {
    /// Watches paths, folders with everything below them.
    pub(crate) fn watch(paths: &[PathBuf]) -> anyhow::Result<Self> {
        let (sender, changes) = mpsc::channel(1);
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // A full channel already says that something changed.
            if event.is_ok_and(|event| !event.kind.is_access()) {
                let _ = sender.try_send(());
            }
        })
        .context("cannot watch files for changes")?;
        for path in paths {
            // Editors replace a file by another one, so the folder of a single file is watched.
            let (place, mode) = if path.is_dir() {
                (path.as_path(), RecursiveMode::Recursive)
            } else {
                (
                    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new(".")),
                    RecursiveMode::NonRecursive,
                )
            };
            watcher.watch(place, mode).with_context(|| format!("cannot watch {}", place.display()))?;
        }
        Ok(Self { _watcher: watcher, changes })
    }

    /// Resolves after a change, once the files have been quiet for a moment.
    pub(crate) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        while tokio::time::timeout(QUIET, self.changes.recv()).await.is_ok_and(|change| change.is_some()) {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_written_file_is_one_change() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let mut files = Files::watch(&[dir.path().to_path_buf()]).expect("watchable");
        std::fs::write(dir.path().join("a.yaml"), "a: 1").expect("writable");
        std::fs::write(dir.path().join("a.yaml"), "a: 2").expect("writable");
        tokio::time::timeout(Duration::from_secs(10), files.changed()).await.expect("a change is told");
    }
}
