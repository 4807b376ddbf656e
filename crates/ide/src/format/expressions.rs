//! Spaces in CEL expressions, set as the unparser sets them. Names, literals, quotes and parentheses stay; an
//! expression with a comment, a line break or a mistake stays as it is.

use super::{Edit, File, Step};
use crate::expressions::{is_definition, places};
use kro_diagnostic::{Locus, source::Document};
use kro_graph::template;
use kro_object::FieldPath;

pub(super) fn edits(text: &str, file: &File) -> Step {
    let mut step = Step { edits: Vec::new(), expected: file.values.clone() };
    for (document, expected) in file.documents.iter().zip(&mut step.expected) {
        let value = document.to_value();
        if !is_definition(&value) {
            continue;
        }
        for (path, old) in places(&value) {
            let mut new = old.to_owned();
            let mut edits = Vec::new();
            for range in template::expressions(old).into_iter().rev() {
                let locus = Locus::value(path.clone()).with_range(range.start as u32..range.end as u32);
                let bytes = file.sources.span(document, &locus).bytes;
                let cel = &old[range.clone()];
                // Escapes and folded lines are not edited.
                if text.get(bytes.clone()) != Some(cel) {
                    continue;
                }
                let Some(spaced) = respace(cel).filter(|spaced| spaced != cel) else { continue };
                new.replace_range(range, &spaced);
                edits.push(Edit { bytes, text: spaced });
            }
            // In a plain scalar a colon or a sharp with a space beside it would end the text.
            let breaks = |text: &str| text.contains(": ") || text.contains(" #");
            if edits.is_empty() || (is_plain(text, document, &path) && breaks(&new) && !breaks(old)) {
                continue;
            }
            if path.set(expected, new.into()).is_ok() {
                step.edits.extend(edits);
            }
        }
    }
    step
}

/// Whether a text is written without quotes, on one line.
fn is_plain(text: &str, document: &Document, path: &FieldPath) -> bool {
    let Some(place) = document.place(path) else { return true };
    let written = &text[place.bytes()];
    !written.starts_with(['"', '\'']) && !written.ends_with('\n')
}

/// The expression with the unparser's spaces; `None` when more than spaces would change.
fn respace(cel: &str) -> Option<String> {
    let env = kro_graph::environment();
    let (ast, issues) = env.parse(cel);
    if !issues.is_empty() || cel.contains(['\n', '\r']) {
        return None;
    }
    let canonical = ast.unparse();
    let (old, new) = (tokens(cel), tokens(&canonical));
    if old.len() != new.len() {
        return None;
    }
    let mut out = String::with_capacity(canonical.len());
    for (old, new) in old.iter().zip(&new) {
        if old.text != new.text && !(old.quoted && new.quoted) {
            return None;
        }
        if new.spaced && !out.is_empty() {
            out.push(' ');
        }
        out.push_str(old.text);
    }
    let (again, issues) = env.parse(&out);
    (issues.is_empty() && again.unparse() == canonical).then_some(out)
}

/// A piece of an expression that no space may split.
#[derive(Debug)]
struct Token<'t> {
    text: &'t str,
    /// Whether space stands in front of it.
    spaced: bool,
    /// Whether it is a string or bytes.
    quoted: bool,
}

fn tokens(cel: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut spaced = false;
    while let Some(first) = cel[at..].chars().next() {
        if first.is_whitespace() {
            spaced = true;
            at += first.len_utf8();
            continue;
        }
        let rest = &cel[at..];
        let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
        let quote = rest[word..].chars().next().filter(|c| matches!(c, '"' | '\''));
        let prefix = word <= 2 && rest[..word].chars().all(|c| matches!(c, 'r' | 'R' | 'b' | 'B'));
        let (length, quoted) = match quote {
            Some(quote) if prefix => {
                let raw = rest[..word].contains(['r', 'R']);
                (word + literal(&rest[word..], quote, raw), true)
            }
            _ if word > 0 => (word, false),
            _ => (first.len_utf8(), false),
        };
        tokens.push(Token { text: &rest[..length], spaced, quoted });
        spaced = false;
        at += length;
    }
    tokens
}

/// The length of the string literal that a text starts with.
fn literal(text: &str, quote: char, raw: bool) -> usize {
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let single = quote.to_string();
    let end = if text.starts_with(&triple) { &triple } else { &single };
    let mut at = end.len();
    while let Some(c) = text[at..].chars().next() {
        if text[at..].starts_with(end.as_str()) {
            return at + end.len();
        }
        at += c.len_utf8();
        if c == '\\' && !raw {
            at += text[at..].chars().next().map_or(0, char::len_utf8);
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::respace;

    #[track_caller]
    fn check(cel: &str, expected: Option<&str>) {
        assert_eq!(respace(cel).as_deref(), expected, "{cel}");
    }

    #[test]
    fn only_spaces_change() {
        check("a+b", Some("a + b"));
        check(" schema.spec.name ", Some("schema.spec.name"));
        check("a?'x' :\"y\"", Some("a ? 'x' : \"y\""));
        check("[1,2 ,3].map(i,i*2)", Some("[1, 2, 3].map(i, i * 2)"));
        check("{'a':1}", Some("{'a': 1}"));
        check("(a)+b", None);
        check("a // why", None);
        check("a +\n b", None);
        check("a +", None);
        check("r'\\d'+b'x'+\"\"\"q\"r\"\"\"", Some("r'\\d' + b'x' + \"\"\"q\"r\"\"\""));
        check("1.50+2e3", None);
    }
}
