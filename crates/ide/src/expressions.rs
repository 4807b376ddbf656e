//! The expressions of a definition: where they may stand, and what they name. Judges nothing.

use kro_cel::References;
use kro_graph::template;
use kro_object::{FieldPath, Segment};
use serde_json::Value;
use std::ops::Range;

/// One expression of a definition.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// The field whose text holds it.
    pub(crate) path: FieldPath,
    /// The expression in that text, in bytes.
    pub(crate) range: Range<u32>,
    /// Its names and functions, with ranges relative to the expression.
    pub(crate) uses: References,
}

impl Found {
    /// Bytes of the text for bytes of the expression.
    pub(crate) fn in_text(&self, range: &Range<u32>) -> Range<u32> {
        self.range.start + range.start..self.range.start + range.end
    }
}

/// Whether a document is a ResourceGraphDefinition.
pub(crate) fn is_definition(value: &Value) -> bool {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    text("apiVersion").starts_with("kro.run/") && text("kind") == "ResourceGraphDefinition"
}

/// Every text of a definition in which expressions are read.
pub(crate) fn places(value: &Value) -> Vec<(FieldPath, &str)> {
    let mut found = Vec::new();
    let spec = FieldPath::root().join("spec");
    if let Some(status) = value.pointer("/spec/schema/status") {
        walk(status, spec.join("schema").join("status"), &mut found);
    }
    let resources = value.pointer("/spec/resources").and_then(Value::as_array);
    for (index, resource) in resources.into_iter().flatten().enumerate() {
        let path = spec.join("resources").join(index);
        for field in ["template", "externalRef", "includeWhen", "readyWhen", "forEach"] {
            if let Some(value) = resource.get(field) {
                walk(value, path.join(field), &mut found);
            }
        }
    }
    found
}

/// Every expression of a definition, in the order of its fields.
pub(crate) fn expressions(value: &Value) -> Vec<Found> {
    let env = kro_graph::environment();
    let mut found = Vec::new();
    for (path, text) in places(value) {
        for range in template::expressions(text) {
            let (ast, _) = env.parse(&text[range.clone()]);
            let uses = env.references(&ast);
            found.push(Found { path: path.clone(), range: range.start as u32..range.end as u32, uses });
        }
    }
    found
}

fn walk<'v>(value: &'v Value, path: FieldPath, found: &mut Vec<(FieldPath, &'v str)>) {
    match value {
        Value::String(text) => found.push((path, text)),
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| walk(item, path.join(index), found));
        }
        Value::Object(map) => {
            map.iter().for_each(|(key, value)| walk(value, path.join(Segment::from(key)), found));
        }
        _ => {}
    }
}
