//! A file as an editor sees it: its documents, what stands at a byte, and what is wrong with it.

use crate::{Catalog, compile_all, definitions, expressions::is_definition, format::Edit, schemas::kind_of};
use kro_diagnostic::{
    Diagnostic, Fix, Locus, Part, Severity,
    source::{Document, FileId, Located, Sources},
};
use kro_graph::{CompileOptions, Scopes, scopes};
use kro_object::{FieldPath, GroupKind, Object};
use serde_json::Value;
use std::{collections::BTreeSet, ops::Range};

/// A text with its YAML documents, read once for each of its versions.
#[derive(Debug)]
pub struct File {
    sources: Sources,
    id: FileId,
    documents: Vec<Manifest>,
    /// What is no YAML; loci are bytes of the file.
    syntax: Vec<Diagnostic>,
}

/// One document.
#[derive(Debug)]
pub(crate) struct Manifest {
    pub(crate) document: Document,
    pub(crate) value: Value,
}

/// Something that is wrong, with its place in the file.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The place.
    pub bytes: Range<usize>,
    /// What is wrong.
    pub diagnostic: Diagnostic,
    /// Other places that take part, each with what it contributes.
    pub related: Vec<(Range<usize>, String)>,
    /// The change that mends it.
    pub fix: Option<Edit>,
}

impl Manifest {
    /// The object, when it is one.
    pub(crate) fn object(&self) -> Option<Object> {
        Object::from_value(self.value.clone()).ok()
    }

    pub(crate) fn is_definition(&self) -> bool {
        is_definition(&self.value)
    }

    /// What the expressions of a definition may name.
    pub(crate) fn scopes(&self, catalog: &Catalog) -> Option<Scopes> {
        let source = definitions::read(&self.object()?).0?;
        Some(scopes(&source, &catalog.kinds_for(&source)))
    }
}

impl File {
    /// Reads a text. The name is what readers of messages see.
    pub fn read(name: &str, text: String) -> Self {
        let mut sources = Sources::default();
        let id = sources.add(name, text);
        let read = sources.documents(id);
        let documents = read.value.unwrap_or_default().into_iter().flat_map(objects).map(|document| {
            let value = document.to_value();
            Manifest { document, value }
        });
        Self { id, documents: documents.collect(), syntax: read.diagnostics, sources }
    }

    /// The text.
    pub fn text(&self) -> &str {
        self.sources.text(self.id)
    }

    /// Whether all of it is YAML.
    pub(crate) fn is_yaml(&self) -> bool {
        self.syntax.iter().all(|found| found.severity != Severity::Error)
    }

    /// The objects in the file.
    pub fn objects(&self) -> impl Iterator<Item = Object> {
        self.documents.iter().filter_map(Manifest::object)
    }

    /// The definitions in the file.
    pub fn definitions(&self) -> Vec<Object> {
        let definitions = self.documents.iter().filter(|manifest| manifest.is_definition());
        definitions.filter_map(Manifest::object).collect()
    }

    /// The kinds of the objects in the file and of the templates of its definitions.
    pub fn kinds(&self) -> BTreeSet<GroupKind> {
        let templates =
            self.documents.iter().filter_map(|it| it.value.pointer("/spec/resources")?.as_array());
        let templates =
            templates.flatten().filter_map(|it| it.get("template").or_else(|| it.get("externalRef")));
        let objects = self.documents.iter().map(|it| &it.value).chain(templates);
        objects.filter_map(|object| Some(kind_of(object)?.group_kind())).collect()
    }

    /// Everything that is wrong with the YAML and with the definitions in it, in the order of the text. Other objects
    /// are not judged. The catalog holds what other files offer.
    pub fn findings(&self, catalog: &Catalog) -> Vec<Finding> {
        findings(&[self], &mut catalog.clone()).pop().unwrap_or_default()
    }

