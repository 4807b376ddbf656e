//! The way back: a schema as SimpleSchema, where the notation can say the same. What it returns converts to exactly
//! the schema it was given; anything else is refused.

use crate::to_openapi;
use kro_object::FieldPath;
use kro_schema::{Kind, Merge, Rule, Schema};
use serde_json::{Map, Value};
use std::fmt::Write;

/// A block of fields with the named types that it uses; the types are null when there are none.
#[derive(Debug, Clone, PartialEq)]
pub struct Reversed {
    /// What stands at `spec`.
    pub spec: Value,
    /// What stands at `types`.
    pub types: Value,
}

/// An object's schema as SimpleSchema; `None` when the notation cannot express it.
///
/// ```
/// use kro_object::FieldPath;
/// use serde_json::{Value, json};
///
/// let spec = json!({ "replicas": "integer | default=3 minimum=1" });
/// let schema = kro_simple_schema::to_openapi(&spec, &Value::Null, &FieldPath::root()).into_result().unwrap();
/// assert_eq!(kro_simple_schema::reverse(&schema).unwrap().spec, spec);
/// ```
pub fn reverse(schema: &Schema) -> Option<Reversed> {
    let mut writer = Writer { types: Map::new() };
    let spec = writer.block(schema)?;
    let types = if writer.types.is_empty() { Value::Null } else { Value::Object(writer.types) };
    let checked = to_openapi(&spec, &types, &FieldPath::root());
    let same =
        !checked.has_errors() && checked.value.is_some_and(|again| again.to_json() == schema.to_json());
    same.then_some(Reversed { spec, types })
}

struct Writer {
    types: Map<String, Value>,
}

impl Writer {
    /// The fields of an object. What an object says of itself is left to the caller, and to the comparison.
    fn block(&mut self, schema: &Schema) -> Option<Value> {
        let Kind::Object { properties, required, additional: None, preserve_unknown: false, .. } =
            &schema.kind
        else {
            return None;
        };
        let mut block = Map::new();
        for (name, field) in properties {
            let times = required.iter().filter(|it| *it == name).count();
            block.insert(name.to_string(), self.field(name, field, times)?);
        }
        Some(Value::Object(block))
    }

    fn field(&mut self, name: &str, schema: &Schema, required: usize) -> Option<Value> {
        let is_block = matches!(&schema.kind, Kind::Object { properties, .. } if !properties.is_empty());
        let is_derived =
            is_block && schema.default.as_ref().is_none_or(|it| *it == Value::Object(Map::new()));
        let mut markers = " required=true".repeat(required);
        write_markers(schema, is_derived, &mut markers)?;
        if is_block && markers.is_empty() {
            return self.block(schema);
        }
        let mut text = String::new();
        self.ty(name, schema, &mut text)?;
        if !markers.is_empty() {
            text.push_str(" |");
            text.push_str(&markers);
        }
        Some(Value::String(text))
    }

    fn ty(&mut self, name: &str, schema: &Schema, text: &mut String) -> Option<()> {
        match &schema.kind {
            Kind::String => text.push_str("string"),
            Kind::Integer => text.push_str("integer"),
            Kind::Boolean => text.push_str("boolean"),
            Kind::Number => text.push_str("float"),
            Kind::Array { items } => {
                text.push_str("[]");
                text.push_str(&self.element(name, items)?);
            }
            Kind::Object { additional: Some(values), .. } => {
                text.push_str("map[string]");
                text.push_str(&self.element(name, values)?);
            }
            Kind::Object { preserve_unknown: true, .. } => text.push_str("object"),
            Kind::Object { .. } => {
                let block = self.block(schema)?;
                text.push_str(&self.named(name, block));
            }
            _ => return None,
        }
        Some(())
    }

    /// The type of a list's items or a map's values. They have no markers of their own, so a type that needs some is
    /// named.
    fn element(&mut self, field: &str, schema: &Schema) -> Option<String> {
        Some(match self.field(field, schema, 0)? {
            Value::String(text) if !text.contains('|') => text,
            definition => self.named(field, definition),
        })
    }

    /// Names a type after the field that uses it first.
    fn named(&mut self, field: &str, definition: Value) -> String {
        let mut name: String = field.chars().filter(char::is_ascii_alphanumeric).collect();
        if let Some(first) = name.get_mut(0..1) {
            first.make_ascii_uppercase();
        }
        let wanted = format!("{name}Type");
        let mut name = wanted.clone();
        let mut number = 2;
        while self.types.get(&name).is_some_and(|other| *other != definition) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        self.types.insert(name.clone(), definition);
        name
    }
}

