//! Every name in a document that stands for something, with its place. Knows where names can be written; what they
//! stand for is in `symbols`.

use crate::{
    expressions::{Found, expressions},
    file::Manifest,
    schemas::kind_of,
    symbols::{Fields, Home, Makers, Symbol, custom_type},
};
use kro_cel::{NameUse, Step};
use kro_diagnostic::Locus;
use kro_object::{FieldPath, Segment};
use serde_json::Value;
use std::{collections::BTreeSet, ops::Range};

/// A name in a document.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    pub(crate) symbol: Symbol,
    /// Its bytes in the file.
    pub(crate) bytes: Range<usize>,
}

/// The names of a document, in the order of its fields.
pub(crate) fn occurrences(makers: &Makers<'_>, home: Home) -> Vec<Occurrence> {
    let manifest = makers.manifest(home);
    let mut finder = Finder { makers, home, manifest, found: Vec::new() };
    if manifest.is_definition() {
        finder.definition();
    } else {
        finder.object(&FieldPath::root(), &manifest.value);
    }
    // A value that an alias repeats stands in one place.
    let mut found = finder.found;
    let mut seen = BTreeSet::new();
    found.retain(|it| seen.insert((it.symbol.clone(), it.bytes.start)));
    found
}

/// Where a symbol is declared.
pub(crate) fn declaration(makers: &Makers<'_>, symbol: &Symbol) -> Option<(Home, Range<usize>)> {
    let spec = FieldPath::root().join("spec");
    let resource = |index: &usize| spec.join("resources").join(*index);
    let (home, locus) = match symbol {
        Symbol::Node(home, index, name) => (home, whole(Locus::value(resource(index).join("id")), name)),
        Symbol::Iterator(home, index, name) => {
            let place = dimensions(makers.manifest(*home), *index).position(|it| it.get(name).is_some())?;
            let path = resource(index).join("forEach").join(place).join(name);
            (home, whole(Locus::key(path), name))
        }
        Symbol::Kind(home) => {
            let is_definition = makers.manifest(*home).is_definition();
            let path = spec.join(if is_definition { "schema" } else { "names" }).join("kind");
            let name = path.walk(&makers.manifest(*home).value)?.as_str()?;
            (home, whole(Locus::value(path.clone()), name))
        }
        Symbol::Field(home, path) => match path.last()? {
            Segment::Field(name) => (home, whole(Locus::key(path.clone()), name)),
            Segment::Index(_) => return None,
        },
    };
    Some((*home, makers.file(*home).span(makers.manifest(*home), &locus)))
}

/// The iterators of a resource, each a map with one name.
pub(crate) fn dimensions(manifest: &Manifest, resource: usize) -> impl Iterator<Item = &Value> {
    let list =
        manifest.value.pointer(&format!("/spec/resources/{resource}/forEach")).and_then(Value::as_array);
    list.into_iter().flatten()
}

/// The names of the iterators of a resource.
pub(crate) fn iterators(manifest: &Manifest, resource: usize) -> impl Iterator<Item = &str> {
    let maps = dimensions(manifest, resource).filter_map(Value::as_object);
    maps.flatten().map(|(name, _)| name.as_str())
}

/// All of a text, without its quotes.
fn whole(locus: Locus, text: &str) -> Locus {
    locus.with_range(0..text.len() as u32)
}

struct Finder<'f, 'm> {
    makers: &'m Makers<'f>,
    home: Home,
    manifest: &'f Manifest,
    found: Vec<Occurrence>,
}

impl Finder<'_, '_> {
    fn push(&mut self, symbol: Symbol, locus: &Locus) {
        let bytes = self.makers.file(self.home).span(self.manifest, locus);
        self.found.push(Occurrence { symbol, bytes });
    }

    fn definition(&mut self) {
        let schema = FieldPath::root().join("spec").join("schema");
        self.declared_here(Symbol::Kind(self.home));
        for part in ["spec", "types", "status"] {
            let path = schema.join(part);
            if let Some(value) = path.walk(&self.manifest.value) {
                self.declarations(&path, value);
            }
        }
        let resources = self.manifest.value.pointer("/spec/resources").and_then(Value::as_array);
        for (index, resource) in resources.into_iter().flatten().enumerate() {
            let path = FieldPath::root().join("spec").join("resources").join(index);
            if let Some(id) = resource.get("id").and_then(Value::as_str) {
                self.declared_here(Symbol::Node(self.home, index, id.to_owned()));
            }
            for name in iterators(self.manifest, index) {
                self.declared_here(Symbol::Iterator(self.home, index, name.to_owned()));
            }
            for field in ["template", "externalRef"] {
                if let Some(object) = resource.get(field) {
                    self.object(&path.join(field), object);
                }
            }
        }
        for expression in expressions(&self.manifest.value) {
            for name in &expression.uses.names {
                self.chain(&expression, name);
            }
        }
    }

