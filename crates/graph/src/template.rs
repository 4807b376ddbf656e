//! Texts with `${…}`: where the expressions are, and the one CEL expression a mixed text stands for. A scanner of
//! bytes with upstream's rules, not a CEL tokenizer; whether the expressions are CEL is found later.

use std::{borrow::Cow, ops::Range};

/// What a text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Text<'t> {
    /// No expression; the text means itself.
    Plain,
    /// One expression and nothing around it. Its value may have any type.
    Whole(&'t str),
    /// Expressions among other text, or several of them: a concatenation.
    Mixed(Mixed<'t>),
}

/// The parts of a mixed text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mixed<'t> {
    text: &'t str,
    /// Each `${…}` with its delimiters.
    matches: Vec<Range<usize>>,
}

/// `${` inside of an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("nested expressions are not allowed unless inside string literals")]
pub struct NestedExpression {
    /// The inner `${` in the text, in bytes.
    pub at: usize,
}

/// Reads a text.
///
/// * Braces are counted, except between double quotes; a backslash there escapes. Single quotes mean nothing.
/// * `${` without its end is plain text; after 64 of these, so is the rest.
pub fn read(text: &str) -> Result<Text<'_>, NestedExpression> {
    let matches = scan(text)?;
    Ok(match matches.as_slice() {
        [] => Text::Plain,
        [whole] if *whole == (0..text.len()) => Text::Whole(&text[2..text.len() - 1]),
        _ => Text::Mixed(Mixed { text, matches }),
    })
}

/// The expressions of a text without their delimiters, in bytes. None in a text that cannot be read.
pub fn expressions(text: &str) -> Vec<Range<usize>> {
    let matches = scan(text).unwrap_or_default();
    matches.into_iter().map(|range| range.start + 2..range.end - 1).collect()
}

/// After so many `${` without an end the rest of a text is plain: looking for each end reads all of the rest.
const MAX_UNTERMINATED: usize = 64;

fn scan(text: &str) -> Result<Vec<Range<usize>>, NestedExpression> {
    let mut matches = Vec::new();
    let (mut from, mut unterminated) = (0, 0);
    while let Some(start) = text[from..].find("${").map(|at| from + at) {
        match closing_brace(text, start)? {
            Some(end) => {
                matches.push(start..end);
                from = end;
            }
            None if unterminated == MAX_UNTERMINATED => break,
            // A later one may still end: quotes are read differently from there.
            None => {
                unterminated += 1;
                from = start + 1;
            }
        }
    }
    Ok(matches)
}

/// One past the brace that closes the expression at `start`.
fn closing_brace(text: &str, start: usize) -> Result<Option<usize>, NestedExpression> {
    let bytes = text.as_bytes();
    let (mut depth, mut quoted, mut escaped) = (1_usize, false, false);
    for (at, byte) in bytes.iter().enumerate().skip(start + 2) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' => depth += 1,
            b'}' if depth == 1 => return Ok(Some(at + 1)),
            b'}' => depth -= 1,
            b'$' if bytes.get(at + 1) == Some(&b'{') && bytes[at - 1] != b'"' => {
                return Err(NestedExpression { at });
            }
            _ => {}
        }
    }
    Ok(None)
}

impl<'t> Mixed<'t> {
    /// The expressions, without delimiters.
    pub fn expressions(&self) -> impl Iterator<Item = &'t str> {
        self.matches.iter().map(|range| &self.text[range.start + 2..range.end - 1])
    }

    /// The CEL expression that the text stands for: `a-${x}` is `"a-" + (x)`. Nothing is converted to a string.
    pub fn lower(&self) -> Lowered {
        let mut lowered = Lowered { cel: String::with_capacity(self.text.len() + 16), pieces: Vec::new() };
        let mut from = 0;
        for range in &self.matches {
            lowered.literal(&self.text[from..range.start]);
            lowered.expression(self.text, range.start + 2..range.end - 1);
            from = range.end;
        }
        lowered.literal(&self.text[from..]);
        lowered
    }
}

/// A mixed text as CEL, with the way back to the text for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lowered {
    /// The CEL expression.
    pub cel: String,
    /// Start in `cel`, start in the text, length.
    pieces: Vec<(usize, usize, usize)>,
}

impl Lowered {
    fn literal(&mut self, text: &str) {
        if !text.is_empty() {
            self.plus();
            quote(text, &mut self.cel);
        }
    }

    fn expression(&mut self, text: &str, range: Range<usize>) {
        self.plus();
        self.cel.push('(');
        self.pieces.push((self.cel.len(), range.start, range.len()));
        self.cel.push_str(&text[range]);
        self.cel.push(')');
    }

    fn plus(&mut self) {
        if !self.cel.is_empty() {
            self.cel.push_str(" + ");
        }
    }

    /// The `${…}` that a place in the CEL expression belongs to, counted from 0, with its range there.
    pub(crate) fn piece(&self, at: u32) -> Option<(usize, Range<u32>)> {
        let range = |piece: &(usize, usize, usize)| piece.0 as u32..(piece.0 + piece.2) as u32;
        let mut ranges = self.pieces.iter().map(range).enumerate();
        ranges.find(|(_, range)| range.start <= at && at <= range.end)
    }

