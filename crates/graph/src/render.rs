//! A graph for people: diagrams (Mermaid for Markdown, DOT for Graphviz, SVG for everything else), its order, and the
//! reference page of its kind.

mod order;
mod reference;
mod svg;

pub use order::{order, order_json};
pub use reference::reference;
pub use svg::svg;

use crate::{Graph, Node, NodeKind};
use std::fmt::Write;

/// A Mermaid flowchart: arrows lead from a dependency to what needs it.
pub fn mermaid(graph: &Graph) -> String {
    let mut text = "flowchart LR\n".to_owned();
    for node in graph.nodes.values() {
        let (open, close) = match node.kind {
            NodeKind::Resource => ("[", "]"),
            NodeKind::Collection { .. } => ("[[", "]]"),
            NodeKind::External => ("([", "])"),
            NodeKind::ExternalCollection => ("[(", ")]"),
        };
        line(&mut text, format_args!("  n_{}{open}\"{}\"{close}", node.id, label(node, "<br/>")));
    }
    for (node, on) in edges(graph) {
        let arrow = if node.include_when.is_empty() { "-->" } else { "-.->" };
        line(&mut text, format_args!("  n_{on} {arrow} n_{}", node.id));
    }
    text
}

/// A DOT digraph: arrows lead from a dependency to what needs it; dashed to what may be left out.
pub fn dot(graph: &Graph) -> String {
    let mut text = format!("digraph {} {{\n  rankdir=LR;\n", graph.instance.resource.gvk.kind);
    for node in graph.nodes.values() {
        let shape = match node.kind {
            NodeKind::Resource => "box",
            NodeKind::Collection { .. } => "box3d",
            NodeKind::External => "ellipse",
            NodeKind::ExternalCollection => "cylinder",
        };
        line(&mut text, format_args!("  n_{} [shape={shape}, label=\"{}\"];", node.id, label(node, "\\n")));
    }
    for (node, on) in edges(graph) {
        let style = if node.include_when.is_empty() { "" } else { " [style=dashed]" };
        line(&mut text, format_args!("  n_{on} -> n_{}{style};", node.id));
    }
    text.push_str("}\n");
    text
}

/// Ids and kinds have letters and digits only, so nothing has to be escaped.
fn label(node: &Node, separator: &str) -> String {
    format!("{}{separator}{}", node.id, node.resource.gvk.kind)
}

fn edges(graph: &Graph) -> impl Iterator<Item = (&Node, &crate::NodeId)> {
    graph.nodes.values().flat_map(|node| node.dependencies.iter().map(move |on| (node, on)))
}

fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("writing to a string cannot fail");
}
