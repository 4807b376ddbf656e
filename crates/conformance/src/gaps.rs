//! The list of known gaps, `fixtures/known-gaps.toml`: which recorded cases may fail, and why.

use std::path::Path;

use anyhow::Context;
use serde::Deserialize;

/// All known gaps.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Gaps {
    #[serde(default, rename = "gap")]
    gaps: Vec<Gap>,
}

/// One thing that is missing, with the cases that show it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Gap {
    /// Short name of the gap.
    id: String,
    /// The suite that `cases` belong to; a gap that no suite shows has none.
    #[serde(default)]
    suite: String,
    /// Case names; `*` stands for any text.
    #[serde(default)]
    cases: Vec<String>,
    /// Why it is missing and what happens instead.
    reason: String,
    /// When it was listed, `YYYY-MM`.
    since: String,
}

impl Gaps {
    /// Reads the list; a missing file is an empty list.
    pub(crate) fn read(path: &Path) -> anyhow::Result<Self> {
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text).with_context(|| format!("cannot read {}", path.display())),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    /// Parses the list.
    pub(crate) fn parse(text: &str) -> anyhow::Result<Self> {
        let gaps: Self = toml::from_str(text)?;
        for gap in &gaps.gaps {
            anyhow::ensure!(!gap.reason.is_empty(), "gap {} has no reason", gap.id);
            anyhow::ensure!(gap.since.len() == 7, "gap {}: `since` must be YYYY-MM", gap.id);
            anyhow::ensure!(
                gap.cases.is_empty() || !gap.suite.is_empty(),
                "gap {} lists cases but no suite",
                gap.id
            );
        }
        Ok(gaps)
    }

    /// Why a case of a suite may fail.
    pub(crate) fn reason<'a>(&'a self, suite: &'a str, case: &str) -> Option<&'a str> {
        self.of(suite).find(|gap| gap.cases.iter().any(|c| matches(c, case))).map(|gap| gap.reason.as_str())
    }

    /// Names among `passed` that are listed by their exact name all the same.
    pub(crate) fn listed_but<'a>(
        &'a self,
        passed: impl Iterator<Item = &'a str>,
        suite: &'a str,
    ) -> Vec<String> {
        let listed: Vec<&String> = self.of(suite).flat_map(|gap| &gap.cases).collect();
        passed.filter(|name| listed.iter().any(|c| c == name)).map(str::to_owned).collect()
    }

    fn of<'a>(&'a self, suite: &'a str) -> impl Iterator<Item = &'a Gap> {
        self.gaps.iter().filter(move |gap| gap.suite == suite)
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any text.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(previous) = last.replace(part) {
            match rest.find(previous) {
                Some(at) => rest = &rest[at + previous.len()..],
                None => return false,
            }
        }
    }
    last.map_or(rest.is_empty(), |last| rest.ends_with(last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("a*", "ab", true),
            ("*", "", true),
            ("a*c", "abc", true),
            ("a*c", "abcd", false),
            ("a*b*c", "axxbyyc", true),
            ("a*b*c", "axxyyc", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} on {text}");
        }
    }

    #[test]
    fn a_gap_needs_a_reason() {
        assert!(Gaps::parse("[[gap]]\nid='x'\nreason=''\nsince='2026-11'").is_err());
    }
}
