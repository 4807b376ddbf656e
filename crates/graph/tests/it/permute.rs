//! The order of resources and of keys changes no meaning: of every definition in `fixtures/rgd` as of itself turned round.

use crate::fixtures::{Compiled, compile_documents, texts};
use kro_diagnostic::{Diagnostic, Severity, codes, source::Sources};
use kro_graph::Graph;
use kro_object::{FieldPath, Segment};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Every map back to front, and the list of resources.
fn turned(value: &Value, path: &FieldPath) -> Value {
    match value {
        Value::Object(map) => {
            let fields = map.iter().rev().map(|(key, child)| (key.clone(), turned(child, &path.join(key))));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Array(items) => {
            let items = items.iter().enumerate().map(|(index, item)| turned(item, &path.join(index)));
            let mut items: Vec<Value> = items.collect();
            if path.to_string() == "spec.resources" {
                items.reverse();
            }
            Value::Array(items)
        }
        other => other.clone(),
    }
}

/// What is found, by code and by the place in the document as it was before it was turned round.
fn shown(found: &[Diagnostic], turned: Option<usize>) -> BTreeSet<String> {
    let place = |path: &FieldPath| -> FieldPath {
        let mut segments = path.segments().to_vec();
        if let (Some(count), [Segment::Field(spec), Segment::Field(list), Segment::Index(index), ..]) =
            (turned, segments.as_mut_slice())
            && (&**spec, &**list) == ("spec", "resources")
        {
            *index = count - 1 - *index;
        }
        segments.into()
    };
    let one = |found: &Diagnostic| {
        // Which of several resources is to blame depends on which comes first.
        let first_comes = [codes::CYCLE, codes::DUPLICATE_ID];
        if found.code.is_warning() || first_comes.contains(&found.code) {
            return found.code.to_string();
        }
        format!("{} at {}: {}", found.code, place(&found.primary.path), found.message)
    };
    found.iter().map(one).collect()
}

/// The meaning of a graph: what is applied, in which wave, after what, and what is reported.
fn meaning(graph: &Graph) -> Value {
    let text = |expression: &kro_graph::Expression| expression.cel.to_string();
    let node = |node: &kro_graph::Node| {
        let holes = node.template.holes.iter().map(|hole| (hole.path.to_string(), text(&hole.expression)));
        json!({
            "kind": node.resource.gvk.to_string(),
            "wave": node.wave,
            "dependencies": node.dependencies.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "holes": holes.collect::<BTreeSet<_>>(),
            "conditions": node.include_when.iter().chain(&node.ready_when).map(text).collect::<Vec<_>>(),
        })
    };
    let status = graph.instance.status.iter().map(|hole| (hole.path.to_string(), text(&hole.expression)));
    json!({
        "nodes": graph.nodes.iter().map(|(id, of)| (id.to_string(), node(of))).collect::<Map<_, _>>(),
        "status": status.collect::<BTreeSet<_>>(),
        "crd": graph.crd.to_value(),
    })
}

/// With sorted keys.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut fields: Vec<String> =
                map.iter().map(|(key, child)| format!("{key:?}:{}", canonical(child))).collect();
            fields.sort();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other => other.to_string(),
    }
}

/// The definitions of a text; `None` when not all of it is YAML that means one thing.
fn compiled(text: &str) -> Option<Vec<Compiled>> {
    let mut sources = Sources::default();
    let file = sources.add("", text.to_owned());
    let read = sources.documents(file);
    let is_sound = read.diagnostics.iter().all(|found| found.severity != Severity::Error);
    is_sound.then(|| compile_documents(&read.value.unwrap_or_default()))
}

#[test]
fn the_order_of_resources_and_keys_changes_no_meaning() {
    let (mut graphs, mut refused) = (0, 0);
    for (name, text) in texts() {
        let Some(compiled) = compiled(&text) else { continue };
        let other: Vec<String> =
            compiled.iter().map(|it| turned(&it.value, &FieldPath::root()).to_string()).collect();
        let others = self::compiled(&other.join("\n---\n")).expect("JSON is YAML");
        assert_eq!(others.len(), compiled.len(), "{name}");
        for (one, other) in compiled.iter().zip(&others) {
            let count = one.value.pointer("/spec/resources").and_then(Value::as_array).map_or(0, Vec::len);
            assert_eq!(shown(&other.found, Some(count)), shown(&one.found, None), "{name}");
            assert_eq!(other.graph.is_some(), one.graph.is_some(), "{name}");
            match (&one.graph, &other.graph) {
                (Some(graph), Some(turned)) => {
                    assert_eq!(other.hash, one.hash, "{name}");
                    assert_eq!(canonical(&meaning(turned)), canonical(&meaning(graph)), "{name}");
                    graphs += 1;
                }
                _ => refused += 1,
            }
        }
    }
    assert!(graphs > 50 && refused > 300, "{graphs} graphs, {refused} refused");
}
