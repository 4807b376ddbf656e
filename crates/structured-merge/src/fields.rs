//! The fields of a value: what somebody who applies it would own.

use serde_json::Value;

use crate::element::Element;
use crate::items::{Items, encode_item};
use crate::set::{FieldSet, Nodes, Tree};
use crate::types::{List, MAX_DEPTH, Map, MergeSchema, Relation, Shape, TypeRef};

impl MergeSchema {
    /// The set of fields that a value sets.
    ///
    /// Leaves are members: scalars, atomic lists and maps, nulls and empty maps. So are the items of associative lists
    /// and the entries of maps with free keys. A declared field with something below it is not.
    /// An item that a list holds more than once is one member, with nothing below it.
    pub fn field_set(&self, value: &Value) -> FieldSet {
        self.fields(value, &FieldSet::new(), Named::Leaves)
    }

    /// The fields of what [`MergeSchema::remove`] would leave of the value, as
    /// [`MergeSchema::with_named_fields`] completes them.
    pub(crate) fn named_fields_without(&self, value: &Value, removed: &FieldSet) -> FieldSet {
        self.fields(value, removed, Named::All)
    }

    fn fields(&self, value: &Value, removed: &FieldSet, named: Named) -> FieldSet {
        let mut walk = Fields { tree: Tree::new(), named };
        walk.node(self.root(), value, removed.nodes());
        walk.tree.finish()
    }
}

/// Which declared fields are members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    /// Those with nothing below them.
    Leaves,
    /// Those that lead to members, too.
    All,
}

/// What a value is after the removal, as far as its parent must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// Null, perhaps because all of its content was removed.
    Null,
    /// An empty map.
    EmptyMap,
    /// Anything else.
    Content,
}

struct Fields {
    tree: Tree,
    named: Named,
}

impl Fields {
    fn node(&mut self, ty: TypeRef<'_>, value: &Value, removed: Nodes<'_>) -> Rest {
        let leaf = self.tree.depth() == MAX_DEPTH;
        match (ty.shape(value), value) {
            (Shape::List(list), Value::Array(items)) if !leaf => self.list(ty, list, items, removed),
            (Shape::Map(map), Value::Object(fields)) if !leaf => self.map(ty, map, fields, removed),
            (Shape::List(list), _) if !leaf && !matches!(list.relation, Relation::Atomic) => rest(value),
            (Shape::Map(map), _) if !leaf && !map.atomic => rest(value),
            _ => self.leaf(value),
        }
    }

    fn leaf(&mut self, value: &Value) -> Rest {
        self.tree.mark();
        rest(value)
    }

    fn list(&mut self, ty: TypeRef<'_>, list: &List, items: &[Value], removed: Nodes<'_>) -> Rest {
        if let Relation::Atomic = list.relation {
            self.tree.mark();
            return if removed.is_empty() { Rest::Content } else { Rest::Null };
        }
        let items = Items::new(list, items);
        let index = removed.index();
        let mut kept = removed.is_empty();
        for group in items.groups() {
            let element = items.element(group[0]);
            let node = index.find(element);
            if node.is_some_and(|node| node.member) {
                continue;
            }
            kept = true;
            let below = node.map_or_else(Nodes::default, |node| node.children());
            let item = items.value(group[0]);
            if !keeps_element(list, item, element, below) {
                continue;
            }
            let outer = self.tree.enter_element(element);
            if group.len() > 1 || self.node(ty.items(list), item, below) != Rest::Null {
                self.tree.mark();
            }
            self.tree.leave(outer);
        }
        if kept { Rest::Content } else { Rest::Null }
    }

    fn map(
        &mut self,
        ty: TypeRef<'_>,
        map: &Map,
        fields: &serde_json::Map<String, Value>,
        mut removed: Nodes<'_>,
    ) -> Rest {
        if map.atomic {
            self.tree.mark();
            return match (removed.is_empty(), fields.is_empty()) {
                (false, _) => Rest::Null,
                (true, true) => Rest::EmptyMap,
                (true, false) => Rest::Content,
            };
        }
        if fields.is_empty() && removed.is_empty() {
            return Rest::EmptyMap;
        }
        let mut kept = false;
        for (name, value) in fields {
            let node = find_field(&mut removed, name);
            if node.is_some_and(|(member, _)| member) {
                continue;
            }
            kept = true;
            let below = node.map_or_else(Nodes::default, |(_, below)| below);
            let outer = self.tree.enter_field(name);
            let (is_declared, has_content) = match ty.field(map, name) {
                Some((field, declared)) => (declared, self.node(field, value, below) == Rest::Content),
                None => (false, false),
            };
            if !is_declared || !has_content || self.named == Named::All && self.tree.has_children() {
                self.tree.mark();
            }
            self.tree.leave(outer);
        }
        if kept { Rest::Content } else { Rest::Null }
    }
}

fn rest(value: &Value) -> Rest {
    match value {
        Value::Null => Rest::Null,
        Value::Object(fields) if fields.is_empty() => Rest::EmptyMap,
        _ => Rest::Content,
    }
}

/// Advances to the field; names are asked for in order.
fn find_field<'a>(nodes: &mut Nodes<'a>, name: &str) -> Option<(bool, Nodes<'a>)> {
    while let Some(node) = nodes.peek() {
        match node.element.field_name()?.cmp(name.as_bytes()) {
            std::cmp::Ordering::Less => nodes.next(),
            std::cmp::Ordering::Equal => return Some((node.member, node.children())),
            std::cmp::Ordering::Greater => return None,
        };
    }
    None
}

/// Whether an item is still the same one without some of its fields.
fn keeps_element(list: &List, item: &Value, element: Element<'_>, removed: Nodes<'_>) -> bool {
    let lost = |name: &str| removed.find_field(name).is_some_and(|node| node.member);
    let Value::Object(fields) = item else { return true };
    if !element.key_names().any(|key| fields.contains_key(key) && lost(key)) {
        return true;
    }
    let keys = element.key_names().filter(|key| !lost(key));
    let rest = keys.filter_map(|key| Some((key.to_owned(), fields.get(key)?.clone()))).collect();
    let mut encoded = Vec::new();
    encode_item(&mut encoded, list, &Value::Object(rest)).is_ok() && Element(&encoded) == element
}
