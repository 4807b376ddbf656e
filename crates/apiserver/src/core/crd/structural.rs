//! Which OpenAPI schemas a custom resource definition may have: structural ones, with consistent extensions.
//! The rules are those of KEP-1693 (structural schemas); rules in CEL are judged by `kro-cel-k8s`.

use super::text;
use crate::field_error::FieldError;
use serde_json::{Map, Value};

/// Where a schema stands, which decides what may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Level {
    Root,
    Field,
    Item,
}

/// Problems of `openAPIV3Schema`; `path` is how messages call it.
pub(super) fn validate(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    position(schema, path, Level::Root, out);
    metadata(schema, path, out);
}

fn flag(schema: &Value, field: &str) -> bool {
    schema.get(field) == Some(&Value::Bool(true))
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten()
}

fn position(schema: &Value, path: &str, level: Level, out: &mut Vec<FieldError>) {
    keywords(schema, path, out);
    types(schema, path, level, out);
    list_extensions(schema, path, out);
    map_extensions(schema, path, out);
    logic(schema, path, out);
    for (name, property) in properties(schema) {
        position(property, &format!("{path}.properties[{name}]"), Level::Field, out);
    }
    match schema.get("items") {
        Some(items @ Value::Object(_)) => position(items, &format!("{path}.items"), Level::Item, out),
        Some(Value::Array(_)) => {
            out.push(FieldError::forbidden(
                format!("{path}.items"),
                "items must be a schema object and not an array",
            ));
        }
        _ => {}
    }
    if let Some(additional @ Value::Object(_)) = schema.get("additionalProperties") {
        position(additional, &format!("{path}.additionalProperties"), Level::Field, out);
    }
}

fn keywords(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    for keyword in
        ["$ref", "$schema", "id", "definitions", "dependencies", "patternProperties", "additionalItems"]
    {
        if schema.get(keyword).is_some_and(|value| !value.is_null()) {
            out.push(FieldError::forbidden(
                format!("{path}.{keyword}"),
                format!("{keyword} is not supported"),
            ));
        }
    }
    if flag(schema, "uniqueItems") {
        out.push(FieldError::forbidden(
            format!("{path}.uniqueItems"),
            "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
        ));
    }
    let has_properties = properties(schema).next().is_some();
    if has_properties && schema.get("additionalProperties").is_some_and(|value| *value != Value::Bool(true)) {
        out.push(FieldError::forbidden(
            format!("{path}.additionalProperties"),
            "additionalProperties and properties are mutual exclusive",
        ));
    }
    let pattern = text(schema, "/pattern");
    if let Err(why) = check_pattern(pattern) {
        out.push(FieldError::invalid_text(
            format!("{path}.pattern"),
            pattern,
            format!("must be a valid regular expression, but isn't: {why}"),
        ));
    }
}

/// Whether a pattern is a regular expression; the error is worded as Go's where it is simple.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let Err(error) = kro_schema::Pattern::new(pattern).is_match("") else { return Ok(()) };
    if pattern.matches('(').count() > pattern.matches(')').count() {
        return Err(format!("error parsing regexp: missing closing ): `{pattern}`"));
    }
    Err(format!("error parsing regexp: {error}"))
}

fn types(schema: &Value, path: &str, level: Level, out: &mut Vec<FieldError>) {
    let kind = text(schema, "/type");
    let at = format!("{path}.type");
    let is_open = flag(schema, "x-kubernetes-preserve-unknown-fields");
    if kind.is_empty() && !is_open && !flag(schema, "x-kubernetes-int-or-string") {
        let detail = match level {
            Level::Root => "must not be empty at the root",
            Level::Item => "must not be empty for specified array items",
            Level::Field => "must not be empty for specified object fields",
        };
        out.push(FieldError::required(&at, detail));
    }
    if level == Level::Root && !kind.is_empty() && kind != "object" {
        out.push(FieldError::invalid_text(&at, kind, "must be object at the root"));
    }
    if kind == "array" && schema.get("items").is_none() {
        out.push(FieldError::required(format!("{path}.items"), "must be specified"));
    }
    if flag(schema, "x-kubernetes-embedded-resource") && level != Level::Root {
        if kind != "object" {
            let detail = "must be object if x-kubernetes-embedded-resource is true";
            out.push(wrong_type(&at, kind, detail));
        }
        if properties(schema).next().is_none() && !is_open {
            out.push(FieldError::required(
                format!("{path}.properties"),
                "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
            ));
        }
    }
}

