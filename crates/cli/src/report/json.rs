//! Findings as one JSON array. Lines and columns count from 1, columns in characters; an end is behind the last one.

use serde_json::{Value, json};

use super::{Finding, Report};

pub(super) fn render(report: &Report<'_>) -> Value {
    report.findings.iter().map(|finding| one(report, finding)).collect()
}

fn one(report: &Report<'_>, finding: &Finding<'_>) -> Value {
    let mut out = json!({
        "file": finding.file.display().to_string(),
        "severity": finding.diagnostic.severity.to_string(),
        "message": finding.diagnostic.message,
    });
    if let Some(definition) = &finding.definition {
        out["definition"] = definition.as_str().into();
    }
    let place = |bytes: &std::ops::Range<usize>| {
        let (start, end) = report.positions(finding.id, bytes);
        json!({
            "start": {"line": start.line, "column": start.column},
            "end": {"line": end.line, "column": end.column},
        })
    };
    let primary = place(&finding.bytes);
    out["start"] = primary["start"].clone();
    out["end"] = primary["end"].clone();
    out["code"] = finding.diagnostic.code.to_string().into();
    out["path"] = finding.diagnostic.primary.path.to_string().into();
    out["help"] = finding.diagnostic.help.as_deref().into();
    let related = report.related(finding).into_iter().map(|(bytes, note)| {
        let mut place = place(&bytes);
        place["note"] = note.into();
        place
    });
    out["related"] = related.collect();
    out
}
