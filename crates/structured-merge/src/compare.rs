//! What differs between two values of one schema.

use std::cmp::Ordering;

use serde_json::Value;

use crate::items::Items;
use crate::set::{FieldSet, Walk};
use crate::types::{List, MAX_DEPTH, Map, MergeSchema, Relation, Shape, TypeRef};
use crate::value::equal;

/// What differs between an old and a new value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Fields that only the new value has.
    pub added: FieldSet,
    /// Leaves that both have with different content.
    pub modified: FieldSet,
    /// Fields that only the old value has.
    pub removed: FieldSet,
}

impl Comparison {
    /// Whether nothing differs. The order of the items of an associative list is no difference.
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.modified.is_empty() && self.removed.is_empty()
    }

    /// The comparison without these fields and what lies below them.
    #[must_use]
    pub fn without(&self, fields: &FieldSet) -> Self {
        Self {
            added: self.added.without(fields),
            modified: self.modified.without(fields),
            removed: self.removed.without(fields),
        }
    }

    /// What the new value adds and modifies.
    pub fn written(&self) -> FieldSet {
        self.modified.union(&self.added)
    }
}

impl MergeSchema {
    /// Compares two values. Integers and doubles are equal if their values are.
    pub fn compare(&self, old: &Value, new: &Value) -> Comparison {
        let mut compare = Compare(Walk::new());
        compare.node(self.root(), Some(old), Some(new));
        let Compare(walk) = compare;
        let [added, modified, removed] = walk.finish();
        Comparison { added, modified, removed }
    }
}

/// Down to here, parts are skipped that are equal as JSON. Below, every level would look at the same parts again.
const LOOK_AHEAD: usize = 8;

const ADDED: usize = 0;
const MODIFIED: usize = 1;
const REMOVED: usize = 2;

type Side<'a> = Option<&'a Value>;

struct Compare(Walk<3>);

impl Compare {
    /// Whether it pays to ask if two parts are equal before looking into them.
    fn looks_ahead(&self) -> bool {
        self.0.depth() < LOOK_AHEAD
    }

    /// At least one side must be there.
    fn node(&mut self, ty: TypeRef<'_>, old: Side<'_>, new: Side<'_>) {
        let leaf = match (old, new) {
            (Some(a), Some(b)) => {
                let (old_shape, new_shape) = (ty.shape(a), ty.shape(b));
                // A value that changed its shape loses all of the one and gains all of the other.
                if !old_shape.is_like(&new_shape) {
                    self.shape(ty, old_shape, old, new);
                }
                self.shape(ty, new_shape, old, new)
            }
            (Some(value), None) | (None, Some(value)) => self.shape(ty, ty.shape(value), old, new),
            (None, None) => true,
        };
        if !leaf {
            match (old, new) {
                (None, _) => self.0.mark(ADDED),
                (_, None) => self.0.mark(REMOVED),
                _ => {}
            }
        }
    }

    /// Returns whether the shape is a leaf, compared as a whole.
    fn shape(&mut self, ty: TypeRef<'_>, shape: Shape<'_>, old: Side<'_>, new: Side<'_>) -> bool {
        if self.0.depth() < MAX_DEPTH {
            match shape {
                Shape::Map(map) if !map.atomic => {
                    let (a, b) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
                    if a.is_some_and(|a| !a.is_empty()) || b.is_some_and(|b| !b.is_empty()) {
                        self.map(ty, map, a, b);
                        return false;
                    }
                }
                Shape::List(list) if !matches!(list.relation, Relation::Atomic) => {
                    let (a, b) = (old.and_then(Value::as_array), new.and_then(Value::as_array));
                    if a.is_some_and(|a| !a.is_empty()) || b.is_some_and(|b| !b.is_empty()) {
                        let [a, b] = [a, b].map(|side| side.map_or(&[][..], Vec::as_slice));
                        self.list(ty, list, a, b);
                        return false;
                    }
                }
                _ => {}
            }
        }
        match (old, new) {
            (None, _) => self.0.mark(ADDED),
            (_, None) => self.0.mark(REMOVED),
            (Some(old), Some(new)) => {
                if !equal(old, new) {
                    self.0.mark(MODIFIED);
                }
            }
        }
        true
    }

    fn map(
        &mut self,
        ty: TypeRef<'_>,
        map: &Map,
        old: Option<&serde_json::Map<String, Value>>,
        new: Option<&serde_json::Map<String, Value>>,
    ) {
        let mut old = old.into_iter().flatten().peekable();
        let mut new = new.into_iter().flatten().peekable();
        loop {
            let order = match (old.peek(), new.peek()) {
                (Some((a, _)), Some((b, _))) => a.cmp(b),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let a = if order.is_le() { old.next() } else { None };
            let b = if order.is_ge() { new.next() } else { None };
            let Some((name, _)) = a.or(b) else { break };
            if a.is_some() && a.map(|(_, value)| value) == b.map(|(_, value)| value) && self.looks_ahead() {
                continue;
            }
            if let Some((field, _)) = ty.field(map, name) {
                self.0.enter_field(name);
                self.node(field, a.map(|(_, value)| value), b.map(|(_, value)| value));
                self.0.leave();
            }
        }
    }

    fn list(&mut self, ty: TypeRef<'_>, list: &List, old: &[Value], new: &[Value]) {
        let (old, new) = (Items::new(list, old), Items::new(list, new));
        let (mut lefts, mut rights) = (old.groups().peekable(), new.groups().peekable());
        loop {
            let order = match (lefts.peek(), rights.peek()) {
                (Some(a), Some(b)) => old.element(a[0]).cmp(&new.element(b[0])),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (None, None) => break,
            };
            let a = if order.is_le() { lefts.next() } else { None }.unwrap_or_default();
            let b = if order.is_ge() { rights.next() } else { None }.unwrap_or_default();
            if let ([a], [b]) = (a, b)
                && self.looks_ahead()
                && old.value(*a) == new.value(*b)
            {
                continue;
            }
            let element = if let [first, ..] = a { old.element(*first) } else { new.element(b[0]) };
            self.0.enter_element(element);
            self.item(ty.items(list), &old, a, &new, b);
            self.0.leave();
        }
    }

    /// One item on either side, or several that share an element.
    fn item(&mut self, ty: TypeRef<'_>, old: &Items<'_>, a: &[usize], new: &Items<'_>, b: &[usize]) {
        match (a, b) {
            ([_, _, ..], [_, _, ..]) => {
                let same =
                    a.len() == b.len() && a.iter().zip(b).all(|(&a, &b)| equal(old.value(a), new.value(b)));
                if !same {
                    self.0.mark(MODIFIED);
                }
            }
            ([_, _, ..], _) => {
                if let [one] = b {
                    self.node(ty, None, Some(new.value(*one)));
                }
                self.0.mark(REMOVED);
            }
            (_, [_, _, ..]) => {
                if let [one] = a {
                    self.node(ty, Some(old.value(*one)), None);
                }
                self.0.mark(ADDED);
            }
            _ => self.node(ty, a.first().map(|&a| old.value(a)), b.first().map(|&b| new.value(b))),
        }
    }
}
