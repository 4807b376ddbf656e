//! One definition: accepted or not, by whom, and the graph.

use std::collections::BTreeMap;

use kro_api::ResourceGraphDefinition;
use kro_cel::Type;
use kro_diagnostic::{Diagnostic, Severity, codes, source::Sources};
use kro_graph::{
    CompileOptions, Expression, Graph, Hole, Node, NodeId, NodeKind, Phase, compile, lower, spec_hash,
};
use kro_object::{Object, Scope, json};
use serde_json::{Value, json};

use super::kinds::Files;

/// Compares everything the case records.
pub(super) fn check(case: &Value, files: &mut Files) -> Result<(), String> {
    let result = &case["result"];
    let outcome = compiled(case, files)?;
    let expected = match &result["accepted"] {
        // The reference builds a CRD that cannot be written; such a definition is better refused.
        Value::Bool(true) if result.get("crdError").is_some() => return expect_rejected(&outcome),
        Value::Bool(true) => "accepted",
        _ => result["rejectedBy"].as_str().unwrap_or_default(),
    };
    match (expected, outcome) {
        ("accepted", Outcome::Accepted(graph, hash)) => compare(result, &graph, &hash),
        ("api", Outcome::Api(_)) | ("compile", Outcome::Compile(_)) => Ok(()),
        (expected, Outcome::Accepted(..)) => {
            let why =
                result["compile"]["error"].as_str().or(result["api"]["error"].as_str()).unwrap_or_default();
            Err(format!("accepted, expected rejection by {expected}: {} ({why})", case["why"]))
        }
        (expected, Outcome::Api(found)) => {
            Err(format!("rejected by api, expected {expected}: {}", lines(&found)))
        }
        (expected, Outcome::Compile(found)) => {
            Err(format!("rejected by compile, expected {expected}: {}", lines(&found)))
        }
    }
}

/// The graph of a definition that has to compile.
pub(in crate::suites) fn graph(case: &Value, files: &mut Files) -> Result<Graph, String> {
    match compiled(case, files)? {
        Outcome::Accepted(graph, _) => Ok(*graph),
        Outcome::Api(found) => Err(format!("rejected by api: {}", lines(&found))),
        Outcome::Compile(found) => Err(format!("rejected by compile: {}", lines(&found))),
    }
}

enum Outcome {
    Accepted(Box<Graph>, String),
    Api(Vec<Diagnostic>),
    Compile(Vec<Diagnostic>),
}

fn expect_rejected(outcome: &Outcome) -> Result<(), String> {
    match outcome {
        Outcome::Accepted(..) => Err("accepted, expected a rejection of the default".to_owned()),
        Outcome::Api(_) | Outcome::Compile(_) => Ok(()),
    }
}

fn compiled(case: &Value, files: &mut Files) -> Result<Outcome, String> {
    let text = case["rgd"].as_str().unwrap_or_default();
    let mut sources = Sources::default();
    let file = sources.add("rgd.yaml", text.to_owned());
    let documents = sources.documents(file);
    // Of equal keys the last has won before the reference sees the text.
    let broken = |it: &Diagnostic| it.severity == Severity::Error && it.code != codes::DUPLICATE_KEY;
    if documents.diagnostics.iter().any(broken) {
        return Ok(Outcome::Api(documents.diagnostics));
    }
    let value = documents.value.unwrap_or_default().first().map(kro_diagnostic::source::Document::to_value);
    let object = Object::from_value(value.unwrap_or_default()).map_err(|error| error.to_string())?;
    let decoded = ResourceGraphDefinition::decode(object);
    if decoded.has_errors() {
        return Ok(Outcome::Api(decoded.diagnostics));
    }
    let definition = decoded.value.ok_or("decoded to nothing")?;
    let lowered = lower(&definition.spec);
    let mut found = lowered.diagnostics;
    let source = lowered.value.ok_or("lowered to nothing")?;
    let kinds = files.kinds(case, &source).map_err(|error| format!("{error:#}"))?;
    let mut options =
        CompileOptions { omit: case["featureGates"]["CELOmitFunction"] == true, ..Default::default() };
    if let Some(limit) = case["config"]["MaxCollectionDimensionSize"].as_u64() {
        options.limits.dimensions = limit as usize;
    }
    let compiled = compile(&source, &kinds, &options);
    found.extend(compiled.diagnostics);
    found.retain(|diagnostic| diagnostic.severity == Severity::Error);
    Ok(match compiled.value {
        Some(graph) if found.is_empty() => Outcome::Accepted(Box::new(graph), spec_hash(&definition.spec)),
        _ => Outcome::Compile(found),
    })
}

