//! What a name stands for: locals of macros, then variables and types, the container's namespaces from the inside
//! out. Also which names may have been meant.
use super::Reference;
use crate::{Env, Name, Type};
use std::sync::Arc;

/// The qualified names to try for `name`, the innermost namespace first. A leading dot skips the container.
pub(crate) fn candidates(container: &str, name: &str) -> impl Iterator<Item = String> {
    let (container, name) = match name.strip_prefix('.') {
        Some(name) => ("", name),
        None => (container, name),
    };
    let spaces = std::iter::successors(Some(container), |space| {
        (!space.is_empty()).then(|| space.rsplit_once('.').map_or("", |(outer, _)| outer))
    });
    spaces.map(move |space| if space.is_empty() { name.to_owned() } else { format!("{space}.{name}") })
}

impl Env {
    /// The variable or type that `name` stands for, locals aside.
    pub(crate) fn resolve(&self, name: &str) -> Option<(Reference, Type)> {
        if self.container.is_empty() {
            return self.resolve_exact(name.strip_prefix('.').unwrap_or(name));
        }
        candidates(&self.container, name).find_map(|name| self.resolve_exact(&name))
    }

    fn resolve_exact(&self, name: &str) -> Option<(Reference, Type)> {
        if let Some(ty) = self.variable(name) {
            return Some((Reference::Variable(name.into()), ty.clone()));
        }
        let ty = self.type_named(name)?;
        Some((Reference::Type(name.into(), ty.clone()), Type::type_of(ty)))
    }

    fn type_named(&self, name: &str) -> Option<Type> {
        let ty = match name {
            "bool" => Type::Bool,
            "int" => Type::Int,
            "uint" => Type::Uint,
            "double" => Type::Double,
            "string" => Type::String,
            "bytes" => Type::Bytes,
            "null_type" => Type::Null,
            "list" => Type::list(Type::Dyn),
            "map" => Type::map(Type::Dyn, Type::Dyn),
            "type" => Type::opaque("type"),
            "google.protobuf.Timestamp" => Type::Timestamp,
            "google.protobuf.Duration" => Type::Duration,
            name => match self.declarations.types.get(name) {
                Some(ty) => ty.clone(),
                None if self.types.contains(name) => Type::structure(name),
                None => return None,
            },
        };
        Some(ty)
    }

    /// The declared function that `name` stands for.
    pub(crate) fn function(&self, name: &str) -> Option<(&str, &[Arc<crate::Overload>])> {
        let exact = |name: &str| {
            let (name, overloads) = self.declarations.functions.get_key_value(name)?;
            Some((name.as_str(), overloads.as_slice()))
        };
        if self.container.is_empty() {
            return exact(name.strip_prefix('.').unwrap_or(name));
        }
        candidates(&self.container, name).find_map(|name| exact(&name))
    }
}

/// Names of macro variables in scope, the innermost last.
#[derive(Debug, Default)]
pub(super) struct Locals(Vec<(Name, Type)>);

impl Locals {
    pub(super) fn push(&mut self, name: Name, ty: Type) {
        self.0.push((name, ty));
    }

    pub(super) fn depth(&self) -> usize {
        self.0.len()
    }

    pub(super) fn truncate(&mut self, depth: usize) {
        self.0.truncate(depth);
    }

    pub(super) fn get(&self, name: &str) -> Option<&Type> {
        self.0.iter().rev().find(|(local, _)| **local == *name).map(|(_, ty)| ty)
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| &**name).filter(|name| !name.starts_with(['@', '#']))
    }
}

/// The names nearest to `wanted`, best first, at most three.
pub(crate) fn suggest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    let mut near: Vec<(usize, &str)> = names
        .filter(|name| name.len().abs_diff(wanted.len()) <= limit || name.eq_ignore_ascii_case(wanted))
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, _)| *distance <= limit)
        .collect();
    near.sort_unstable();
    near.dedup();
    near.into_iter().take(3).map(|(_, name)| name.to_owned()).collect()
}

/// Edits between two names; a change of case is none, a swap of neighbours is one.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().flat_map(char::to_lowercase).take(64).collect();
    let b: Vec<char> = b.chars().flat_map(char::to_lowercase).take(64).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let change = usize::from(a[i - 1] != b[j - 1]);
            next[j] = (row[j - 1] + change).min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggestions() {
        let names = ["replicas", "image", "name", "namespace"];
        for (wanted, expected) in
            [("replica", vec!["replicas"]), ("Image", vec!["image"]), ("nmae", vec!["name"]), ("zzz", vec![])]
        {
            assert_eq!(suggest(wanted, names.into_iter()), expected);
        }
    }

    #[test]
    fn namespaces() {
        let names: Vec<_> = candidates("a.b", "c.d").collect();
        assert_eq!(names, ["a.b.c.d", "a.c.d", "c.d"]);
        assert_eq!(candidates("a.b", ".c").collect::<Vec<_>>(), ["c"]);
    }
}
