//! What the cells of most kinds are made of: fields, ages, containers, selectors.

use super::age;
use crate::core::object;
use kro_object::Timestamp;
use serde_json::Value;

/// An object about to be printed.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) item: &'a Value,
    pub(super) now: Timestamp,
}

impl<'a> Row<'a> {
    pub(super) fn name(self) -> &'a str {
        object::name(self.item)
    }

    pub(super) fn text(self, pointer: &str) -> &'a str {
        self.item.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(super) fn text_or(self, pointer: &str, other: &'a str) -> &'a str {
        let text = self.text(pointer);
        if text.is_empty() { other } else { text }
    }

    pub(super) fn number(self, pointer: &str) -> i64 {
        self.item.pointer(pointer).and_then(Value::as_i64).unwrap_or(0)
    }

    pub(super) fn list(self, pointer: &str) -> impl DoubleEndedIterator<Item = &'a Value> {
        self.item.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
    }

    pub(super) fn entries(self, pointers: &[&str]) -> usize {
        pointers
            .iter()
            .filter_map(|pointer| self.item.pointer(pointer)?.as_object())
            .map(serde_json::Map::len)
            .sum()
    }

    pub(super) fn age(self) -> String {
        self.since("/metadata/creationTimestamp")
    }

    pub(super) fn since(self, pointer: &str) -> String {
        match self.text(pointer) {
            "" => "<unknown>".into(),
            time => age::since(time, self.now),
        }
    }

    /// A field of each container of the pod template.
    pub(super) fn containers(self, field: &str) -> String {
        let found: Vec<&str> =
            ["/spec/template/spec/containers", "/spec/jobTemplate/spec/template/spec/containers"]
                .iter()
                .flat_map(|pointer| self.list(pointer))
                .filter_map(|container| container.get(field)?.as_str())
                .collect();
        found.join(",")
    }

    pub(super) fn selector(self, pointer: &str) -> String {
        let selector = self.item.pointer(pointer);
        let labels =
            selector.and_then(|selector| selector.get("matchLabels")).or(selector).and_then(Value::as_object);
        let pairs: Vec<String> = labels
            .into_iter()
            .flatten()
            .filter_map(|(key, value)| Some(format!("{key}={}", value.as_str()?)))
            .collect();
        if pairs.is_empty() { "<none>".into() } else { pairs.join(",") }
    }
}
