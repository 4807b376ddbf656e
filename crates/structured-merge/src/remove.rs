//! Takes fields out of a value, or everything else.

use serde_json::{Map as Object, Value};

use crate::element::{Element, as_str};
use crate::items::encode_item;
use crate::set::{FieldSet, Nodes};
use crate::types::{List, MAX_DEPTH, Map, MergeSchema, Relation, Shape, TypeRef};

/// Whether [`MergeSchema::extract`] keeps the key fields of items that it reaches into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// Only the fields of the set.
    AsListed,
    /// Keys as well, so that the result is a configuration that can be applied.
    Include,
}

impl MergeSchema {
    /// Removes these fields. A container that loses all of its content, or is reached into but cannot be, becomes null.
    pub fn remove(&self, value: &mut Value, fields: &FieldSet) {
        remove(self.root(), value, fields.nodes(), 0);
    }

    /// Removes everything but these fields and what leads to them.
    pub fn extract(&self, value: &mut Value, fields: &FieldSet, keys: Keys) {
        match keys {
            Keys::AsListed => extract(self.root(), value, fields.nodes(), 0),
            Keys::Include => {
                let present = fields.intersection(&self.field_set(value));
                let fields = fields.union(&present.keys());
                extract(self.root(), value, fields.nodes(), 0);
            }
        }
    }
}

fn remove(ty: TypeRef<'_>, value: &mut Value, fields: Nodes<'_>, depth: usize) {
    match (ty.shape(value), &mut *value) {
        (Shape::Scalar(_) | Shape::None, _) => {}
        (Shape::Map(map), Value::Object(entries)) if !map.atomic && depth < MAX_DEPTH => {
            // Often all goes, as a status does: dropped as a whole, a map need not stay in order.
            if are_members(fields, entries) {
                *value = Value::Null;
                return;
            }
            for node in fields {
                let Some(encoded) = node.element.field_name() else { break };
                let name = as_str(encoded);
                if node.member {
                    entries.remove(name);
                } else if let Some(entry) = entries.get_mut(name)
                    && let Some((field, _)) = ty.field(map, name)
                {
                    remove(field, entry, node.children(), depth + 1);
                }
            }
        }
        (Shape::List(list), Value::Array(items))
            if !matches!(list.relation, Relation::Atomic) && depth < MAX_DEPTH =>
        {
            let index = fields.index();
            let mut element = Vec::new();
            items.retain_mut(|item| {
                element.clear();
                match encode_item(&mut element, list, item).ok().and_then(|()| index.find(Element(&element)))
                {
                    None => true,
                    Some(node) if node.member => false,
                    Some(node) => {
                        remove(ty.items(list), item, node.children(), depth + 1);
                        true
                    }
                }
            });
            if items.is_empty() {
                *value = Value::Null;
            }
        }
        _ => *value = Value::Null,
    }
}

/// Whether each entry is a member itself.
fn are_members(mut fields: Nodes<'_>, entries: &Object<String, Value>) -> bool {
    entries.keys().all(|name| fields.next_field(name).is_some_and(|node| node.member))
}

fn extract(ty: TypeRef<'_>, value: &mut Value, fields: Nodes<'_>, depth: usize) {
    match (ty.shape(value), &mut *value) {
        (Shape::Map(map), Value::Object(entries))
            if !map.atomic && !entries.is_empty() && depth < MAX_DEPTH =>
        {
            extract_map(ty, map, entries, fields, depth);
            if entries.is_empty() {
                *value = Value::Null;
            }
        }
        (Shape::List(list), Value::Array(items))
            if !matches!(list.relation, Relation::Atomic) && !items.is_empty() && depth < MAX_DEPTH =>
        {
            extract_list(ty, list, items, fields, depth);
            if items.is_empty() {
                *value = Value::Null;
            }
        }
        _ => {}
    }
}

fn extract_map(
    ty: TypeRef<'_>,
    map: &Map,
    entries: &mut Object<String, Value>,
    fields: Nodes<'_>,
    depth: usize,
) {
    entries.retain(|name, value| {
        let node = fields.find_field(name);
        let below = match node {
            // As in the reference, an entry that is itself listed is searched by the names around it.
            Some(node) if node.member => fields,
            Some(node) => node.children(),
            None => return false,
        };
        if let Some((field, _)) = ty.field(map, name) {
            extract(field, value, below, depth + 1);
        }
        true
    });
}

fn extract_list(ty: TypeRef<'_>, list: &List, items: &mut Vec<Value>, fields: Nodes<'_>, depth: usize) {
    let index = fields.index();
    let mut element = Vec::new();
    items.retain_mut(|item| {
        element.clear();
        let found = encode_item(&mut element, list, item).ok().and_then(|()| index.find(Element(&element)));
        let Some(node) = found else { return false };
        if !node.children().is_empty() {
            extract(ty.items(list), item, node.children(), depth + 1);
        }
        true
    });
}
