//! What may be written at the cursor: names and members in `${…}`, fields of kinds and of definitions, values.
//! Works on text that is no YAML yet: the line under the cursor is then read as if it were finished.

use crate::{
    Catalog, File,
    file::{Manifest, in_value},
    schemas::{schema_at, show, show_call, template_at, type_name},
};
use kro_object::{FieldPath, Segment};
use kro_schema::{Kind, Schema};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeSet, ops::Range};

/// Stands in the text for what is being written.
const CURSOR: &str = "kroCursor";

/// Something that may be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// The name.
    pub label: String,
    /// What it is.
    pub kind: CompletionKind,
    /// Its type.
    pub detail: String,
    /// For people.
    pub documentation: Option<String>,
    /// What it replaces.
    pub bytes: Range<usize>,
    /// The text to write there.
    pub text: String,
}

/// What a completion stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CompletionKind {
    /// A field of an object.
    Field,
    /// A name in an expression.
    Variable,
    /// A function.
    Function,
    /// A value that the schema allows.
    Value,
    /// A type or marker of SimpleSchema.
    Keyword,
}

impl Completion {
    fn new(label: String, kind: CompletionKind, detail: String, bytes: Range<usize>) -> Self {
        Self { text: label.clone(), label, kind, detail, documentation: None, bytes }
    }
}

/// What may be written at a byte of a text.
pub fn complete(text: &str, byte: usize, catalog: &Catalog) -> Vec<Completion> {
    let byte = text.floor_char_boundary(byte);
    let line = Line::of(text, byte);
    let file = File::read("", text.to_owned());
    if let Some((manifest, path, cel, offset)) = in_expression(&file, byte) {
        return expression(manifest, &path, &cel, offset, byte, catalog);
    }
    let file = File::read("", line.finished(text));
    let Some((manifest, path)) = cursor(&file) else { return Vec::new() };
    if let Some(cel) = line.open_expression() {
        return expression(manifest, &path, cel, cel.len() as u32, byte, catalog);
    }
    if line.is_value() {
        values(manifest, &path, &line, byte, catalog)
    } else {
        keys(manifest, &path, &line, byte, catalog)
    }
}

/// The line under the cursor.
struct Line<'t> {
    start: usize,
    end: usize,
    before: &'t str,
    after: &'t str,
}

impl<'t> Line<'t> {
    fn of(text: &'t str, byte: usize) -> Self {
        let start = text[..byte].rfind('\n').map_or(0, |at| at + 1);
        let end = text[byte..].find(['\n', '\r']).map_or(text.len(), |at| byte + at);
        Self { start, end, before: &text[start..byte], after: &text[byte..end] }
    }

    /// Indentation and dashes.
    fn head(&self) -> usize {
        let mut at = 0;
        loop {
            let rest = &self.before[at..];
            at += rest.len() - rest.trim_start_matches(' ').len();
            match self.before[at..].strip_prefix("- ") {
                Some(_) => at += 2,
                None => return at,
            }
        }
    }

    /// The colon behind the name of the field, if the cursor is behind it.
    fn colon(&self) -> Option<usize> {
        let head = self.head();
        let rest = &self.before[head..];
        rest.match_indices(':')
            .map(|(at, _)| at)
            .find(|at| rest[at + 1..].is_empty() || rest[at + 1..].starts_with(' '))
            .map(|at| head + at)
    }

    fn is_value(&self) -> bool {
        self.colon().is_some()
            || (self.head() > 0
                && self.before[..self.head()].trim_end().ends_with('-')
                && self.before[self.head()..].contains("${"))
    }

    /// The expression that the cursor is in, as far as it is written.
    fn open_expression(&self) -> Option<&'t str> {
        let start = self.before.rfind("${")? + 2;
        let cel = &self.before[start..];
        (cel.matches('}').count() <= cel.matches('{').count()).then_some(cel)
    }

    /// The name or value in front of the cursor, as far as it is written.
    fn word(&self) -> &'t str {
        let from = self.colon().map_or(self.head(), |at| at + 1);
        self.before[from..].trim_start().trim_start_matches(['"', '\''])
    }

    /// The text with [`CURSOR`] in place of the name or value under the cursor.
    fn finished(&self, text: &str) -> String {
        let line: Cow<'_, str> = match self.colon() {
            Some(colon) => format!("{}: {CURSOR}", &self.before[..colon]).into(),
            None if self.is_value() => format!("{}{CURSOR}", &self.before[..self.head()]).into(),
            None => {
                let rest = self.after.find(':').map_or(":", |at| &self.after[at..]);
                format!("{}{CURSOR}{rest}", &self.before[..self.head()]).into()
            }
        };
        format!("{}{line}{}", &text[..self.start], &text[self.end..])
    }
}

