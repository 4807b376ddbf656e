//! Findings for people: the lines they are about, in rustc's look, and a verdict.

use kro_diagnostic::Severity;

use super::{Report, plural};
use crate::output::{BAD, GOOD, render_style, styled};

pub(super) fn print(report: &Report<'_>) {
    let sources = &report.project.sources;
    for problem in &report.project.problems {
        anstream::println!("{}", problem.text);
    }
    for finding in &report.findings {
        let Some((detail, document)) = finding.detail.as_ref().and_then(|it| Some((it, it.document?))) else {
            continue;
        };
        let one = std::slice::from_ref(detail.diagnostic);
        anstream::println!("{}", sources.render(document, one, render_style()));
    }
    let (errors, warnings) = (report.count(Severity::Error), report.count(Severity::Warning));
    let definitions = plural(report.definitions, "definition");
    let warnings = plural(warnings, "warning");
    let verdict = if errors == 0 {
        styled(GOOD, format_args!("{definitions} valid"))
    } else {
        styled(BAD, format_args!("{definitions} checked: {}", plural(errors, "error")))
    };
    anstream::println!("{verdict}, {warnings}");
}
