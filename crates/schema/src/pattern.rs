//! Regular expressions of `pattern`: Go's syntax and meaning, in linear time.

mod example;

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

/// Bytes a compiled pattern may take.
const SIZE_LIMIT: usize = 1 << 20;

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
        match self.compiled.get_or_init(|| compile(&self.text)) {
            Some(regex) => Ok(regex.is_match(text)),
            None => Err(PatternError(self.text.clone())),
        }
    }
}

fn compile(text: &str) -> Option<Regex> {
    regex::RegexBuilder::new(&translate(text)?).size_limit(SIZE_LIMIT).build().ok()
}

/// Go's Perl classes and word boundaries are ASCII, and `[`, `&&`, `--`, `~~` in a class are plain characters.
fn translate(text: &str) -> Option<String> {
    let mut output = String::with_capacity(text.len());
    let mut characters = text.chars().peekable();
    // Position within a class: `None` outside, else the number of characters since its `[`.
    let mut class: Option<usize> = None;
    while let Some(c) = characters.next() {
        if let Some(length) = &mut class {
            *length += 1;
        }
        match (c, class) {
            ('\\', _) => escape(characters.next()?, class.is_some(), &mut characters, &mut output),
            ('[', None) => {
                output.push('[');
                if characters.next_if_eq(&'^').is_some() {
                    output.push('^');
                }
                if characters.next_if_eq(&']').is_some() {
                    output.push_str("\\]");
                }
                class = Some(0);
            }
            (']', Some(_)) => {
                output.push(']');
                class = None;
            }
            ('[', Some(_)) if characters.peek() == Some(&':') => {
                output.push('[');
                for c in characters.by_ref() {
                    output.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            ('[' | '&' | '~', Some(_)) => {
                output.push('\\');
                output.push(c);
            }
            ('{', None) if !is_repetition(characters.clone()) => output.push_str("\\{"),
            _ => output.push(c),
        }
    }
    Some(output)
}

/// Whether `1}`, `1,}` or `1,2}` follows: other braces are plain characters.
fn is_repetition(rest: impl Iterator<Item = char>) -> bool {
    let inner: String = rest.take_while(|c| c.is_ascii_digit() || matches!(c, ',' | '}')).collect();
    let Some((bounds, _)) = inner.split_once('}') else { return false };
    let (least, most) = bounds.split_once(',').unwrap_or((bounds, ""));
    !least.is_empty() && !most.contains(',')
}

fn escape(c: char, in_class: bool, rest: &mut impl Iterator<Item = char>, output: &mut String) {
    match (c, in_class) {
        ('p' | 'P' | 'x', _) => {
            // The name or number in braces belongs to the escape.
            output.extend(['\\', c]);
            if let Some(next) = rest.next() {
                output.push(next);
                if next == '{' {
                    output.extend(rest.take_while(|c| *c != '}').chain(['}']));
                }
            }
        }
        ('d', true) => output.push_str("0-9"),
        ('w', true) => output.push_str("0-9A-Za-z_"),
        ('s', true) => output.push_str(r"\t\n\x0c\r "),
        ('d', false) => output.push_str("[0-9]"),
        ('w', false) => output.push_str("[0-9A-Za-z_]"),
        ('s', false) => output.push_str(r"[\t\n\x0c\r ]"),
        ('D', _) => output.push_str("[^0-9]"),
        ('W', _) => output.push_str("[^0-9A-Za-z_]"),
        ('S', _) => output.push_str(r"[^\t\n\x0c\r ]"),
        ('b' | 'B', false) => output.extend(["(?-u:\\", c.encode_utf8(&mut [0; 4]), ")"]),
        ('Q', false) => {
            let mut literal: String = rest.collect();
            let tail = literal.find("\\E").map(|end| literal.split_off(end)).unwrap_or_default();
            output.push_str(&regex::escape(&literal));
            // The rest after `\E` is translated on its own; an invalid one makes the whole invalid.
            output.push_str(&translate(tail.get(2..).unwrap_or("")).unwrap_or_else(|| "(".to_owned()));
        }
        _ => {
            output.push('\\');
            output.push(c);
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
