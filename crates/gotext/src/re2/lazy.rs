//! Patterns that are part of an expression: judged when the expression is compiled, compiled when they are first used.

use std::sync::OnceLock;

use regex::Regex;

use super::{PatternError, compile, translate};

/// Longer patterns may be too large to compile, whatever is in them.
const SURELY_SMALL: usize = 256;

/// A valid RE2 pattern that is compiled when it is first used.
#[derive(Debug)]
pub struct LazyPattern {
    text: Box<str>,
    compiled: OnceLock<Result<Regex, PatternError>>,
}

impl LazyPattern {
    /// A pattern of this text.
    ///
    /// # Errors
    /// When the pattern is not valid or takes too much memory, as [`compile`] says.
    pub fn new(text: &str) -> Result<Self, PatternError> {
        let compiled = if is_valid_and_small(text)? { OnceLock::new() } else { Ok(compile(text)?).into() };
        Ok(Self { text: text.into(), compiled })
    }

    /// The compiled pattern.
    ///
    /// # Errors
    /// None for a pattern that [`LazyPattern::new`] took.
    pub fn get(&self) -> Result<&Regex, PatternError> {
        self.compiled.get_or_init(|| compile(&self.text)).as_ref().map_err(Clone::clone)
    }
}

/// Whether the syntax alone shows that the pattern compiles. Repetitions with counts and classes by name do not show it:
/// the first multiply, the second may not exist.
fn is_valid_and_small(text: &str) -> Result<bool, PatternError> {
    let translated = translate(text)?;
    let shown = text.len() <= SURELY_SMALL && !["{", r"\p", r"\P"].iter().any(|part| text.contains(part));
    Ok(shown && regex_syntax::ast::parse::Parser::new().parse(&translated).is_ok())
}

#[cfg(test)]
mod tests {
    use super::LazyPattern;
    use crate::re2::compile;

    #[test]
    fn takes_what_compiles() {
        let nested = "(".repeat(300) + &")".repeat(300);
        let large = "[^a]".repeat(63);
        for text in [
            "",
            "a+b",
            "[a-z",
            "(",
            "a{2,1}",
            "a{1000}{1000}",
            "(a{1000}){1000}",
            r"\p{Greek}",
            r"\p{Nothing}",
            r"\pX",
            r"\d+\.\d+",
            "(?i)k",
            "(?P<n>a)(?P<n>b)",
            "*",
            "a**",
            "[b-a]",
            "[[:alpha:]]",
            r"\8",
            &nested,
            &large,
        ] {
            let lazy = LazyPattern::new(text);
            match (lazy.and_then(|lazy| lazy.get().cloned()), compile(text)) {
                (Ok(lazy), Ok(eager)) => assert_eq!(lazy.as_str(), eager.as_str()),
                (lazy, eager) => assert_eq!(lazy.err(), eager.err(), "{text}"),
            }
            assert_eq!(LazyPattern::new(text).is_ok(), compile(text).is_ok(), "{text}");
        }
    }
}
