//! From a name to where it comes from and where it is used, over all files that are handed in: resources, iterators,
//! kinds and their fields, custom types. Gives other names to what the files declare themselves.

use crate::{
    File,
    format::Edit,
    occurrences::{Occurrence, declaration, iterators, occurrences},
    symbols::{Home, Makers, Symbol},
};
use kro_graph::names;
use kro_object::FieldPath;
use serde_json::Value;
use std::ops::Range;

/// A part of one of the files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The position of the file in the list.
    pub file: usize,
    /// The part.
    pub bytes: Range<usize>,
}

/// Where the thing at a byte of a file is declared. Files with CRDs declare kinds as definitions do.
pub fn definition(files: &[&File], file: usize, byte: usize) -> Option<Place> {
    let makers = Makers::new(files);
    let (_, here) = at(&makers, file, byte)?;
    let (home, bytes) = declaration(&makers, &here.symbol)?;
    Some(Place { file: home.file, bytes })
}

/// Every place that names the thing at a byte of a file, its declaration first.
pub fn references(files: &[&File], file: usize, byte: usize) -> Vec<Place> {
    let makers = Makers::new(files);
    let Some((_, here)) = at(&makers, file, byte) else { return Vec::new() };
    let declared = declaration(&makers, &here.symbol).map(|(home, bytes)| Place { file: home.file, bytes });
    let mut found: Vec<Place> = declared.into_iter().collect();
    for place in uses(&makers, &here.symbol) {
        if !found.contains(&place) {
            found.push(place);
        }
    }
    found
}

/// The name at a byte of a file, when it can be another.
pub fn renameable(files: &[&File], file: usize, byte: usize) -> Option<(Range<usize>, String)> {
    let makers = Makers::new(files);
    let (_, here) = at(&makers, file, byte)?;
    is_ours(&makers, &here.symbol).then_some(())?;
    Some((here.bytes.clone(), files[file].text().get(here.bytes)?.to_owned()))
}

/// The edits, each with the position of its file, that give the thing at a byte of a file another name; an error says
/// why it cannot have it.
pub fn rename(files: &[&File], file: usize, byte: usize, new: &str) -> Result<Vec<(usize, Edit)>, String> {
    let makers = Makers::new(files);
    let found = at(&makers, file, byte).filter(|(_, here)| is_ours(&makers, &here.symbol));
    let Some((_, here)) = found else {
        return Err("what is here has no name that a definition gives".to_owned());
    };
    let old = files[file].text().get(here.bytes.clone()).unwrap_or_default();
    may_be_called(&makers, &here.symbol, new)?;
    let mut edits = Vec::new();
    for place in references(files, file, byte) {
        let text = files[place.file].text().get(place.bytes.clone()).unwrap_or_default();
        let quote = match text.strip_prefix(['\'', '"']) {
            _ if text == old => 0,
            Some(rest) if rest.len() == old.len() + 1 && rest.starts_with(old) => 1,
            _ => {
                let before = &files[place.file].text()[..place.bytes.start];
                let line = before.matches('\n').count() + 1;
                return Err(format!("{old:?} is written as {text:?} in line {line}; write it plainly first"));
            }
        };
        let bytes = place.bytes.start + quote..place.bytes.end - quote;
        edits.push((place.file, Edit { bytes, text: new.to_owned() }));
    }
    Ok(edits)
}

/// The name at a byte of a file.
fn at(makers: &Makers<'_>, file: usize, byte: usize) -> Option<(Home, Occurrence)> {
    let touches = |it: &Occurrence| it.bytes.start <= byte && byte <= it.bytes.end;
    makers.homes().filter(|home| home.file == file).find_map(|home| {
        let here = occurrences(makers, home).into_iter().filter(touches);
        Some((home, here.min_by_key(|it| it.bytes.len())?))
    })
}

/// Where a symbol is named, its declaration included.
fn uses(makers: &Makers<'_>, symbol: &Symbol) -> Vec<Place> {
    let is_local = matches!(symbol, Symbol::Node(..) | Symbol::Iterator(..));
    let (Symbol::Node(own, ..) | Symbol::Iterator(own, ..) | Symbol::Kind(own) | Symbol::Field(own, _)) =
        symbol;
    let homes = makers.homes().filter(|home| !is_local || home == own);
    let of = |home: Home| {
        let same = occurrences(makers, home).into_iter().filter(|it| it.symbol == *symbol);
        same.map(move |it| Place { file: home.file, bytes: it.bytes })
    };
    homes.flat_map(of).collect()
}

/// Whether a definition gives the name; names of CRDs are somebody else's.
fn is_ours(makers: &Makers<'_>, symbol: &Symbol) -> bool {
    match symbol {
        Symbol::Node(..) | Symbol::Iterator(..) => true,
        Symbol::Kind(home) | Symbol::Field(home, _) => makers.manifest(*home).is_definition(),
    }
}

fn may_be_called(makers: &Makers<'_>, symbol: &Symbol, new: &str) -> Result<(), String> {
    let is_taken = match symbol {
        Symbol::Node(home, ..) | Symbol::Iterator(home, ..) => {
            if !names::is_lower_camel_case(new) {
                return Err(format!("{new:?} is not lowerCamelCase"));
            }
            if names::is_reserved(new) {
                return Err(format!("{new:?} is reserved"));
            }
            let resources = makers.manifest(*home).value.pointer("/spec/resources").and_then(Value::as_array);
            let mut ids = resources.into_iter().flatten().filter_map(|resource| resource.get("id")?.as_str());
            let count = resources.map_or(0, Vec::len);
            ids.any(|id| id == new)
                || (0..count).any(|index| iterators(makers.manifest(*home), index).any(|name| name == new))
        }
        Symbol::Kind(home) => {
            let is_letter_or_digit = |c: char| c.is_ascii_alphanumeric();
            if !new.starts_with(|c: char| c.is_ascii_uppercase()) || !new.chars().all(is_letter_or_digit) {
                return Err(format!("{new:?} is not UpperCamelCase"));
            }
            let group = makers.manifest(*home).value.pointer("/spec/schema/group").and_then(Value::as_str);
            makers.declares(group.unwrap_or("kro.run"), new)
        }
        Symbol::Field(home, path) => {
            let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
            if !new.starts_with(|c: char| c.is_ascii_alphabetic()) || !new.chars().all(is_word) {
                return Err(format!("{new:?} is no name of letters and digits"));
            }
            let around = path.parent().unwrap_or_else(FieldPath::root);
            around.walk(&makers.manifest(*home).value).is_some_and(|fields| fields.get(new).is_some())
        }
    };
    if is_taken { Err(format!("there is already something called {new:?}")) } else { Ok(()) }
}
