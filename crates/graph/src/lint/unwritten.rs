//! Data of `ConfigMap`s and Secrets of the graph that is read and that their templates do not write: it comes only if
//! somebody else writes it. Other kinds have controllers that fill fields in; about them nothing is sure.

use super::{Trees, chain, chain::Chain, locus};
use crate::{Expression, Graph, Node, NodeKind};
use kro_diagnostic::{Diagnostic, Locus, codes, nearest};
use kro_object::Segment;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One warning for each key, where it is first read.
pub(super) fn check(graph: &Graph, trees: &Trees, found: &mut Vec<Diagnostic>) {
    let mut reported = BTreeSet::new();
    let own = graph.nodes.values().flat_map(Node::expressions);
    for expression in own.chain(graph.instance.expressions()) {
        let chains = chain::all(trees.of(expression));
        for chain in &chains {
            let reads = expression.nodes().any(|id| *id.as_str() == *chain.name);
            let Some(node) = graph.nodes.get(chain.name.as_str()).filter(|_| reads) else { continue };
            let Some((field, key)) = data(node, chain) else { continue };
            let asks = |other: &Chain| {
                let is_prefix = |asked| chain.steps.starts_with(asked);
                other.name == chain.name && other.asked().is_some_and(is_prefix)
            };
            if chains.iter().any(asks) || !reported.insert((chain.name.clone(), field, key.to_owned())) {
                continue;
            }
            report(node, expression, chain, field, key, found);
        }
    }
}

/// The field and the key of what a chain reads of a data object that kro makes.
fn data<'c>(node: &Node, chain: &'c Chain) -> Option<(&'static str, &'c str)> {
    let fields: &[&str] = match (&*node.resource.gvk.group, &*node.resource.gvk.kind) {
        ("", "ConfigMap") => &["data", "binaryData"],
        ("", "Secret") => &["data", "stringData"],
        _ => return None,
    };
    if !matches!(node.kind, NodeKind::Resource) || chain.is_test || chain.plain < 2 {
        return None;
    }
    let [Segment::Field(field), Segment::Field(key), ..] = chain.steps.as_slice() else { return None };
    fields.iter().find(|known| ***known == **field).map(|field| (*field, &**key))
}

fn report(
    node: &Node,
    expression: &Expression,
    chain: &Chain,
    field: &'static str,
    key: &str,
    found: &mut Vec<Diagnostic>,
) {
    let is_secret = &*node.resource.gvk.kind == "Secret";
    let place: Locus = locus(expression, chain.span.clone());
    if is_secret && field == "stringData" {
        let message =
            format!("`{}.stringData` is never read back: the API server stores it as `data`", node.id);
        found.push(
            Diagnostic::warning(codes::NEVER_WRITTEN, place, message).with_help(format!(
                "read `data.{key}`, which is base64, or take the value from where it comes"
            )),
        );
        return;
    }
    let fields: &[&str] = if is_secret { &["data", "stringData"] } else { &[field] };
    let mut written: Vec<&Map<String, Value>> = Vec::new();
    for field in fields {
        match node.template.base.as_value_at(field) {
            None | Some(Value::Null) => {}
            Some(Value::Object(map)) => written.push(map),
            // An expression makes the whole.
            Some(_) => return,
        }
    }
    if written.iter().any(|map| map.contains_key(key)) {
        return;
    }
    let message = format!(
        "the template of `{}` does not write `{field}.{key}`: what reads it waits until somebody else does",
        node.id
    );
    let diagnostic = Diagnostic::warning(codes::NEVER_WRITTEN, place, message);
    let keys: Vec<&str> = written.iter().flat_map(|map| map.keys().map(String::as_str)).collect();
    found.push(match nearest(key, keys.iter().copied()) {
        Some(name) => diagnostic.with_help(format!("did you mean {name:?}?")),
        None if keys.is_empty() => diagnostic.with_help("write it in the template, or read it with `.?`"),
        None => diagnostic.with_help(format!("it writes {}", keys.join(", "))),
    });
}
