//! The syntax of names, labels and other identifiers, with the explanations apimachinery gives.
//! Every function returns the explanations of what is wrong: none means valid.

const QUALIFIED: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

/// A label key, annotation key or finalizer: an optional DNS prefix and a name.
pub(crate) fn qualified_name(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    let name = match text.split('/').collect::<Vec<_>>().as_slice() {
        [name] => *name,
        [prefix, name] => {
            if prefix.is_empty() {
                out.push("prefix part must be non-empty".into());
            } else {
                out.extend(subdomain(prefix, "bytes").into_iter().map(|why| format!("prefix part {why}")));
            }
            name
        }
        _ => {
            return vec![format!(
                "a valid label key {QUALIFIED} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        out.push("name part must be non-empty".into());
    } else if name.len() > 63 {
        out.push("name part must be no more than 63 bytes".into());
    }
    if !matches_ends(name, |c| c.is_ascii_alphanumeric(), |c| matches!(c, '-' | '_' | '.')) {
        out.push(format!("name part {QUALIFIED}"));
    }
    out
}

/// The value of a label.
pub(crate) fn label_value(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.len() > 63 {
        out.push("must be no more than 63 bytes".into());
    }
    if !text.is_empty()
        && !matches_ends(text, |c| c.is_ascii_alphanumeric(), |c| matches!(c, '-' | '_' | '.'))
    {
        out.push("a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')".into());
    }
    out
}

/// The usual name of an object.
pub(crate) fn dns1123_subdomain(text: &str) -> Vec<String> {
    subdomain(text, "characters")
}

/// Lengths of names are told in characters, those of their parts in bytes.
fn subdomain(text: &str, unit: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.len() > 253 {
        out.push(format!("must be no more than 253 {unit}"));
    }
    if !text.split('.').all(is_dns1123_label) {
        out.push("a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')".into());
    }
    out
}

/// The name of a namespace or Service.
pub(crate) fn dns1123_label(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.len() > 63 {
        out.push("must be no more than 63 characters".into());
    }
    if !is_dns1123_label(text) {
        out.push(if dns1123_subdomain(text).is_empty() {
            "must not contain dots".into()
        } else {
            "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')".into()
        });
    }
    out
}

/// The names in CRDs.
pub(crate) fn dns1035_label(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.len() > 63 {
        out.push("must be no more than 63 characters".into());
    }
    if !(is_dns1123_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase())) {
        out.push("a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')".into());
    }
    out
}

/// A name that only has to fit into a URL path, as RBAC's.
pub(crate) fn path_segment(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    ['/', '%'].iter().filter(|c| text.contains(**c)).map(|c| format!("may not contain '{c}'")).collect()
}

/// A key of a config map or secret.
pub(crate) fn config_key(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    if text.len() > 253 {
        out.push("must be no more than 253 characters".into());
    }
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
    if text.is_empty() || !is_plain {
        out.push("a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')".into());
    }
    match text {
        "." | ".." => out.push(format!("must not be '{text}'")),
        _ if text.starts_with("..") => out.push("must not start with '..'".into()),
        _ => {}
    }
    out
}

fn is_dns1123_label(text: &str) -> bool {
    matches_ends(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit(), |c| c == '-')
}

/// Whether a text is not empty, begins and ends with `end` characters and has only those and `inner` ones.
fn matches_ends(text: &str, end: impl Fn(char) -> bool, inner: impl Fn(char) -> bool) -> bool {
    text.starts_with(&end) && text.ends_with(&end) && text.chars().all(|c| end(c) || inner(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, valid) in
            [("a", true), ("a.b-c", true), ("", false), ("A", false), ("-a", false), ("a..b", false)]
        {
            assert_eq!(dns1123_subdomain(name).is_empty(), valid, "{name}");
        }
        for (key, valid) in
            [("a", true), ("x.io/A_b", true), ("/a", false), ("a/", false), ("a/b/c", false), ("a b", false)]
        {
            assert_eq!(qualified_name(key).is_empty(), valid, "{key}");
        }
        assert!(dns1035_label("1a").len() == 1 && dns1035_label("a1").is_empty());
        assert_eq!(path_segment(".."), ["may not be '..'"]);
    }
}
