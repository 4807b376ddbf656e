//! Names that authors give: kinds, nodes, iterators. Says which are legal and why not; reports nothing.

/// Words with a meaning of their own, in kro or in CEL: no node and no iterator may have them.
const RESERVED: &[&str] = &[
    "apiVersion",
    "as",
    "break",
    "const",
    "context",
    "continue",
    "dependencies",
    "dependency",
    "each",
    "else",
    "externalRef",
    "externalReference",
    "externalReferences",
    "externalRefs",
    "false",
    "for",
    "function",
    "graph",
    "if",
    "import",
    "in",
    "instance",
    "item",
    "items",
    "kind",
    "kro",
    "let",
    "loop",
    "metadata",
    "namespace",
    "null",
    "object",
    "package",
    "resource",
    "resourceGraphDefinition",
    "resourcegraphdefinition",
    "resources",
    "return",
    "root",
    "runtime",
    "schema",
    "self",
    "serviceAccountName",
    "spec",
    "status",
    "this",
    "true",
    "var",
    "variables",
    "vars",
    "version",
    "void",
    "while",
];

/// Whether the word is reserved. Case matters.
pub fn is_reserved(word: &str) -> bool {
    RESERVED.binary_search(&word).is_ok()
}

/// `^[a-z][a-zA-Z0-9]*$`: what nodes and iterators are called.
pub fn is_lower_camel_case(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// RFC 1035: what a kind must be once in lower case.
pub fn is_dns_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.ends_with(|last: char| last.is_ascii() && plain(last as u8))
        && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

/// A legal name as close as possible to `text`; `None` when nothing of it is left.
pub fn legal_id(text: &str) -> Option<String> {
    let mut name = String::with_capacity(text.len());
    let mut upper = false;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            upper = !name.is_empty();
        } else if name.is_empty() {
            if c.is_ascii_alphabetic() {
                name.push(c.to_ascii_lowercase());
            }
        } else {
            name.push(if std::mem::take(&mut upper) { c.to_ascii_uppercase() } else { c });
        }
    }
    (!name.is_empty() && !is_reserved(&name)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reserved_words_are_sorted() {
        assert!(RESERVED.is_sorted());
        for word in ["schema", "each", "in", "while", "apiVersion"] {
            assert!(is_reserved(word));
        }
        for word in ["omit", "json", "size", "Schema", "condition"] {
            assert!(!is_reserved(word));
        }
    }

    #[test]
    fn legal_names() {
        for (text, expected) in [
            ("my-app", Some("myApp")),
            ("App", Some("app")),
            ("2fast", Some("fast")),
            ("web_server_1", Some("webServer1")),
            ("--", None),
            ("Status", None),
        ] {
            assert_eq!(legal_id(text).as_deref(), expected);
        }
        assert!(is_lower_camel_case("a1B") && !is_lower_camel_case("aé") && !is_lower_camel_case(""));
        assert!(is_dns_label("a-1") && !is_dns_label("a-") && !is_dns_label("1a") && !is_dns_label("é"));
    }
}
