//! Structural schemas as JSON Schema, draft 2020-12, for editors and other validators. Rules and what only Kubernetes
//! knows (`x-kubernetes-…`) are left out.

use crate::{Condition, Constraints, Kind, Logic, Schema};
use serde_json::{Map, Value, json};

/// The dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// The schema as a JSON Schema document. Fields that the API server would drop are refused.
pub fn json_schema(schema: &Schema) -> Value {
    let mut root = convert(schema);
    root.insert("$schema".to_owned(), DIALECT.into());
    Value::Object(root)
}

fn convert(schema: &Schema) -> Map<String, Value> {
    let mut out = Map::new();
    let name = schema.type_name();
    match &schema.kind {
        Kind::IntOrString => types(&mut out, &["integer", "string"], schema.nullable),
        Kind::Any => {}
        _ => types(&mut out, &[name], schema.nullable),
    }
    if let Some(description) = &schema.description {
        out.insert("description".to_owned(), (&**description).into());
    }
    if let Some(default) = &schema.default {
        out.insert("default".to_owned(), default.clone());
    }
    match &schema.kind {
        Kind::Object { properties, required, additional, preserve_unknown, .. } => {
            if !properties.is_empty() {
                let fields =
                    properties.iter().map(|(name, child)| (name.to_string(), Value::Object(convert(child))));
                out.insert("properties".to_owned(), Value::Object(fields.collect()));
            }
            texts(&mut out, required);
            let others = match additional {
                Some(values) => Value::Object(convert(values)),
                None => Value::Bool(*preserve_unknown),
            };
            out.insert("additionalProperties".to_owned(), others);
        }
        Kind::Array { items } => {
            out.insert("items".to_owned(), Value::Object(convert(items)));
        }
        _ => {}
    }
    constraints(&mut out, &schema.constraints);
    if schema.nullable && !schema.constraints.allowed.is_empty() {
        let mut allowed = schema.constraints.allowed.clone();
        allowed.push(Value::Null);
        out.insert("enum".to_owned(), allowed.into());
    }
    logic(&mut out, &schema.logic);
    out
}

fn types(out: &mut Map<String, Value>, names: &[&str], nullable: bool) {
    let mut names = names.to_vec();
    names.extend(nullable.then_some("null"));
    let value = match names.as_slice() {
        [one] => json!(one),
        several => json!(several),
    };
    out.insert("type".to_owned(), value);
}

fn texts(out: &mut Map<String, Value>, required: &[std::sync::Arc<str>]) {
    if !required.is_empty() {
        out.insert("required".to_owned(), required.iter().map(|name| Value::from(&**name)).collect());
    }
}

fn constraints(out: &mut Map<String, Value>, constraints: &Constraints) {
    let Constraints { minimum, maximum, exclusive_minimum, exclusive_maximum, .. } = constraints;
    let name =
        |exclusive: &bool, open: &'static str, closed: &'static str| if *exclusive { open } else { closed };
    let numbers = [
        (name(exclusive_minimum, "exclusiveMinimum", "minimum"), minimum),
        (name(exclusive_maximum, "exclusiveMaximum", "maximum"), maximum),
        ("multipleOf", &constraints.multiple_of),
    ];
    let counts = crate::print::counts(constraints);
    let mut put = |key: &str, value: Option<Value>| out.extend(value.map(|value| (key.to_owned(), value)));
    for (key, value) in numbers {
        put(key, value.clone().map(Value::Number));
    }
    for (key, value) in counts {
        put(key, value.map(Value::from));
    }
    put("format", constraints.format.as_deref().filter(|format| *format != "int-or-string").map(Value::from));
    put("pattern", constraints.pattern.as_ref().map(|pattern| pattern.as_str().into()));
    put("enum", (!constraints.allowed.is_empty()).then(|| constraints.allowed.clone().into()));
    put("uniqueItems", constraints.unique_items.then_some(Value::Bool(true)));
}

fn logic(out: &mut Map<String, Value>, logic: &Logic) {
    for (key, list) in [("allOf", &logic.all_of), ("anyOf", &logic.any_of), ("oneOf", &logic.one_of)] {
        if !list.is_empty() {
            out.insert(key.to_owned(), list.iter().map(|one| Value::Object(condition(one))).collect());
        }
    }
    if let Some(not) = &logic.not {
        out.insert("not".to_owned(), Value::Object(condition(not)));
    }
}

fn condition(condition: &Condition) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(name) = &condition.type_name {
        out.insert("type".to_owned(), (&**name).into());
    }
    texts(&mut out, &condition.required);
    if !condition.properties.is_empty() {
        let fields = condition.properties.iter();
        let fields = fields.map(|(name, child)| (name.to_string(), Value::Object(self::condition(child))));
        out.insert("properties".to_owned(), Value::Object(fields.collect()));
    }
    for (key, child) in [("additionalProperties", &condition.additional), ("items", &condition.items)] {
        if let Some(child) = child {
            out.insert(key.to_owned(), Value::Object(self::condition(child)));
        }
    }
    constraints(&mut out, &condition.constraints);
    logic(&mut out, &condition.logic);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(openapi: &Value, expected: &Value) {
        let mut found = json_schema(&Schema::from_json(openapi).expect("a schema"));
        assert_eq!(found.as_object_mut().and_then(|map| map.remove("$schema")), Some(DIALECT.into()));
        assert_eq!(&found, expected, "{openapi}");
    }

    #[test]
    fn keywords_that_differ() {
        check(&json!({"type": "string", "nullable": true}), &json!({"type": ["string", "null"]}));
        check(&json!({"x-kubernetes-int-or-string": true}), &json!({"type": ["integer", "string"]}));
        check(
            &json!({"type": "integer", "minimum": 1, "exclusiveMinimum": true, "maximum": 3}),
            &json!({"type": "integer", "exclusiveMinimum": 1, "maximum": 3}),
        );
        check(
            &json!({"type": "string", "enum": ["a"], "nullable": true}),
            &json!({"type": ["string", "null"], "enum": ["a", null]}),
        );
        check(&json!({"x-kubernetes-preserve-unknown-fields": true}), &json!({}));
    }

    #[test]
    fn unknown_fields_are_refused_where_they_would_be_dropped() {
        check(
            &json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}}}),
            &json!({
                "type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}},
                "additionalProperties": false,
            }),
        );
        check(
            &json!({"type": "object", "additionalProperties": {"type": "string"}}),
            &json!({"type": "object", "additionalProperties": {"type": "string"}}),
        );
        check(
            &json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true}),
            &json!({"type": "object", "additionalProperties": true}),
        );
    }
}
