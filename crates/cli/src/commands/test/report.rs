//! Results in the formats that people and programs read.

use std::fmt::Write as _;

use kro_diagnostic::Diagnostic;
use kro_diagnostic::source::Style;
use similar::{ChangeTag, TextDiff};

use super::load::{Case, Suite};
use super::play::Played;
use super::{Args, Format};

mod human;
mod json;
mod junit;
mod tap;

/// Prints to standard output.
pub(super) fn print(suite: &Suite, results: &[Played], args: &Args) {
    match args.output {
        Format::Human => human::print(suite, results, args),
        Format::Json => println!("{:#}", json::render(suite, results)),
        Format::Junit => print!("{}", junit::render(suite, results)),
        Format::Tap => print!("{}", tap::render(suite, results)),
    }
}

/// The name of a run: that of its scenario, with the seed where several are played.
fn title(case: &Case, played: &Played) -> String {
    if played.seed == case.scenario.seed {
        case.scenario.name.clone()
    } else {
        format!("{} (seed {})", case.scenario.name, played.seed)
    }
}

/// What failed in a run, with its places and differences.
fn failures(suite: &Suite, played: &Played, style: Style) -> String {
    let case = &suite.cases[played.case];
    let mut out = String::new();
    for failure in &played.report.failures {
        out += &suite.sources.render(&case.document, std::slice::from_ref(&failure.diagnostic), style);
        if let Some((wanted, live)) = &failure.texts {
            out += &changes(wanted, live, style);
        }
    }
    out
}

/// The lines that differ: `-` is expected, `+` is there.
fn changes(wanted: &str, live: &str, style: Style) -> String {
    let diff = TextDiff::from_lines(wanted, live);
    let mut out = String::new();
    for group in diff.grouped_ops(2) {
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, color) = match change.tag() {
                ChangeTag::Delete => ('-', "\x1b[31m"),
                ChangeTag::Insert => ('+', "\x1b[32m"),
                ChangeTag::Equal => (' ', ""),
            };
            let line = change.value().trim_end_matches('\n');
            let (start, end) = match style {
                Style::Color if !color.is_empty() => (color, "\x1b[0m"),
                _ => ("", ""),
            };
            let _ = writeln!(out, "{start}  {sign} {line}{end}");
        }
    }
    out
}

/// Files that cannot be played, as text.
fn problems(suite: &Suite, style: Style) -> Vec<String> {
    let render = |diagnostics: &[Diagnostic], problem: &super::load::Problem| match &problem.document {
        Some(document) => suite.sources.render(document, diagnostics, style),
        None => suite.sources.render_file(problem.file, diagnostics, style),
    };
    suite.problems.iter().map(|problem| render(&problem.diagnostics, problem)).collect()
}
