//! The kubeconfig file for other programs: written whole or not at all, removed at the end.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use kro_apiserver::core::Identity;
use kro_apiserver::serve::{Authority, ClientCertificate};
use serde_json::{Value, json};

use crate::output::Advice;

/// A kubeconfig on disk; dropping it removes the file, and its folder if we made it.
#[derive(Debug)]
pub(crate) struct Kubeconfig {
    path: PathBuf,
    folder: Option<PathBuf>,
}

/// What a client is told: where the server is, whom to trust, and how to be the administrator.
#[derive(Debug)]
pub(crate) struct Login {
    url: String,
    token: Option<String>,
    tls: Option<(String, ClientCertificate)>,
}

impl Login {
    /// A login for the server at `url`, with a certificate of the administrator if there is an authority.
    pub(crate) fn new(
        url: &str,
        token: Option<String>,
        authority: Option<&Authority>,
    ) -> anyhow::Result<Self> {
        let tls = match authority {
            Some(authority) => Some((authority.pem().to_owned(), authority.issue(Identity::admin())?)),
            None => None,
        };
        Ok(Self { url: url.to_owned(), token, tls })
    }

    /// JSON is YAML, so kubectl reads it.
    fn contents(&self) -> String {
        let (mut cluster, mut user) = (json!({"server": self.url}), json!({}));
        if let Some((authority, client)) = &self.tls {
            let packed = |pem: &str| Value::from(BASE64_STANDARD.encode(pem));
            cluster["certificate-authority-data"] = packed(authority);
            user["client-certificate-data"] = packed(&client.certificate);
            user["client-key-data"] = packed(&client.key);
        }
        if let Some(token) = &self.token {
            user["token"] = token.as_str().into();
        }
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "kro", "cluster": cluster}],
            "users": [{"name": "kro", "user": user}],
            "contexts": [{"name": "kro", "context": {"cluster": "kro", "user": "kro", "namespace": "default"}}],
            "current-context": "kro",
        });
        format!("{config:#}\n")
    }
}

impl Kubeconfig {
    /// Writes a kubeconfig, at `path` or in a fresh temporary folder.
    pub(crate) fn write(path: Option<PathBuf>, login: &Login) -> anyhow::Result<Self> {
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
            write_private(&part, &login.contents()).and_then(|()| fs::rename(&part, &kubeconfig.path));
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

/// There may be a key in it.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?.write_all(text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_goes_with_the_value() {
        let dir = tempfile::tempdir().expect("a temporary folder");
        let path = dir.path().join("kubeconfig");
        let login = Login::new("http://127.0.0.1:1", None, None).expect("no certificates");
        let written = Kubeconfig::write(Some(path.clone()), &login).expect("writable");
        assert!(fs::read_to_string(&path).expect("written").contains("http://127.0.0.1:1"));
        drop(written);
        assert!(!path.exists());
        assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 0);
    }

    #[test]
    fn an_impossible_place_is_an_error_with_advice() {
        let login = Login::new("http://x", None, None).expect("no certificates");
        let error = Kubeconfig::write(Some("/proc/nowhere/kubeconfig".into()), &login)
            .expect_err("cannot be written");
        assert!(error.downcast_ref::<Advice>().is_some(), "{error:#}");
    }
}
