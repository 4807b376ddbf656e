//! Findings as workflow commands, which GitHub shows beside the changed lines.

use std::fmt::Write as _;

use kro_diagnostic::Severity;

use super::Report;

pub(super) fn render(report: &Report<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let level = match finding.diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "notice",
        };
        let _ = write!(out, "::{level} file={}", property(&finding.file.display().to_string()));
        let mut message = finding.diagnostic.message.clone();
        let (start, end) = report.positions(finding.id, &finding.bytes);
        let code = finding.diagnostic.code;
        let _ = write!(out, ",line={},endLine={},col={}", start.line, end.line, start.column);
        let _ = write!(out, ",endColumn={},title={code}", end.column);
        if let Some(help) = &finding.diagnostic.help {
            let _ = write!(message, "\nhelp: {help}");
        }
        let _ = writeln!(out, "::{}", data(&message));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_is_escaped() {
        assert_eq!(data("50%:\na, b"), "50%25:%0Aa, b");
        assert_eq!(property("c:,d%"), "c%3A%2Cd%25");
    }
}
