//! Parser events to trees. No recursion: open collections live on a list whose length is limited.

use super::{Content, Document, Entry, FileId, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, Notation, scalar};
use crate::{Checked, Code, Diagnostic, Locus, codes};
use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, StructureStyle, Tag, options};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

pub(super) fn documents(file: FileId, text: &str) -> Checked<Vec<Document>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file has {} bytes, more than {MAX_BYTES}", text.len());
        return Checked::failed(Diagnostic::error(codes::DOCUMENT_TOO_LARGE, Locus::file(0..0), message));
    }
    let limit = u16::try_from(MAX_DEPTH).unwrap_or(u16::MAX).saturating_add(1);
    let options = options! {
        flow_nesting_limit: limit.into(),
        block_nesting_limit: limit.into(),
        block_scalar_eof_without_line_feed: true,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    let mut checked = Checked::ok(Vec::new());
    loop {
        let mut builder = Builder { text, diagnostics: Vec::new(), ..Builder::default() };
        let outcome = builder.document(&mut parser);
        checked.diagnostics.append(&mut builder.diagnostics);
        match outcome {
            Ok(Outcome::Document(root)) => {
                checked.value.get_or_insert_default().push(Document { file, root });
            }
            Ok(Outcome::Nothing) => {}
            Ok(Outcome::End) => return checked,
            Err(Stop) => match parser.proceed_next_document() {
                Ok(true) => {}
                Ok(false) | Err(_) => return checked,
            },
        }
    }
}

enum Outcome {
    Document(Arc<Node>),
    /// A document without content.
    Nothing,
    End,
}

/// The document cannot be read further; the reason has been reported.
struct Stop;

#[derive(Debug, Default)]
struct Builder<'t> {
    text: &'t str,
    diagnostics: Vec<Diagnostic>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Arc<Node>>,
    weight: u64,
}

/// A collection whose end has not come yet.
#[derive(Debug)]
struct Open {
    content: Content,
    start: usize,
    anchor: usize,
    /// In a mapping: the key whose value comes next.
    key: Option<Entry>,
    /// In a mapping: the keys so far.
    seen: BTreeSet<String>,
}

impl<'t> Builder<'t> {
    fn document(&mut self, parser: &mut Parser<'t, StrInput<'t>>) -> Result<Outcome, Stop> {
        let mut root = None;
        while let Some(event) = parser.next_event() {
            let (event, span) = event.map_err(|error| self.syntax(&error))?;
            let bytes = span.byte_range().unwrap_or_default();
            let done = match event {
                Event::StreamEnd => return Ok(Outcome::End),
                Event::DocumentEnd => {
                    return Ok(root.filter(has_content).map_or(Outcome::Nothing, Outcome::Document));
                }
                Event::Scalar(value, style, anchor, tag) => {
                    let node = self.scalar(&value, style, tag.as_deref(), bytes)?;
                    Some((node, anchor))
                }
                Event::Alias(id) => Some((self.alias(id, bytes)?, 0)),
                Event::SequenceStart(style, anchor, _) => {
                    let content = Content::List { items: Vec::new(), flow: style == StructureStyle::Flow };
                    self.start(content, anchor, &span)?;
                    None
                }
                Event::MappingStart(style, anchor, _) => {
                    let content = Content::Map { entries: Vec::new(), flow: style == StructureStyle::Flow };
                    self.start(content, anchor, &span)?;
                    None
                }
                Event::SequenceEnd | Event::MappingEnd => self.end(bytes.end)?,
                _ => None,
            };
            if let Some((node, anchor)) = done {
                if anchor != 0 {
                    self.anchors.insert(anchor, Arc::clone(&node));
                }
                if self.open.is_empty() {
                    root = Some(node);
                } else {
                    self.put(node)?;
                }
            }
        }
        Ok(Outcome::End)
    }

