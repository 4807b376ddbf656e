//! The two servers, started as their users start them and ended when dropped.

use anyhow::{Context, ensure};
use std::{
    env, fs,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// How long the embedded server may take to start.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server that answers.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) name: &'static str,
    pub(crate) kubeconfig: PathBuf,
    /// A home for the clients, so that they find no caches.
    pub(crate) home: tempfile::TempDir,
    ends_by: End,
}

#[derive(Debug)]
enum End {
    Kill(Child),
    /// Waits for the end of our pipe to it, however we end, and runs `down.sh`.
    Guard(Child),
}

impl Server {
    /// `kro apiserver`, with nothing beside it.
    pub(crate) fn embedded(kro: &Path) -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let kubeconfig = home.path().join("kubeconfig");
        let mut command = Command::new(kro);
        command.args(["apiserver", "--secure", "--rbac", "--no-controllers", "--kubeconfig"]);
        let child = command
            .arg(&kubeconfig)
            .stdout(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", kro.display()))?;
        let server = Self { name: "embedded", kubeconfig, home, ends_by: End::Kill(child) };
        server.wait_for_kubeconfig()?;
        Ok(server)
    }

    #[expect(clippy::disallowed_methods, reason = "waits for a program")]
    fn wait_for_kubeconfig(&self) -> anyhow::Result<()> {
        let start = Instant::now();
        while !self.kubeconfig.exists() {
            ensure!(start.elapsed() < PATIENCE, "the embedded server wrote no kubeconfig in {PATIENCE:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// etcd and kube-apiserver, by the scripts of the gold data.
    pub(crate) fn real(gold: &Path) -> anyhow::Result<Self> {
        let scripts = gold.join("real-apiserver");
        let scripts = scripts.canonicalize().with_context(|| format!("no {}", scripts.display()))?;
        let home = tempfile::tempdir()?;
        let mut up = Command::new(scripts.join("up.sh"));
        if env::var_os("KUBEBUILDER_ASSETS").is_none() {
            let user = env::var_os("HOME").context("no HOME: set KUBEBUILDER_ASSETS")?;
            up.env("KUBEBUILDER_ASSETS", Path::new(&user).join(".cache/real-apiserver"));
        }
        // The servers keep the script's output open, so it is read from a file.
        let said = home.path().join("said");
        let status = up.stdout(fs::File::create(&said)?).status().context("cannot run up.sh")?;
        ensure!(status.success(), "the real server did not start; real-apiserver/build.sh makes it");
        let text = fs::read_to_string(said)?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.map(str::to_owned).with_context(|| format!("up.sh did not print {name}"))
        };
        let guard = guard(&scripts.join("down.sh"), &value("DIR")?)?;
        Ok(Self { name: "real", kubeconfig: value("KUBECONFIG")?.into(), home, ends_by: End::Guard(guard) })
    }
}

/// A shell that runs `down.sh` when this program ends, in a process group of its own: signals to ours do not reach it.
fn guard(down: &Path, folder: &str) -> anyhow::Result<Child> {
    let mut shell = Command::new("sh");
    shell.args(["-c", r#"read -r _; exec "$0" "$1""#]).arg(down).arg(folder);
    shell.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0).spawn().context("cannot run sh")
}

impl Drop for Server {
    fn drop(&mut self) {
        match &mut self.ends_by {
            End::Kill(child) => {
                let _ = child.kill();
                let _ = child.wait();
            }
            End::Guard(child) => {
                drop(child.stdin.take());
                let _ = child.wait();
            }
        }
    }
}
