//! Suite `scenarios`: our operator on an API server, played and judged by the gold data's own runner.
//!
//! The server is the real one when `KUBEBUILDER_ASSETS` names its folder, else the embedded one; both are started
//! here and stopped afterwards. The programs are the ones built beside this runner.
#![expect(clippy::disallowed_methods, reason = "a runner waits for the programs it starts")]
#![expect(clippy::print_stderr, reason = "progress of minutes is shown beside the report")]

use crate::{report::Report, suites::Input};
use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

const FLAGS: &str = "--metrics-bind-address=127.0.0.1:{metrics} --health-probe-bind-address=127.0.0.1:{health} \
     --instance-requeue-interval=1s --rgd-progress-requeue-delay=1s \
     --dynamic-controller-concurrent-reconciles=10 --resource-graph-definition-concurrent-reconciles=4 \
     --graph-revision-concurrent-reconciles=4 --feature-gates=CELOmitFunction=true {extra}";

/// Runs every scenario in the data folder.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let scenarios = scenarios(input)?;
    ensure!(!scenarios.is_empty(), "no scenario in {}", input.data.display());
    let folder = Folder::new()?;
    let server = Server::start(input, &folder.0)?;
    eprintln!("scenarios: {} on {}", scenarios.len(), server.name());
    let results = folder.0.join("results.json");
    let operator = program("kro-operator")?;
    let status = Command::new("python3")
        .arg(runner(input)?)
        .arg("--kubeconfig")
        .arg(server.kubeconfig())
        .args(["--crds", concat!(env!("CARGO_MANIFEST_DIR"), "/../api/crds"), "--min-pass", "0"])
        .arg("--stand-ins")
        .arg(input.gold.join("scenarios/stand-ins.crds.yaml"))
        .arg("--operator-cmd")
        .arg(format!("{} {FLAGS}", operator.display()))
        .arg("--operator-log")
        .arg(env::var_os("KRO_OPERATOR_LOG").map_or_else(|| folder.0.join("operator.log"), PathBuf::from))
        .arg("--json")
        .arg(&results)
        .args(&scenarios)
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .context("cannot start python3, which plays the scenarios")?;
    ensure!(status.success(), "the runner of the scenarios failed: {status}");
    let results = fs::read(&results).context("the runner wrote no results")?;
    let results: BTreeMap<String, Value> = serde_json::from_slice(&results)?;
    let mut report = Report::default();
    for (name, result) in results {
        let why = result["why"].as_str().unwrap_or_default().to_owned();
        report.add(name, if result["pass"] == true { Ok(()) } else { Err(why) });
    }
    Ok(report)
}

fn scenarios(input: &Input) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(&input.data)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some(case) = name.strip_suffix(".yaml") else { continue };
        // `x.crds.yaml` holds what scenarios need, not one of them.
        if !case.contains('.') && input.wants(case) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn runner(input: &Input) -> anyhow::Result<PathBuf> {
    let path = input.gold.join("scenarios/run.py");
    ensure!(path.is_file(), "the gold folder has no scenarios/run.py");
    Ok(path)
}

/// A program built beside this one.
fn program(name: &str) -> anyhow::Result<PathBuf> {
    let path = env::current_exe()?.with_file_name(name);
    ensure!(path.is_file(), "{} is not built: cargo build --bin {name}", path.display());
    Ok(path)
}

/// An API server that ends with its value.
enum Server {
    Real { kubeconfig: PathBuf, folder: String, stop: PathBuf },
    Embedded { kubeconfig: PathBuf, process: Child },
}

impl Server {
    fn start(input: &Input, folder: &Path) -> anyhow::Result<Self> {
        if env::var_os("KUBEBUILDER_ASSETS").is_some() {
            return Self::start_real(&input.gold.join("real-apiserver"));
        }
        let kubeconfig = folder.join("kubeconfig");
        let mut process = Command::new(program("kro")?)
            .args(["apiserver", "--no-controllers", "--listen", "127.0.0.1:0", "--kubeconfig"])
            .arg(&kubeconfig)
            .stdout(Stdio::null())
            .spawn()?;
        let deadline = Instant::now() + Duration::from_secs(30);
        while !kubeconfig.is_file() {
            if let Some(status) = process.try_wait()? {
                bail!("the embedded API server ended at start: {status}");
            }
            if Instant::now() > deadline {
                let _ = process.kill();
                bail!("the embedded API server wrote no kubeconfig within 30 s");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self::Embedded { kubeconfig, process })
    }

    fn start_real(scripts: &Path) -> anyhow::Result<Self> {
        let output = Command::new(scripts.join("up.sh"))
            .stderr(Stdio::inherit())
            .output()
            .context("cannot run real-apiserver/up.sh")?;
        ensure!(output.status.success(), "the real API server did not start");
        let text = String::from_utf8(output.stdout)?;
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.map(str::to_owned).with_context(|| format!("up.sh did not print {name}"))
        };
        Ok(Self::Real {
            kubeconfig: value("KUBECONFIG")?.into(),
            folder: value("DIR")?,
            stop: scripts.join("down.sh"),
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Real { .. } => "the real API server (KUBEBUILDER_ASSETS)",
            Self::Embedded { .. } => "the embedded API server",
        }
    }

    fn kubeconfig(&self) -> &Path {
        match self {
            Self::Real { kubeconfig, .. } | Self::Embedded { kubeconfig, .. } => kubeconfig,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        match self {
            Self::Real { folder, stop, .. } => {
                let _ = Command::new(stop).arg(folder).status();
            }
            Self::Embedded { process, .. } => {
                let _ = process.kill();
                let _ = process.wait();
            }
        }
    }
}

/// A temporary folder that ends with its value.
struct Folder(PathBuf);

impl Folder {
    fn new() -> anyhow::Result<Self> {
        let path = env::temp_dir().join(format!("kro-scenarios-{}", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
