//! Which texts are legal names, label keys and label values, with the API server's own words.

const NAME_RULE: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
    with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
    '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or \
    '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex \
    used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const SUBDOMAIN_RULE: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' \
    or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const LABEL_RULE: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and \
    must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is \
    '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

/// A qualified name, as label and annotation keys and finalizers are: `name` or `example.com/name`.
/// All broken rules are joined by `; `.
pub fn label_key(key: &str) -> Result<(), String> {
    let mut broken = Vec::new();
    let name = match key.split_once('/') {
        None => key,
        Some((_, rest)) if rest.contains('/') => {
            return Err("a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end \
                 with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for \
                 validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and \
                 '/' (e.g. 'example.com/MyName')".to_owned());
        }
        Some(("", name)) => {
            broken.push("prefix part must be non-empty".to_owned());
            name
        }
        Some((prefix, name)) => {
            if let Err(rules) = subdomain(prefix) {
                broken.push(format!("prefix part {rules}"));
            }
            name
        }
    };
    if name.is_empty() {
        broken.push("name part must be non-empty".to_owned());
    } else if name.len() > 63 {
        broken.push("name part must be no more than 63 bytes".to_owned());
    }
    if !is_qualified(name) {
        broken.push(NAME_RULE.to_owned());
    }
    joined(&broken)
}

/// A label value: empty, or up to 63 letters, digits, `-`, `_`, `.` with letters or digits at both ends.
pub fn label_value(value: &str) -> Result<(), String> {
    let mut broken = Vec::new();
    if value.len() > 63 {
        broken.push("must be no more than 63 bytes".to_owned());
    }
    if !value.is_empty() && !is_qualified(value) {
        broken.push(VALUE_RULE.to_owned());
    }
    joined(&broken)
}

/// A DNS-1123 subdomain of up to 253 characters: the names of most objects.
pub fn subdomain(name: &str) -> Result<(), String> {
    let mut broken = Vec::new();
    if name.len() > 253 {
        broken.push("must be no more than 253 bytes".to_owned());
    }
    if !name.split('.').all(is_dns_label) {
        broken.push(SUBDOMAIN_RULE.to_owned());
    }
    joined(&broken)
}

/// A DNS-1123 label of up to 63 characters: the names of namespaces.
pub fn dns_label(name: &str) -> Result<(), String> {
    let mut broken = Vec::new();
    if name.len() > 63 {
        broken.push("must be no more than 63 bytes".to_owned());
    }
    if !is_dns_label(name) {
        broken.push(LABEL_RULE.to_owned());
    }
    joined(&broken)
}

fn is_qualified(name: &str) -> bool {
    let bytes = name.as_bytes();
    let ends = bytes.first().zip(bytes.last());
    ends.is_some_and(|(first, last)| first.is_ascii_alphanumeric() && last.is_ascii_alphanumeric())
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
}

fn is_dns_label(name: &str) -> bool {
    let bytes = name.as_bytes();
    let plain = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().zip(bytes.last()).is_some_and(|(first, last)| plain(first) && plain(last))
        && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
}

fn joined(broken: &[String]) -> Result<(), String> {
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules() {
        let check = |rule: fn(&str) -> Result<(), String>, good: &[&str], bad: &[&str]| {
            for text in good {
                assert_eq!(rule(text), Ok(()), "{text}");
            }
            for text in bad {
                assert!(rule(text).is_err(), "{text}");
            }
        };
        check(
            label_key,
            &["a", "A.b_c-d", "example.com/a"],
            &["", "/a", "a/", "-a", "a/b/c", "Ex.com/a", &"x".repeat(64)],
        );
        check(label_value, &["", "a", "1.0_b"], &["-a", "a-", "a b", "é", &"x".repeat(64)]);
        check(subdomain, &["a", "a.b-c.d1"], &["", "A", "a..b", "a.", "a_b", &"x".repeat(254)]);
        check(dns_label, &["a", "a-1"], &["", "a.b", "-a", &"x".repeat(64)]);
    }
}
