//! Named types: found in any order, built dependencies first. Refuses types that contain themselves.

use crate::{convert::Builder, draft::Draft, parse_field};
use kro_diagnostic::{Diagnostic, Locus, codes};
use kro_object::{FieldPath, json::type_name};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The named types that are known, by name.
#[derive(Debug, Default)]
pub(crate) struct Types {
    known: BTreeMap<String, Draft>,
}

impl Types {
    /// Reads the block of named types. Each is built, whether it is used or not.
    pub(crate) fn resolve(types: &Value, path: &FieldPath, diagnostics: &mut Vec<Diagnostic>) -> Self {
        let mut resolved = Self::default();
        let block = match types {
            Value::Null => return resolved,
            Value::Object(block) => block,
            other => {
                let message = format!("expected a map of named types, found {}", type_name(other));
                diagnostics.push(Diagnostic::error(codes::FIELD_TYPE, Locus::value(path.clone()), message));
                return resolved;
            }
        };
        let mut uses: Uses<'_> = BTreeMap::new();
        for (name, node) in block {
            let mut used = BTreeSet::new();
            collect_uses(node, &mut |name| {
                used.extend(block.get_key_value(name).map(|(name, _)| name.as_str()));
            });
            uses.insert(name, used.into_iter().collect());
        }
        let (order, circles) = order(&uses);
        for circle in circles {
            let locus = Locus::key(path.join(circle.first));
            let found = Diagnostic::error(codes::SCHEMA_TYPE_CYCLE, locus, circle.message());
            diagnostics
                .push(found.with_help(
                    "Kubernetes has no recursive schemas; use \"object\" where the depth is open",
                ));
            // It stands for anything, so that the rest can be checked.
            resolved.known.insert(circle.first.to_owned(), Draft::any());
        }
        for name in order {
            let built = Builder { types: &resolved, diagnostics }.node(&block[name], &path.join(name));
            resolved.known.entry(name.to_owned()).or_insert(built);
        }
        resolved
    }

    /// A type by its name.
    pub(crate) fn get(&self, name: &str) -> Option<Draft> {
        self.known.get(name).cloned()
    }

    /// The names of all types.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.known.keys().map(String::as_str)
    }
}

/// Calls `found` for every custom type that a node mentions. What cannot be parsed is reported when it is built.
fn collect_uses(node: &Value, found: &mut impl FnMut(&str)) {
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        match node {
            Value::String(text) => {
                if let Ok(field) = parse_field(text)
                    && let Some(name) = field.ty.custom()
                {
                    found(name);
                }
            }
            Value::Object(block) => nodes.extend(block.values()),
            _ => {}
        }
    }
}

/// What each type uses directly.
type Uses<'t> = BTreeMap<&'t str, Vec<&'t str>>;

/// Types that contain each other.
#[derive(Debug)]
struct Circle<'t> {
    first: &'t str,
    /// Those between the first and itself, as many as a message can take.
    through: Vec<&'t str>,
    more: usize,
}

impl Circle<'_> {
    fn message(&self) -> String {
        let Self { first, through, more } = self;
        let chain: String = through.iter().flat_map(|name| [" -> ", name]).collect();
        match more {
            0 if through.is_empty() => format!("type {first} contains itself"),
            0 => format!("types contain each other: {first}{chain} -> {first}"),
            more => format!("types contain each other: {first}{chain} -> ({more} more) -> {first}"),
        }
    }
}

/// The types with what they use first, and the circles that cannot be ordered, at most one for each type.
fn order<'t>(uses: &Uses<'t>) -> (Vec<&'t str>, Vec<Circle<'t>>) {
    let mut order = Vec::new();
    let mut circles = Vec::new();
    let mut in_circle = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for start in uses.keys() {
        if !seen.insert(*start) {
            continue;
        }
        // Types on the way down, each with what it uses and has not been looked at; and their places in the list.
        let mut way = vec![(*start, uses[start].iter())];
        let mut place = BTreeMap::from([(*start, 0)]);
        while let Some((name, rest)) = way.last_mut() {
            let name = *name;
            match rest.next() {
                None => {
                    order.push(name);
                    place.remove(name);
                    way.pop();
                }
                Some(used) if seen.insert(used) => {
                    place.insert(used, way.len());
                    way.push((used, uses[used].iter()));
                }
                Some(used) => {
                    let Some(at) = place.get(used) else { continue };
                    if in_circle.insert(*used) {
                        let through: Vec<&str> =
                            way[at + 1..].iter().map(|(name, _)| *name).take(10).collect();
                        circles.push(Circle {
                            first: used,
                            more: way.len() - at - 1 - through.len(),
                            through,
                        });
                    }
                }
            }
        }
    }
    (order, circles)
}
