//! Findings for people: the lines they are about, in rustc's look, and a verdict.

use std::collections::BTreeMap;

use kro_diagnostic::{Code, Severity};

use super::{Finding, Grouping, Report, plural};
use crate::output::{BAD, BUSY, FAINT, GOOD, render_style, styled};

/// How many findings with one code are listed in a line each.
const LISTED: usize = 5;

pub(super) fn print(report: &Report<'_>, grouping: Grouping) {
    let project = report.project;
    for problem in project.problems.iter().chain(&project.remarks) {
        anstream::println!("{}", problem.text);
    }
    let mut shown: BTreeMap<(&str, Code), usize> = BTreeMap::new();
    for (index, finding) in report.findings.iter().enumerate() {
        let Some((detail, document)) = finding.detail.as_ref().and_then(|it| Some((it, it.document?))) else {
            continue;
        };
        let code = detail.diagnostic.code;
        let group = (finding.definition.as_deref().unwrap_or_default(), code);
        let count = shown.entry(group).or_default();
        *count += 1;
        if grouping == Grouping::Each || finding.severity == Severity::Error || *count == 1 {
            let one = std::slice::from_ref(detail.diagnostic);
            anstream::println!("{}", project.sources.render(document, one, render_style()));
        }
        if grouping == Grouping::ByCode && finding.severity != Severity::Error && *count == 1 {
            rest(report, &report.findings[index + 1..], finding);
        }
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

/// Later findings like one that was shown.
fn rest(report: &Report<'_>, later: &[Finding<'_>], first: &Finding<'_>) {
    let code = |finding: &Finding<'_>| finding.detail.as_ref().map(|it| it.diagnostic.code);
    let alike: Vec<&Finding<'_>> =
        later.iter().filter(|it| it.definition == first.definition && code(it) == code(first)).collect();
    for finding in alike.iter().take(LISTED) {
        if let Some(detail) = &finding.detail {
            let (start, _) = report.positions(detail.id, &detail.bytes);
            let place = styled(FAINT, format_args!("{}:{start}:", finding.file.display()));
            let head = format_args!("{}[{}]", finding.severity, detail.diagnostic.code);
            anstream::println!("{place} {}: {}", styled(BUSY, head), finding.message);
        }
    }
    if alike.len() > LISTED {
        let more = alike.len() - LISTED;
        anstream::println!("{}", styled(FAINT, format_args!("… and {more} more; `kro lint` shows each")));
    }
    if !alike.is_empty() {
        anstream::println!();
    }
}
