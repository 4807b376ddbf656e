//! The OpenAPI formats as Kubernetes' CEL library judges them: the rules of validation, other words.

use kro_schema::formats;

use crate::url::Url;

pub(super) fn uri(text: &str) -> Vec<String> {
    Url::parse(text).err().map(|error| error.to_string()).into_iter().collect()
}

pub(super) fn uuid(text: &str) -> Vec<String> {
    verdict("uuid", text, "does not match the UUID format")
}

pub(super) fn byte(text: &str) -> Vec<String> {
    verdict("byte", text, "invalid base64")
}

pub(super) fn date(text: &str) -> Vec<String> {
    verdict("date", text, "invalid date")
}

pub(super) fn date_time(text: &str) -> Vec<String> {
    verdict("date-time", text, "invalid datetime")
}

fn verdict(format: &str, text: &str, problem: &str) -> Vec<String> {
    if formats::check(format, text) == Some(false) { vec![problem.to_owned()] } else { vec![] }
}
