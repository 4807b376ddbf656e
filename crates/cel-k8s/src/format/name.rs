//! Names and labels: what apimachinery's validation says about them, word by word.

use std::borrow::Cow;

const DNS1123_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS1123_SUBDOMAIN: &str = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const DNS1035_LABEL: &str = "[a-z]([-a-z0-9]*[a-z0-9])?";
const QUALIFIED_NAME: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const LABEL_VALUE: &str = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";

const MAX_LABEL: usize = 63;
const MAX_SUBDOMAIN: usize = 253;

pub(super) fn dns1123_label(text: &str) -> Vec<String> {
    let mut problems = too_long(text, MAX_LABEL);
    if !is_dns_label(text) {
        problems.push(if is_dns_subdomain(text) {
            "must not contain dots".to_owned()
        } else {
            pattern_message(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', \
                 and must start and end with an alphanumeric character",
                DNS1123_LABEL,
                &["my-name", "123-abc"],
            )
        });
    }
    problems
}

pub(super) fn dns1123_subdomain(text: &str) -> Vec<String> {
    let mut problems = too_long(text, MAX_SUBDOMAIN);
    if !is_dns_subdomain(text) {
        problems.push(pattern_message(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
             and must start and end with an alphanumeric character",
            DNS1123_SUBDOMAIN,
            &["example.com"],
        ));
    }
    problems
}

pub(super) fn dns1035_label(text: &str) -> Vec<String> {
    let mut problems = too_long(text, MAX_LABEL);
    if !is_dns_label(text) || text.starts_with(|c: char| c.is_ascii_digit()) {
        problems.push(pattern_message(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', \
             start with an alphabetic character, and end with an alphanumeric character",
            DNS1035_LABEL,
            &["my-name", "abc-123"],
        ));
    }
    problems
}

/// An optional DNS subdomain and `/`, then a name: what label keys are.
pub(super) fn qualified_name(text: &str) -> Vec<String> {
    let message = |part: &str| {
        pattern_message(
            &format!(
                "{part} must consist of alphanumeric characters, '-', '_' or '.', \
                 and must start and end with an alphanumeric character"
            ),
            QUALIFIED_NAME,
            &["MyName", "my.name", "123-abc"],
        )
    };
    let (prefix, name) = match text.split_once('/') {
        None => (None, text),
        Some((_, name)) if name.contains('/') => {
            return vec![format!(
                "{} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                message("a valid label key")
            )];
        }
        Some((prefix, name)) => (Some(prefix), name),
    };
    let mut problems = match prefix {
        None => vec![],
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => {
            dns1123_subdomain(prefix).into_iter().map(|problem| format!("prefix part {problem}")).collect()
        }
    };
    if name.is_empty() {
        problems.push("name part must be non-empty".to_owned());
    }
    problems.extend(too_long(name, MAX_LABEL).into_iter().map(|problem| format!("name part {problem}")));
    if !is_label_word(name) {
        problems.push(message("name part"));
    }
    problems
}

pub(super) fn label_value(text: &str) -> Vec<String> {
    let mut problems = too_long(text, MAX_LABEL);
    if !text.is_empty() && !is_label_word(text) {
        problems.push(pattern_message(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
             and must start and end with an alphanumeric character",
            LABEL_VALUE,
            &["MyValue", "my_value", "12345"],
        ));
    }
    problems
}

/// A prefix may end in `-` because more will follow: judge it as if a letter did.
pub(super) fn mask_trailing_dash(text: &str) -> Cow<'_, str> {
    // As upstream, the dash and the character before it give way to the letter.
    match text.strip_suffix('-').map(|rest| (rest, rest.chars().next_back())) {
        Some((rest, Some(last))) if last.is_ascii() => Cow::Owned(format!("{}a", &rest[..rest.len() - 1])),
        _ => Cow::Borrowed(text),
    }
}

fn is_dns_label(text: &str) -> bool {
    let is_word = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    text.bytes().all(|b| is_word(b) || b == b'-')
        && text.bytes().next().is_some_and(is_word)
        && text.bytes().next_back().is_some_and(is_word)
}

fn is_dns_subdomain(text: &str) -> bool {
    text.split('.').all(is_dns_label)
}

fn is_label_word(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && text.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
        && text.bytes().next_back().is_some_and(|b| b.is_ascii_alphanumeric())
}

fn too_long(text: &str, max: usize) -> Vec<String> {
    if text.len() > max { vec![format!("must be no more than {max} bytes")] } else { vec![] }
}

fn pattern_message(message: &str, pattern: &str, examples: &[&str]) -> String {
    let examples: Vec<_> = examples.iter().map(|example| format!("'{example}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{pattern}')", examples.join(" or "))
}
