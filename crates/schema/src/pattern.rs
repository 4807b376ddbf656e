//! Regular expressions of `pattern`: Go's syntax and meaning, in linear time.

mod example;

use kro_gotext::re2;
use regex::Regex;
use std::{
    fmt,
    sync::{Arc, OnceLock},
};

/// A `pattern`: its text, and its compiled form once it was used.
#[derive(Clone)]
pub struct Pattern {
    text: Arc<str>,
    compiled: OnceLock<Option<Regex>>,
}

/// The text is not a regular expression of Go's syntax that we can run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid pattern {0:?}")]
pub struct PatternError(Arc<str>);

impl Pattern {
    /// A pattern; it is compiled when first used.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), compiled: OnceLock::new() }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the pattern occurs in a text.
    pub fn is_match(&self, text: &str) -> Result<bool, PatternError> {
        match self.compiled.get_or_init(|| re2::compile(&self.text).ok()) {
            Some(regex) => Ok(regex.is_match(text)),
            None => Err(PatternError(self.text.clone())),
        }
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meaning_of_go() {
        let check = |pattern: &str, text: &str, expected: Option<bool>| {
            assert_eq!(Pattern::new(pattern).is_match(text).ok(), expected, "{pattern} on {text}");
        };
        check(r"^\d+$", "12", Some(true));
        check(r"^\d+$", "١", Some(false));
        check(r"^[\w.]+$", "a_1.", Some(true));
        check(r"^[[a]$", "[", Some(true));
        check(r"^[]a]+$", "]a", Some(true));
        check(r"^[^]a]$", "]", Some(false));
        check(r"^[a&&b]+$", "a&b", Some(true));
        check(r"^\Qa.b\E+$", "a.bb", Some(true));
        check(r"^[[:alpha:]_]+$", "a_", Some(true));
        check(r"a{1,", "a", Some(false));
        check(r"^\p{L}{2}\x{41}$", "éaA", Some(true));
        check(r"a{1,}{", "a{", Some(true));
        check("(", "", None);
        check("\\", "", None);
    }
}
