//! Suite `apiserver`: recorded exchanges played against the embedded server by the gold data's own runner.
//!
//! The server runs in this process on a loopback port, without controllers and with RBAC, as the recorded one did.
//! kubectl talks to it over TLS, as it did when it was recorded: over HTTP in the clear it sends no token, and says
//! now and then that a watch was very short.

use crate::{report::Report, suites::Input};
use anyhow::{Context, ensure};
use kro_apiserver::{
    ApiServer, Authorization, Behaviors,
    serve::{Authority, Transport},
};
use serde_json::Value;
use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tokio::runtime::Runtime;

const TOKEN: &str = "conformance";

/// Plays every case of the data folder; those with kubectl on a server of their own.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let files = case_files(&input.data)?;
    ensure!(!files.is_empty(), "no case files in {}", input.data.display());
    let with_kubectl = names(&files, input, |tags| tags.contains(&"kubectl"))?;
    let without = names(&files, input, |tags| !tags.contains(&"kubectl"))?;
    let mut report = Report::default();
    play(input, &files, &without, Transport::default(), &mut report)?;
    let authority = Authority::generate(["127.0.0.1"])?;
    let secure = Transport { authority: Some(authority), ..Transport::default() };
    play(input, &files, &with_kubectl, secure, &mut report)?;
    Ok(report)
}

/// The cases whose tags are wanted.
fn names(files: &[PathBuf], input: &Input, wants: impl Fn(&[&str]) -> bool) -> anyhow::Result<Vec<String>> {
    let mut out = Vec::new();
    for file in files {
        let data: Value = serde_json::from_slice(&fs::read(file)?)?;
        for case in data["cases"].as_array().into_iter().flatten() {
            let tags: Vec<&str> =
                case["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            let name = case["name"].as_str().unwrap_or_default();
            if wants(&tags) && input.wants(name) {
                out.push(name.to_owned());
            }
        }
    }
    Ok(out)
}

/// Plays some cases against a fresh server.
fn play(
    input: &Input,
    files: &[PathBuf],
    cases: &[String],
    transport: Transport,
    report: &mut Report,
) -> anyhow::Result<()> {
    if cases.is_empty() {
        return Ok(());
    }
    let runner = input.gold.join("apiserver/replay.py");
    ensure!(runner.is_file(), "the gold folder has no apiserver/replay.py");
    let runtime = Runtime::new()?;
    let builder = ApiServer::builder().behaviors(Behaviors::none()).authorization(Authorization::Rbac);
    let server = builder.token(TOKEN).build();
    let listening = runtime.block_on(server.listen_with("127.0.0.1:0", transport))?;
    let results = env::temp_dir().join(format!("kro-apiserver-{}.json", std::process::id()));
    let mut command = Command::new("python3");
    command.arg(runner).args(["--server", &listening.url(), "--token", TOKEN]);
    command.args(["--no-settle", "--quiet", "--min-pass", "0", "--json"]).arg(&results);
    for case in cases {
        command.args(["--case", case]);
    }
    let status = command
        .args(files)
        .stdout(Stdio::from(std::io::stderr()))
        .status()
        .context("cannot start python3, which plays the cases")?;
    ensure!(status.success(), "the runner of the cases failed: {status}");
    let read = read_results(&results, report);
    fs::remove_file(&results).context("the runner wrote no results")?;
    read
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

fn read_results(path: &Path, report: &mut Report) -> anyhow::Result<()> {
    let results: Value = serde_json::from_slice(&fs::read(path).context("the runner wrote no results")?)?;
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
    Ok(())
}