/// What stands behind the type.
fn write_markers(schema: &Schema, is_derived: bool, out: &mut String) -> Option<()> {
    if let Some(default) = schema.default.as_ref().filter(|_| !is_derived) {
        let value = match default {
            Value::String(text) => {
                let json = Value::from(text.as_str()).to_string();
                quoted(&json[1..json.len() - 1])
            }
            other => other.to_string(),
        };
        write!(out, " default={value}").ok()?;
    }
    if let Some(text) = &schema.description {
        write!(out, " description={}", quoted(text)).ok()?;
    }
    let limits = &schema.constraints;
    if !limits.allowed.is_empty() {
        let choice = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let choices: Vec<String> = limits.allowed.iter().map(choice).collect();
        write!(out, " enum={}", quoted(&choices.join(","))).ok()?;
    }
    if let Some(pattern) = &limits.pattern {
        write!(out, " pattern={}", quoted(pattern.as_str())).ok()?;
    }
    for (name, number) in [("minimum", &limits.minimum), ("maximum", &limits.maximum)] {
        if let Some(number) = number {
            write!(out, " {name}={number}").ok()?;
        }
    }
    for (name, size) in [
        ("minLength", limits.min_length),
        ("maxLength", limits.max_length),
        ("minItems", limits.min_items),
        ("maxItems", limits.max_items),
    ] {
        if let Some(size) = size {
            write!(out, " {name}={size}").ok()?;
        }
    }
    match &schema.merge {
        Merge::Set => out.push_str(" uniqueItems=true"),
        Merge::Atomic => out.push_str(" listType=atomic"),
        Merge::Map { keys } => {
            out.push_str(" listType=map");
            for key in keys {
                write!(out, " listMapKey={}", quoted(key)).ok()?;
            }
        }
        _ => {}
    }
    for rule in &schema.rules {
        match rule {
            Rule { rule, message: Some(message), .. }
                if &**rule == "self == oldSelf" && &**message == "field is immutable" =>
            {
                out.push_str(" immutable=true");
            }
            rule => write!(out, " validation={}", quoted(&rule.rule)).ok()?,
        }
    }
    Some(())
}

/// A value that may hold anything.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::{Reversed, reverse};
    use crate::to_openapi;
    use kro_object::FieldPath;
    use kro_schema::Schema;
    use serde_json::{Value, json};

    #[track_caller]
    fn check(spec: &Value, types: &Value) {
        let schema = to_openapi(spec, types, &FieldPath::root()).into_result().unwrap();
        let Reversed { spec, types } = reverse(&schema).unwrap_or_else(|| panic!("{spec} has no way back"));
        let again = to_openapi(&spec, &types, &FieldPath::root()).into_result().unwrap();
        assert_eq!(again.to_json(), schema.to_json());
    }

    #[test]
    fn every_construct_has_a_way_back() {
        for field in [
            "string",
            "integer | minimum=1 maximum=5 default=3",
            "boolean | default=false required=true",
            "float | minimum=0.5",
            "object",
            "[]string | uniqueItems=true default=[\"a b\"]",
            "map[string][]integer",
            "string | enum=\"a,b\" default=\"a\" description=\"one of \\\"two\\\"\"",
            "string | pattern=\"^[a-z\\\\.]+$\" minLength=1 maxLength=9 immutable=true",
            "string | default=\"a b\" validation=\"self != 'x'\"",
            "[]Port | listType=map listMapKey=number minItems=1 maxItems=3",
            "Port | required=true description=\"the port\"",
            "map[string]Port",
            "[]Size",
            "map[string][]Size",
            "[]Web",
            "map[string]Names",
            "Port | minimum=1",
        ] {
            check(
                &json!({ "field": field }),
                &json!({
                    "Port": { "number": "integer | default=1", "name": "string" },
                    "Size": "float | description=\"it's\" minimum=0",
                    "Names": "[]string | uniqueItems=true",
                    "Web": "Port | description=\"of a server\"",
                }),
            );
        }
        check(
            &json!({ "a": { "b": { "c": "string | default=x" } }, "d": { "e": "string | required=true" } }),
            &Value::Null,
        );
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for schema in [
            json!({ "type": "object", "properties": { "a": { "x-kubernetes-int-or-string": true } } }),
            json!({ "type": "object", "properties": { "a": { "type": "string", "format": "date-time" } } }),
            json!({ "type": "object", "properties": { "a": { "type": "string", "enum": ["a,b"] } } }),
            json!({ "type": "string" }),
        ] {
            assert_eq!(reverse(&Schema::from_json(&schema).unwrap()), None, "{schema}");
        }
    }
}