    fn finding(&self, document: Option<&Document>, diagnostic: &Diagnostic) -> Finding {
        let place = |locus: &Locus| self.bytes(document, locus);
        Finding {
            bytes: place(&diagnostic.primary),
            related: diagnostic.related.iter().map(|(locus, note)| (place(locus), note.clone())).collect(),
            fix: diagnostic.fix.as_ref().and_then(|fix| self.edit(document?, fix)),
            diagnostic: diagnostic.clone(),
        }
    }

    fn bytes(&self, document: Option<&Document>, locus: &Locus) -> Range<usize> {
        match document {
            Some(document) => self.sources.span(document, locus).bytes,
            None => locus.range.as_ref().map_or(0..0, |range| range.start as usize..range.end as usize),
        }
    }

    /// A fix as an edit; `None` where the new text would need other quotes.
    fn edit(&self, document: &Document, fix: &Fix) -> Option<Edit> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '/' | '-');
        if fix.replacement.is_empty() || !fix.replacement.chars().all(plain) {
            return None;
        }
        let mut bytes = self.sources.span(document, &fix.locus).bytes;
        let quoted = |c: char| matches!(c, '"' | '\'');
        let text = self.text().get(bytes.clone())?;
        if fix.locus.range.is_none() && text.len() > 1 && text.starts_with(quoted) && text.ends_with(quoted) {
            bytes = bytes.start + 1..bytes.end - 1;
        }
        Some(Edit { bytes, text: fix.replacement.clone() })
    }

    /// The document that a byte belongs to: the last that starts in front of it.
    pub(crate) fn manifest_at(&self, byte: usize) -> Option<&Manifest> {
        let starts = |manifest: &&Manifest| manifest.document.root().bytes().start <= byte;
        self.documents.iter().rev().find(starts).or(self.documents.first())
    }

    /// What stands at a byte.
    pub(crate) fn locate(&self, byte: usize) -> Option<(&Manifest, Located)> {
        let manifest = self.manifest_at(byte)?;
        Some((manifest, self.sources.locate(&manifest.document, byte)?))
    }

    /// Bytes of the file for a place of a document.
    pub(crate) fn span(&self, manifest: &Manifest, locus: &Locus) -> Range<usize> {
        self.sources.span(&manifest.document, locus).bytes
    }

    /// All documents.
    pub(crate) fn manifests(&self) -> &[Manifest] {
        &self.documents
    }
}

/// The objects of a document: itself, or of a `List`, as `kubectl get -o yaml` writes it, the items.
pub fn objects(document: Document) -> Vec<Document> {
    let value = document.to_value();
    let text = |field: &str| value.get(field).and_then(Value::as_str);
    if (text("apiVersion"), text("kind")) != (Some("v1"), Some("List")) {
        return vec![document];
    }
    document.items(&FieldPath::root().join("items")).into_iter().flat_map(objects).collect()
}

/// The findings of each of some files, whose definitions may use each other's kinds. These are added to the catalog.
pub fn findings(files: &[&File], catalog: &mut Catalog) -> Vec<Vec<Finding>> {
    let mut found: Vec<Vec<Finding>> =
        files.iter().map(|file| file.syntax.iter().map(|it| file.finding(None, it)).collect()).collect();
    let mut definitions: Vec<(usize, &Document, Object)> = Vec::new();
    for (index, file) in files.iter().enumerate() {
        for manifest in file.documents.iter().filter(|manifest| manifest.is_definition()) {
            definitions.extend(manifest.object().map(|object| (index, &manifest.document, object)));
        }
    }
    let objects: Vec<&Object> = definitions.iter().map(|(.., object)| object).collect();
    let compiled = compile_all(&objects, catalog, &CompileOptions::default());
    for ((index, document, _), definition) in definitions.iter().zip(&compiled) {
        let finding = |it: &Diagnostic| files[*index].finding(Some(document), it);
        found[*index].extend(definition.diagnostics.iter().map(finding));
    }
    for found in &mut found {
        found.sort_by_key(|finding| finding.bytes.start);
    }
    found
}

/// Whether a place is in the value of a field, not in its name.
pub(crate) fn in_value(located: &Located) -> bool {
    located.part == Part::Value
}
