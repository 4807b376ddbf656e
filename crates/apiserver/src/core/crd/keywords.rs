//! Formats in a definition's schema that mean nothing to the server.

use serde_json::{Map, Value};

/// Warnings about formats that mean nothing to the server, one for each. (The real server's are in no order.)
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
        let warning = format!("unrecognized format {format:?}");
        if !out.contains(&warning) {
            out.push(warning);
        }
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
