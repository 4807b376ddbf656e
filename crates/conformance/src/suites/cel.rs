//! The expression language: values, checked trees and error texts, costs, the Kubernetes libraries. Cases that need
//! protobuf messages are out of scope and counted apart.

use std::path::Path;

use anyhow::bail;
use serde_json::Value as Json;

use super::Input;
use crate::report::Report;

mod ast;
pub(super) mod conformance;
mod cost;
mod kubernetes;
mod print;
mod types;
pub(super) mod values;

/// Why a case is none of ours.
pub(super) const PROTO: &str = "needs protobuf messages";

/// What parser, checker and evaluator must do with.
const STACK: usize = 256 << 10;

/// Runs every file of the folder, on a small stack.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    std::thread::scope(|scope| {
        let work = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || run_here(input))?;
        work.join().map_err(|_| anyhow::anyhow!("a case panicked"))?
    })
}

fn run_here(input: &Input) -> anyhow::Result<Report> {
    let mut report = Report::default();
    let mut files: Vec<_> = std::fs::read_dir(&input.data)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let run: fn(&Input, &Json, &mut Report) = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("conformance") => conformance::run,
            Some("ast_gold") => ast::run,
            Some("cost_gold") => cost::run,
            Some("k8s_lib_gold") => kubernetes::run,
            other => bail!("unknown kind of CEL data: {other:?}"),
        };
        for case in read(file)? {
            run(input, &case, &mut report);
        }
    }
    Ok(report)
}

pub(super) fn read(file: &Path) -> anyhow::Result<Vec<Json>> {
    Ok(serde_json::from_slice(&std::fs::read(file)?)?)
}

/// A text field; empty when absent.
pub(super) fn text<'j>(json: &'j Json, field: &str) -> &'j str {
    json[field].as_str().unwrap_or_default()
}
