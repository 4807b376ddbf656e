//! For people: one line for each run, what failed in full, one line at the end.

use crate::output::{BAD, FAINT, GOOD, STRONG, render_style, styled};
use crate::report::plural;

use super::super::Args;
use super::super::load::Suite;
use super::super::play::Played;

pub(super) fn print(suite: &Suite, results: &[Played], args: &Args) {
    for problem in super::problems(suite, render_style()) {
        anstream::print!("{problem}");
    }
    let mut failed = 0;
    for played in results {
        let (case, report) = (&suite.cases[played.case], &played.report);
        let title = super::title(case, played);
        let note = format!(
            "{}, {:.0} virtual seconds, {} requests",
            case.file.display(),
            report.took.as_secs_f64(),
            report.requests.total()
        );
        if report.failures.is_empty() {
            anstream::println!("{} {title} {}", styled(GOOD, "ok  "), styled(FAINT, note));
            continue;
        }
        failed += 1;
        anstream::println!("{} {} {}", styled(BAD, "FAIL"), styled(STRONG, title), styled(FAINT, note));
        for line in report.lines.iter().filter(|_| args.trace) {
            anstream::println!("  {line}");
        }
        anstream::print!("{}", super::failures(suite, played, render_style()));
    }
    for (name, path) in results.iter().filter(|_| args.bless).flat_map(|played| {
        let case = &suite.cases[played.case];
        played.report.snapshots.keys().map(move |name| (name, case.snapshot_path(name)))
    }) {
        anstream::println!("{} {name} in {}", styled(GOOD, "took"), path.display());
    }
    let unread = match suite.problems.len() {
        0 => String::new(),
        count => format!(", {} that cannot be played", plural(count, "document")),
    };
    anstream::println!("{}, {failed} failed{unread}", plural(results.len(), "scenario"));
}