fn lines(found: &[Diagnostic]) -> String {
    found.iter().map(|it| format!("{it} at {}", it.primary.path)).collect::<Vec<_>>().join("\n")
}

fn compare(result: &Value, graph: &Graph, hash: &str) -> Result<(), String> {
    let order: Vec<&str> = graph.order.iter().map(NodeId::as_str).collect();
    same("order", &json!(order), &result["topologicalOrder"])?;
    for expected in result["nodes"].as_array().into_iter().flatten() {
        let id = expected["id"].as_str().unwrap_or_default();
        let node = graph.nodes.get(id).ok_or_else(|| format!("node {id} is missing"))?;
        compare_node(expected, node, graph).map_err(|difference| format!("node {id}: {difference}"))?;
    }
    compare_instance(&result["instance"], graph).map_err(|difference| format!("instance: {difference}"))?;
    let mut crd = graph.crd.to_value();
    if let Value::Object(map) = &mut crd {
        map.remove("apiVersion");
        map.remove("kind");
    }
    let variants = result["crdVariants"].as_array();
    if !variants.is_some_and(|variants| variants.contains(&crd)) {
        same("crd", &crd, &result["crd"])?;
    }
    same("hash", &json!(hash), &result["specHash"])
}

fn compare_node(expected: &Value, node: &Node, graph: &Graph) -> Result<(), String> {
    let (kind, dimensions) = match &node.kind {
        NodeKind::Resource => ("Resource", &[][..]),
        NodeKind::Collection { dimensions } => ("Collection", dimensions.as_slice()),
        NodeKind::External => ("External", &[][..]),
        NodeKind::ExternalCollection => ("ExternalCollection", &[][..]),
    };
    same("type", &json!(kind), &expected["type"])?;
    same("index", &json!(graph.nodes.get_index_of(&node.id)), &expected["index"])?;
    let gvr = node.resource.gvr();
    let gvr = json!({"group": gvr.group, "version": gvr.version, "resource": gvr.resource});
    same("gvr", &gvr, &expected["gvr"])?;
    same("namespaced", &json!(node.resource.scope == Scope::Namespaced), &expected["namespaced"])?;
    let dependencies: Vec<&str> = node.dependencies.iter().map(NodeId::as_str).collect();
    same("dependencies", &json!(dependencies), &expected["dependencies"])?;
    same("applyOrder", &json!(node.wave), &expected["applyOrder"])?;
    let for_each: Vec<Value> = dimensions
        .iter()
        .map(|dimension| {
            let mut shown = condition(&dimension.list);
            shown["name"] = json!(&*dimension.name);
            shown
        })
        .collect();
    same("forEach", &json!(for_each), list(&expected["forEach"]))?;
    let include: Vec<Value> = node.include_when.iter().map(condition).collect();
    same("includeWhen", &json!(include), list(&expected["includeWhen"]))?;
    // The reference does not record what a readiness refers to: it can only be the node itself.
    let ready: Vec<Value> = node.ready_when.iter().map(condition).map(without_references).collect();
    let recorded = expected["readyWhen"].as_array().cloned().unwrap_or_default();
    let recorded: Vec<Value> = recorded.into_iter().map(without_references).collect();
    same("readyWhen", &json!(ready), &json!(recorded))?;
    if let Some(template) = expected.get("template") {
        same("template", &node.template.base.to_value(), template)?;
    }
    variables(&node.template.holes, &expected["variables"], true)
}

fn compare_instance(expected: &Value, graph: &Graph) -> Result<(), String> {
    let instance = &graph.instance;
    let gvr = instance.resource.gvr();
    let gvr = json!({"group": gvr.group, "version": gvr.version, "resource": gvr.resource});
    same("gvr", &gvr, &expected["gvr"])?;
    let listed = expected["dependencies"].as_array().into_iter().flatten();
    let listed: Vec<&Value> = listed.filter(|id| *id != "schema").collect();
    let dependencies: Vec<&str> = instance.dependencies.iter().map(NodeId::as_str).collect();
    same("dependencies", &json!(dependencies), &json!(listed))?;
    variables(&instance.status, &expected["variables"], false)?;
    let conditions = instance.conditions.as_deref().unwrap_or_default();
    let conditions: Vec<Value> = conditions.iter().map(condition).collect();
    let recorded: Vec<Value> = expected["conditions"].as_array().cloned().unwrap_or_default();
    for (found, recorded) in conditions.iter().zip(&recorded) {
        for field in ["expression", "references"] {
            if recorded.get(field).is_some() {
                same(field, &found[field], &recorded[field])?;
            }
        }
    }
    same("number of conditions", &json!(conditions.len()), &json!(recorded.len()))
}

