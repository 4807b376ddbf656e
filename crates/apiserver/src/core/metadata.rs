//! `metadata`: decoding as `ObjectMeta`, what the server fills in, and validation.

pub(crate) mod names;

use super::{object, place::Place, typed::time};
use crate::field_error::FieldError;
use serde_json::{Map, Value};

/// What a field of `ObjectMeta` holds.
enum Shape {
    Text,
    Integer,
    Time,
    Uid,
    Texts,
    TextMap,
    Items(&'static [(&'static str, Shape)], &'static str),
    Flag,
    Anything,
}

const OWNER_FIELDS: &[(&str, Shape)] = &[
    ("apiVersion", Shape::Text),
    ("blockOwnerDeletion", Shape::Flag),
    ("controller", Shape::Flag),
    ("kind", Shape::Text),
    ("name", Shape::Text),
    ("uid", Shape::Uid),
];
const MANAGED_FIELDS: &[(&str, Shape)] = &[
    ("apiVersion", Shape::Text),
    ("fieldsType", Shape::Text),
    ("fieldsV1", Shape::Anything),
    ("manager", Shape::Text),
    ("operation", Shape::Text),
    ("subresource", Shape::Text),
    ("time", Shape::Time),
];
const FIELDS: &[(&str, Shape)] = &[
    ("annotations", Shape::TextMap),
    ("creationTimestamp", Shape::Time),
    ("deletionGracePeriodSeconds", Shape::Integer),
    ("deletionTimestamp", Shape::Time),
    ("finalizers", Shape::Texts),
    ("generateName", Shape::Text),
    ("generation", Shape::Integer),
    ("labels", Shape::TextMap),
    ("managedFields", Shape::Items(MANAGED_FIELDS, "ManagedFieldsEntry")),
    ("name", Shape::Text),
    ("namespace", Shape::Text),
    ("ownerReferences", Shape::Items(OWNER_FIELDS, "OwnerReference")),
    ("resourceVersion", Shape::Text),
    ("selfLink", Shape::Text),
    ("uid", Shape::Uid),
];

/// Decodes `metadata` as Go decodes an `ObjectMeta`: unknown fields and empty values vanish.
/// `path` is how errors name the place: `metadata` for builtin kinds, empty for custom resources; `place` is how
/// complaints about unknown fields do.
/// The names of unknown fields go to `unknown`; the error is Go's text.
pub(crate) fn decode(
    meta: &mut Value,
    path: &str,
    place: &str,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    let Value::Object(map) = meta else {
        return Err(format!(
            "json: cannot unmarshal {} into Go value of type v1.ObjectMeta",
            json_type(meta)
        ));
    };
    Decoder { path, strict: place, unknown }.fields(map, FIELDS, "ObjectMeta", &Place::ROOT)?;
    // An explicitly empty list of managers is a request to forget them, so it must survive decoding.
    map.retain(|key, value| key == "managedFields" && value.is_array() || !is_empty(value));
    Ok(())
}

/// Drops what Go leaves out of an `ObjectMeta` that it writes: empty maps and lists.
pub(crate) fn drop_empty(object: &mut Value) {
    object::meta_mut(object).retain(|field, value| {
        let is_optional =
            matches!(field.as_str(), "annotations" | "finalizers" | "labels" | "ownerReferences");
        !is_optional || !is_empty(value)
    });
}

struct Decoder<'d> {
    /// What stands before places in errors about types.
    path: &'d str,
    /// What stands before places in complaints about unknown fields.
    strict: &'d str,
    unknown: &'d mut Vec<String>,
}

