//! What a suite found, case by case, and how it is printed. Decides nothing about the cases.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Value, json};

use crate::gaps::Gaps;

/// How one case ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// As recorded.
    Passed,
    /// Not as recorded; the first difference.
    Failed(String),
    /// Failed, but listed as a known gap; the reason from the list.
    Skipped(String),
    /// Not about this product (for CEL: protobuf messages); counted apart.
    OutOfScope(String),
}

/// The outcomes of a suite in the order of its data.
#[derive(Debug, Default)]
pub(crate) struct Report {
    cases: Vec<(String, Outcome)>,
    unused: Vec<String>,
}

impl Report {
    /// Adds a case: `Ok` passed, `Err` carries the first difference.
    pub(crate) fn add(&mut self, name: impl Into<String>, result: Result<(), String>) {
        let outcome = result.map_or_else(Outcome::Failed, |()| Outcome::Passed);
        self.cases.push((name.into(), outcome));
    }

    /// Adds a case that is not about this product.
    pub(crate) fn out_of_scope(&mut self, name: impl Into<String>, why: impl Into<String>) {
        self.cases.push((name.into(), Outcome::OutOfScope(why.into())));
    }

    /// Turns failures that the list of known gaps names into skipped cases and notes stale entries.
    pub(crate) fn excuse(&mut self, gaps: &Gaps, suite: &str) {
        for (name, outcome) in &mut self.cases {
            if let Outcome::Failed(_) = outcome
                && let Some(reason) = gaps.reason(suite, name)
            {
                *outcome = Outcome::Skipped(reason.to_owned());
            }
        }
        let names = self.cases.iter().filter(|(_, o)| *o == Outcome::Passed).map(|(n, _)| n.as_str());
        self.unused = gaps.listed_but(names, suite);
    }

    /// Number of failed cases.
    pub(crate) fn failed(&self) -> usize {
        self.count(|o| matches!(o, Outcome::Failed(_)))
    }

    /// Number of cases about this product.
    pub(crate) fn total(&self) -> usize {
        self.count(|o| !matches!(o, Outcome::OutOfScope(_)))
    }

    /// The closing line.
    pub(crate) fn summary(&self) -> String {
        format!(
            "{} passed, {} failed, {} skipped",
            self.count(|o| *o == Outcome::Passed),
            self.failed(),
            self.count(|o| matches!(o, Outcome::Skipped(_)))
        )
    }

    /// Everything as one JSON object.
    pub(crate) fn to_json(&self, suite: &str) -> Value {
        let cases: Vec<Value> = self
            .cases
            .iter()
            .map(|(name, outcome)| match outcome {
                Outcome::Passed => json!({"name": name, "outcome": "passed"}),
                Outcome::Failed(text) => json!({"name": name, "outcome": "failed", "difference": text}),
                Outcome::Skipped(text) => json!({"name": name, "outcome": "skipped", "reason": text}),
                Outcome::OutOfScope(text) => {
                    json!({"name": name, "outcome": "out-of-scope", "reason": text})
                }
            })
            .collect();
        json!({
            "suite": suite,
            "passed": self.count(|o| *o == Outcome::Passed),
            "failed": self.failed(),
            "skipped": self.count(|o| matches!(o, Outcome::Skipped(_))),
            "cases": cases,
        })
    }

    fn count(&self, test: impl Fn(&Outcome) -> bool) -> usize {
        self.cases.iter().filter(|(_, o)| test(o)).count()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut apart: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, outcome) in &self.cases {
            match outcome {
                Outcome::Passed => {}
                Outcome::Failed(text) => writeln!(f, "FAILED {name}\n    {}", text.replace('\n', "\n    "))?,
                Outcome::Skipped(reason) => writeln!(f, "skipped {name}: {reason}")?,
                Outcome::OutOfScope(why) => *apart.entry(why).or_default() += 1,
            }
        }
        for name in &self.unused {
            writeln!(f, "listed as a known gap, but passes: {name}")?;
        }
        for (why, count) in apart {
            writeln!(f, "{count} cases out of scope: {why}")?;
        }
        f.write_str(&self.summary())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closing_line_counts_each_case_once() {
        let mut report = Report::default();
        report.add("a", Ok(()));
        report.add("b", Err("1 instead of 2".into()));
        report.add("c", Err("no".into()));
        report.out_of_scope("d", "needs protobuf messages");
        let gaps =
            Gaps::parse("[[gap]]\nid='x'\nsuite='s'\ncases=['c','a']\nreason='later'\nsince='2026-11'")
                .expect("a valid list");
        report.excuse(&gaps, "s");
        assert_eq!(report.summary(), "1 passed, 1 failed, 1 skipped");
        assert_eq!(report.total(), 3);
        assert!(report.to_string().contains("listed as a known gap, but passes: a"));
    }
}
