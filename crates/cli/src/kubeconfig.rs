//! The kubeconfig file for other programs: written whole or not at all, removed at the end.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use serde_json::json;

use crate::output::Advice;

/// A kubeconfig on disk; dropping it removes the file, and its folder if we made it.
#[derive(Debug)]
pub(crate) struct Kubeconfig {
    path: PathBuf,
    folder: Option<PathBuf>,
}

impl Kubeconfig {
    /// Writes a kubeconfig for the server at `url`, at `path` or in a fresh temporary folder.
    pub(crate) fn write(path: Option<PathBuf>, url: &str, token: Option<&str>) -> anyhow::Result<Self> {
        let folder = path.is_none().then(|| std::env::temp_dir().join(format!("kro-{}", std::process::id())));
        if let Some(folder) = &folder {
            fs::create_dir_all(folder).with_context(|| unwritable(folder))?;
        }
        let path = match (path, &folder) {
            (Some(path), _) => std::path::absolute(path)?,
            (None, Some(folder)) => folder.join("kubeconfig"),
            (None, None) => anyhow::bail!("invariant: there is a path or a folder"),
        };
        let kubeconfig = Self { path, folder };
        let part = kubeconfig.path.with_extension("part");
        let written =
            fs::write(&part, contents(url, token)).and_then(|()| fs::rename(&part, &kubeconfig.path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written.with_context(|| unwritable(&kubeconfig.path))?;
        Ok(kubeconfig)
    }

    /// Where the file lies.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Kubeconfig {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
        if let Some(folder) = &self.folder {
            let _ = fs::remove_dir(folder);
        }
    }
}

fn unwritable(path: &Path) -> Advice {
    Advice::new(
        format!("cannot write {}", path.display()),
        "name a place that can be written with --kubeconfig FILE",
    )
}

/// JSON is YAML, so kubectl reads it.
fn contents(url: &str, token: Option<&str>) -> String {
    let user = token.map_or_else(|| json!({}), |token| json!({"token": token}));
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "kro", "cluster": {"server": url}}],
        "users": [{"name": "kro", "user": user}],
        "contexts": [{"name": "kro", "context": {"cluster": "kro", "user": "kro", "namespace": "default"}}],
        "current-context": "kro",
    });
    format!("{config:#}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_goes_with_the_value() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("kubeconfig");
        let written = Kubeconfig::write(Some(path.clone()), "http://127.0.0.1:1", None).expect("writable");
        assert!(fs::read_to_string(&path).expect("written").contains("http://127.0.0.1:1"));
        drop(written);
        assert!(!path.exists());
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn an_impossible_place_is_an_error_with_advice() {
        let error = Kubeconfig::write(Some("/proc/nowhere/kubeconfig".into()), "http://x", None)
            .expect_err("cannot be written");
        assert!(error.downcast_ref::<Advice>().is_some(), "{error:#}");
    }
}
