//! From a name to where it comes from and where it is used: resources, iterators, fields of the instance. Renames
//! resources and iterators. One file at a time.

use crate::{File, expressions::expressions, file::Manifest, format::Edit, hover::expression_at};
use kro_cel::{NameUse, Step};
use kro_diagnostic::{Locus, Part, source::Located};
use kro_graph::names;
use kro_object::{FieldPath, Segment};
use serde_json::Value;
use std::ops::Range;

/// What a name in a file stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Symbol {
    /// A resource, by its position.
    Node(usize, String),
    /// An iterator of a resource.
    Iterator(usize, String),
    /// A field of the instance's spec.
    Field(Vec<String>),
}

/// Where the thing under the cursor is declared.
pub fn definition(file: &File, byte: usize) -> Option<Range<usize>> {
    let (manifest, located) = file.locate(byte)?;
    declaration(file, manifest, &symbol(manifest, &located)?)
}

/// Every place of the file that names the thing under the cursor, its declaration first.
pub fn references(file: &File, byte: usize) -> Vec<Range<usize>> {
    let Some((manifest, located)) = file.locate(byte) else { return Vec::new() };
    let Some(symbol) = symbol(manifest, &located) else { return Vec::new() };
    let mut found: Vec<Range<usize>> = declaration(file, manifest, &symbol).into_iter().collect();
    found.extend(uses(file, manifest, &symbol));
    found
}

/// The name under the cursor that can be given another one.
pub fn renameable(file: &File, byte: usize) -> Option<(Range<usize>, String)> {
    let (manifest, located) = file.locate(byte)?;
    let (Symbol::Node(_, name) | Symbol::Iterator(_, name)) = symbol(manifest, &located)? else {
        return None;
    };
    let all = references(file, byte);
    let here = all.into_iter().find(|bytes| bytes.start <= byte && byte <= bytes.end)?;
    Some((here, name))
}

/// The edits that give the resource or iterator under the cursor another name; an error says why it cannot have it.
pub fn rename(file: &File, byte: usize, new: &str) -> Result<Vec<Edit>, String> {
    let found =
        file.locate(byte).and_then(|(manifest, located)| Some((manifest, symbol(manifest, &located)?)));
    let Some((manifest, symbol @ (Symbol::Node(..) | Symbol::Iterator(..)))) = found else {
        return Err("only ids of resources and iterators can be renamed".to_owned());
    };
    if !names::is_lower_camel_case(new) {
        return Err(format!("{new:?} is not lowerCamelCase"));
    }
    if names::is_reserved(new) {
        return Err(format!("{new:?} is reserved"));
    }
    if taken(manifest).contains(&new) {
        return Err(format!("there is already something called {new:?}"));
    }
    let declaration = declaration(file, manifest, &symbol);
    let places = declaration.into_iter().chain(uses(file, manifest, &symbol));
    Ok(places.map(|bytes| Edit { bytes, text: new.to_owned() }).collect())
}

fn symbol(manifest: &Manifest, located: &Located) -> Option<Symbol> {
    if !manifest.is_definition() {
        return None;
    }
    if let Some((found, offset)) = expression_at(manifest, located) {
        let touches = |name: &&NameUse| name.span.start <= offset && offset <= name.span.end;
        let name = found.uses.names.iter().find(touches)?;
        return resolve(manifest, &found.path, name, offset);
    }
    let segments = located.path.segments();
    match segments {
        [Segment::Field(spec), Segment::Field(schema), Segment::Field(part), rest @ ..]
            if [&**spec, &**schema, &**part] == ["spec", "schema", "spec"] && located.part == Part::Key =>
        {
            let name = |segment: &Segment| match segment {
                Segment::Field(name) => Some(name.to_string()),
                Segment::Index(_) => None,
            };
            let path: Option<Vec<String>> = rest.iter().map(name).collect();
            path.filter(|path| !path.is_empty()).map(Symbol::Field)
        }
        [
            Segment::Field(spec),
            Segment::Field(list),
            Segment::Index(index),
            Segment::Field(field),
            rest @ ..,
        ] if [&**spec, &**list] == ["spec", "resources"] => match (&**field, rest) {
            ("id", []) if located.part == Part::Value => {
                Some(Symbol::Node(*index, located.path.walk(&manifest.value)?.as_str()?.to_owned()))
            }
            ("forEach", [Segment::Index(_), Segment::Field(name)]) if located.part == Part::Key => {
                Some(Symbol::Iterator(*index, name.to_string()))
            }
            _ => None,
        },
        _ => None,
    }
}