    fn declared_here(&mut self, symbol: Symbol) {
        if let Some((_, bytes)) = declaration(self.makers, &symbol) {
            self.found.push(Occurrence { symbol, bytes });
        }
    }

    /// Fields of the instance, and the custom types that they name.
    fn declarations(&mut self, path: &FieldPath, value: &Value) {
        match value {
            Value::Object(map) => {
                for (name, child) in map {
                    let path = path.join(name);
                    self.declared_here(Symbol::Field(self.home, path.clone()));
                    self.declarations(&path, child);
                }
            }
            Value::String(text) => {
                let schema = &self.manifest.value["spec"]["schema"];
                if let Some((at, name)) = custom_type(text, schema) {
                    let types = FieldPath::root().join("spec").join("schema").join("types");
                    let range = at as u32..(at + name.len()) as u32;
                    let locus = Locus::value(path.clone()).with_range(range);
                    self.push(Symbol::Field(self.home, types.join(name)), &locus);
                }
            }
            _ => {}
        }
    }

    /// The kind of an object, and its fields.
    fn object(&mut self, path: &FieldPath, object: &Value) {
        let Some(gvk) = kind_of(object) else { return };
        let Some(maker) = self.makers.maker(&gvk, self.home.file) else { return };
        self.push(Symbol::Kind(maker), &whole(Locus::value(path.join("kind")), &gvk.kind));
        for part in ["spec", "status"] {
            if let (Some(value), Some(fields)) =
                (object.get(part), self.makers.fields(maker, &gvk.version, part))
            {
                self.fields(&path.join(part), value, &fields);
            }
        }
    }

    fn fields(&mut self, path: &FieldPath, value: &Value, fields: &Fields<'_>) {
        match value {
            Value::Object(map) => {
                for (name, child) in map {
                    let Some((fields, symbol)) = fields.field(name) else { continue };
                    let path = path.join(name);
                    if let Some(symbol) = symbol {
                        self.push(symbol, &whole(Locus::key(path.clone()), name));
                    }
                    self.fields(&path, child, &fields);
                }
            }
            Value::Array(items) => {
                let Some(fields) = fields.item() else { return };
                for (index, item) in items.iter().enumerate() {
                    self.fields(&path.join(index), item, &fields);
                }
            }
            _ => {}
        }
    }

    /// A name in an expression with the fields behind it.
    fn chain(&mut self, expression: &Found, name: &NameUse) {
        let place =
            |range: &Range<u32>| Locus::value(expression.path.clone()).with_range(expression.in_text(range));
        let around = resource_of(&expression.path);
        if let Some(index) = around
            && iterators(self.manifest, index).any(|iterator| iterator == name.name)
        {
            return self.push(Symbol::Iterator(self.home, index, name.name.clone()), &place(&name.name_span));
        }
        let mut steps = name.path.iter().zip(&name.path_spans);
        let resources = self.manifest.value.pointer("/spec/resources").and_then(Value::as_array);
        let node = match name.name.as_str() {
            "schema" => None,
            "each" => around,
            id => {
                let index = resources.and_then(|all| all.iter().position(|resource| resource["id"] == *id));
                let Some(index) = index else { return };
                self.push(Symbol::Node(self.home, index, id.to_owned()), &place(&name.name_span));
                // The name of a collection stands for a list.
                let resource = &resources.map_or(&Value::Null, |all| &all[index]);
                let is_list = resource.get("forEach").is_some()
                    || resource.pointer("/externalRef/metadata/selector").is_some();
                if is_list && !matches!(steps.next(), Some((Step::Index(_), _))) {
                    return;
                }
                Some(index)
            }
        };
        let Some((Step::Field(part), _)) = steps.next() else { return };
        let fields = match node {
            None => self.makers.fields(self.home, "", part).filter(|_| part == "spec"),
            Some(index) => resources.and_then(|all| {
                let resource = &all[index];
                let gvk = kind_of(resource.get("template").or_else(|| resource.get("externalRef"))?)?;
                self.makers.fields(self.makers.maker(&gvk, self.home.file)?, &gvk.version, part)
            }),
        };
        let Some(mut fields) = fields else { return };
        for (step, span) in steps {
            let next = match step {
                Step::Field(name) => fields.field(name),
                Step::Index(_) => fields.item().map(|fields| (fields, None)),
            };
            let Some((next, symbol)) = next else { return };
            if let Some(symbol) = symbol {
                self.push(symbol, &place(span));
            }
            fields = next;
        }
    }
}

/// The resource that a place of a definition belongs to.
fn resource_of(path: &FieldPath) -> Option<usize> {
    match path.segments() {
        [_, Segment::Field(list), Segment::Index(index), ..] if &**list == "resources" => Some(*index),
        _ => None,
    }
}