    fn scalar(
        &mut self,
        value: &str,
        style: ScalarStyle,
        tag: Option<&Tag>,
        bytes: Range<usize>,
    ) -> Result<Arc<Node>, Stop> {
        let core = tag.and_then(|tag| tag.suffix_in_namespace("tag:yaml.org,2002:"));
        let resolved = match core {
            Some(tag) => scalar::tagged(value, &tag),
            None if tag.is_none() && style == ScalarStyle::Plain => scalar::plain(value),
            None => Ok(value.into()),
        };
        let resolved = resolved.map_err(|message| self.stop(codes::YAML_SYNTAX, bytes.clone(), message))?;
        let notation = match style {
            ScalarStyle::SingleQuoted => Notation::Single,
            ScalarStyle::DoubleQuoted => Notation::Double,
            ScalarStyle::Plain | ScalarStyle::Literal | ScalarStyle::Folded => Notation::Verbatim,
        };
        self.grow(1, &bytes)?;
        Ok(Arc::new(Node { content: Content::Scalar { value: resolved, notation }, bytes, weight: 1 }))
    }

    fn alias(&mut self, id: usize, bytes: Range<usize>) -> Result<Arc<Node>, Stop> {
        let Some(node) = self.anchors.get(&id).cloned() else {
            return Err(self.stop(codes::YAML_SYNTAX, bytes, "the alias stands inside the value it names"));
        };
        self.grow(node.weight, &bytes)?;
        Ok(node)
    }

    fn start(&mut self, content: Content, anchor: usize, span: &Span) -> Result<(), Stop> {
        let bytes = span.byte_range().unwrap_or_default();
        if self.open.len() == MAX_DEPTH {
            let message = format!("more than {MAX_DEPTH} levels of nesting");
            return Err(self.stop(codes::DOCUMENT_TOO_DEEP, bytes, message));
        }
        self.grow(1, &bytes)?;
        self.open.push(Open { content, start: bytes.start, anchor, key: None, seen: BTreeSet::new() });
        Ok(())
    }

    fn end(&mut self, end: usize) -> Result<Option<(Arc<Node>, usize)>, Stop> {
        let Some(Open { mut content, start, anchor, .. }) = self.open.pop() else { return Ok(None) };
        if let Content::Map { entries, .. } = &mut content {
            self.merge(entries)?;
        }
        let (inside, flow): (Vec<&Arc<Node>>, bool) = match &content {
            Content::Scalar { .. } => (Vec::new(), true),
            Content::List { items, flow } => (items.iter().collect(), *flow),
            Content::Map { entries, flow } => (entries.iter().map(|entry| &entry.value).collect(), *flow),
        };
        let weight = inside.iter().fold(1_u64, |sum, node| sum.saturating_add(node.weight));
        let end = if flow { end } else { start + self.text[start..end.max(start)].trim_end().len() };
        Ok(Some((Arc::new(Node { content, bytes: start..end, weight }), anchor)))
    }

    /// Gives a finished value to the innermost open collection.
    fn put(&mut self, node: Arc<Node>) -> Result<(), Stop> {
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        match &mut open.content {
            Content::List { items, .. } => items.push(node),
            Content::Map { entries, .. } => {
                if let Some(key) = open.key.take() {
                    entries.push(Entry { value: node, ..key });
                } else {
                    let key = self.key(&node)?;
                    if let Some(open) = self.open.last_mut() {
                        open.key = Some(key);
                    }
                }
            }
            Content::Scalar { .. } => {}
        }
        Ok(())
    }