    /// The place in the text for a place in the CEL expression: the part of it that lies in one `${…}`, or everything
    /// from the first to the last of those it spans.
    pub fn locate(&self, range: Range<u32>) -> Range<u32> {
        let (start, end) = (range.start as usize, range.end as usize);
        let touched = |piece: &&(usize, usize, usize)| piece.0 <= end && start <= piece.0 + piece.2;
        let Some(first) = self.pieces.iter().find(touched) else { return 0..0 };
        let last = self.pieces.iter().rev().find(touched).unwrap_or(first);
        let from = first.1 + start.saturating_sub(first.0).min(first.2);
        let to = last.1 + end.saturating_sub(last.0).min(last.2);
        from as u32..to.max(from) as u32
    }
}

/// A text as a CEL string literal, escaped as Go does it.
fn quote(text: &str, into: &mut String) {
    into.push('"');
    for c in text.chars() {
        let escaped: Cow<'static, str> = match c {
            '"' => "\\\"".into(),
            '\\' => "\\\\".into(),
            '\u{7}' => "\\a".into(),
            '\u{8}' => "\\b".into(),
            '\u{c}' => "\\f".into(),
            '\n' => "\\n".into(),
            '\r' => "\\r".into(),
            '\t' => "\\t".into(),
            '\u{b}' => "\\v".into(),
            '\0'..='\u{1f}' | '\u{7f}' => format!("\\x{:02x}", c as u32).into(),
            _ if is_printable(c) => {
                into.push(c);
                continue;
            }
            '\u{10000}'.. => format!("\\U{:08x}", c as u32).into(),
            _ => format!("\\u{:04x}", c as u32).into(),
        };
        into.push_str(&escaped);
    }
    into.push('"');
}

/// Whether the character shows: neither control nor format nor unassigned, and no space but the common one.
fn is_printable(c: char) -> bool {
    c == ' '
        || (c.is_ascii_graphic())
        || (!c.is_ascii() && !c.is_whitespace() && !c.escape_debug().to_string().starts_with("\\u"))
}

#[cfg(test)]
mod tests {
    use super::{NestedExpression, Text, read};
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        let found = match read(text) {
            Ok(Text::Plain) => "plain".to_owned(),
            Ok(Text::Whole(cel)) => format!("whole {cel}"),
            Ok(Text::Mixed(mixed)) => format!("mixed {}", mixed.lower().cel),
            Err(NestedExpression { at }) => format!("nested at {at}"),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn texts() {
        for (text, expected) in [
            ("", "plain"),
            ("$x $(x) $$ {}", "plain"),
            ("${a.b}", "whole a.b"),
            ("${}", "whole "),
            ("${a\n}", "whole a\n"),
            ("${a}\n", "mixed (a) + \"\\n\""),
            ("x-${a}-${b}", "mixed \"x-\" + (a) + \"-\" + (b)"),
            ("${a}${b}", "mixed (a) + (b)"),
            ("${{\"k\": v}}", "whole {\"k\": v}"),
            ("${f(\"}\")}", "whole f(\"}\")"),
            ("${f('}')}", "mixed (f(') + \"')}\""),
            ("${f(\"a \\\" } b\")}", "whole f(\"a \\\" } b\")"),
            ("${'a\"b'}", "plain"),
            ("${\"${VAR}\"}", "whole \"${VAR}\""),
            ("${outer(${inner})}", "nested at 8"),
            ("${outer(\"${inner}\")}", "whole outer(\"${inner}\")"),
            ("${incomplete", "plain"),
            ("${done} ${incomplete", "mixed (done) + \" ${incomplete\""),
            ("${incomplete ${done}", "nested at 13"),
            ("say \"${n}\"", "mixed \"say \\\"\" + (n) + \"\\\"\""),
            ("$${a}", "mixed \"$\" + (a)"),
            ("é\u{200b}\u{1}${a}", "mixed \"é\\u200b\\x01\" + (a)"),
        ] {
            check(text, expected);
        }
    }

    #[test]
    fn places_lead_back() {
        let text = "x-${aa}-${b.c}";
        let Ok(Text::Mixed(mixed)) = read(text) else { panic!("a mixed text") };
        let lowered = mixed.lower();
        let at = |part: &str| {
            let start = lowered.cel.find(part).expect("a part of the text") as u32;
            lowered.locate(start..start + part.len() as u32)
        };
        assert_eq!(at("aa"), 4..6);
        assert_eq!(at("b.c"), 10..13);
        assert_eq!(at("(aa) + \"-\" + (b.c"), 4..13);
    }

    proptest! {
        #[test]
        fn any_text_is_read(text in "[${}\"'\\\\a é]{0,40}") {
            match read(&text) {
                Ok(Text::Plain) | Err(_) => {}
                Ok(Text::Whole(cel)) => prop_assert_eq!(format!("${{{cel}}}"), text),
                Ok(Text::Mixed(mixed)) => {
                    let lowered = mixed.lower();
                    for cel in mixed.expressions() {
                        let parenthesised = format!("({cel})");
                        prop_assert!(lowered.cel.contains(&parenthesised));
                    }
                    for start in 0..=lowered.cel.len() as u32 {
                        let range = lowered.locate(start..lowered.cel.len() as u32);
                        prop_assert!(range.start <= range.end && range.end as usize <= text.len());
                    }
                }
            }
        }
    }
}