fn wrong_type(at: &str, kind: &str, detail: &str) -> FieldError {
    if kind.is_empty() {
        FieldError::required(at, detail)
    } else {
        FieldError::invalid_text(at, kind, detail)
    }
}

fn list_extensions(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    let (kind, list_type) = (text(schema, "/type"), text(schema, "/x-kubernetes-list-type"));
    let keys: Vec<&str> = crate::core::object::texts(schema.get("x-kubernetes-list-map-keys"));
    let list_type_at = format!("{path}.x-kubernetes-list-type");
    if !keys.is_empty() && list_type != "map" {
        let detail = "must be map if x-kubernetes-list-map-keys is non-empty";
        out.push(wrong_type(&list_type_at, list_type, detail));
    }
    if list_type.is_empty() {
        return;
    }
    if !matches!(list_type, "atomic" | "set" | "map") {
        out.push(FieldError::not_supported(list_type_at, &list_type.into(), &["atomic", "set", "map"]));
        return;
    }
    if kind != "array" {
        out.push(wrong_type(
            &format!("{path}.type"),
            kind,
            "must be array if x-kubernetes-list-type is specified",
        ));
        return;
    }
    let Some(items) = schema.get("items") else { return };
    match list_type {
        "set" => set_items(items, &format!("{path}.items"), out),
        "map" if keys.is_empty() => out.push(FieldError::required(
            format!("{path}.x-kubernetes-list-map-keys"),
            "must not be empty if x-kubernetes-list-type is map",
        )),
        "map" => map_items(items, &format!("{path}.items"), &keys, out),
        _ => {}
    }
}

fn set_items(items: &Value, path: &str, out: &mut Vec<FieldError>) {
    if flag(items, "nullable") {
        out.push(FieldError::forbidden(
            format!("{path}.nullable"),
            "cannot be nullable when x-kubernetes-list-type is set",
        ));
    }
    let (extension, wanted) = match text(items, "/type") {
        "object" => ("x-kubernetes-map-type", "atomic"),
        "array" => ("x-kubernetes-list-type", "atomic"),
        _ => return,
    };
    let given = items.get(extension).unwrap_or(&Value::Null);
    if given != wanted && !(extension == "x-kubernetes-list-type" && given.is_null()) {
        let detail = "must be atomic as item of a list with x-kubernetes-list-type=set";
        out.push(FieldError::invalid(format!("{path}.{extension}"), given, detail));
    }
}

fn map_items(items: &Value, path: &str, keys: &[&str], out: &mut Vec<FieldError>) {
    let kind = text(items, "/type");
    if kind != "object" {
        let detail = "must be object if parent array's x-kubernetes-list-type is map";
        out.push(wrong_type(&format!("{path}.type"), kind, detail));
        return;
    }
    let required = crate::core::object::texts(items.get("required"));
    for key in keys {
        let Some(property) = items.get("properties").and_then(|properties| properties.get(key)) else {
            out.push(FieldError::invalid_text(
                format!("{}.x-kubernetes-list-map-keys", path.trim_end_matches(".items")),
                key,
                "entries must all be names of item properties",
            ));
            continue;
        };
        let at = format!("{path}.properties[{key}]");
        if property.get("default").is_none() && !required.contains(key) {
            out.push(FieldError::required(
                format!("{at}.default"),
                "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
            ));
        }
        if flag(property, "nullable") {
            out.push(FieldError::forbidden(
                format!("{at}.nullable"),
                "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
            ));
        }
    }
}

