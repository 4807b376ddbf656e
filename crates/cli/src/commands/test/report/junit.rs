//! XML as `JUnit` writes it and CI systems read it. Times are virtual.

use std::fmt::Write as _;

use kro_diagnostic::source::Style;

use super::super::load::Suite;
use super::super::play::Played;

pub(super) fn render(suite: &Suite, results: &[Played]) -> String {
    let unread = super::problems(suite, Style::Plain);
    let failed = results.iter().filter(|played| !played.report.failures.is_empty()).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        out,
        "<testsuites><testsuite name=\"kro test\" tests=\"{}\" failures=\"{failed}\" errors=\"{}\">",
        results.len() + unread.len(),
        unread.len()
    );
    for (problem, text) in suite.problems.iter().zip(&unread) {
        let name = escaped(suite.sources.name(problem.file));
        let _ = writeln!(
            out,
            "<testcase classname=\"{name}\" name=\"can be played\"><error>{}</error></testcase>",
            escaped(text)
        );
    }
    for played in results {
        let (case, report) = (&suite.cases[played.case], &played.report);
        let _ = write!(
            out,
            "<testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">",
            escaped(&case.file.display().to_string()),
            escaped(&super::title(case, played)),
            report.took.as_secs_f64()
        );
        if let Some(first) = report.failures.first() {
            let _ = write!(
                out,
                "<failure type=\"{}\" message=\"{}\">{}</failure>",
                first.diagnostic.code,
                escaped(&first.diagnostic.message),
                escaped(&super::failures(suite, played, Style::Plain))
            );
        }
        out += "</testcase>\n";
    }
    out + "</testsuite></testsuites>\n"
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            // XML has no other control characters, escaped or not.
            c if c.is_control() && !matches!(c, '\n' | '\t') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
