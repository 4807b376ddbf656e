//! Suite `rgd`: definitions with what upstream's compiler says about them, and the tables of templates, paths,
//! references and plurals.

use std::path::Path;

use anyhow::Context;
use serde_json::Value;

use super::Input;
use crate::report::Report;

pub(super) mod case;
pub(super) mod kinds;
mod tables;

/// Runs every file of the folder that this suite knows.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut files = kinds::Files::new(&input.gold);
    for path in case_files(&input.data)? {
        let case: Value = read_json(&path)?;
        let name = case["name"].as_str().unwrap_or_default().to_owned();
        if case.get("rgd").is_some() && case.get("scenarios").is_none() && input.wants(&name) {
            report.add(name, case::check(&case, &mut files));
        }
    }
    for (file, check) in tables::TABLES {
        let path = input.data.join(file);
        if !path.exists() {
            continue;
        }
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let row: Value = kro_object::json::parse(line.as_bytes())?;
            let name = row["name"].as_str().unwrap_or_default();
            if input.wants(name) {
                report.add(name, check(&row));
            }
        }
    }
    Ok(report)
}

/// The case files below `cases`, or below the folder itself, in name order.
pub(super) fn case_files(data: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let cases = data.join("cases");
    let mut folders = vec![if cases.is_dir() { cases } else { data.to_path_buf() }];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in
            std::fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?
        {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "json") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

pub(super) fn read_json(path: &Path) -> anyhow::Result<Value> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    kro_object::json::parse(&bytes).with_context(|| format!("cannot parse {}", path.display()))
}
