//! One JSON array, an item for each run and for each document that cannot be played.

use kro_diagnostic::Diagnostic;
use kro_diagnostic::source::{Position, Span};
use serde_json::{Value, json};

use super::super::load::Suite;
use super::super::play::Played;

pub(super) fn render(suite: &Suite, results: &[Played]) -> Value {
    let place = |span: &Span| -> Position { suite.sources.position(span.file, span.bytes.start) };
    let finding = |diagnostic: &Diagnostic, span: &Span| {
        let at = place(span);
        json!({
            "code": diagnostic.code.to_string(), "message": diagnostic.message,
            "line": at.line, "column": at.column, "help": diagnostic.help,
        })
    };
    let unread = suite.problems.iter().map(|problem| {
        let span = |diagnostic: &Diagnostic| match &problem.document {
            Some(document) => suite.sources.span(document, &diagnostic.primary),
            None => {
                let range = diagnostic.primary.range.clone().unwrap_or_default();
                Span { file: problem.file, bytes: range.start as usize..range.end as usize }
            }
        };
        let findings = problem.diagnostics.iter().map(|found| finding(found, &span(found)));
        json!({
            "file": suite.sources.name(problem.file), "ok": false,
            "failures": findings.collect::<Vec<_>>(),
        })
    });
    let played = results.iter().map(|played| {
        let (case, report) = (&suite.cases[played.case], &played.report);
        let failures = report.failures.iter().map(|failure| {
            let span = suite.sources.span(&case.document, &failure.diagnostic.primary);
            let mut item = finding(&failure.diagnostic, &span);
            if let Some((wanted, live)) = &failure.texts {
                (item["expected"], item["actual"]) = (wanted.as_str().into(), live.as_str().into());
            }
            item
        });
        json!({
            "file": case.file.display().to_string(), "name": case.scenario.name, "seed": played.seed,
            "ok": report.failures.is_empty(), "seconds": report.took.as_secs_f64(),
            "requests": {"reads": report.requests.reads, "writes": report.requests.writes},
            "failures": failures.collect::<Vec<_>>(),
        })
    });
    unread.chain(played).collect()
}
