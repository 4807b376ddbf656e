//! Whether the names that an author gives may be used: the ids, the iterators. The name of the kind was checked when
//! the definition was decoded.

use crate::{CompileOptions, GraphSource, ResourceSource, Role, names};
use kro_diagnostic::{Diagnostic, Locus, codes};
use std::collections::BTreeMap;

/// Checks every name of a source.
pub(crate) fn check(source: &GraphSource, options: &CompileOptions, found: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, &ResourceSource> = BTreeMap::new();
    for resource in source.resources.iter().filter(|it| !is_nameless(it)) {
        let earlier = *first.entry(&resource.id.value).or_insert(resource);
        check_id(resource, (!std::ptr::eq(earlier, resource)).then_some(earlier), found);
    }
    for resource in &source.resources {
        check_iterators(resource, &first, options.limits.dimensions, found);
    }
}

/// Whether not even the id of an entry could be read, which was reported.
pub(crate) fn is_nameless(resource: &ResourceSource) -> bool {
    resource.role == Role::Unreadable && resource.id.value.is_empty()
}

fn check_id(resource: &ResourceSource, earlier: Option<&ResourceSource>, found: &mut Vec<Diagnostic>) {
    let id = resource.id.value.as_str();
    if names::is_reserved(id) {
        let message = format!("id {id:?} is a reserved word");
        found.push(
            Diagnostic::error(codes::RESERVED_NAME, resource.id.locus(), message)
                .with_help("add a word: \"appVersion\" instead of \"version\""),
        );
    } else if !names::is_lower_camel_case(id) {
        let message = format!("id {id:?} must be lowerCamelCase");
        found.push(legal(Diagnostic::error(codes::RESOURCE_ID, resource.id.locus(), message), id));
    }
    if let Some(first) = earlier {
        found.push(
            Diagnostic::error(codes::DUPLICATE_ID, resource.id.locus(), format!("id {id:?} is used twice"))
                .with_related(first.id.locus(), "first used here"),
        );
    }
}

fn check_iterators(
    resource: &ResourceSource,
    all: &BTreeMap<&str, &ResourceSource>,
    limit: usize,
    found: &mut Vec<Diagnostic>,
) {
    let count = resource.for_each.len();
    if let Some(first) = resource.for_each.get(limit) {
        let message = format!("forEach cannot have more than {limit} iterators, found {count}");
        let locus =
            first.path.parent().and_then(|entry| entry.parent()).map_or_else(|| first.locus(), Locus::value);
        found.push(Diagnostic::error(codes::TOO_MANY_ITERATORS, locus, message));
    }
    for (index, dimension) in resource.for_each.iter().enumerate() {
        let name = dimension.value.0.as_str();
        let locus = Locus::key(dimension.path.clone());
        if !names::is_lower_camel_case(name) {
            let message = format!("iterator {name:?} must be lowerCamelCase");
            found.push(legal(Diagnostic::error(codes::ITERATOR_NAME, locus, message), name));
        } else if names::is_reserved(name) {
            let message = format!("iterator {name:?} is a reserved word");
            found.push(
                Diagnostic::error(codes::RESERVED_NAME, locus, message).with_help("choose another name"),
            );
        } else if let Some(other) = all.get(name) {
            let message = format!("iterator {name:?} has the name of a resource");
            found.push(
                Diagnostic::error(codes::ITERATOR_CONFLICT, locus, message)
                    .with_related(other.id.locus(), "the resource"),
            );
        } else if let Some(first) = resource.for_each[..index].iter().find(|other| other.value.0 == name) {
            let message = format!("iterator {name:?} is used twice");
            found.push(
                Diagnostic::error(codes::ITERATOR_CONFLICT, locus, message)
                    .with_related(Locus::key(first.path.clone()), "first used here"),
            );
        }
    }
}

fn legal(mut diagnostic: Diagnostic, name: &str) -> Diagnostic {
    diagnostic.help = names::legal_id(name).map(|name| format!("use {name:?}"));
    diagnostic
}