impl Decoder<'_> {
    fn fields(
        &mut self,
        map: &mut Map<String, Value>,
        known: &'static [(&'static str, Shape)],
        go_struct: &str,
        place: &Place<'_>,
    ) -> Result<(), String> {
        let shape_of = |name: &str| known.iter().find(|(field, _)| *field == name).map(|(_, shape)| shape);
        if map.iter().any(|(name, value)| value.is_null() || shape_of(name).is_none()) {
            map.retain(|name, value| {
                let is_known = shape_of(name).is_some();
                if !is_known {
                    self.unknown.push(format!("{}.{}", self.strict, place.field(name).strict()));
                }
                is_known && !value.is_null()
            });
        }
        for (name, value) in map {
            if let Some(shape) = shape_of(name) {
                self.check(value, shape, go_struct, place.field(name))?;
            }
        }
        Ok(())
    }

    fn check(
        &mut self,
        value: &mut Value,
        shape: &Shape,
        go_struct: &str,
        place: Place<'_>,
    ) -> Result<(), String> {
        let path = self.path;
        let mismatch = |value: &Value, wanted: &str| {
            let dot = if path.is_empty() { "" } else { "." };
            Err(format!(
                "json: cannot unmarshal {} into Go struct field {go_struct}.{path}{dot}{} of type {wanted}",
                json_type(value),
                place.fields()
            ))
        };
        match shape {
            Shape::Text if !value.is_string() => return mismatch(value, "string"),
            Shape::Uid if !value.is_string() => return mismatch(value, "types.UID"),
            Shape::Flag if !value.is_boolean() => return mismatch(value, "bool"),
            Shape::Integer if value.as_i64().is_none() => return mismatch(value, "int64"),
            Shape::Anything | Shape::Text | Shape::Uid | Shape::Flag | Shape::Integer => {}
            Shape::Time => {
                let Value::String(text) = value else { return mismatch(value, "string") };
                *text = time::parse(text, time::SECONDS)?;
            }
            Shape::Texts => {
                let Value::Array(items) = value else { return mismatch(value, "[]string") };
                for item in items {
                    match item {
                        Value::String(_) => {}
                        Value::Null => *item = Value::String(String::new()),
                        other => return mismatch(other, "string"),
                    }
                }
            }
            Shape::TextMap => {
                let Value::Object(entries) = value else { return mismatch(value, "map[string]string") };
                for entry in entries.values_mut() {
                    match entry {
                        Value::String(_) => {}
                        Value::Null => *entry = Value::String(String::new()),
                        other => return mismatch(other, "string"),
                    }
                }
            }
            Shape::Items(known, item_struct) => {
                let Value::Array(items) = value else {
                    return mismatch(value, &format!("[]v1.{item_struct}"));
                };
                for (index, item) in items.iter_mut().enumerate() {
                    let Value::Object(map) = item else {
                        return mismatch(item, &format!("v1.{item_struct}"));
                    };
                    self.fields(map, known, item_struct, &place.index(index))?;
                }
            }
        }
        Ok(())
    }
}

/// What Go's decoder calls a JSON value.
pub(crate) fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Number(number) => number.as_i64() == Some(0),
        Value::Bool(_) => false,
    }
}

/// How the names of a kind are checked.
pub(crate) type NameRule = fn(&str) -> Vec<String>;

/// Problems of a new object's metadata, as `ValidateObjectMeta` finds them.
pub(crate) fn validate(object: &Value, name_rule: NameRule) -> Vec<FieldError> {
    let mut out = Vec::new();
    let generate_name = object::meta_text(object, "generateName");
    if !generate_name.is_empty() {
        // The base is judged as if something followed it.
        for why in name_rule(&mask_trailing_dash(generate_name)) {
            out.push(FieldError::invalid_text("metadata.generateName", generate_name, why));
        }
    }
    let name = object::name(object);
    if name.is_empty() {
        out.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        for why in name_rule(name) {
            out.push(FieldError::invalid_text("metadata.name", name, why));
        }
    }
    validate_contents(object, &mut out);
    validate_finalizers(object, &mut out);
    validate_short_finalizers(object, &mut out);
    out
}

