//! Regular expressions as RE2 reads them, run by the `regex` crate, which is linear as well. Refuses patterns whose
//! program would be large.
use crate::EvalError;
use regex::{Regex, RegexBuilder};

/// Size of a compiled pattern in bytes.
const MAX_PROGRAM: usize = 1 << 20;

/// Compiles a pattern in RE2's syntax.
pub fn compile(pattern: &str) -> Result<Regex, EvalError> {
    RegexBuilder::new(&translate(pattern))
        .size_limit(MAX_PROGRAM)
        .dfa_size_limit(MAX_PROGRAM)
        .build()
        .map_err(|_| EvalError::invalid(format!("error parsing regexp: `{pattern}`")))
}

/// What RE2 and the `regex` crate read differently: Perl classes and word boundaries are ASCII, braces may be literal,
/// classes have no set operations, and `\Q..\E` quotes.
fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    let mut class_start = false;
    while let Some(c) = rest.next() {
        let starting = std::mem::take(&mut class_start);
        match c {
            '\\' => match rest.next() {
                Some('Q') => quote(&mut rest, &mut out),
                Some(escaped) => out.push_str(&escape(escaped, in_class)),
                None => out.push('\\'),
            },
            '[' if in_class && rest.peek() != Some(&':') => out.push_str("\\["),
            '[' if in_class => out.push('['),
            '[' => {
                in_class = true;
                class_start = true;
                out.push('[');
                if rest.peek() == Some(&'^') {
                    rest.next();
                    out.push('^');
                }
            }
            ']' if in_class && starting => out.push_str("\\]"),
            ']' if in_class => {
                // `[:alpha:]` ends with `:]`, the class itself does not.
                in_class = out.ends_with(':') && out.rfind("[:").is_some_and(|open| !out[open..].contains(']'));
                out.push(']');
            }
            '&' | '~' if in_class => {
                out.push('\\');
                out.push(c);
            }
            '-' if in_class && rest.peek() == Some(&'-') => out.push_str("\\-"),
            '{' if !in_class && !is_repetition(rest.clone()) => out.push_str("\\{"),
            other => out.push(other),
        }
    }
    out
}

fn quote(rest: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    while let Some(c) = rest.next() {
        if c == '\\' && rest.peek() == Some(&'E') {
            rest.next();
            return;
        }
        out.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
    }
}

fn escape(escaped: char, in_class: bool) -> String {
    let class = |inner: &str, negated: bool| match (in_class, negated) {
        (true, false) => inner.to_owned(),
        (false, false) => format!("[{inner}]"),
        (_, true) => format!("[^{inner}]"),
    };
    match escaped {
        'd' => class("0-9", false),
        'D' => class("0-9", true),
        'w' => class("0-9A-Za-z_", false),
        'W' => class("0-9A-Za-z_", true),
        's' => class("\\t\\n\\x0c\\r ", false),
        'S' => class("\\t\\n\\x0c\\r ", true),
        'b' if !in_class => "(?-u:\\b)".to_owned(),
        'B' if !in_class => "(?-u:\\B)".to_owned(),
        'C' => ".".to_owned(),
        other => format!("\\{other}"),
    }
}

/// Whether `n}`, `n,}` or `n,m}` follows an opening brace.
fn is_repetition(rest: std::iter::Peekable<std::str::Chars<'_>>) -> bool {
    let inner: String = rest.take(16).take_while(|c| *c != '}').collect();
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match inner.split_once(',') {
        Some((low, high)) => number(low) && (high.is_empty() || number(high)),
        None => number(&inner) && inner.len() < 16,
    }
}

#[cfg(test)]
mod tests {
    use super::compile;

    #[test]
    fn like_re2() {
        for (pattern, text, matches) in [
            (r"^\d+$", "123", true),
            (r"^\d+$", "१२३", false),
            (r"a{", "a{", true),
            (r"^[a&&b]$", "&", true),
            (r"^[[:alpha:]_]+$", "a_b", true),
            (r"^[]a]$", "]", true),
            (r"^\Qa.b\E$", "a.b", true),
            (r"^\w{2,3}$", "ab", true),
            (r"\bfoo\b", "a foo b", true),
            (r"^[\w.]+$", "a.b", true),
            (r"^[^\s]+$", "ab", true),
        ] {
            assert_eq!(compile(pattern).unwrap().is_match(text), matches, "{pattern} {text}");
        }
        for pattern in ["(", "a**", "(?P<n", "x{1000}{1000}"] {
            assert!(compile(pattern).is_err(), "{pattern}");
        }
    }
}
