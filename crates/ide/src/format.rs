//! Formats files of manifests by editing their text in place: comments, order, quoting and line breaks of values stay
//! as the author wrote them. Never prints a document anew.
//!
//! | step | what changes |
//! | --- | --- |
//! | `expressions` | spaces inside of `${…}` in definitions |
//! | `indent` | indentation of block collections: two more columns for each level |
//! | `spaces` | space after `key:`, trailing space, line ends, empty lines at the end |
//!
//! Each step is checked by reading its result again: one that would change a value is left out, so that a file which
//! cannot be formatted safely stays as it is. Lists may stand under their key or two columns further, as written.

mod expressions;
mod indent;
mod spaces;

use kro_diagnostic::source::{Document, Sources};
use serde_json::Value;
use std::ops::Range;

/// A text to put in place of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// The bytes to replace.
    pub bytes: Range<usize>,
    /// What to put there.
    pub text: String,
}

/// The text in the house style. `None` when it is not valid YAML. Formatting twice changes nothing more.
pub fn format(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    if parse(&text)?.values.is_empty() {
        return Some(text);
    }
    for step in [expressions::edits, indent::edits, spaces::edits] {
        let file = parse(&text)?;
        let outcome = step(&text, &file);
        let changed = apply(&text, outcome.edits);
        if parse(&changed).is_some_and(|after| after.values == outcome.expected) {
            text = changed;
        }
    }
    Some(text)
}

/// A text that was read.
struct File {
    sources: Sources,
    documents: Vec<Document>,
    values: Vec<Value>,
}

/// What a step wants, and what must be read after it.
struct Step {
    edits: Vec<Edit>,
    expected: Vec<Value>,
}

fn parse(text: &str) -> Option<File> {
    let mut sources = Sources::default();
    let id = sources.add("", text.to_owned());
    let documents = sources.documents(id).into_result().ok()?;
    let values = documents.iter().map(Document::to_value).collect();
    Some(File { sources, documents, values })
}

/// The text after all edits. They do not overlap.
pub(crate) fn apply(text: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.bytes.start, edit.bytes.end));
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for edit in edits {
        out.push_str(&text[from..edit.bytes.start]);
        out.push_str(&edit.text);
        from = edit.bytes.end;
    }
    out.push_str(&text[from..]);
    out
}
