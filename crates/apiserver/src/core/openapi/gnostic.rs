//! OpenAPI version 2 in the protobuf form that kubectl asks for; message numbers are those of gnostic's `OpenAPIv2.proto`.
//! Refuses everything but schemas: paths are left empty.

use crate::encode;
use serde_json::{Map, Value};

/// What the form is called in an answer.
pub(super) const CONTENT_TYPE: &str = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";

/// Whether a client asks for this form, by its name or the former one with an `@`.
pub(super) fn is_wanted(accept: &str) -> bool {
    accept.contains("proto-openapi.spec.v2")
}

/// The document with these definitions.
pub(super) fn document(definitions: &Map<String, Value>) -> Vec<u8> {
    let mut info = Message::default();
    info.text(1, "Kubernetes");
    info.text(2, kro_k8s_schemas::VERSION);
    let mut out = Message::default();
    out.text(1, "2.0");
    out.message(2, &info);
    out.message(8, &Message::default());
    out.message(9, &named_schemas(definitions));
    out.0
}

/// `Definitions` and `Properties` alike: schemas with their names.
fn named_schemas(schemas: &Map<String, Value>) -> Message {
    let mut out = Message::default();
    for (name, value) in schemas {
        let mut named = Message::default();
        named.text(1, name);
        named.message(2, &schema(value));
        out.message(1, &named);
    }
    out
}

fn schema(value: &Value) -> Message {
    let mut out = Message::default();
    for (key, value) in value.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("$ref", Value::String(text)) => out.text(1, text),
            ("format", Value::String(text)) => out.text(2, text),
            ("title", Value::String(text)) => out.text(3, text),
            ("description", Value::String(text)) => out.text(4, text),
            ("default", value) => out.message(5, &any(value)),
            ("maximum", value) => out.double(7, value),
            ("exclusiveMaximum", value) => out.flag(8, value),
            ("minimum", value) => out.double(9, value),
            ("exclusiveMinimum", value) => out.flag(10, value),
            ("maxLength", value) => out.integer(11, value),
            ("minLength", value) => out.integer(12, value),
            ("pattern", Value::String(text)) => out.text(13, text),
            ("maxItems", value) => out.integer(14, value),
            ("minItems", value) => out.integer(15, value),
            ("uniqueItems", value) => out.flag(16, value),
            ("maxProperties", value) => out.integer(17, value),
            ("minProperties", value) => out.integer(18, value),
            ("required", Value::Array(names)) => {
                names.iter().filter_map(Value::as_str).for_each(|name| out.text(19, name));
            }
            ("enum", Value::Array(values)) => values.iter().for_each(|value| out.message(20, &any(value))),
            ("additionalProperties", value) => {
                let mut item = Message::default();
                match value {
                    Value::Bool(_) => item.flag(2, value),
                    _ => item.message(1, &schema(value)),
                }
                out.message(21, &item);
            }
            ("type", Value::String(text)) => {
                let mut item = Message::default();
                item.text(1, text);
                out.message(22, &item);
            }
            ("items", value) => {
                let mut item = Message::default();
                item.message(1, &schema(value));
                out.message(23, &item);
            }
            ("allOf", Value::Array(all)) => all.iter().for_each(|one| out.message(24, &schema(one))),
            ("properties", Value::Object(properties)) => out.message(25, &named_schemas(properties)),
            (extension, value) if extension.starts_with("x-") => {
                let mut named = Message::default();
                named.text(1, extension);
                named.message(2, &any(value));
                out.message(31, &named);
            }
            _ => {}
        }
    }
    out
}

/// Any value, as YAML text; JSON is YAML.
fn any(value: &Value) -> Message {
    let mut out = Message::default();
    out.text(2, &encode::to_text(value));
    out
}

/// A message being written.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn bytes(&mut self, number: u64, bytes: &[u8]) {
        self.varint(number << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, number: u64, text: &str) {
        self.bytes(number, text.as_bytes());
    }

    fn message(&mut self, number: u64, message: &Self) {
        self.bytes(number, &message.0);
    }

    fn flag(&mut self, number: u64, value: &Value) {
        if value == &Value::Bool(true) {
            self.varint(number << 3);
            self.varint(1);
        }
    }

    fn integer(&mut self, number: u64, value: &Value) {
        if let Some(value) = value.as_i64() {
            self.varint(number << 3);
            self.varint(value.cast_unsigned());
        }
    }

    fn double(&mut self, number: u64, value: &Value) {
        if let Some(value) = value.as_f64() {
            self.varint(number << 3 | 1);
            self.0.extend_from_slice(&value.to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_and_lengths_are_those_of_the_message() {
        let found = schema(&json!({"type": "string", "maxLength": 300, "x-a": 1}));
        let mut expected = vec![11 << 3, 0xac, 0x02];
        expected.extend([0xb2, 0x01, 8, 0x0a, 6]);
        expected.extend(b"string");
        expected.extend([0xfa, 0x01, 10, 0x0a, 3]);
        expected.extend(b"x-a");
        expected.extend([0x12, 3, 0x12, 1, b'1']);
        assert_eq!(found.0, expected);
        assert!(is_wanted("application/com.github.proto-openapi.spec.v2@v1.0+protobuf"));
    }
}
