//! `metadata`: decoding as `ObjectMeta`, and what becomes of owners that stand there twice.

pub(crate) mod names;
pub(crate) mod validate;

use super::{object, place::Place, typed::time};
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
}
