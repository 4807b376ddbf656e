//! The table, the medians, and what was promised.

use kro_bench::clock::Times;
use serde::{Deserialize, Serialize};

use super::peer::{GoCase, GoEnv};
use super::timing::Timed;

/// One case, ours beside the others. Ratios above one say how many times faster ours is.
#[derive(Debug, Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    compile: Times,
    eval: Times,
    pub(super) allocations: usize,
    compile_ratio: f64,
    eval_ratio: f64,
    raw_ratio: Option<f64>,
    cel_crate_ratio: Option<f64>,
}

impl Row {
    pub(super) fn new(ours: Timed, go: &GoCase, allocations: usize) -> Self {
        let against = |other: &Times| other.ns_min / ours.eval.ns_min;
        Self {
            compile_ratio: go.compile.ns_min / ours.compile.ns_min,
            eval_ratio: against(&go.eval),
            raw_ratio: go.eval_raw.as_ref().map(against),
            cel_crate_ratio: ours.cel_crate.as_ref().map(against),
            name: ours.name,
            compile: ours.compile,
            eval: ours.eval,
            allocations,
        }
    }
}

/// How many times faster than cel-go the middle case is.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Medians {
    compile: f64,
    eval: f64,
    raw: f64,
}

impl Medians {
    pub(super) fn of(rows: &[Row]) -> Self {
        Self {
            compile: median(rows.iter().map(|row| row.compile_ratio)),
            eval: median(rows.iter().map(|row| row.eval_ratio)),
            raw: median(rows.iter().filter_map(|row| row.raw_ratio)),
        }
    }

    pub(super) fn each(&self) -> [(&'static str, f64); 3] {
        [
            ("compile against cel-go, median", self.compile),
            ("evaluation against cel-go with schemas, median", self.eval),
            ("evaluation against cel-go on plain maps, median", self.raw),
        ]
    }
}

/// One line for each case.
pub(super) fn table(rows: &[Row]) {
    println!(
        "{:<22} {:>10} {:>8} {:>10} {:>9} {:>8} {:>8} {:>7}",
        "case", "compile ns", "/cel-go", "eval ns", "/schemas", "/raw", "/crate", "allocs"
    );
    for row in rows {
        let ratio = |ratio: Option<f64>| ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.1}x"));
        println!(
            "{:<22} {:>10.0} {:>7.1}x {:>10.0} {:>8.1}x {:>8} {:>8} {:>7}",
            row.name,
            row.compile.ns_min,
            row.compile_ratio,
            row.eval.ns_min,
            row.eval_ratio,
            ratio(row.raw_ratio),
            ratio(row.cel_crate_ratio),
            row.allocations,
        );
    }
}

/// Prints what was promised and what came of it.
pub(super) fn promises(rows: &[Row], typed_env: Option<Times>, go_env: Option<&GoEnv>) {
    let say = |kept: bool, text: String| println!("{} {text}", if kept { "kept  " } else { "MISSED" });
    for ((what, ratio), least) in Medians::of(rows).each().into_iter().zip([6.0, 100.0, 4.0]) {
        say(ratio >= least, format!("{what}: {ratio:.1}x, promised {least:.0}x"));
    }
    let slower: Vec<_> = rows.iter().filter(|row| row.raw_ratio.is_some_and(|ratio| ratio < 1.0)).collect();
    let names = slower.iter().map(|row| row.name.as_str()).collect::<Vec<_>>().join(", ");
    say(slower.is_empty(), format!("slower than cel-go on plain maps nowhere: {}", or_none(&names)));
    let slow: Vec<_> =
        rows.iter().filter(|row| row.compile_ratio < 1.0).map(|row| row.name.as_str()).collect();
    say(slow.is_empty(), format!("compiles slower than cel-go nowhere: {}", or_none(&slow.join(", "))));
    for (name, nanoseconds, allocations) in [
        ("path-2", 70.0, Some(0)),
        ("path-6", 70.0, Some(0)),
        ("path-index", 70.0, Some(0)),
        ("has-and-compare", 110.0, Some(0)),
        ("exists-10", 250.0, Some(0)),
        ("map-1000", 50_000.0, None),
        ("filter-map-1000", 50_000.0, None),
    ] {
        if let Some(row) = rows.iter().find(|row| row.name == name) {
            let few = allocations.is_none_or(|most| row.allocations <= most);
            let kept = row.eval.ns_min <= nanoseconds && few;
            say(
                kept,
                format!(
                    "{name}: {:.0} ns, {} allocations; promised {nanoseconds:.0} ns",
                    row.eval.ns_min, row.allocations
                ),
            );
        }
    }
    if let (Some(ours), Some(go)) = (typed_env, go_env.and_then(|env| env.extend_env_two_objects)) {
        let text = format!(
            "typed environment for two kinds: {:.0} ns, promised 10000; cel-go {:.0} ns",
            ours.ns_min, go.ns_min
        );
        say(ours.ns_min <= 10_000.0, text);
    }
}

fn or_none(names: &str) -> &str {
    if names.is_empty() { "holds" } else { names }
}

/// The middle one; of an even number the mean of the two in the middle.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[count / 2],
        count => f64::midpoint(values[count / 2 - 1], values[count / 2]),
    }
}
