//! A real API server for tests, where there is one.

use std::path::PathBuf;
use std::process::Command;

/// A kube-apiserver, stopped with the value.
pub(crate) struct Real {
    scripts: PathBuf,
    folder: String,
    pub(crate) kubeconfig: PathBuf,
}

impl Real {
    /// With the programs in `KUBEBUILDER_ASSETS`, by the scripts of the gold data; nothing when either is missing.
    pub(crate) fn start() -> Option<Self> {
        std::env::var_os("KUBEBUILDER_ASSETS")?;
        let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
        let scripts =
            std::env::var_os("KRO_GOLD_DIR").map_or_else(default, PathBuf::from).join("real-apiserver");
        let up = Command::new(scripts.join("up.sh")).output().ok()?;
        assert!(up.status.success(), "{}", String::from_utf8_lossy(&up.stderr));
        let text = String::from_utf8(up.stdout).expect("text");
        let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let kubeconfig = PathBuf::from(value("KUBECONFIG").expect("a kubeconfig"));
        Some(Self { scripts, folder: value("DIR").expect("a folder").to_owned(), kubeconfig })
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = Command::new(self.scripts.join("down.sh")).arg(&self.folder).output();
    }
}
