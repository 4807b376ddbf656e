//! Breaking and other changes of schemas against the reference: ids, paths, values, texts, summaries.

use anyhow::Context;
use kro_schema::{Schema, compat};
use serde_json::{Value, json};

use super::Input;
use crate::report::Report;

/// Runs `compat.jsonl` of the folder.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let path = input.data.join("compat.jsonl");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut report = Report::default();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let case: Value = serde_json::from_str(line).context("a line is not JSON")?;
        let name = case["name"].as_str().unwrap_or_default().to_owned();
        if input.wants(&name) {
            report.add(name, check(&case));
        }
    }
    Ok(report)
}

fn check(case: &Value) -> Result<(), String> {
    let compared = match case["kind"].as_str() {
        Some("versions") => {
            let list = |field: &str| case[field].as_array().cloned().unwrap_or_default();
            compat::compare_versions(&list("old"), &list("new")).map_err(|error| error.to_string())
        }
        kind => {
            let (old, new) = if kind == Some("simple") { ("oldSchema", "newSchema") } else { ("old", "new") };
            let schema =
                |field: &str| Schema::from_json(&case[field]).map_err(|error| format!("{field}: {error}"));
            Ok(compat::compare(&schema(old)?, &schema(new)?))
        }
    };
    let report = match (compared, case.get("error").and_then(Value::as_str)) {
        (Ok(report), None) => report,
        (Err(ours), Some(expected)) if ours == expected => return Ok(()),
        (ours, expected) => return Err(format!("error: expected {expected:?}, got {ours:?}")),
    };
    same("compatible", &case["compatible"], &json!(report.is_compatible()))?;
    same("hasChanges", &case["hasChanges"], &json!(!report.changes.is_empty()))?;
    for (field, breaking) in [("breaking", true), ("nonBreaking", false)] {
        let mut changes: Vec<_> =
            report.changes.iter().filter(|change| change.breaking == breaking).collect();
        changes.sort_by_key(|change| (&change.path, change.id, &change.old, &change.new));
        let ours: Value = changes
            .iter()
            .map(|change| {
                let (id, path, old, new) = (change.id, &change.path, &change.old, &change.new);
                json!({"type": id, "path": path, "old": old, "new": new, "description": change.text})
            })
            .collect();
        same(field, &case[field], &ours)?;
    }
    // With several breaking changes the reference names them in no fixed order.
    match case.get("summary") {
        Some(expected) => same("summary", expected, &json!(report.summary())),
        None => Ok(()),
    }
}

fn same(what: &str, expected: &Value, ours: &Value) -> Result<(), String> {
    if expected == ours { Ok(()) } else { Err(format!("{what}: expected {expected}, got {ours}")) }
}