/// Labels, annotations and owners, which creations and updates check alike.
fn validate_contents(object: &Value, out: &mut Vec<FieldError>) {
    for (key, value) in entries(object, "labels") {
        out.extend(
            names::qualified_name(key)
                .into_iter()
                .map(|why| FieldError::invalid_text("metadata.labels", key, why)),
        );
        let value = value.as_str().unwrap_or_default();
        out.extend(
            names::label_value(value)
                .into_iter()
                .map(|why| FieldError::invalid_text("metadata.labels", value, why)),
        );
    }
    let mut size = 0;
    for (key, value) in entries(object, "annotations") {
        let lower = key.to_lowercase();
        out.extend(
            names::qualified_name(&lower)
                .into_iter()
                .map(|why| FieldError::invalid_text("metadata.annotations", key, why)),
        );
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > 256 * 1024 {
        out.push(FieldError::too_long("metadata.annotations", 256 * 1024));
    }
    validate_owners(object, out);
}

fn mask_trailing_dash(name: &str) -> String {
    // What stands before the dash is masked as well, as in the real server.
    match name.strip_suffix('-').and_then(|base| base.strip_suffix(|last: char| last.is_ascii())) {
        Some(base) => format!("{base}a"),
        None => name.to_owned(),
    }
}

fn entries<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object::meta(object, field).and_then(Value::as_object).into_iter().flatten()
}

fn validate_owners(object: &Value, out: &mut Vec<FieldError>) {
    let at = "metadata.ownerReferences";
    let owners: Vec<&Value> =
        object::meta(object, "ownerReferences").and_then(Value::as_array).into_iter().flatten().collect();
    let mut controller: Option<String> = None;
    for owner in &owners {
        let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
        let api_version = text("apiVersion");
        if api_version.is_empty() || api_version.matches('/').count() > 1 {
            out.push(FieldError::invalid_text(
                format!("{at}.apiVersion"),
                api_version,
                "version must not be empty",
            ));
        }
        for field in ["kind", "name", "uid"] {
            if text(field).is_empty() {
                out.push(FieldError::invalid_text(format!("{at}.{field}"), "", "must not be empty"));
            }
        }
        if api_version == "v1" && text("kind") == "Event" {
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            out.push(FieldError {
                value: print_owner(owner),
                ..FieldError::invalid(at, &Value::Null, detail)
            });
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let name = format!("{}/{}", text("kind"), text("name"));
            match &controller {
                Some(first) => {
                    let list: Vec<String> = owners.iter().map(|owner| print_owner(owner)).collect();
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                    );
                    let value = format!("[{}]", list.join(","));
                    out.push(FieldError { value, ..FieldError::invalid(at, &Value::Null, detail) });
                }
                None => controller = Some(name),
            }
        }
    }
}

/// An owner reference in the field order of Go's struct.
fn print_owner(owner: &Value) -> String {
    let fields: Vec<String> = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"]
        .iter()
        .filter_map(|field| owner.get(field).map(|value| format!("{field:?}:{value}")))
        .collect();
    format!("{{{}}}", fields.join(","))
}

/// Drops owner references whose uid stands there already; returns the uids concerned.
pub(crate) fn unite_owners(object: &mut Value) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    let mut repeated: Vec<String> = Vec::new();
    if let Some(Value::Array(owners)) = object::meta_mut(object).get_mut("ownerReferences") {
        owners.retain(|owner| {
            let uid = owner.get("uid").and_then(Value::as_str).unwrap_or_default().to_owned();
            if !seen.contains(&uid) {
                seen.push(uid);
                return true;
            }
            if !repeated.contains(&uid) {
                repeated.push(uid);
            }
            false
        });
    }
    repeated
}

fn validate_finalizers(object: &Value, out: &mut Vec<FieldError>) {
    let finalizers = object::finalizers(object);
    for finalizer in &finalizers {
        for why in names::qualified_name(finalizer) {
            out.push(FieldError::invalid_text("metadata.finalizers", finalizer, why));
        }
    }
    if finalizers.contains(&"orphan") && finalizers.contains(&"foregroundDeletion") {
        out.push(FieldError::invalid(
            "metadata.finalizers",
            &object::meta(object, "finalizers").cloned().unwrap_or_default(),
            "finalizer orphan and foregroundDeletion cannot be both set",
        ));
    }
}

