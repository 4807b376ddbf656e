//! The clients: what each needs, and how its script is played.

use crate::{kube, servers::Server};
use anyhow::{Context, ensure};
use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A client and its script.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) name: &'static str,
    /// Whether CI does without it where it cannot be had.
    pub(crate) is_optional: bool,
    prepare: fn(&Path) -> anyhow::Result<Prepared>,
}

/// A script that is ready to be played.
#[derive(Debug)]
pub(crate) enum Prepared {
    /// A program with its arguments.
    Program(Vec<PathBuf>),
    /// The scenario in this program.
    KubeRs,
}

/// All of them.
pub(crate) const CLIENTS: &[Client] = &[
    Client { name: "kubectl", is_optional: false, prepare: kubectl },
    Client { name: "kube-rs", is_optional: false, prepare: |_| Ok(Prepared::KubeRs) },
    Client { name: "client-go", is_optional: false, prepare: client_go },
    Client { name: "python", is_optional: false, prepare: python },
    Client { name: "helm", is_optional: true, prepare: helm },
];

/// The release of Helm that is built where none is installed.
const HELM: &str = "helm.sh/helm/v3/cmd/helm@v3.19.0";

impl Client {
    /// Gets its program ready below `out`; an error if it cannot be had.
    pub(crate) fn prepared(&self, out: &Path) -> anyhow::Result<Prepared> {
        (self.prepare)(out)
    }
}

impl Prepared {
    /// All that the client says on a server.
    pub(crate) fn play(&self, server: &Server) -> anyhow::Result<String> {
        let words = match self {
            Self::KubeRs => return kube::play(&server.kubeconfig),
            Self::Program(words) => words,
        };
        let output = Command::new(&words[0])
            .args(&words[1..])
            .env("KUBECONFIG", &server.kubeconfig)
            .env("HOME", server.home.path())
            .stdin(Stdio::null())
            .output()?;
        let said = String::from_utf8(output.stdout)?;
        let complaints = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "it failed: {complaints}\nafter:\n{said}");
        Ok(said + &complaints)
    }
}

fn scenarios() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}

fn kubectl(_: &Path) -> anyhow::Result<Prepared> {
    run(Command::new("kubectl").args(["version", "--client"]))?;
    Ok(Prepared::Program(vec!["bash".into(), scenarios().join("kubectl.sh")]))
}

fn client_go(out: &Path) -> anyhow::Result<Prepared> {
    let program = out.join("client-go");
    run(Command::new("go")
        .args(["build", "-buildvcs=false", "-o"])
        .arg(&program)
        .arg(".")
        .current_dir(scenarios().join("client-go")))?;
    Ok(Prepared::Program(vec![program]))
}

fn python(out: &Path) -> anyhow::Result<Prepared> {
    let folder = out.join("python");
    let python = folder.join("bin/python");
    if !python.exists() {
        run(Command::new("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    run(Command::new(&python)
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(scenarios().join("python-requirements.txt")))?;
    Ok(Prepared::Program(vec![python, scenarios().join("python.py")]))
}

/// Helm: the one on the path, or one built from its Go module.
fn helm(out: &Path) -> anyhow::Result<Prepared> {
    let built = out.join("helm");
    let program = if run(Command::new("helm").arg("version")).is_ok() {
        PathBuf::from("helm")
    } else {
        if !built.exists() {
            run(Command::new("go").args(["install", HELM]).env("GOBIN", out))?;
        }
        built
    };
    Ok(Prepared::Program(vec!["bash".into(), scenarios().join("helm.sh"), program]))
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let name = command.get_program().display().to_string();
    let output = command.stdin(Stdio::null()).output().with_context(|| format!("{name} is not there"))?;
    ensure!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
