//! Config maps and secrets: `stringData`, keys, size, what types of secrets must hold, immutability.

use super::check::{all, entries, text};
use crate::{
    core::{metadata::names, object},
    field_error::FieldError,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

/// The most bytes that a config map or secret may hold.
const MAX_SIZE: usize = 1024 * 1024;

pub(super) fn default_secret(secret: &mut Value) {
    let map = object::as_map_mut(secret);
    if let Some(Value::Object(texts)) = map.remove("stringData") {
        let data = object::child_mut(secret, "data");
        for (key, text) in texts {
            let bytes = text.as_str().unwrap_or_default();
            data.insert(key, STANDARD.encode(bytes).into());
        }
    }
    let map = object::as_map_mut(secret);
    map.entry("type").or_insert_with(|| "Opaque".into());
}

/// Problems of a secret.
pub(super) fn secret(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if let Some(old) = old {
        if old.get("type") != new.get("type") {
            let kind = new.get("type").unwrap_or(&Value::Null);
            out.push(FieldError::invalid("type", kind, "field is immutable"));
        }
        frozen(new, old, &["data"], &mut out);
    }
    keys(new, "data", &mut out);
    if decoded_size(new, "data") > MAX_SIZE {
        out.push(FieldError::too_long("data", MAX_SIZE));
    }
    required_keys(new, &mut out);
    out
}

/// Problems of a config map.
pub(super) fn config_map(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    if let Some(old) = old {
        frozen(new, old, &["data", "binaryData"], &mut out);
    }
    keys(new, "data", &mut out);
    keys(new, "binaryData", &mut out);
    for (key, _) in entries(new, "/binaryData") {
        if new.get("data").is_some_and(|data| data.get(key).is_some()) {
            let why = "duplicate of key present in data";
            out.push(FieldError::invalid_text(format!("binaryData[{key}]"), key, why));
        }
    }
    let texts: usize = entries(new, "/data").map(|(_, value)| value.as_str().map_or(0, str::len)).sum();
    if texts + decoded_size(new, "binaryData") > MAX_SIZE {
        out.push(FieldError::too_long("", MAX_SIZE));
    }
    out
}

/// What may not change once `immutable` is set.
fn frozen(new: &Value, old: &Value, fields: &[&str], out: &mut Vec<FieldError>) {
    const WHY: &str = "field is immutable when `immutable` is set";
    if old["immutable"] != true {
        return;
    }
    if new["immutable"] != true {
        out.push(FieldError::forbidden("immutable", WHY));
    }
    for &field in fields {
        if new.get(field) != old.get(field) {
            out.push(FieldError::forbidden(field, WHY));
        }
    }
}

fn keys(object: &Value, field: &str, out: &mut Vec<FieldError>) {
    for (key, _) in entries(object, &format!("/{field}")) {
        all(format!("{field}[{key}]"), key, names::config_key(key), out);
    }
}

fn decoded_size(object: &Value, field: &str) -> usize {
    let length = |value: &Value| value.as_str().map_or(0, |text| text.trim_end_matches('=').len() * 3 / 4);
    entries(object, &format!("/{field}")).map(|(_, value)| length(value)).sum()
}

/// What must be in a secret of a type that Kubernetes knows.
fn required_keys(secret: &Value, out: &mut Vec<FieldError>) {
    let data = |key: &str| secret.get("data").and_then(|data| data.get(key)).and_then(Value::as_str);
    let mut require = |key: &str| out.push(FieldError::required(format!("data[{key}]"), ""));
    match text(secret, "/type") {
        "kubernetes.io/tls" => {
            ["tls.crt", "tls.key"].into_iter().filter(|key| data(key).is_none()).for_each(require);
        }
        "kubernetes.io/basic-auth" if data("username").is_none() && data("password").is_none() => {
            ["username", "password"].into_iter().for_each(require);
        }
        "kubernetes.io/ssh-auth" if data("ssh-privatekey").unwrap_or_default().is_empty() => {
            require("ssh-privatekey");
        }
        "kubernetes.io/dockerconfigjson" if data(".dockerconfigjson").is_none() => {
            require(".dockerconfigjson");
        }
        "kubernetes.io/dockercfg" if data(".dockercfg").is_none() => require(".dockercfg"),
        "kubernetes.io/service-account-token" => {
            let account = "kubernetes.io/service-account.name";
            let annotations = object::meta(secret, "annotations");
            let name = annotations.and_then(|annotations| annotations.get(account)).and_then(Value::as_str);
            if name.unwrap_or_default().is_empty() {
                out.push(FieldError::required(format!("metadata.annotations[{account}]"), ""));
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field_error::fields;
    use serde_json::json;

    #[test]
    fn what_is_immutable_stays() {
        let old = json!({"immutable": true, "data": {"a": "1"}});
        assert_eq!(fields(&config_map(&old, Some(&old))), [""; 0]);
        let thawed = json!({"data": {"a": "2"}});
        assert_eq!(fields(&config_map(&thawed, Some(&old))), ["immutable", "data"]);
        assert_eq!(fields(&config_map(&thawed, Some(&thawed))), [""; 0]);
    }

    #[test]
    fn keys_and_sizes_have_limits() {
        let odd = json!({"data": {"a/b": "", "..": ""}, "binaryData": {"a/b": ""}});
        assert_eq!(
            fields(&config_map(&odd, None)),
            ["data[..]", "data[a/b]", "binaryData[a/b]", "binaryData[a/b]"]
        );
        let large = json!({"data": {"a": "x".repeat(MAX_SIZE + 1)}});
        assert_eq!(fields(&config_map(&large, None)), [""]);
    }

    #[test]
    fn secrets_hold_what_their_type_needs() {
        let of = |kind: &str| secret(&json!({"type": kind, "data": {"tls.crt": ""}}), None);
        assert_eq!(fields(&of("Opaque")), [""; 0]);
        assert_eq!(fields(&of("kubernetes.io/tls")), ["data[tls.key]"]);
        assert_eq!(fields(&of("kubernetes.io/basic-auth")), ["data[username]", "data[password]"]);
    }
}
