//! Which names an expression mentions, and what a graph's expressions read from a node.

use crate::{Graph, Name, Node, Reference};
use kro_cel::Step;
use kro_object::{FieldPath, Segment};
use std::collections::BTreeSet;

/// See [`Graph::paths_read`].
pub(crate) fn paths_read(graph: &Graph, id: &str) -> Option<Vec<FieldPath>> {
    let node = graph.nodes.get(id);
    let own = node.into_iter().flat_map(|node| &node.ready_when);
    let mut paths = BTreeSet::new();
    let everywhere = graph.nodes.values().flat_map(Node::expressions).chain(graph.instance.expressions());
    let reads = |name: &Name| matches!(name, Name::Node(node) if node.as_str() == id);
    for reference in everywhere.flat_map(|expression| &expression.references).filter(|it| reads(&it.name)) {
        for path in &reference.paths {
            // The first step into a list picks an object; what is read of it is not known statically.
            let in_list = node.is_some_and(Node::is_list);
            let steps = match path.split_first() {
                Some((Step::Index(_), rest)) if in_list => rest,
                _ if in_list => return None,
                _ => path,
            };
            paths.insert(field_path(steps));
        }
    }
    for reference in own.flat_map(|expression| &expression.references).filter(|it| it.name == Name::Each) {
        paths.extend(reference.paths.iter().map(|path| field_path(path)));
    }
    if paths.contains(&FieldPath::root()) {
        return None;
    }
    let mut kept: Vec<FieldPath> = Vec::new();
    for path in paths {
        // Sorted: a prefix comes right before what lies below it.
        if !kept.last().is_some_and(|last| path.starts_with(last)) {
            kept.push(path);
        }
    }
    Some(kept)
}

/// The path up to the first list index: a reduced copy keeps lists whole.
fn field_path(steps: &[Step]) -> FieldPath {
    let fields = steps.iter().map_while(|step| match step {
        Step::Field(name) => Some(Segment::Field(name.as_str().into())),
        Step::Index(_) => None,
    });
    fields.collect()
}

/// Adds a use of a name to the references: each name once, with each path once.
pub(crate) fn merge(references: &mut Vec<Reference>, name: Name, path: &[Step]) {
    match references.iter_mut().find(|reference| reference.name == name) {
        Some(reference) if reference.paths.iter().any(|known| known == path) => {}
        Some(reference) => reference.paths.push(path.to_vec()),
        None => {
            references.reserve_exact(1);
            references.push(Reference { name, paths: vec![path.to_vec()] });
        }
    }
}
