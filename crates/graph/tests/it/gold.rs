//! Recorded definitions that use kinds of other projects (ACK, Config Connector, Azure, Gateway API, Prometheus …),
//! against those projects' CRDs. The data is not part of the repository; without it this says so and checks nothing.
#![expect(clippy::print_stderr, reason = "a test says what it does not check")]

use crate::fixtures::{compile_document, read_crds};
use kro_diagnostic::{Severity, codes, source::Sources};
use kro_object::json;
use std::{
    fs,
    path::{Path, PathBuf},
};

fn gold() -> Option<PathBuf> {
    let default = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let folder = std::env::var_os("KRO_GOLD_DIR").map_or_else(default, PathBuf::from);
    if folder.join("rgd/cases").is_dir() && folder.join("crds").is_dir() {
        return Some(folder);
    }
    eprintln!("NOT CHECKED: definitions with kinds of other projects; no data in {}", folder.display());
    None
}

#[test]
fn definitions_with_kinds_of_other_projects() {
    let Some(gold) = gold() else { return };
    let (mut checked, mut warnings, mut problems) = (0, 0, Vec::new());
    let mut folders = vec![gold.join("rgd/cases")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let case = json::parse(&fs::read(&path).expect("readable")).expect("JSON");
            let crds: Vec<&str> = case["requires"]["crds"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(serde_json::Value::as_str)
                .collect();
            let is_accepted = case["result"]["accepted"] == true && case["result"].get("crdError").is_none();
            let generated = case["requires"]["generatedCrds"].as_array().is_some_and(|list| !list.is_empty());
            if crds.is_empty()
                || !is_accepted
                || generated
                || !case["config"].is_null()
                || !case["featureGates"].is_null()
            {
                continue;
            }
            let mut kinds = kro_graph::Kinds::default();
            for crd in crds {
                read_crds(&fs::read_to_string(gold.join(crd)).expect("readable"), &mut kinds);
            }
            let mut sources = Sources::default();
            let file = sources.add("rgd.yaml", case["rgd"].as_str().expect("a text").to_owned());
            let Some(document) = sources.documents(file).value.and_then(|it| it.into_iter().next()) else {
                continue;
            };
            checked += 1;
            for found in compile_document(&document, &mut kinds) {
                let is_false = found.severity == Severity::Error
                    || [codes::NEVER_EQUAL, codes::DEFAULT_VIOLATION].contains(&found.code);
                warnings += usize::from(found.severity == Severity::Warning);
                if is_false {
                    problems.push(format!("{}: {found}", case["name"]));
                }
                if std::env::var_os("KRO_SHOW").is_some() {
                    eprintln!("{} {}: {found}", case["area"], case["name"]);
                }
            }
        }
    }
    eprintln!("{checked} definitions with kinds of other projects, {warnings} warnings");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(checked >= 20, "only {checked} definitions use kinds of other projects");
}
