//! Suite `apiserver`: recorded exchanges played against the embedded server by the gold data's own runner.
//!
//! The server runs in this process on a loopback port, without controllers and with RBAC, as the recorded one did.
#![expect(clippy::disallowed_methods, reason = "a runner waits for the programs it starts")]

use crate::{report::Report, suites::Input};
use anyhow::{Context, ensure};
use kro_apiserver::{ApiServer, Authorization, Behaviors, Options, serve::serve};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tokio::{net::TcpListener, runtime::Runtime};

const TOKEN: &str = "conformance";

/// Plays every case of the data folder.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let files = case_files(&input.data)?;
    ensure!(!files.is_empty(), "no case files in {}", input.data.display());
    let runner = input.gold.join("apiserver/replay.py");
    ensure!(runner.is_file(), "the gold folder has no apiserver/replay.py");
    let runtime = Runtime::new()?;
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
    let address = listener.local_addr()?;
    let server = ApiServer::new(Options {
        behaviors: Behaviors::None,
        token: Some(TOKEN.to_owned()),
        authorization: Authorization::Rbac,
        ..Options::default()
    });
    runtime.spawn(serve(server, listener, std::future::pending()));
    let results = env::temp_dir().join(format!("kro-apiserver-{}.json", std::process::id()));
    let mut command = Command::new("python3");
    command.arg(runner).args(["--server", &format!("http://{address}"), "--token", TOKEN]);
    command.args(["--no-settle", "--quiet", "--min-pass", "0", "--json"]).arg(&results).args(&files);
    if let Some(only) = &input.only {
        command.args(["--case", &format!("*{only}*")]);
    }
    let status = command
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .context("cannot start python3, which plays the cases")?;
    ensure!(status.success(), "the runner of the cases failed: {status}");
    let report = read_results(&results);
    fs::remove_file(&results).context("the runner wrote no results")?;
    report
}

/// The files of a folder that hold cases.
fn case_files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            out.push(path);
        }
    }
    out.sort();
    Ok(out)
}

fn read_results(path: &Path) -> anyhow::Result<Report> {
    let results: Value = serde_json::from_slice(&fs::read(path).context("the runner wrote no results")?)?;
    let mut report = Report::default();
    for case in results["cases"].as_array().context("the results name no cases")? {
        let name = case["case"].as_str().unwrap_or_default();
        let first = &case["differences"][0];
        let why = format!(
            "step {}: {}: {}",
            first["step"],
            first["path"].as_str().unwrap_or_default(),
            first["why"].as_str().unwrap_or_default()
        );
        report.add(name, if case["passed"] == true { Ok(()) } else { Err(why) });
    }
    Ok(report)
}
