//! Logical places to bytes of the file.

use super::{Content, Document, Node, align::align};
use crate::{Locus, Part};
use kro_object::{FieldPath, Segment};
use serde_json::Value;
use std::ops::Range;

impl Document {
    /// The bytes of `source`, the text of the file, that a locus means.
    pub(super) fn bytes(&self, source: &str, locus: &Locus) -> Range<usize> {
        let range = locus.range.as_ref().map(|range| range.start as usize..range.end as usize);
        if locus.part == Part::File {
            return range.unwrap_or_default();
        }
        let Some(node) = self.node(&locus.path) else { return self.nearest(source, &locus.path) };
        match locus.part {
            Part::Key => self.key(source, &locus.path, node, range),
            Part::Value | Part::File => match (&node.content, range) {
                (Content::Scalar { value: Value::String(value), notation }, Some(range)) => {
                    inside(source, &node.bytes, |text| align(text, *notation, value, range))
                }
                // An absent value has no bytes of its own.
                (Content::Scalar { .. }, _) if node.bytes.is_empty() => {
                    self.key(source, &locus.path, node, None)
                }
                (Content::List { flow: false, .. } | Content::Map { flow: false, .. }, _) => {
                    self.key(source, &locus.path, node, None)
                }
                _ => node.bytes.clone(),
            },
        }
    }

    /// The name of the field, or what stands for it: the first line of a list item or of the document.
    fn key(&self, source: &str, path: &FieldPath, node: &Node, range: Option<Range<usize>>) -> Range<usize> {
        let entry = path.parent().and_then(|parent| match path.last() {
            Some(Segment::Field(name)) => self.node(&parent)?.entry(name),
            _ => None,
        });
        match (entry, range) {
            (Some(entry), Some(range)) => {
                inside(source, &entry.key_bytes, |text| align(text, entry.key_notation, &entry.key, range))
            }
            (Some(entry), None) => entry.key_bytes.clone(),
            (None, _) => first_line(source, node.bytes.clone()),
        }
    }

    fn nearest(&self, source: &str, path: &FieldPath) -> Range<usize> {
        let mut path = path.clone();
        while path.pop().is_some() {
            if let Some(node) = self.node(&path) {
                return self.key(source, &path, node, None);
            }
        }
        first_line(source, self.root.bytes.clone())
    }
}

fn inside(source: &str, bytes: &Range<usize>, find: impl FnOnce(&str) -> Range<usize>) -> Range<usize> {
    let found = find(source.get(bytes.clone()).unwrap_or_default());
    bytes.start + found.start..bytes.start + found.end
}

fn first_line(source: &str, bytes: Range<usize>) -> Range<usize> {
    let text = source.get(bytes.clone()).unwrap_or_default();
    bytes.start..bytes.start + text.lines().next().unwrap_or_default().len()
}
