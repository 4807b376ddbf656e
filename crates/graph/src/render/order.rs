//! The order of a graph: what is applied when, and what each resource waits for.

use crate::{Expression, Graph, Name, Node, NodeKind, Reference};
use kro_cel::Step;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The order for people: wave by wave, each resource with what it reads from others, its conditions and its lists.
pub fn order(graph: &Graph) -> String {
    let gvk = &graph.instance.resource.gvk;
    let mut text = format!("{} ({})\n", gvk.kind, gvk.api_version());
    for (index, wave) in graph.waves.iter().enumerate() {
        super::line(&mut text, format_args!("\nwave {}", index + 1));
        for node in wave.iter().filter_map(|id| graph.nodes.get(id)) {
            super::line(
                &mut text,
                format_args!("  {} ({}{})", node.id, node.resource.gvk.kind, suffix(node)),
            );
            for on in &node.dependencies {
                super::line(&mut text, format_args!("    waits for {on}{}", reads(node, on.as_str())));
            }
            let lists = dimensions(node).iter().map(|it| ("for each", &it.list));
            let exists = node.include_when.iter().map(|it| ("only if", it));
            let ready = node.ready_when.iter().map(|it| ("ready when", it));
            for (word, expression) in exists.chain(lists).chain(ready) {
                super::line(&mut text, format_args!("    {word} {}", shown(&expression.cel)));
            }
        }
    }
    if !graph.instance.status.is_empty() {
        text.push_str("\nstatus\n");
        for hole in &graph.instance.status {
            let path: String = hole.path.to_string();
            let path = path.strip_prefix("status.").unwrap_or(&path);
            super::line(&mut text, format_args!("  {path}: {}", shown(&hole.expression.source)));
        }
    }
    text
}

/// The same for programs: `kind`, `apiVersion`, `waves` (lists of ids), `resources` and `status`, both by name.
pub fn order_json(graph: &Graph) -> Value {
    let texts = |list: &[Expression]| list.iter().map(|it| it.cel.to_string()).collect::<Vec<_>>();
    let resource = |node: &Node| {
        let waits = |on: &crate::NodeId| (on.to_string(), json!(paths(node.expressions(), on.as_str())));
        let lists = dimensions(node).iter().map(|it| (it.name.to_string(), json!(&*it.list.cel)));
        let value = json!({
            "apiVersion": node.resource.gvk.api_version(),
            "kind": node.resource.gvk.kind,
            "wave": node.wave,
            "managed": node.is_managed(),
            "waitsFor": node.dependencies.iter().map(waits).collect::<serde_json::Map<_, _>>(),
            "forEach": lists.collect::<serde_json::Map<_, _>>(),
            "includeWhen": texts(&node.include_when),
            "readyWhen": texts(&node.ready_when),
        });
        (node.id.to_string(), value)
    };
    let status = graph.instance.status.iter();
    let status = status.map(|hole| (hole.path.to_string(), json!(&*hole.expression.cel)));
    json!({
        "apiVersion": graph.instance.resource.gvk.api_version(),
        "kind": graph.instance.resource.gvk.kind,
        "waves": graph.waves.iter().map(|wave| wave.iter().map(ToString::to_string).collect()).collect::<Vec<Vec<_>>>(),
        "resources": graph.nodes.values().map(resource).collect::<serde_json::Map<_, _>>(),
        "status": status.collect::<serde_json::Map<_, _>>(),
    })
}

fn suffix(node: &Node) -> &'static str {
    match node.kind {
        NodeKind::Resource => "",
        NodeKind::Collection { .. } => ", collection",
        NodeKind::External => ", external",
        NodeKind::ExternalCollection => ", external collection",
    }
}

fn dimensions(node: &Node) -> &[crate::Dimension] {
    match &node.kind {
        NodeKind::Collection { dimensions } => dimensions,
        _ => &[],
    }
}

/// `: spec.replicas, status.phase`; nothing when all of it is read.
fn reads(node: &Node, on: &str) -> String {
    match paths(node.expressions(), on) {
        paths if paths.iter().any(String::is_empty) || paths.is_empty() => String::new(),
        paths => format!(": {}", paths.join(", ")),
    }
}

/// The paths read from a node, sorted; an empty one stands for all of it.
fn paths<'e>(expressions: impl Iterator<Item = &'e Expression>, on: &str) -> Vec<String> {
    let reads = |reference: &&Reference| matches!(&reference.name, Name::Node(id) if id.as_str() == on);
    let references = expressions.flat_map(|expression| &expression.references).filter(reads);
    let mut paths: Vec<String> = references.flat_map(|it| &it.paths).map(|path| path_text(path)).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

fn path_text(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        match step {
            Step::Field(name) if text.is_empty() => text.push_str(name),
            Step::Field(name) => {
                let _ = write!(text, ".{name}");
            }
            Step::Index(index) => {
                let _ = write!(text, "[{index}]");
            }
        }
    }
    text
}

/// An expression on one line.
fn shown(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
