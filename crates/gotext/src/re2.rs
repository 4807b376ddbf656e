//! Regular expressions with RE2's syntax on the `regex` crate, which shares its engine's guarantees (linear time) but
//! not its notation: `\d`, `\w`, `\s` and `\b` mean ASCII, `[[a]` is a plain class, `a{` and `\<` are literal text.
//! Refuses what RE2 refuses: look-around, back-references, nested repetition.

use regex::{Regex, RegexBuilder};
use regex_syntax::hir::Hir;
use std::fmt::Write as _;

mod class;
mod lazy;

pub use lazy::LazyPattern;

/// Memory a compiled pattern may take, in bytes.
const SIZE_LIMIT: usize = 1 << 20;
/// The largest count of a bounded repetition.
const MAX_REPEAT: u32 = 1000;

/// Why a pattern was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// `\` and something that is no escape.
    #[error("invalid escape sequence: `{0}`")]
    Escape(String),
    /// `(?` and something RE2 does not have.
    #[error("invalid or unsupported Perl syntax: `{0}`")]
    Group(String),
    /// A class without `]`.
    #[error("missing closing ]: `{0}`")]
    UnclosedClass(String),
    /// A range or class name that is none.
    #[error("invalid character class range: `{0}`")]
    Class(String),
    /// A repetition of a repetition.
    #[error("invalid nested repetition operator: `{0}`")]
    NestedRepetition(String),
    /// A count that is too large or out of order.
    #[error("invalid repeat count: `{0}`")]
    RepeatCount(String),
    /// Unbalanced parentheses, a repetition of nothing, or a pattern beyond the limits.
    #[error("{0}")]
    Other(String),
}

/// Compiles an RE2 pattern.
///
/// # Errors
/// When the pattern is not valid, or takes more than 1 MiB compiled.
pub fn compile(pattern: &str) -> Result<Regex, PatternError> {
    RegexBuilder::new(&translate(pattern)?).size_limit(SIZE_LIMIT).build().map_err(|error| {
        PatternError::Other(match error {
            regex::Error::CompiledTooBig(_) => "expression too large".to_owned(),
            error => reason(&error),
        })
    })
}

/// What a pattern means, without compiling it: enough to know that it is valid, unless it is too large.
///
/// # Errors
/// When the pattern is not valid.
pub fn parse(pattern: &str) -> Result<Hir, PatternError> {
    regex_syntax::parse(&translate(pattern)?).map_err(|error| PatternError::Other(reason(&error)))
}

/// The crate's message draws the pattern over several lines; its last one says what is wrong.
fn reason(error: &impl ToString) -> String {
    error.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The same pattern in the notation of the `regex` crate.
fn translate(pattern: &str) -> Result<String, PatternError> {
    let mut reader = Reader { rest: pattern };
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut repeated: Option<&str> = None;
    while let Some(c) = reader.rest.chars().next() {
        let before = reader.rest;
        let previous = repeated.take();
        if let Some(operator) = reader.repetition()? {
            if let Some(previous) = previous {
                let text = &previous[..previous.len() - reader.rest.len()];
                return Err(PatternError::NestedRepetition(text.to_owned()));
            }
            out.push_str(operator);
            repeated = Some(before);
            continue;
        }
        match c {
            '\\' => reader.escape(&mut out)?,
            '[' => class::translate(&mut reader, &mut out)?,
            '(' => reader.group(&mut out)?,
            ')' | '|' | '^' | '$' | '.' => {
                reader.skip(1);
                out.push(c);
            }
            c => {
                reader.skip(c.len_utf8());
                push_literal(&mut out, c);
            }
        }
    }
    Ok(out)
}

struct Reader<'p> {
    rest: &'p str,
}

impl<'p> Reader<'p> {
    fn skip(&mut self, bytes: usize) {
        self.rest = &self.rest[bytes..];
    }

    fn take(&mut self, token: &str) -> bool {
        let found = self.rest.strip_prefix(token);
        self.rest = found.unwrap_or(self.rest);
        found.is_some()
    }