/// What a name in an expression stands for.
fn resolve(manifest: &Manifest, at: &FieldPath, name: &NameUse, offset: u32) -> Option<Symbol> {
    if let Some(index) = resource_of(at)
        && iterators(manifest, index).any(|iterator| iterator == name.name)
    {
        return Some(Symbol::Iterator(index, name.name.clone()));
    }
    if name.name == "schema" {
        let mut steps = name.path.iter().map(|step| match step {
            Step::Field(field) => Some(field.clone()),
            Step::Index(_) => None,
        });
        (steps.next()?.as_deref() == Some("spec") && offset > name.name_span.end).then_some(())?;
        let path: Vec<String> = steps.map_while(|step| step).collect();
        return (!path.is_empty()).then_some(Symbol::Field(path));
    }
    let resources = manifest.value.pointer("/spec/resources")?.as_array()?;
    let index = resources.iter().position(|resource| resource["id"] == *name.name)?;
    Some(Symbol::Node(index, name.name.clone()))
}

fn declaration(file: &File, manifest: &Manifest, symbol: &Symbol) -> Option<Range<usize>> {
    let spec = FieldPath::root().join("spec");
    let resource = |index: &usize| spec.join("resources").join(*index);
    let locus = match symbol {
        Symbol::Node(index, name) => {
            Locus::value(resource(index).join("id")).with_range(0..name.len() as u32)
        }
        Symbol::Iterator(index, name) => {
            let place = iterator_place(manifest, *index, name)?;
            Locus::key(resource(index).join("forEach").join(place).join(name.as_str()))
        }
        Symbol::Field(path) => {
            // A field of a custom type stands in the type: go to the field that has the type.
            let fields = spec.join("schema").join("spec");
            let whole = path.iter().fold(fields, |path, name| path.join(name.as_str()));
            let mut known = whole;
            while known.walk(&manifest.value).is_none() {
                known.pop()?;
            }
            (known.segments().len() > 3).then_some(())?;
            Locus::key(known)
        }
    };
    Some(file.span(manifest, &locus))
}

/// Where expressions name a symbol.
fn uses(file: &File, manifest: &Manifest, symbol: &Symbol) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for expression in expressions(&manifest.value) {
        for (name, range) in expression.names() {
            let meant = resolve(manifest, &expression.path, name, name.span.end);
            let range = match (symbol, &meant) {
                (Symbol::Field(wanted), Some(Symbol::Field(path))) if path.starts_with(wanted) => {
                    expression.in_text(&name.span)
                }
                (Symbol::Node(..) | Symbol::Iterator(..), Some(meant)) if meant == symbol => range,
                _ => continue,
            };
            let locus = Locus::value(expression.path.clone()).with_range(range);
            found.push(file.span(manifest, &locus));
        }
    }
    found
}

fn resource_of(path: &FieldPath) -> Option<usize> {
    match path.segments() {
        [_, Segment::Field(list), Segment::Index(index), ..] if &**list == "resources" => Some(*index),
        _ => None,
    }
}

fn iterators(manifest: &Manifest, index: usize) -> impl Iterator<Item = &str> {
    let list = manifest.value.pointer(&format!("/spec/resources/{index}/forEach")).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(Value::as_object).flatten().map(|(name, _)| name.as_str())
}

fn iterator_place(manifest: &Manifest, index: usize, name: &str) -> Option<usize> {
    let list = manifest.value.pointer(&format!("/spec/resources/{index}/forEach"))?.as_array()?;
    list.iter().position(|dimension| dimension.get(name).is_some())
}

/// Names of resources and iterators.
fn taken(manifest: &Manifest) -> Vec<&str> {
    let resources = manifest.value.pointer("/spec/resources").and_then(Value::as_array);
    let ids = resources.into_iter().flatten().filter_map(|resource| resource.get("id")?.as_str());
    let count = resources.map_or(0, Vec::len);
    ids.chain((0..count).flat_map(|index| iterators(manifest, index))).collect()
}
