//! Schemas of version 3 as version 2 writes them, without what it does not know.

use serde_json::{Map, Value, json};

/// Adds the schemas of a document.
pub(super) fn add_definitions(document: &Value, into: &mut Map<String, Value>) {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        if !into.contains_key(name) {
            into.insert(name.clone(), definition(schema));
        }
    }
}

fn definition(schema: &Value) -> Value {
    let Value::Object(map) = schema else { return schema.clone() };
    let mut out = Map::new();
    for (key, value) in map {
        let value = match (key.as_str(), value) {
            // Unions, null and negations are new in version 3.
            ("oneOf" | "anyOf" | "not" | "nullable", _) => continue,
            ("$ref", Value::String(target)) => {
                target.replace("#/components/schemas/", "#/definitions/").into()
            }
            ("allOf", Value::Array(all)) => match all.as_slice() {
                [one] if one.get("$ref").is_some() => {
                    out.extend(definition(one).as_object().cloned().unwrap_or_default());
                    continue;
                }
                _ => all.iter().map(definition).collect(),
            },
            ("items" | "additionalProperties", value) => definition(value),
            ("properties", Value::Object(properties)) => {
                properties.iter().map(|(name, schema)| (name.clone(), definition(schema))).collect()
            }
            (_, value) => value.clone(),
        };
        out.insert(key.clone(), value);
    }
    let is_union = map.contains_key("oneOf") && !map.contains_key("properties");
    if is_union && !out.contains_key("type") {
        out.insert("type".into(), json!("string"));
    }
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_unions_are_those_of_version_2() {
        let document = json!({"components": {"schemas": {
            "A": {"type": "object", "properties": {
                "b": {"allOf": [{"$ref": "#/components/schemas/B"}], "description": "b"},
                "l": {"type": "array", "items": {"$ref": "#/components/schemas/B"}},
            }},
            "B": {"oneOf": [{"type": "integer"}, {"type": "string"}], "format": "int-or-string"},
        }}});
        let mut definitions = Map::new();
        add_definitions(&document, &mut definitions);
        assert_eq!(
            Value::Object(definitions),
            json!({
                "A": {"type": "object", "properties": {
                    "b": {"$ref": "#/definitions/B", "description": "b"},
                    "l": {"type": "array", "items": {"$ref": "#/definitions/B"}},
                }},
                "B": {"type": "string", "format": "int-or-string"},
            })
        );
    }
}