    /// `*`, `+`, `?` or `{n,m}`, each optionally lazy. A brace that is no repetition is left for the caller.
    fn repetition(&mut self) -> Result<Option<&'p str>, PatternError> {
        let start = self.rest;
        let length = match start.as_bytes().first() {
            Some(b'*' | b'+' | b'?') => 1,
            Some(b'{') => match counts(start) {
                None => return Ok(None),
                Some((length, least, most)) => {
                    if least > MAX_REPEAT || most.is_some_and(|most| most > MAX_REPEAT || most < least) {
                        return Err(PatternError::RepeatCount(start[..length].to_owned()));
                    }
                    length
                }
            },
            _ => return Ok(None),
        };
        self.skip(length);
        self.take("?");
        Ok(Some(&start[..start.len() - self.rest.len()]))
    }

    fn escape(&mut self, out: &mut String) -> Result<(), PatternError> {
        if self.take(r"\Q") {
            let (text, rest) = self.rest.split_once(r"\E").unwrap_or((self.rest, ""));
            text.chars().for_each(|c| push_literal(out, c));
            self.rest = rest;
            return Ok(());
        }
        for (escape, meaning) in [(r"\b", r"(?-u:\b)"), (r"\B", r"(?-u:\B)"), (r"\A", r"\A"), (r"\z", r"\z")]
        {
            if self.take(escape) {
                out.push_str(meaning);
                return Ok(());
            }
        }
        if let Some(class) = class::shorthand(self)? {
            out.extend(["[", &class, "]"]);
            return Ok(());
        }
        push_literal(out, self.escaped_char()?);
        Ok(())
    }

    /// One character written as an escape.
    fn escaped_char(&mut self) -> Result<char, PatternError> {
        let start = self.rest;
        self.take("\\");
        let Some(c) = self.rest.chars().next() else {
            return Err(PatternError::Other("trailing backslash at end of expression".to_owned()));
        };
        self.skip(c.len_utf8());
        let octal = |b: &u8| matches!(b, b'0'..=b'7');
        let decoded = match c {
            'a' => Some('\u{7}'),
            'f' => Some('\u{c}'),
            't' => Some('\t'),
            'n' => Some('\n'),
            'r' => Some('\r'),
            'v' => Some('\u{b}'),
            // A digit but 0 alone would be a back-reference.
            '0'..='7' if c == '0' || self.rest.as_bytes().first().is_some_and(octal) => {
                let digits = 1 + self.rest.bytes().take(2).take_while(octal).count();
                self.skip(digits - 1);
                u32::from_str_radix(&start[1..=digits], 8).ok().and_then(char::from_u32)
            }
            'x' => self.hexadecimal(),
            c if c.is_ascii_punctuation() || c.is_ascii_control() || c == ' ' => Some(c),
            _ => None,
        };
        decoded.ok_or_else(|| PatternError::Escape(start[..start.len() - self.rest.len()].to_owned()))
    }

    fn hexadecimal(&mut self) -> Option<char> {
        let rest = self.rest;
        let digits = if let Some(braced) = rest.strip_prefix('{') {
            let (digits, after) = braced.split_once('}')?;
            self.rest = after;
            digits
        } else {
            self.rest = rest.get(2..)?;
            &rest[..2]
        };
        let valid = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_hexdigit());
        u32::from_str_radix(digits, 16).ok().filter(|_| valid).and_then(char::from_u32)
    }

    /// `(`, `(?flags)`, `(?flags:` or a named group, whose name does not matter.
    fn group(&mut self, out: &mut String) -> Result<(), PatternError> {
        let start = self.rest;
        self.skip(1);
        if !self.take("?") {
            out.push('(');
            return Ok(());
        }
        if self.take("P<") || self.take("<") {
            let name = self.rest.split_once('>').filter(|(name, _)| {
                !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            });
            let Some((_, rest)) = name else {
                return Err(PatternError::Group(start.chars().take(4).collect()));
            };
            self.rest = rest;
            out.push('(');
            return Ok(());
        }
        let length = self.rest.find([')', ':']).map_or(self.rest.len(), |at| at + 1);
        let flags = &self.rest[..length];
        self.skip(length);
        let letters = flags.trim_end_matches([')', ':']);
        let (on, off) = letters.split_once('-').unwrap_or((letters, "i"));
        let known = |letters: &str| letters.bytes().all(|b| b"imsU".contains(&b));
        if letters.len() == flags.len() || !known(on) || off.is_empty() || !known(off) {
            return Err(PatternError::Group(start[..start.len() - self.rest.len()].to_owned()));
        }
        // `(?)` and `(?:` change nothing.
        out.push_str(match (letters, flags.ends_with(':')) {
            ("", true) => "(?:",
            ("", false) => "(?:)",
            _ => &start[..length + 2],
        });
        Ok(())
    }
}

/// `{n}`, `{n,}` or `{n,m}` at the start of the text: its length, least and most.
fn counts(text: &str) -> Option<(usize, u32, Option<u32>)> {
    let (inner, _) = text.strip_prefix('{')?.split_once('}')?;
    let number = |digits: &str| {
        // RE2 knows no leading zeros here.
        let plain = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        (plain && (digits == "0" || !digits.starts_with('0'))).then(|| digits.parse().unwrap_or(u32::MAX))
    };
    let (least, most) = match inner.split_once(',') {
        None => (number(inner)?, Some(number(inner)?)),
        Some((least, "")) => (number(least)?, None),
        Some((least, most)) => (number(least)?, Some(number(most)?)),
    };
    Some((inner.len() + 2, least, most))
}

fn push_literal(out: &mut String, c: char) {
    if c.is_ascii_alphanumeric() || c == ' ' || !c.is_ascii() {
        out.push(c);
    } else {
        // Writing to a string does not fail.
        let _ = write!(out, "\\x{{{:x}}}", u32::from(c));
    }
}

#[cfg(test)]
mod tests;
