//! Does a live object still have what we applied? Compared by fingerprint, without asking the server:
//! the fields a manager owns are read off `managedFields` and hashed the same way as the object to apply.
//! Pure. A mismatch may be a false alarm (the server writes `1000m` as `1`), a match never is one.
//! Who applied is not part of it: another version of kro has nothing to repair in what it finds.

use base64::{Engine, engine::general_purpose::STANDARD};
use kro_object::Object;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// Label of a member: the version of kro that applied it last.
const KRO_VERSION: &str = "kro.run/kro-version";

/// 128 bits of a SHA-256 over canonical JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// Of an object about to be applied.
    pub fn of_applied(object: &Object) -> Self {
        let mut fields = object.as_map().clone();
        fields.remove("apiVersion");
        fields.remove("kind");
        if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
            metadata.remove("name");
            metadata.remove("namespace");
        }
        forget_version(&mut fields);
        fold_string_data(object, &mut fields);
        Self::of(&Value::Object(fields))
    }

    /// Of the fields `manager` owns by server-side apply in a live object; `None` when it owns none.
    pub fn of_owned(object: &Object, manager: &str) -> Option<Self> {
        let fields = stored_fields(object, applied_fields(object, manager)?);
        let mut owned = extract_fields(object.as_map(), &fields);
        forget_version(&mut owned);
        Some(Self::of(&Value::Object(owned)))
    }

    fn of(value: &Value) -> Self {
        let digest = Sha256::digest(kro_object::json::canonical(value));
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(bytes)
    }
}

fn forget_version(fields: &mut Map<String, Value>) {
    let labels = fields.get_mut("metadata").and_then(|metadata| metadata.get_mut("labels"));
    if let Some(labels) = labels.and_then(Value::as_object_mut) {
        labels.remove(KRO_VERSION);
    }
}

pub(crate) fn applied_fields<'a>(object: &'a Object, manager: &str) -> Option<&'a Map<String, Value>> {
    let entries = object.as_map().get("metadata")?.get("managedFields")?.as_array()?;
    let entry = entries.iter().find(|entry| {
        entry.get("manager").and_then(Value::as_str) == Some(manager)
            && entry.get("operation").and_then(Value::as_str) == Some("Apply")
            && entry.get("subresource").and_then(Value::as_str).is_none_or(str::is_empty)
    })?;
    entry.get("fieldsV1")?.as_object()
}

/// The part of `live` that a `fieldsV1` tree names. A leaf takes the whole value.
fn extract(live: &Value, fields: &Map<String, Value>) -> Option<Value> {
    let leaf = fields.keys().all(|key| key == ".");
    match live {
        _ if leaf => Some(live.clone()),
        Value::Object(map) => Some(Value::Object(extract_fields(map, fields))),
        Value::Array(items) => {
            let keys: Vec<(Selector, &Map<String, Value>)> = fields
                .iter()
                .filter_map(|(key, below)| Some((Selector::parse(key)?, below.as_object()?)))
                .collect();
            let taken = items.iter().enumerate().filter_map(|(index, item)| {
                let (_, below) = keys.iter().find(|(selector, _)| selector.takes(index, item))?;
                extract(item, below)
            });
            Some(Value::Array(taken.collect()))
        }
        _ => None,
    }
}

fn extract_fields(map: &Map<String, Value>, fields: &Map<String, Value>) -> Map<String, Value> {
    let mut part = Map::new();
    for (key, below) in fields {
        let Some(name) = key.strip_prefix("f:") else { continue };
        if let (Some(value), Some(below)) = (map.get(name), below.as_object())
            && let Some(value) = extract(value, below)
        {
            part.insert(name.to_owned(), value);
        }
    }
    part
}

/// Which item of a list a `fieldsV1` key names.
enum Selector {
    Keys(Map<String, Value>),
    Value(Value),
    Index(usize),
}

impl Selector {
    fn parse(key: &str) -> Option<Self> {
        let (kind, text) = key.split_once(':')?;
        match kind {
            "k" => serde_json::from_str(text).ok().map(Self::Keys),
            "v" => serde_json::from_str(text).ok().map(Self::Value),
            "i" => text.parse().ok().map(Self::Index),
            _ => None,
        }
    }

    fn takes(&self, index: usize, item: &Value) -> bool {
        match self {
            Self::Keys(keys) => keys.iter().all(|(key, value)| item.get(key) == Some(value)),
            Self::Value(value) => item == value,
            Self::Index(wanted) => *wanted == index,
        }
    }
}

fn is_secret(object: &Object) -> bool {
    object.as_map().get("kind").and_then(Value::as_str) == Some("Secret")
        && object.as_map().get("apiVersion").and_then(Value::as_str) == Some("v1")
}

