//! The Test Anything Protocol, version 14.

use std::fmt::Write as _;

use kro_diagnostic::source::Style;

use super::super::load::Suite;
use super::super::play::Played;

pub(super) fn render(suite: &Suite, results: &[Played]) -> String {
    let unread = super::problems(suite, Style::Plain);
    let mut out = format!("TAP version 14\n1..{}\n", unread.len() + results.len());
    let mut number = 0;
    for (problem, text) in suite.problems.iter().zip(&unread) {
        number += 1;
        let _ = writeln!(out, "not ok {number} - {}", one_line(suite.sources.name(problem.file)));
        comment(&mut out, text);
    }
    for played in results {
        number += 1;
        let word = if played.report.failures.is_empty() { "ok" } else { "not ok" };
        let title = super::title(&suite.cases[played.case], played);
        let _ = writeln!(out, "{word} {number} - {}", one_line(&title));
        comment(&mut out, &super::failures(suite, played, Style::Plain));
    }
    out
}

/// `#` would begin a directive.
fn one_line(text: &str) -> String {
    text.replace('\\', "\\\\").replace('#', "\\#").replace('\n', " ")
}

fn comment(out: &mut String, text: &str) {
    for line in text.lines() {
        let _ = writeln!(out, "# {line}");
    }
}