fn variables(holes: &[Hole], expected: &Value, in_template: bool) -> Result<(), String> {
    let recorded: BTreeMap<String, &Value> = expected
        .as_array()
        .into_iter()
        .flatten()
        // The reference writes a dot before a quoted name where it builds status paths.
        .map(|variable| (variable["path"].as_str().unwrap_or_default().replace(".[\"", "[\""), variable))
        .collect();
    let found: BTreeMap<String, &Hole> = holes.iter().map(|hole| (hole.path.to_string(), hole)).collect();
    same("variables", &json!(found.keys().collect::<Vec<_>>()), &json!(recorded.keys().collect::<Vec<_>>()))?;
    for (path, variable) in recorded {
        let hole = found[&path];
        let expression = &hole.expression;
        let phase = match expression.phase {
            Phase::Static => "static",
            Phase::Dynamic => "dynamic",
            Phase::Iteration => "iteration",
        };
        let at = |field: &str| format!("variable {path}: {field}");
        same(&at("expression"), &json!(&*expression.cel), &variable["expression"])?;
        same(&at("standalone"), &json!(!expression.is_mixed()), &variable["standalone"])?;
        // All status fields are called dynamic.
        if in_template {
            same(&at("kind"), &json!(phase), &variable["kind"])?;
        }
        same(&at("references"), &references(expression), &variable["references"])?;
        if let Some(ty) = variable.get("type") {
            same(&at("type"), &json!(type_name(expression.program.result_type())), ty)?;
        }
        if let (true, Some(ty)) = (in_template, variable.get("expectedType")) {
            same(&at("expectedType"), &json!(type_name(&hole.expected)), ty)?;
        }
        if let Some(template) = variable.get("template") {
            same(&at("template"), &json!(&*expression.source), template)?;
        }
    }
    Ok(())
}

fn condition(expression: &Expression) -> Value {
    json!({
        "expression": &*expression.cel,
        "references": references(expression),
        "type": type_name(expression.program.result_type()),
    })
}

fn without_references(mut condition: Value) -> Value {
    if let Value::Object(map) = &mut condition {
        map.remove("references");
    }
    condition
}

fn references(expression: &Expression) -> Value {
    expression.references.iter().map(|reference| Value::from(reference.name.as_str())).collect()
}

/// A type as the reference prints it: with the names types have at run time.
fn type_name(ty: &Type) -> String {
    let mut text = ty.name().to_owned();
    for (index, parameter) in ty.parameters().enumerate() {
        text.push_str(if index == 0 { "(" } else { ", " });
        text.push_str(&type_name(parameter));
    }
    if ty.parameters().next().is_some() {
        text.push(')');
    }
    text
}

/// The value, or an empty list where there is none.
fn list(value: &Value) -> &Value {
    static EMPTY: std::sync::LazyLock<Value> = std::sync::LazyLock::new(|| json!([]));
    if value.is_null() { &EMPTY } else { value }
}

/// The first difference between two values, if there is one.
pub(in crate::suites) fn same(what: &str, found: &Value, expected: &Value) -> Result<(), String> {
    let (found, expected) = (json::canonical(found), json::canonical(list_if_order(what, expected)));
    if found == expected {
        return Ok(());
    }
    let at = found.bytes().zip(expected.bytes()).take_while(|(one, other)| one == other).count();
    let cut = |text: &str| -> String {
        let start =
            text.char_indices().map(|(at, _)| at).take_while(|start| *start + 60 <= at).last().unwrap_or(0);
        text[start..].chars().take(240).collect()
    };
    Err(format!("{what}: found {}\nexpected {}", cut(&found), cut(&expected)))
}

/// An order that is not recorded is empty.
fn list_if_order<'v>(what: &str, value: &'v Value) -> &'v Value {
    if matches!(what, "order" | "dependencies") { list(value) } else { value }
}
