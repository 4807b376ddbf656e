//! Files, their YAML documents with positions, and diagnostics as text in rustc's look (feature `source`).
//!
//! YAML is read as Kubernetes tools read it: syntax of YAML 1.2, plain scalars by the rules of YAML 1.1 (`yes` and
//! `on` are booleans, `0755` is octal), then JSON. Refuses to read files: texts are arguments.
//!
//! ```
//! use kro_diagnostic::{codes, Diagnostic, Locus, source::{Sources, Style}};
//!
//! let mut sources = Sources::default();
//! let file = sources.add("web.yaml", "spec:\n  schema:\n    kind: web\n".to_owned());
//! let documents = sources.documents(file).into_result().unwrap();
//! let found = Diagnostic::error(codes::FIELD_VALUE, Locus::value("spec.schema.kind".parse()?), "not a legal kind");
//! assert_eq!(sources.render(&documents[0], &[found], Style::Plain), "\
//! error[KRO0107]: not a legal kind
//!  --> web.yaml:3:11
//!   |
//! 3 |     kind: web
//!   |           ^^^
//! ");
//! # Ok::<(), kro_object::ParsePathError>(())
//! ```
//!
//! # Limits
//! 4 MiB a file, 128 levels of nesting, 1,000,000 values after aliases are expanded.

mod align;
mod build;
mod place;
mod render;
mod resolve;
mod scalar;

pub use place::{Field, Located, Place, Shape};
pub use render::Style;

use crate::{Checked, Diagnostic, Locus};
use kro_object::FieldPath;
use serde_json::{Map, Value};
use std::{fmt, ops::Range, sync::Arc};

/// Largest file, in bytes.
pub const MAX_BYTES: usize = 4 << 20;
/// Deepest nesting of mappings and lists.
pub const MAX_DEPTH: usize = 128;
/// Most values of a document after its aliases are expanded.
pub const MAX_NODES: u64 = 1_000_000;

/// The texts that diagnostics point into.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<File>,
}

#[derive(Debug)]
struct File {
    name: String,
    text: String,
}

/// A file of a [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// Bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// From the first byte to behind the last.
    pub bytes: Range<usize>,
}

/// A line and a column, both from 1; columns count characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column.
    pub column: usize,
}

/// `line:column`.
impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

impl Sources {
    /// Takes a text in; the name is what readers see.
    pub fn add(&mut self, name: &str, text: String) -> FileId {
        let id =
            FileId(u32::try_from(self.files.len()).expect("invariant: fewer than 2^32 files fit in memory"));
        self.files.push(File { name: name.to_owned(), text });
        id
    }

    /// The name of a file.
    ///
    /// # Panics
    /// If the id is of another `Sources`, here and below.
    pub fn name(&self, file: FileId) -> &str {
        &self.file(file).name
    }

    /// The text of a file.
    pub fn text(&self, file: FileId) -> &str {
        &self.file(file).text
    }

    /// The YAML documents of a file, empty ones left out.
    ///
    /// A document with a syntax error is missing and reading goes on with the next one. A document with a duplicate
    /// key is reported as an error and present (the last one counts, as in other tools), for callers that must
    /// accept what those accept. Loci of these findings are in [`Part::File`](crate::Part::File).
    pub fn documents(&self, file: FileId) -> Checked<Vec<Document>> {
        build::documents(file, self.text(file))
    }

    /// The position of a byte of a file.
    pub fn position(&self, file: FileId, byte: usize) -> Position {
        let text = self.text(file);
        let before = &text[..text.floor_char_boundary(byte)];
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Position {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    /// Where a locus of a document stands in its file.
    ///
    /// A path that the document lacks gives the nearest parent it has, so every locus has a place: a missing field
    /// is shown at the object that lacks it. A collection in block style is shown by its key.
    pub fn span(&self, document: &Document, locus: &Locus) -> Span {
        Span { file: document.file, bytes: document.bytes(self.text(document.file), locus) }
    }

    /// Findings about a document, as text.
    pub fn render(&self, document: &Document, diagnostics: &[Diagnostic], style: Style) -> String {
        render::render(self, document.file, Some(document), diagnostics, style)
    }

    /// Findings about a file as such (syntax), as text.
    pub fn render_file(&self, file: FileId, diagnostics: &[Diagnostic], style: Style) -> String {
        render::render(self, file, None, diagnostics, style)
    }

    fn file(&self, id: FileId) -> &File {
        &self.files[id.0 as usize]
    }
}

/// One YAML document as a tree that remembers where everything was.
#[derive(Debug, Clone)]
pub struct Document {
    file: FileId,
    root: Arc<Node>,
}

impl Document {
    /// The file it stands in.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// The document as JSON.
    pub fn to_value(&self) -> Value {
        self.root.to_value()
    }

    /// The items of a list in it, each as a document of its own; nothing where there is no list.
    pub fn items(&self, list: &FieldPath) -> Vec<Self> {
        match self.node(list).map(|node| &node.content) {
            Some(Content::List { items, .. }) => {
                items.iter().map(|root| Self { file: self.file, root: root.clone() }).collect()
            }
            _ => Vec::new(),
        }
    }

    fn node(&self, path: &FieldPath) -> Option<&Node> {
        path.segments().iter().try_fold(&*self.root, Node::child)
    }
}

/// A value with its place. Aliases share the node of their anchor.
#[derive(Debug)]
struct Node {
    content: Content,
    bytes: Range<usize>,
    /// Number of values in it, itself included, with aliases counted each time.
    weight: u64,
}

#[derive(Debug)]
enum Content {
    Scalar { value: Value, notation: Notation },
    List { items: Vec<Arc<Node>>, flow: bool },
    Map { entries: Vec<Entry>, flow: bool },
}

/// One `key: value`.
#[derive(Debug, Clone)]
struct Entry {
    key: String,
    key_bytes: Range<usize>,
    key_notation: Notation,
    value: Arc<Node>,
}

/// How a scalar is written, as far as it matters for finding places inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Notation {
    /// Plain and block text: characters stand for themselves, white space may be folded or cut.
    Verbatim,
    /// `'…'` with `''`.
    Single,
    /// `"…"` with backslash escapes.
    Double,
}

impl Node {
    fn child(&self, segment: &kro_object::Segment) -> Option<&Self> {
        use kro_object::Segment;
        match (&self.content, segment) {
            (Content::Map { .. }, Segment::Field(name)) => Some(&self.entry(name)?.value),
            (Content::List { items, .. }, Segment::Index(index)) => items.get(*index).map(|item| &**item),
            _ => None,
        }
    }

    /// The entry that counts: of duplicates the last.
    fn entry(&self, name: &str) -> Option<&Entry> {
        let Content::Map { entries, .. } = &self.content else { return None };
        entries.iter().rev().find(|entry| entry.key == name)
    }

    fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar { value, .. } => value.clone(),
            Content::List { items, .. } => items.iter().map(|item| item.to_value()).collect(),
            Content::Map { entries, .. } => {
                let pairs = entries.iter().map(|entry| (entry.key.clone(), entry.value.to_value()));
                Value::Object(pairs.collect::<Map<_, _>>())
            }
        }
    }
}

#[cfg(test)]
mod tests;
