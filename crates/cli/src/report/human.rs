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
        let Some(document) = finding.document else { continue };
        let (code, severity) = (finding.diagnostic.code, finding.diagnostic.severity);
        let group = (finding.definition.as_deref().unwrap_or_default(), code);
        let count = shown.entry(group).or_default();
        *count += 1;
        if grouping == Grouping::Each || severity == Severity::Error || *count == 1 {
            let one = std::slice::from_ref(finding.diagnostic);
            anstream::println!("{}", project.sources.render(document, one, render_style()));
        }
        if grouping == Grouping::ByCode && severity != Severity::Error && *count == 1 {
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
    let is_alike =
        |it: &&Finding<'_>| it.definition == first.definition && it.diagnostic.code == first.diagnostic.code;
    let alike: Vec<&Finding<'_>> = later.iter().filter(is_alike).collect();
    for finding in alike.iter().take(LISTED) {
        let (start, _) = report.positions(finding.id, &finding.bytes);
        let place = styled(FAINT, format_args!("{}:{start}:", finding.file.display()));
        let found = finding.diagnostic;
        let head = styled(BUSY, format_args!("{}[{}]", found.severity, found.code));
        anstream::println!("{place} {head}: {}", found.message);
    }
    if alike.len() > LISTED {
        let more = alike.len() - LISTED;
        anstream::println!("{}", styled(FAINT, format_args!("… and {more} more; `kro lint` shows each")));
    }
    if !alike.is_empty() {
        anstream::println!();
    }
}