/// Finalizers without a domain are Kubernetes' own.
fn validate_short_finalizers(object: &Value, out: &mut Vec<FieldError>) {
    for (index, finalizer) in object::finalizers(object).into_iter().enumerate() {
        if !finalizer.contains('/') && !matches!(finalizer, "orphan" | "foregroundDeletion" | "kubernetes") {
            out.push(FieldError::invalid_text(
                format!("metadata.finalizers[{index}]"),
                finalizer,
                "name is neither a standard finalizer name nor is it fully qualified",
            ));
        }
    }
}

/// How often the real server checks metadata on updates. Every update checks it as a whole and as a change; most kinds
/// do it once more, and every check says all it finds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct UpdateChecks {
    /// The kind checks the change, too.
    pub change: bool,
    /// The kind checks the whole, too.
    pub whole: bool,
    /// Its checks know Kubernetes' own finalizers.
    pub short_finalizers: bool,
}

/// Problems of new metadata that replaces old. Everything is looked at once, and told as often as the real server does.
pub(crate) fn validate_update(old: &Value, new: &Value, checks: UpdateChecks) -> Vec<FieldError> {
    let found = |look: &dyn Fn(&mut Vec<FieldError>)| {
        let mut out = Vec::new();
        look(&mut out);
        out
    };
    let contents = found(&|out| validate_contents(new, out));
    let whole = [contents.clone(), found(&|out| validate_finalizers(new, out))].concat();
    let change = [contents, found(&|out| validate_change(old, new, out))].concat();
    let short =
        if checks.short_finalizers { found(&|out| validate_short_finalizers(new, out)) } else { Vec::new() };
    let mut out = [&whole[..], &change].concat();
    for (is_told_again, again) in [(checks.change, change), (checks.whole, whole)] {
        if is_told_again {
            out.extend(again);
            out.extend_from_slice(&short);
        }
    }
    out
}

/// Problems of a change of metadata but for its contents, as `ValidateObjectMetaUpdate` finds them.
fn validate_change(old: &Value, new: &Value, out: &mut Vec<FieldError>) {
    if object::is_deleting(old) {
        let before = object::finalizers(old);
        let added: Vec<&str> =
            object::finalizers(new).into_iter().filter(|finalizer| !before.contains(finalizer)).collect();
        if !added.is_empty() {
            out.push(FieldError::forbidden(
                "metadata.finalizers",
                format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers {}",
                    go_strings(&added)
                ),
            ));
        }
    }
    for field in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let (before, after) = (object::meta(old, field), object::meta(new, field));
        if before != after {
            out.push(FieldError::invalid(
                format!("metadata.{field}"),
                after.unwrap_or(&if field == "deletionGracePeriodSeconds" {
                    Value::Null
                } else {
                    Value::String(String::new())
                }),
                "field is immutable",
            ));
        }
    }
}

/// Texts as Go's `%#v` prints a slice of strings.
fn go_strings(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| crate::field_error::quote(text)).collect();
    format!("[]string{{{}}}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn decoding_drops_what_is_unknown_or_empty() {
        let mut meta = json!({"name": "a", "labels": {"x": null}, "annotations": {}, "odd": 1, "uid": null});
        let mut unknown = Vec::new();
        decode(&mut meta, "metadata", "metadata", &mut unknown).expect("decodes");
        assert_eq!(meta, json!({"name": "a", "labels": {"x": ""}}));
        assert_eq!(unknown, ["metadata.odd"]);
    }

    #[test]
    fn decoding_errors_name_the_go_field() {
        for (meta, text) in [
            (
                json!({"labels": {"a": 1}}),
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
            ),
            (
                json!({"labels": []}),
                "json: cannot unmarshal array into Go struct field ObjectMeta.metadata.labels of type map[string]string",
            ),
            (json!([]), "json: cannot unmarshal array into Go value of type v1.ObjectMeta"),
        ] {
            assert_eq!(
                decode(&mut meta.clone(), "metadata", "metadata", &mut Vec::new()).expect_err("wrong type"),
                text
            );
        }
    }

    #[test]
    fn finalizers_need_a_domain() {
        let object = json!({"metadata": {"name": "a", "finalizers": ["nodomain"]}});
        let errors = validate(&object, names::dns1123_subdomain);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].field, "metadata.finalizers[0]");
    }
}