    /// A key is a string in JSON: numbers and booleans become their text.
    fn key(&mut self, node: &Arc<Node>) -> Result<Entry, Stop> {
        let Content::Scalar { value, notation } = &node.content else {
            return Err(self.stop(codes::YAML_SYNTAX, node.bytes.clone(), "a key must be a text"));
        };
        let key = match value {
            Value::String(text) => text.clone(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            _ => return Err(self.stop(codes::YAML_SYNTAX, node.bytes.clone(), "a key must not be null")),
        };
        self.check_notation(&key, &node.bytes);
        let entry =
            Entry { key, key_bytes: node.bytes.clone(), key_notation: *notation, value: Arc::clone(node) };
        let new = self.open.last_mut().is_none_or(|open| open.seen.insert(entry.key.clone()));
        if !new && entry.key != MERGE {
            let locus = file_locus(&entry.key_bytes);
            let message = format!("duplicate key {:?}", entry.key);
            self.diagnostics.push(
                Diagnostic::error(codes::DUPLICATE_KEY, locus, message)
                    .with_help("remove or rename one of them"),
            );
        }
        Ok(entry)
    }

    /// Warns of a key that is written as one text and read as another.
    fn check_notation(&mut self, key: &str, bytes: &Range<usize>) {
        let written = &self.text[bytes.clone()];
        if written != key && scalar::plain(written).is_ok_and(|value| !value.is_string()) {
            let message = format!("this key is read as {key:?}");
            self.diagnostics.push(
                Diagnostic::warning(codes::KEY_NOTATION, file_locus(bytes), message)
                    .with_help(format!("put it in quotes: \"{written}\"")),
            );
        }
    }

    /// YAML 1.1's `<<`: the entries of other mappings, where the mapping has none of that name.
    fn merge(&mut self, entries: &mut Vec<Entry>) -> Result<(), Stop> {
        let is_merge = |entry: &Entry| entry.key == MERGE && entry.key_notation == Notation::Verbatim;
        if !entries.iter().any(is_merge) {
            return Ok(());
        }
        let (merges, mut own): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(entries).into_iter().partition(is_merge);
        let mut names: BTreeSet<String> = own.iter().map(|entry| entry.key.clone()).collect();
        for entry in merges {
            let sources = match &entry.value.content {
                Content::List { items, .. } => items.clone(),
                _ => vec![Arc::clone(&entry.value)],
            };
            for source in sources {
                let Content::Map { entries: merged, .. } = &source.content else {
                    let message = "<< wants a mapping or a list of mappings";
                    return Err(self.stop(codes::YAML_SYNTAX, entry.key_bytes, message));
                };
                for add in merged {
                    if names.insert(add.key.clone()) {
                        own.push(add.clone());
                    }
                }
            }
        }
        *entries = own;
        Ok(())
    }

    fn grow(&mut self, weight: u64, bytes: &Range<usize>) -> Result<(), Stop> {
        self.weight = self.weight.saturating_add(weight);
        if self.weight > MAX_NODES {
            let message = format!("more than {MAX_NODES} values, counting aliases each time");
            return Err(self.stop(codes::DOCUMENT_TOO_LARGE, bytes.clone(), message));
        }
        Ok(())
    }

    fn syntax(&mut self, error: &ScanError) -> Stop {
        let at = error.marker().byte_offset().unwrap_or(0).min(self.text.len());
        let width = self.text[at..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        if error.info().contains("recursion limit") {
            let message = format!("more than {MAX_DEPTH} levels of nesting");
            return self.stop(codes::DOCUMENT_TOO_DEEP, at..at + width, message);
        }
        let stop = self.stop(codes::YAML_SYNTAX, at..at + width, error.info());
        if let Some(found) = self.diagnostics.last_mut() {
            found.help = advice(&error.info()).map(str::to_owned);
        }
        stop
    }

    fn stop(&mut self, code: Code, bytes: Range<usize>, message: impl Into<String>) -> Stop {
        self.diagnostics.push(Diagnostic::error(code, file_locus(&bytes), message));
        Stop
    }
}

/// What to do about an error of the parser.
fn advice(info: &str) -> Option<&'static str> {
    let known = [
        (
            "mapping values are not allowed",
            "a text with `: ` in it needs quotes, or `>-` and a line of its own",
        ),
        ("tabs disallowed", "indent with spaces"),
        ("unknown escape", "in double quotes a backslash starts an escape; single quotes have none"),
        ("unexpected character", "put the text in quotes"),
        ("did not find expected key", "align it with the keys of its mapping, or add `:` and a value"),
        ("unclosed quote", "close the quote"),
        ("unclosed bracket", "close the bracket"),
        ("unknown anchor", "define it with `&` before it is used"),
    ];
    known.iter().find(|(part, _)| info.contains(part)).map(|(_, help)| *help)
}

const MERGE: &str = "<<";

fn file_locus(bytes: &Range<usize>) -> Locus {
    let offset = |byte: usize| u32::try_from(byte).expect("invariant: files are smaller than 4 GiB");
    Locus::file(offset(bytes.start)..offset(bytes.end))
}

/// A document of nothing but comments is an implicit null.
fn has_content(root: &Arc<Node>) -> bool {
    !(root.bytes.is_empty() && matches!(root.content, Content::Scalar { value: Value::Null, .. }))
}
