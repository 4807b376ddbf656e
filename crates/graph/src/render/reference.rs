//! The reference page of a generated kind, as Markdown.

use crate::{Graph, Node, NodeKind, render::mermaid};
use kro_object::Scope;
use kro_schema::{Kind, Schema};
use std::fmt::Write;

/// A page about the generated kind: its fields, its status, and what an instance makes.
pub fn reference(graph: &Graph) -> String {
    let resource = &graph.instance.resource;
    let gvk = &resource.gvk;
    let scope = if resource.scope == Scope::Cluster { "cluster" } else { "namespace" };
    let mut out = format!(
        "# {}\n\n`apiVersion: {}`, `kind: {}`; `kubectl get {}`; one for each name in the {scope}.\n",
        gvk.kind,
        gvk.api_version(),
        gvk.kind,
        resource.plural
    );
    if let Some(spec) = graph.instance.schema.property("spec") {
        fields(&mut out, "Spec", "spec", spec);
    }
    if let Some(status) = graph.instance.schema.property("status") {
        fields(&mut out, "Status", "status", status);
    }
    resources(&mut out, graph);
    out
}

fn fields(out: &mut String, title: &str, root: &str, schema: &Schema) {
    let mut rows = Vec::new();
    walk(root, schema, &mut rows);
    if rows.is_empty() {
        return;
    }
    let _ = write!(out, "\n## {title}\n\n");
    if title == "Spec" {
        out.push_str("| field | type | required | default | what it is |\n| --- | --- | --- | --- | --- |\n");
    } else {
        out.push_str("| field | type |\n| --- | --- |\n");
    }
    for (path, required, schema) in &rows {
        let _ = write!(out, "| `{path}` | {} |", type_name(schema));
        if title == "Spec" {
            let default = schema.default.as_ref().map(|it| format!("`{}`", cell(&it.to_string())));
            let required = if *required { "yes" } else { "" };
            let _ = write!(out, " {required} | {} | {} |", default.unwrap_or_default(), facts(schema));
        }
        out.push('\n');
    }
    let rules: Vec<(&String, &kro_schema::Rule)> =
        rows.iter().flat_map(|(path, _, schema)| schema.rules.iter().map(move |rule| (path, rule))).collect();
    let own = schema.rules.iter();
    if rules.is_empty() && schema.rules.is_empty() {
        return;
    }
    out.push_str("\nRules:\n\n");
    let root = root.to_owned();
    for (path, rule) in own.map(|rule| (&root, rule)).chain(rules) {
        let message = rule.message.as_deref().map(|message| format!(": {message}")).unwrap_or_default();
        let _ = writeln!(out, "- `{path}`: `{}`{message}", rule.rule);
    }
}

type Row<'s> = (String, bool, &'s Schema);

fn walk<'s>(path: &str, schema: &'s Schema, rows: &mut Vec<Row<'s>>) {
    match &schema.kind {
        Kind::Object { properties, additional, .. } => {
            for (name, child) in properties {
                let path = format!("{path}.{name}");
                rows.push((path.clone(), schema.requires(name), child));
                walk(&path, child, rows);
            }
            if let Some(values) = additional {
                walk(&format!("{path}.*"), values, rows);
            }
        }
        Kind::Array { items } => walk(&format!("{path}[]"), items, rows),
        _ => {}
    }
}

fn type_name(schema: &Schema) -> String {
    match &schema.kind {
        Kind::Array { items } => format!("list of {}", type_name(items)),
        Kind::Object { properties, additional: Some(values), .. } if properties.is_empty() => {
            format!("map to {}", type_name(values))
        }
        Kind::IntOrString => "integer or string".to_owned(),
        Kind::Any => "any".to_owned(),
        _ => schema.type_name().to_owned(),
    }
}

/// Description and limits in one cell.
fn facts(schema: &Schema) -> String {
    let constraints = &schema.constraints;
    let mut facts: Vec<String> = schema.description.iter().map(|text| cell(text)).collect();
    if !constraints.allowed.is_empty() {
        let allowed: Vec<String> =
            constraints.allowed.iter().map(|value| format!("`{}`", cell(&value.to_string()))).collect();
        facts.push(format!("one of {}", allowed.join(", ")));
    }
    let number = |limit: &Option<serde_json::Number>| limit.as_ref().map(ToString::to_string);
    let count = |limit: Option<i64>| limit.map(|limit| limit.to_string());
    let limits = [
        ("at least", number(&constraints.minimum), ""),
        ("at most", number(&constraints.maximum), ""),
        ("at least", count(constraints.min_length), " characters"),
        ("at most", count(constraints.max_length), " characters"),
        ("at least", count(constraints.min_items), " items"),
        ("at most", count(constraints.max_items), " items"),
        ("format", constraints.format.as_ref().map(ToString::to_string), ""),
        ("pattern", constraints.pattern.as_ref().map(|it| format!("`{}`", cell(it.as_str()))), ""),
    ];
    facts.extend(
        limits.into_iter().filter_map(|(word, limit, unit)| Some(format!("{word} {}{unit}", limit?))),
    );
    if constraints.unique_items {
        facts.push("no two items are equal".to_owned());
    }
    facts.join("; ")
}

/// A text that fits into a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

fn resources(out: &mut String, graph: &Graph) {
    if graph.nodes.is_empty() {
        return;
    }
    out.push_str("\n## What an instance makes\n\n| id | kind | objects | needs | only when |\n| --- | --- | --- | --- | --- |\n");
    for id in &graph.order {
        let node = &graph.nodes[id];
        let gvk = &node.resource.gvk;
        let needs: Vec<String> = node.dependencies.iter().map(|id| format!("`{id}`")).collect();
        let when: Vec<String> = node.include_when.iter().map(|it| format!("`{}`", cell(&it.cel))).collect();
        let _ = writeln!(
            out,
            "| `{id}` | {} {} | {} | {} | {} |",
            gvk.api_version(),
            gvk.kind,
            objects(node),
            needs.join(", "),
            when.join(" and ")
        );
    }
    let _ = write!(out, "\n```mermaid\n{}```\n", mermaid(graph));
}

fn objects(node: &Node) -> String {
    match &node.kind {
        NodeKind::Resource => "one".to_owned(),
        NodeKind::Collection { dimensions } => {
            let lists: Vec<String> =
                dimensions.iter().map(|it| format!("`{}`", cell(&it.list.cel))).collect();
            format!("one for each of {}", lists.join(" × "))
        }
        NodeKind::External => "one, read only".to_owned(),
        NodeKind::ExternalCollection => "all selected, read only".to_owned(),
    }
}
