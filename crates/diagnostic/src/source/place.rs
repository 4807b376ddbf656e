//! The tree of a document for readers: where values and keys stand, and what stands at a byte. Changes nothing.

use super::{Content, Document, Entry, Node, Sources, align::locate};
use crate::Part;
use kro_object::{FieldPath, Segment};
use serde_json::Value;
use std::{ops::Range, sync::Arc};

/// A value of a document with its place.
#[derive(Debug, Clone, Copy)]
pub struct Place<'d> {
    node: &'d Arc<Node>,
}

/// What a value is made of.
#[derive(Debug, Clone)]
pub enum Shape<'d> {
    /// Text, number, boolean or null.
    Scalar(&'d Value),
    /// A list; in flow style when it is written `[…]`.
    List(Vec<Place<'d>>),
    /// A mapping; in flow style when it is written `{…}`.
    Map(Vec<Field<'d>>),
}

/// One `key: value`.
#[derive(Debug, Clone)]
pub struct Field<'d> {
    /// The name.
    pub name: &'d str,
    /// The name in the file, with its quotes.
    pub name_bytes: Range<usize>,
    /// The value.
    pub value: Place<'d>,
}

/// What stands at a byte of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The field or list item.
    pub path: FieldPath,
    /// Whether the byte is in the name of the field or in its value.
    pub part: Part,
    /// The name or the value in the file.
    pub bytes: Range<usize>,
    /// Where a text stands: the byte of the decoded text.
    pub offset: Option<u32>,
}

impl<'d> Place<'d> {
    /// The value in the file: with quotes, of a block text without its `|`. A value that was named by an alias
    /// stands where its anchor is.
    pub fn bytes(self) -> Range<usize> {
        self.node.bytes.clone()
    }

    /// Whether a collection is written in brackets; scalars are not.
    pub fn is_flow(self) -> bool {
        matches!(&self.node.content, Content::List { flow: true, .. } | Content::Map { flow: true, .. })
    }

    /// What it is made of.
    pub fn shape(self) -> Shape<'d> {
        match &self.node.content {
            Content::Scalar { value, .. } => Shape::Scalar(value),
            Content::List { items, .. } => Shape::List(items.iter().map(|node| Place { node }).collect()),
            Content::Map { entries, .. } => Shape::Map(entries.iter().map(field).collect()),
        }
    }
}

fn field(entry: &Entry) -> Field<'_> {
    let name_bytes = entry.key_bytes.clone();
    Field { name: &entry.key, name_bytes, value: Place { node: &entry.value } }
}

impl Document {
    /// The whole document.
    pub fn root(&self) -> Place<'_> {
        Place { node: &self.root }
    }

    /// The value at a path.
    pub fn place(&self, path: &FieldPath) -> Option<Place<'_>> {
        path.segments().iter().try_fold(self.root(), |place, segment| match (&place.node.content, segment) {
            (Content::Map { .. }, Segment::Field(name)) => {
                Some(Place { node: &place.node.entry(name)?.value })
            }
            (Content::List { items, .. }, Segment::Index(index)) => {
                items.get(*index).map(|node| Place { node })
            }
            _ => None,
        })
    }
}

impl Sources {
    /// What stands at a byte: the innermost name or scalar, or the innermost collection around it. The byte behind a
    /// name or value still counts as in it, as a cursor does.
    pub fn locate(&self, document: &Document, byte: usize) -> Option<Located> {
        let text = self.text(document.file());
        let mut path = FieldPath::root();
        let mut node = &document.root;
        let touches = |range: &Range<usize>| range.start <= byte && byte <= range.end;
        loop {
            match &node.content {
                Content::Scalar { value, notation } => {
                    let bytes = node.bytes.clone();
                    let offset = value.as_str().map(|value| {
                        let source = text.get(bytes.clone()).unwrap_or_default();
                        locate(source, *notation, value, byte - bytes.start) as u32
                    });
                    return Some(Located { path, part: Part::Value, bytes, offset });
                }
                Content::Map { entries, .. } => {
                    if let Some(entry) = entries.iter().find(|entry| touches(&entry.key_bytes)) {
                        path.push(&*entry.key);
                        let bytes = entry.key_bytes.clone();
                        return Some(Located { path, part: Part::Key, bytes, offset: None });
                    }
                    match entries.iter().find(|entry| touches(&entry.value.bytes)) {
                        Some(entry) => {
                            path.push(&*entry.key);
                            node = &entry.value;
                        }
                        None => break,
                    }
                }
                Content::List { items, .. } => {
                    match items.iter().enumerate().find(|(_, item)| touches(&item.bytes)) {
                        Some((index, item)) => {
                            path.push(index);
                            node = item;
                        }
                        None => break,
                    }
                }
            }
        }
        let bytes = node.bytes.clone();
        touches(&bytes).then_some(Located { path, part: Part::Value, bytes, offset: None })
    }
}