/// The fields where the server keeps them: what was applied as `stringData` of a Secret stays recorded as such.
fn stored_fields<'f>(object: &Object, fields: &'f Map<String, Value>) -> Cow<'f, Map<String, Value>> {
    let texts = fields.get("f:stringData").and_then(Value::as_object).filter(|_| is_secret(object));
    let Some(texts) = texts else { return Cow::Borrowed(fields) };
    let mut stored = fields.clone();
    stored.remove("f:stringData");
    let data = stored.entry("f:data").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(data) = data {
        data.extend(texts.iter().map(|(key, below)| (key.clone(), below.clone())));
    }
    Cow::Owned(stored)
}

/// A Secret's `stringData` is write-only: the server stores it as base64 in `data`.
fn fold_string_data(object: &Object, fields: &mut Map<String, Value>) {
    if !is_secret(object) {
        return;
    }
    let Some(Value::Object(texts)) = fields.remove("stringData") else { return };
    let data = fields.entry("data").or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(data) = data {
        for (key, text) in texts {
            let Value::String(text) = text else { continue };
            data.insert(key, STANDARD.encode(text).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const MANAGER: &str = "kro.run/applyset";

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    /// Does what was applied equal what is owned now?
    fn check(applied: Value, live: Value, fields: &Value) -> bool {
        let mut live = live;
        live["metadata"]["managedFields"] = json!([
            {"manager": "other", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
            {"manager": MANAGER, "operation": "Apply", "fieldsV1": fields},
        ]);
        Fingerprint::of_owned(&object(live), MANAGER) == Some(Fingerprint::of_applied(&object(applied)))
    }

    #[test]
    fn defaults_and_fields_of_others_do_not_count_but_drift_does() {
        let applied = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "namespace": "n", "labels": {"app": "a"}},
            "spec": {"template": {"spec": {"containers": [
                {"name": "web", "image": "nginx", "ports": [{"containerPort": 80}], "args": ["-v"], "resources": {}}]}}}});
        let fields = json!({
            "f:metadata": {"f:labels": {"f:app": {}}},
            "f:spec": {"f:template": {"f:spec": {"f:containers": {"k:{\"name\":\"web\"}": {
                ".": {}, "f:name": {}, "f:image": {}, "f:args": {}, "f:resources": {},
                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}});
        let live = json!({"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "a", "namespace": "n", "uid": "u", "labels": {"app": "a", "theirs": "x"}},
            "spec": {"replicas": 3, "template": {"spec": {"containers": [
                {"name": "sidecar", "image": "envoy"},
                {"name": "web", "image": "nginx", "args": ["-v"], "imagePullPolicy": "Always", "resources": {},
                 "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}}},
            "status": {"replicas": 3}});
        assert!(check(applied.clone(), live.clone(), &fields));
        let mut drifted = live.clone();
        drifted["spec"]["template"]["spec"]["containers"][1]["image"] = "httpd".into();
        assert!(!check(applied.clone(), drifted, &fields));
        let mut gone = live;
        gone["metadata"]["labels"] = json!({"theirs": "x"});
        assert!(!check(applied, gone, &fields));
    }

    #[test]
    fn the_version_of_kro_does_not_count() {
        let labelled =
            |version: &str| json!({"metadata": {"labels": {"a": "b", "kro.run/kro-version": version}}});
        let fields = json!({"f:metadata": {"f:labels": {"f:a": {}, "f:kro.run/kro-version": {}}}});
        assert!(check(labelled("2"), labelled("1"), &fields));
        let mut other = labelled("1");
        other["metadata"]["labels"]["a"] = "c".into();
        assert!(!check(labelled("2"), other, &fields));
    }

    #[test]
    fn sets_atomic_lists_and_secrets() {
        let applied = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "finalizers": ["x/y"]},
            "stringData": {"n": "3"}});
        let live = json!({"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "a", "finalizers": ["z/w", "x/y"]}, "data": {"n": "Mw=="}, "type": "Opaque"});
        let fields = json!({"f:metadata": {"f:finalizers": {"v:\"x/y\"": {}}}, "f:data": {"f:n": {}}});
        assert!(check(applied.clone(), live.clone(), &fields));
        let as_text =
            json!({"f:metadata": {"f:finalizers": {"v:\"x/y\"": {}}}, "f:stringData": {".": {}, "f:n": {}}});
        assert!(check(applied, live, &as_text));
        assert!(Fingerprint::of_owned(&object(json!({"metadata": {}})), MANAGER).is_none());
    }
}
