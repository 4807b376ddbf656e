//! A set against a schema: declared fields on the way to members, and sets recorded under an older schema.

use crate::element::Element;
use crate::set::{FieldSet, Nodes, write_node};
use crate::types::{List, Map, MergeSchema, Relation, Shape, TypeRef};

impl MergeSchema {
    /// The set with every declared field that leads to a member made a member too.
    #[must_use]
    pub fn with_named_fields(&self, fields: &FieldSet) -> FieldSet {
        fields.rewrite(|nodes, out| name_fields(out, Some(self.root()), nodes))
    }

    /// What a set becomes that was recorded when parts of the schema were granular which now are atomic:
    /// whoever owned something inside owns the whole. `None` if nothing changes.
    ///
    /// The other way needs no change: who owned the whole goes on to own just that.
    pub fn reconcile(&self, fields: &FieldSet) -> Option<FieldSet> {
        is_stale(self.root(), fields.nodes())
            .then(|| fields.rewrite(|nodes, out| collapse(out, Some(self.root()), nodes)))
    }
}

fn name_fields(out: &mut Vec<u8>, ty: Option<TypeRef<'_>>, nodes: Nodes<'_>) {
    for node in nodes {
        if node.children().is_empty() {
            out.extend_from_slice(node.raw);
            continue;
        }
        let (below, declared) = match ty.and_then(|ty| child(ty, node.element)) {
            Some((below, declared)) => (Some(below), declared),
            None => (None, false),
        };
        write_node(out, node.element, node.member || declared, |out| {
            name_fields(out, below, node.children());
        });
    }
}

/// The type of what an element leads to, and whether it is a declared field.
fn child<'s>(ty: TypeRef<'s>, element: Element<'_>) -> Option<(TypeRef<'s>, bool)> {
    match ty.map().zip(element.field_name()) {
        Some((map, name)) => ty.field(map, name),
        None => ty.list().filter(|_| element.is_key()).map(|list| (ty.items(list), false)),
    }
}

/// Whether the set names something below what is atomic.
fn is_stale(ty: TypeRef<'_>, nodes: Nodes<'_>) -> bool {
    nodes
        .filter(|node| !node.children().is_empty())
        .any(|node| below(ty, node.element).is_some_and(|ty| is_atomic(ty) || is_stale(ty, node.children())))
}

fn collapse(out: &mut Vec<u8>, ty: Option<TypeRef<'_>>, nodes: Nodes<'_>) {
    for node in nodes {
        let ty = ty.and_then(|ty| below(ty, node.element));
        let atomic = !node.children().is_empty() && ty.is_some_and(is_atomic);
        write_node(out, node.element, node.member || atomic, |out| {
            if !atomic {
                collapse(out, ty, node.children());
            }
        });
    }
}

/// The type at an element, where the schema has a say in it.
fn below<'s>(ty: TypeRef<'s>, element: Element<'_>) -> Option<TypeRef<'s>> {
    match ty.first_shape() {
        Shape::Map(map) if !map.deduced && !map.atomic => {
            ty.field(map, element.field_name()?).map(|(field, _)| field)
        }
        Shape::List(list) if !matches!(list.relation, Relation::Atomic) => Some(ty.items(list)),
        _ => None,
    }
}

fn is_atomic(ty: TypeRef<'_>) -> bool {
    match ty.first_shape() {
        Shape::Map(Map { atomic, deduced, .. }) => *atomic && !deduced,
        Shape::List(List { relation, .. }) => matches!(relation, Relation::Atomic),
        Shape::Scalar(_) | Shape::None => false,
    }
}
