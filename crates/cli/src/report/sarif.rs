//! Findings as a SARIF 2.1.0 log with one run.

use std::collections::BTreeSet;

use kro_diagnostic::{Code, Severity};
use serde_json::{Value, json};

use super::{Finding, Report, uri};

pub(super) fn render(report: &Report<'_>) -> Value {
    let codes: BTreeSet<Code> = report.findings.iter().map(|it| it.diagnostic.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let rules: Vec<Value> = codes
        .iter()
        .map(|code| json!({"id": code.to_string(), "shortDescription": {"text": code.title()}}))
        .collect();
    let results: Vec<Value> = report.findings.iter().map(|it| result(report, it, &codes)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "kro", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(report: &Report<'_>, finding: &Finding<'_>, codes: &[Code]) -> Value {
    let level = match finding.diagnostic.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Hint => "note",
    };
    let file = json!({"uri": uri(finding.file)});
    let code = finding.diagnostic.code;
    let text = match &finding.diagnostic.help {
        Some(help) => format!("{}\n{help}", finding.diagnostic.message),
        None => finding.diagnostic.message.clone(),
    };
    let place = |bytes: &std::ops::Range<usize>| {
        let (start, end) = report.positions(finding.id, bytes);
        json!({"artifactLocation": file, "region": {
            "startLine": start.line, "startColumn": start.column,
            "endLine": end.line, "endColumn": end.column,
        }})
    };
    let mut result = json!({
        "ruleId": code.to_string(),
        "ruleIndex": codes.iter().position(|known| *known == code),
        "level": level,
        "message": {"text": text},
        "locations": [{"physicalLocation": place(&finding.bytes)}],
    });
    let related: Vec<Value> = report
        .related(finding)
        .into_iter()
        .map(|(bytes, note)| json!({"physicalLocation": place(&bytes), "message": {"text": note}}))
        .collect();
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}
