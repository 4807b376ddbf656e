//! Property names as CEL identifiers and back: Kubernetes' escapes for symbols and reserved words.
//! Map keys are never escaped, only declared properties.

use std::borrow::Cow;

/// Words CEL keeps for itself, sorted.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// What an identifier cannot hold and the word that stands for it between `__` and `__`.
const SYMBOLS: [(&str, &str); 4] = [("__", "underscores"), (".", "dot"), ("-", "dash"), ("/", "slash")];

/// Whether CEL reserves the word. Selecting it as a field (`x.namespace`) works all the same.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.binary_search(&name).is_ok()
}

/// The identifier that stands for a property, or `None` when no identifier can: empty names, names that begin
/// with a digit or hold other characters than letters, digits, `_`, `.`, `-` and `/`.
pub fn escape(name: &str) -> Option<Cow<'_, str>> {
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if is_reserved(name) {
        return Some(Cow::Owned(format!("__{name}__")));
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !name.contains("__") && name.chars().all(plain) {
        return Some(Cow::Borrowed(name));
    }
    let mut out = String::with_capacity(name.len() + 16);
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        if let Some((symbol, word)) = SYMBOLS.iter().find(|(symbol, _)| rest.starts_with(symbol)) {
            out.extend(["__", word, "__"]);
            rest = &rest[symbol.len()..];
        } else if plain(c) {
            out.push(c);
            rest = &rest[1..];
        } else {
            return None;
        }
    }
    Some(Cow::Owned(out))
}

/// The property an identifier stands for, or `None` when it is not the escape of any.
pub fn unescape(identifier: &str) -> Option<Cow<'_, str>> {
    if !identifier.contains("__") {
        return Some(Cow::Borrowed(identifier)).filter(|name| !is_reserved(name));
    }
    let inner = identifier.strip_prefix("__").and_then(|rest| rest.strip_suffix("__"));
    if let Some(word) = inner.filter(|word| is_reserved(word)) {
        return Some(Cow::Borrowed(word));
    }
    let mut out = String::with_capacity(identifier.len());
    let mut rest = identifier;
    while let Some((at, symbol, tail)) = first_symbol(rest) {
        let before = &rest[..at];
        if before.contains("__") {
            return None;
        }
        out.extend([before, symbol]);
        rest = tail;
    }
    out.push_str(rest);
    Some(Cow::Owned(out)).filter(|_| !rest.contains("__"))
}

/// The first `__word__`: where it begins, its symbol, and what follows it.
fn first_symbol(text: &str) -> Option<(usize, &'static str, &str)> {
    text.bytes().enumerate().filter(|(_, byte)| *byte == b'_').find_map(|(at, _)| {
        let after = text[at..].strip_prefix("__")?;
        SYMBOLS
            .iter()
            .find_map(|(symbol, word)| Some((at, *symbol, after.strip_prefix(word)?.strip_prefix("__")?)))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Cow, escape, is_reserved, unescape};

    #[test]
    fn both_ways() {
        for (name, identifier) in [
            ("a", "a"),
            ("_a_b", "_a_b"),
            ("a-b", "a__dash__b"),
            ("a.b/c", "a__dot__b__slash__c"),
            ("a__b", "a__underscores__b"),
            ("a___b", "a__underscores___b"),
            ("__dash__", "__underscores__dash__underscores__"),
            ("namespace", "__namespace__"),
            ("__", "__underscores__"),
            ("int", "int"),
        ] {
            assert_eq!(escape(name).as_deref(), Some(identifier), "{name}");
            assert_eq!(unescape(identifier).as_deref(), Some(name), "{identifier}");
        }
        for name in ["", "0a", "$ref", "a b", "é", "a\u{0}"] {
            assert_eq!(escape(name), None, "{name}");
        }
        for identifier in ["a__b", "__for", "__x__", "namespace"] {
            assert_eq!(unescape(identifier), None, "{identifier}");
        }
    }

    proptest! {
        #[test]
        fn unescape_inverts_escape(name in "[a-c_./-]{1,12}|__(dash|dot|for)_{0,4}|for|as|[a-z_][a-z0-9_./$-]{0,9}") {
            if let Some(identifier) = escape(&name) {
                prop_assert!(identifier.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
                prop_assert!(!is_reserved(&identifier));
                prop_assert_eq!(unescape(&identifier).map(Cow::into_owned), Some(name.clone()));
            }
        }

        #[test]
        fn unescape_never_panics(identifier in ".{0,20}|[a_]{0,12}") {
            let _ = unescape(&identifier);
        }
    }
}
