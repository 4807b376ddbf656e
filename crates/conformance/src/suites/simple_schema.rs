//! SimpleSchema: fields and blocks to OpenAPI, or refused.

use anyhow::{Context, bail, ensure};
use kro_object::FieldPath;
use serde_json::{Value, json};

use super::Input;
use crate::report::Report;

/// Runs every line of `simpleschema.jsonl`.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let path = input.data.join("simpleschema.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let mut report = Report::default();
    for line in text.lines() {
        // As the API server reads it: integers beyond 64 bits are floats.
        let case = kro_object::json::parse(line.as_bytes())?;
        let name = case["name"].as_str().unwrap_or_default();
        if input.wants(name) {
            report.add(name.to_owned(), check(&case).map_err(|error| format!("{error:#}")));
        }
    }
    Ok(report)
}

fn check(case: &Value) -> anyhow::Result<()> {
    let spec = match case.get("field") {
        Some(field) => json!({ "f": field }),
        None => case["spec"].clone(),
    };
    let checked = kro_simple_schema::to_openapi(&spec, &case["types"], &FieldPath::root());
    match (case["outcome"].as_str(), checked.into_result()) {
        (Some("schema"), Ok(schema)) => {
            let (actual, expected) = (plain(&schema.to_json()), plain(&case["schema"]));
            ensure!(actual == expected, "expected {expected}, got {actual}");
            Ok(())
        }
        (Some("error" | "unserialisable"), Err(_)) => Ok(()),
        (Some("schema"), Err(found)) => bail!("refused: {}", found[0]),
        (Some("error" | "unserialisable"), Ok(schema)) => {
            bail!("accepted as {}, must be refused: {}", schema.to_json(), case["error"])
        }
        (outcome, _) => bail!("unknown outcome {outcome:?}"),
    }
}

/// Numbers in one spelling: what JSON means does not depend on it.
fn plain(value: &Value) -> String {
    kro_object::json::canonical(value)
}
