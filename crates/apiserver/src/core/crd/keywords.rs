//! The keywords of a definition's schema as the typed decoder of `JSONSchemaProps` reads them: unknown ones are
//! dropped, and so are empty lists and a `default: null`.

use serde_json::{Map, Value};

const KNOWN: &[&str] = &[
    "$ref",
    "$schema",
    "additionalItems",
    "additionalProperties",
    "allOf",
    "anyOf",
    "default",
    "definitions",
    "dependencies",
    "description",
    "enum",
    "example",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "externalDocs",
    "format",
    "id",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "nullable",
    "oneOf",
    "pattern",
    "patternProperties",
    "properties",
    "required",
    "title",
    "type",
    "uniqueItems",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-list-type",
    "x-kubernetes-map-type",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
];

/// Decodes the schemas of all versions in place; the paths of unknown keywords go to `unknown`.
pub(in crate::core) fn decode(crd: &mut Value, unknown: &mut Vec<String>) {
    let versions = crd.pointer_mut("/spec/versions").and_then(Value::as_array_mut);
    for (index, version) in versions.into_iter().flatten().enumerate() {
        if let Some(schema) = version.pointer_mut("/schema/openAPIV3Schema") {
            position(schema, &format!("spec.versions[{index}].schema.openAPIV3Schema"), unknown);
        }
    }
}

fn position(schema: &mut Value, path: &str, unknown: &mut Vec<String>) {
    let Value::Object(map) = schema else { return };
    map.retain(|keyword, value| {
        let is_known = KNOWN.contains(&keyword.as_str());
        if !is_known {
            unknown.push(format!("{path}.{keyword}"));
        }
        is_known && !value.is_null() && !(value.as_array().is_some_and(Vec::is_empty))
    });
    for keyword in ["properties", "patternProperties", "definitions"] {
        let children =
            map.get_mut(keyword).and_then(Value::as_object_mut).into_iter().flat_map(Map::iter_mut);
        for (name, child) in children {
            position(child, &format!("{path}.{keyword}.{name}"), unknown);
        }
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(child) = map.get_mut(keyword) {
            position(child, &format!("{path}.{keyword}"), unknown);
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        let branches = map.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten();
        for (index, branch) in branches.enumerate() {
            position(branch, &format!("{path}.{keyword}[{index}]"), unknown);
        }
    }
}

/// Warnings about formats that mean nothing to the server.
pub(in crate::core) fn unknown_formats(crd: &Value) -> Vec<String> {
    let mut out = Vec::new();
    for version in super::versions(crd) {
        if let Some(schema) = version.pointer("/schema/openAPIV3Schema") {
            formats(schema, &mut out);
        }
    }
    out
}

fn formats(schema: &Value, out: &mut Vec<String>) {
    const OF_NUMBERS: [&str; 4] = ["int32", "int64", "float", "double"];
    if let Some(format) = schema.get("format").and_then(Value::as_str)
        && !OF_NUMBERS.contains(&format)
        && kro_schema::formats::check(format, "").is_none()
    {
        out.push(format!("unrecognized format {format:?}"));
    }
    for property in schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::values) {
        formats(property, out);
    }
    for keyword in ["items", "additionalProperties"] {
        if let Some(child) = schema.get(keyword) {
            formats(child, out);
        }
    }
}
