//! The JSON Schema of scenario files, made from their grammar.

use super::grammar::{Record, SCENARIO, Shape};
use serde_json::{Map, Value, json};

/// The schema, draft 2020-12.
pub fn json_schema() -> Value {
    let mut schema = record(&SCENARIO);
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    schema["title"] = "Scenario of `kro test`".into();
    schema
}

fn record(record: &Record) -> Value {
    let mut properties = Map::new();
    for field in record.fields {
        let mut property = shape(field.shape);
        property["description"] = field.about.into();
        properties.insert(field.name.to_owned(), property);
    }
    let required: Vec<&str> =
        record.fields.iter().filter(|field| field.required).map(|field| field.name).collect();
    let mut out = json!({"type": "object", "additionalProperties": false, "properties": properties});
    if !required.is_empty() {
        out["required"] = required.into();
    }
    if !record.one_of.is_empty() {
        out["oneOf"] = record.one_of.iter().map(|name| json!({"required": [name]})).collect();
    }
    out
}

fn shape(of: Shape) -> Value {
    match of {
        Shape::Text | Shape::Expression => json!({"type": "string", "minLength": 1}),
        Shape::Slug => json!({"type": "string", "pattern": "^[a-z0-9-]+$"}),
        Shape::Duration => {
            json!({"type": "string", "pattern": "^(0|([0-9]+(\\.[0-9]*)?(ns|us|µs|ms|s|m|h))+)$"})
        }
        Shape::Count => json!({"type": "integer", "minimum": 0}),
        Shape::True => json!({"const": true}),
        Shape::Word(words) => {
            json!({"oneOf": words.iter().map(|(word, about)| json!({"const": word, "description": about})).collect::<Vec<_>>()})
        }
        Shape::Anything => json!({"type": "object"}),
        Shape::Manifests => {
            json!({"oneOf": [file(), object(), {"type": "array", "items": {"oneOf": [file(), object()]}}]})
        }
        Shape::Record(fields) => record(fields),
        Shape::List(item) => json!({"type": "array", "items": shape(*item)}),
    }
}

fn file() -> Value {
    json!({"type": "string", "minLength": 1, "description": "A file, relative to this one."})
}

fn object() -> Value {
    json!({
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object", "required": ["name"]},
        },
    })
}