/// Where [`CURSOR`] is: as a value its path, as a name the path of the object around it.
fn cursor(file: &File) -> Option<(&Manifest, FieldPath)> {
    file.manifests().iter().find_map(|manifest| {
        let path = find(&manifest.value, FieldPath::root())?;
        Some((manifest, path))
    })
}

fn find(value: &Value, path: FieldPath) -> Option<FieldPath> {
    match value {
        Value::String(text) => (text == CURSOR).then_some(path),
        Value::Object(map) if map.contains_key(CURSOR) => Some(path),
        Value::Object(map) => map.iter().find_map(|(key, child)| find(child, path.join(key))),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(index, item)| find(item, path.join(index)))
        }
        _ => None,
    }
}

/// The expression of a readable file that a byte is in: its field, its text, and the byte in it.
fn in_expression(file: &File, byte: usize) -> Option<(&Manifest, FieldPath, String, u32)> {
    let (manifest, located) = file.locate(byte).filter(|_| file.is_yaml())?;
    let at = located.offset.filter(|_| in_value(&located) && manifest.is_definition())? as usize;
    let text = located.path.walk(&manifest.value)?.as_str()?;
    let closed = kro_graph::template::expressions(text);
    let range = closed.iter().find(|range| range.start <= at && at <= range.end).cloned().or_else(|| {
        let start = text.get(..at)?.rfind("${")? + 2;
        let open = !closed.iter().any(|range| range.start == start);
        // What follows belongs to the text around it.
        open.then_some(start..at)
    })?;
    let offset = (at - range.start) as u32;
    let cel = text.get(range)?.to_owned();
    Some((manifest, located.path, cel, offset))
}

fn expression(
    manifest: &Manifest,
    path: &FieldPath,
    cel: &str,
    offset: u32,
    byte: usize,
    catalog: &Catalog,
) -> Vec<Completion> {
    let env = manifest.scopes(catalog).and_then(|scopes| scopes.env_at(path));
    let Some(env) = env else { return Vec::new() };
    let before = cel.get(..offset as usize).unwrap_or(cel);
    let written =
        before.len() - before.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_').len();
    let bytes = byte.saturating_sub(written)..byte;
    let found = env.completions_at(cel, offset).into_iter().map(|it| {
        let (kind, detail) = match &it.kind {
            kro_cel::CompletionKind::Field(ty) => (CompletionKind::Field, show(ty)),
            kro_cel::CompletionKind::Variable(ty) => (CompletionKind::Variable, show(ty)),
            kro_cel::CompletionKind::Function(signature) => (CompletionKind::Function, show_call(signature)),
            kro_cel::CompletionKind::Macro(usage) => (CompletionKind::Function, (*usage).to_owned()),
        };
        Completion::new(it.name, kind, detail, bytes.clone())
    });
    found.collect()
}

/// Names of fields that the object does not have yet.
fn keys(
    manifest: &Manifest,
    path: &FieldPath,
    line: &Line<'_>,
    byte: usize,
    catalog: &Catalog,
) -> Vec<Completion> {
    let Some((_, schema)) = schema_at(manifest, path, catalog) else { return Vec::new() };
    let Kind::Object { properties, .. } = &schema.kind else { return Vec::new() };
    let written = line.word();
    let bytes = byte - written.len()..byte;
    let present = |name: &str| path.walk(&manifest.value).is_some_and(|object| object.get(name).is_some());
    let fields = properties.iter().filter(|(name, _)| name.starts_with(written) && !present(name));
    fields
        .map(|(name, child)| {
            let detail = detail(&schema, name, child);
            let mut field = Completion::new(name.to_string(), CompletionKind::Field, detail, bytes.clone());
            field.documentation = child.description.as_deref().map(str::to_owned);
            if !line.after.trim_start().starts_with(':') {
                field.text = key_text(name, child);
            }
            field
        })
        .collect()
}