fn map_extensions(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    let (kind, map_type) = (text(schema, "/type"), text(schema, "/x-kubernetes-map-type"));
    if map_type.is_empty() {
        return;
    }
    if !matches!(map_type, "atomic" | "granular") {
        let at = format!("{path}.x-kubernetes-map-type");
        out.push(FieldError::not_supported(at, &map_type.into(), &["atomic", "granular"]));
    } else if kind != "object" {
        out.push(wrong_type(
            &format!("{path}.type"),
            kind,
            "must be object if x-kubernetes-map-type is specified",
        ));
    }
}

/// `allOf`, `anyOf`, `oneOf` and `not` only restrict values; they may not describe structure.
fn logic(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    let is_int_or_string = flag(schema, "x-kubernetes-int-or-string");
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for (index, branch) in schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            let is_alternative = keyword == "anyOf" && is_int_or_string && is_int_or_string_pair(schema);
            if !is_alternative {
                value_only(branch, &format!("{path}.{keyword}[{index}]"), is_int_or_string, out);
            }
        }
    }
    if let Some(branch) = schema.get("not") {
        value_only(branch, &format!("{path}.not"), is_int_or_string, out);
    }
}

/// The one `anyOf` with types that int-or-string allows: integer, then string.
fn is_int_or_string_pair(schema: &Value) -> bool {
    let kinds: Vec<&str> = schema
        .get("anyOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|branch| text(branch, "/type"))
        .collect();
    kinds == ["integer", "string"]
}

fn value_only(schema: &Value, path: &str, may_be_pair: bool, out: &mut Vec<FieldError>) {
    const STRUCTURE: [&str; 11] = [
        "additionalProperties",
        "default",
        "description",
        "nullable",
        "title",
        "type",
        "x-kubernetes-embedded-resource",
        "x-kubernetes-int-or-string",
        "x-kubernetes-list-type",
        "x-kubernetes-map-type",
        "x-kubernetes-preserve-unknown-fields",
    ];
    for keyword in STRUCTURE {
        if schema.get(keyword).is_some_and(|value| !value.is_null() && *value != Value::Bool(false)) {
            out.push(FieldError::forbidden(format!("{path}.{keyword}"), "must be empty to be structural"));
        }
    }
    for (name, property) in properties(schema) {
        value_only(property, &format!("{path}.properties[{name}]"), false, out);
    }
    if let Some(items @ Value::Object(_)) = schema.get("items") {
        value_only(items, &format!("{path}.items"), false, out);
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let is_pair = keyword == "anyOf" && may_be_pair && is_int_or_string_pair(schema);
        for (index, branch) in schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate()
        {
            if !is_pair {
                value_only(branch, &format!("{path}.{keyword}[{index}]"), false, out);
            }
        }
    }
    if let Some(branch) = schema.get("not") {
        value_only(branch, &format!("{path}.not"), false, out);
    }
}

/// The object's own metadata is described by the server; a definition may only restrict two of its fields.
fn metadata(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    let Some(meta) = schema.pointer("/properties/metadata") else { return };
    let at = format!("{path}.properties[metadata]");
    let kind = text(meta, "/type");
    if kind != "object" && !kind.is_empty() {
        out.push(FieldError::invalid_text(format!("{at}.type"), kind, "must be object"));
        return;
    }
    if meta.get("default").is_some() {
        out.push(FieldError::forbidden(format!("{at}.default"), "must not be set in top-level metadata"));
        return;
    }
    let empty = Map::new();
    let map = meta.as_object().unwrap_or(&empty);
    let only_names = properties(meta).all(|(name, _)| matches!(name.as_str(), "name" | "generateName"));
    let has_more =
        map.keys().any(|keyword| !matches!(keyword.as_str(), "type" | "properties" | "description"));
    if !only_names || has_more {
        out.push(FieldError::forbidden(
            at,
            "must not specify anything other than name and generateName, but metadata is implicitly specified",
        ));
    }
}
