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
    _guard: Guard,
}

/// A shell that runs a command when our pipe to it ends: when this is dropped, or with this program, however that ends.
/// It is in a process group of its own, which signals to ours do not reach.
#[derive(Debug)]
struct Guard(Child);

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
        let pid = child.id().to_string();
        let server = Self { name: "embedded", kubeconfig, home, _guard: Guard::new("kill".as_ref(), &pid)? };
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
        let guard = Guard::new(&scripts.join("down.sh"), &value("DIR")?)?;
        Ok(Self { name: "real", kubeconfig: value("KUBECONFIG")?.into(), home, _guard: guard })
    }
}

impl Guard {
    /// Will run a program with one argument.
    fn new(program: &Path, argument: &str) -> anyhow::Result<Self> {
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"read -r _; "$0" "$1""#]).arg(program).arg(argument);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).process_group(0);
        Ok(Self(shell.spawn().context("cannot run sh")?))
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufRead as _, BufReader};

    /// Names the process to guard to the program that is killed.
    const GUARDED: &str = "KRO_CLIENTS_TEST_GUARDED";

    fn server() -> Child {
        Command::new("sleep").arg("60").spawn().unwrap()
    }

    #[test]
    fn a_guard_ends_what_it_guards_and_not_before() {
        let mut server = server();
        let pid = server.id().to_string();
        let guard = Guard::new("kill".as_ref(), &pid).unwrap();
        assert!(server.try_wait().unwrap().is_none(), "it runs as long as it is guarded");
        drop(guard);
        assert!(!server.wait().unwrap().success(), "it was killed");
    }

    /// This test starts itself once more and kills that program, which cannot drop anything then.
    #[test]
    fn a_guard_outlives_a_killed_program() {
        if let Some(pid) = env::var_os(GUARDED) {
            let _guard = Guard::new("kill".as_ref(), pid.to_str().unwrap()).unwrap();
            println!("guarded");
            std::thread::park();
        }
        let mut server = server();
        let mut program = Command::new(env::current_exe().unwrap());
        program.args(["--exact", "servers::tests::a_guard_outlives_a_killed_program", "--nocapture"]);
        program.env(GUARDED, server.id().to_string()).stdout(Stdio::piped());
        let mut program = program.spawn().unwrap();
        let lines = BufReader::new(program.stdout.take().unwrap()).lines();
        assert!(lines.map_while(Result::ok).any(|line| line.ends_with("guarded")));
        assert!(server.try_wait().unwrap().is_none(), "it runs as long as the program does");
        program.kill().unwrap();
        program.wait().unwrap();
        assert!(!server.wait().unwrap().success(), "it was killed");
    }
}