fn detail(parent: &Schema, name: &str, schema: &Schema) -> String {
    let required = if parent.requires(name) { ", required" } else { "" };
    format!("{}{required}", type_name(schema))
}

/// A field as it is begun: scalars on the same line.
fn key_text(name: &str, schema: &Schema) -> String {
    match schema.kind {
        Kind::Object { .. } | Kind::Array { .. } => format!("{name}:"),
        _ => format!("{name}: "),
    }
}

/// Values that may stand at a place.
fn values(
    manifest: &Manifest,
    path: &FieldPath,
    line: &Line<'_>,
    byte: usize,
    catalog: &Catalog,
) -> Vec<Completion> {
    let written = line.word();
    let candidates: Vec<(String, CompletionKind, String)> = if in_simple_schema(manifest, path) {
        simple_schema(manifest, written)
    } else if let Some(names) = kinds(manifest, path, catalog) {
        names.into_iter().map(|name| (name, CompletionKind::Value, String::new())).collect()
    } else {
        let Some((gvk, schema)) = schema_at(manifest, path, catalog) else { return Vec::new() };
        let allowed: Vec<Value> = match schema.kind {
            Kind::Boolean => vec![true.into(), false.into()],
            _ => schema.constraints.allowed.clone(),
        };
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        allowed.into_iter().map(|value| (text(value), CompletionKind::Value, gvk.kind.to_string())).collect()
    };
    // Of a text with several words the last is being written.
    let last = written.rsplit(' ').next().unwrap_or(written);
    let bytes = byte - last.len()..byte;
    candidates
        .into_iter()
        .filter(|(name, ..)| name.starts_with(last))
        .map(|(label, kind, detail)| Completion::new(label, kind, detail, bytes.clone()))
        .collect()
}

/// Names for `apiVersion` and `kind` of an object.
fn kinds(manifest: &Manifest, path: &FieldPath, catalog: &Catalog) -> Option<BTreeSet<String>> {
    let field = match path.last()? {
        Segment::Field(name) if matches!(&**name, "apiVersion" | "kind") => &**name,
        _ => return None,
    };
    let around = path.parent()?;
    let is_object = around.is_root()
        || template_at(manifest, path).is_some()
        || matches!(around.last(), Some(Segment::Field(name)) if matches!(&**name, "template" | "externalRef"));
    if !is_object {
        return None;
    }
    let object = around.walk(&manifest.value)?;
    let other = |name: &str| {
        object.get(name).and_then(Value::as_str).filter(|text| *text != CURSOR && !text.is_empty())
    };
    let names = catalog.names();
    let fits = names.iter().filter(|gvk| match field {
        "kind" => other("apiVersion").is_none_or(|version| gvk.api_version() == version),
        _ => other("kind").is_none_or(|kind| *gvk.kind == *kind),
    });
    Some(fits.map(|gvk| if field == "kind" { gvk.kind.to_string() } else { gvk.api_version() }).collect())
}

fn in_simple_schema(manifest: &Manifest, path: &FieldPath) -> bool {
    let schema = FieldPath::root().join("spec").join("schema");
    manifest.is_definition() && ["spec", "types"].iter().any(|part| path.starts_with(&schema.join(*part)))
}

/// Types, or markers behind the bar.
fn simple_schema(manifest: &Manifest, written: &str) -> Vec<(String, CompletionKind, String)> {
    if written.contains('|') {
        let markers = kro_simple_schema::MarkerKey::ALL.iter();
        return markers
            .map(|key| (format!("{}=", key.as_str()), CompletionKind::Keyword, "marker".to_owned()))
            .collect();
    }
    let own = manifest.value.pointer("/spec/schema/types").and_then(Value::as_object);
    let own = own.into_iter().flatten().map(|(name, _)| name.clone());
    let builtin = ["string", "integer", "boolean", "float", "object", "[]string", "map[string]string"];
    builtin
        .into_iter()
        .map(str::to_owned)
        .chain(own)
        .map(|name| (name, CompletionKind::Keyword, "type".to_owned()))
        .collect()
}
