//! The parts of a file as a tree: objects, and of definitions the fields of the instance, the resources, the status.

use crate::{File, file::Manifest, schemas::kind_of};
use kro_diagnostic::{
    Locus,
    source::{Field, Place, Shape},
};
use kro_object::FieldPath;
use serde_json::Value;
use std::ops::Range;

/// A part of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Symbol {
    /// Its name.
    pub name: String,
    /// What it is, for people.
    pub detail: String,
    /// What it is.
    pub kind: SymbolKind,
    /// All of it.
    pub bytes: Range<usize>,
    /// Its name in the text.
    pub name_bytes: Range<usize>,
    /// Its parts.
    pub children: Vec<Symbol>,
}

/// What a [`Symbol`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SymbolKind {
    /// A definition.
    Definition,
    /// Any other object.
    Object,
    /// A field of the instance.
    Field,
    /// A resource of a definition.
    Resource,
}

/// The parts of a file, in the order of the text.
pub fn outline(file: &File) -> Vec<Symbol> {
    file.manifests().iter().filter_map(|manifest| object(file, manifest)).collect()
}

fn object(file: &File, manifest: &Manifest) -> Option<Symbol> {
    let gvk = kind_of(&manifest.value)?;
    let name = manifest.value.pointer("/metadata/name").and_then(Value::as_str).unwrap_or("(no name)");
    let metadata = FieldPath::root().join("metadata").join("name");
    let mut symbol = Symbol {
        name: name.to_owned(),
        detail: gvk.kind.to_string(),
        kind: SymbolKind::Object,
        bytes: manifest.document.root().bytes(),
        name_bytes: file.span(manifest, &Locus::value(metadata)),
        children: Vec::new(),
    };
    if manifest.is_definition() {
        symbol.kind = SymbolKind::Definition;
        let made = manifest.value.pointer("/spec/schema/kind").and_then(Value::as_str);
        made.unwrap_or_default().clone_into(&mut symbol.detail);
        for part in ["spec", "status"] {
            let path = FieldPath::root().join("spec").join("schema").join(part);
            symbol.children.extend(fields(file, manifest, &path));
        }
        symbol.children.extend(resources(file, manifest));
        symbol.children.sort_by_key(|child| child.bytes.start);
    }
    Some(symbol)
}

fn fields(file: &File, manifest: &Manifest, path: &FieldPath) -> Option<Symbol> {
    let place = manifest.document.place(path)?;
    let name_bytes = file.span(manifest, &Locus::key(path.clone()));
    let name = if path.segments().last()? == &"spec".into() { "spec" } else { "status" };
    Some(Symbol {
        name: name.to_owned(),
        detail: "fields of the instance".to_owned(),
        kind: SymbolKind::Field,
        bytes: name_bytes.start..place.bytes().end.max(name_bytes.end),
        name_bytes,
        children: children(place),
    })
}

fn children(place: Place<'_>) -> Vec<Symbol> {
    let Shape::Map(fields) = place.shape() else { return Vec::new() };
    let symbol = |field: Field<'_>| Symbol {
        name: field.name.to_owned(),
        detail: match field.value.shape() {
            Shape::Scalar(Value::String(text)) => text.clone(),
            _ => String::new(),
        },
        kind: SymbolKind::Field,
        bytes: field.name_bytes.start..field.value.bytes().end.max(field.name_bytes.end),
        children: children(field.value),
        name_bytes: field.name_bytes,
    };
    fields.into_iter().map(symbol).collect()
}

fn resources(file: &File, manifest: &Manifest) -> Vec<Symbol> {
    let list = FieldPath::root().join("spec").join("resources");
    let resources = list.walk(&manifest.value).and_then(Value::as_array);
    let symbol = |(index, resource): (usize, &Value)| {
        let path = list.join(index);
        let object = resource.get("template").or_else(|| resource.get("externalRef"))?;
        let place = manifest.document.place(&path)?;
        let id = file.span(manifest, &Locus::value(path.join("id")));
        let bytes = place.bytes();
        let inside = id.start >= bytes.start && id.end <= bytes.end;
        Some(Symbol {
            name: resource.get("id").and_then(Value::as_str).unwrap_or("(no id)").to_owned(),
            detail: object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned(),
            kind: SymbolKind::Resource,
            name_bytes: if inside { id } else { bytes.start..bytes.start },
            bytes,
            children: Vec::new(),
        })
    };
    resources.into_iter().flatten().enumerate().filter_map(symbol).collect()
}
