//! What may be meant and is likely a mistake: warnings about a graph that compiled. Changes nothing about what is
//! accepted, and stays silent where it is not sure.

use crate::{Expression, Graph, GraphSource, Node, NodeKind, environment, template};
use kro_cel::Ast;
use kro_diagnostic::{Diagnostic, Locus, codes, nearest};
use kro_object::FieldPath;
use kro_schema::{Kind, Schema, validate};
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

mod absent;
mod chain;
mod conditions;
mod empty;
mod immutable;
mod unwritten;
mod values;

/// Every warning about a definition and the graph it compiled to, in the order of the document.
pub fn lint(source: &GraphSource, graph: &Graph) -> Vec<Diagnostic> {
    let trees = Trees::new(graph);
    let mut found = Vec::new();
    if let Some(spec) = &source.instance.spec {
        defaults(spec, &schema_path(), &mut found);
    }
    unread(source, graph, &mut found);
    for resource in &source.resources {
        let Some(node) = graph.nodes.get(resource.id.value.as_str()) else { continue };
        if node.is_managed() {
            values::check(graph, &trees, node, &resource.object.path, &mut found);
            immutable::check(graph, node, &mut found);
        }
        conditions::check(&trees, node, &mut found);
        for expression in node.expressions() {
            comparisons(graph, &trees, Some(node), expression, &mut found);
        }
    }
    for expression in graph.instance.expressions() {
        comparisons(graph, &trees, None, expression, &mut found);
    }
    absent::check(graph, &trees, &mut found);
    empty::check(graph, &trees, &mut found);
    unwritten::check(graph, &trees, &mut found);
    found.sort_by(|one, other| one.primary.path.cmp(&other.primary.path));
    found
}

fn schema_path() -> FieldPath {
    FieldPath::root().join("spec").join("schema").join("spec")
}

/// Defaults that their own field does not allow: the API server refuses the CRD.
fn defaults(schema: &Schema, path: &FieldPath, found: &mut Vec<Diagnostic>) {
    if let Some(default) = schema.default.as_ref().filter(|default| !default.is_null())
        && let Some(violation) = validate::validate(schema, default).first()
    {
        let message = format!("the default is not allowed by its own field: {}", shown(violation));
        found.push(
            Diagnostic::warning(codes::DEFAULT_VIOLATION, path.clone().into(), message)
                .with_help("the API server refuses the CRD; change the default or the marker"),
        );
    }
    match &schema.kind {
        Kind::Object { properties, .. } => {
            for (name, child) in properties {
                defaults(child, &path.join(&**name), found);
            }
        }
        Kind::Array { items } => defaults(items, path, found),
        _ => {}
    }
}

/// A violation of the value itself: the API server's words without the place, which the finding has.
fn shown(violation: &validate::Violation) -> String {
    violation.to_string().trim_start_matches(": ").replace(":  in body", ":")
}

/// External objects that nothing reads.
fn unread(source: &GraphSource, graph: &Graph, found: &mut Vec<Diagnostic>) {
    let is_read = |node: &Node| {
        let nodes = graph.nodes.values().filter(|other| other.id != node.id);
        let expressions = nodes.flat_map(Node::expressions).chain(graph.instance.expressions());
        expressions.flat_map(Expression::nodes).any(|id| *id == node.id)
    };
    for resource in &source.resources {
        let Some(node) = graph.nodes.get(resource.id.value.as_str()) else { continue };
        // With a condition of readiness, it holds the instance back until it is fulfilled.
        if !node.is_managed() && node.ready_when.is_empty() && !is_read(node) {
            let message = format!("nothing refers to the external object `{}`", node.id);
            found.push(
                Diagnostic::warning(codes::UNREAD_EXTERNAL, resource.id.locus(), message)
                    .with_help("the instance still waits for it; use it or remove it"),
            );
        }
    }
}

/// The place in the document of a field of the instance.
fn definition_of(field: &FieldPath) -> FieldPath {
    FieldPath::root().join("spec").join("schema").concat(field)
}

/// Comparisons of a field that has certain values only with a text that is none of them.
fn comparisons(
    graph: &Graph,
    trees: &Trees,
    own: Option<&Node>,
    expression: &Expression,
    found: &mut Vec<Diagnostic>,
) {
    for (chain, literal, text, equal) in chain::comparisons(trees.of(expression)) {
        let Some(schema) = chain::schema(graph, own, &chain) else { continue };
        let choices: Vec<&str> =
            schema.constraints.allowed.iter().filter_map(serde_json::Value::as_str).collect();
        if choices.is_empty() || choices.contains(&text.as_str()) {
            continue;
        }
        let locus = locus(expression, literal);
        let always = if equal { "never" } else { "always" };
        let message = format!("this is {always} true: `{chain}` is one of {}", choices.join(", "));
        let diagnostic = Diagnostic::warning(codes::NEVER_EQUAL, locus, message);
        found.push(match nearest(&text, choices.iter().copied()) {
            Some(name) => diagnostic.with_help(format!("did you mean {name:?}?")),
            None => diagnostic,
        });
    }
}

/// A place in the author's text for a place in the CEL text.
fn locus(expression: &Expression, range: Range<u32>) -> Locus {
    let range = match template::read(&expression.source) {
        Ok(template::Text::Mixed(mixed)) => mixed.lower().locate(range),
        _ => range.start + 2..range.end + 2,
    };
    expression.locus.clone().with_range(range)
}

/// The schema of what an expression names, when it is a name with fields and nothing else.
pub(crate) fn schema_at_root<'g>(graph: &'g Graph, ast: &Ast) -> Option<&'g Arc<Schema>> {
    let chain = chain::at(ast, ast.root()).filter(|chain| !chain.is_test)?;
    chain::schema(graph, None, &chain)
}

/// The iterators' lists, and everything else that decides which objects there are.
fn decides(node: &Node) -> impl Iterator<Item = &Expression> {
    let dimensions = match &node.kind {
        NodeKind::Collection { dimensions } => dimensions.as_slice(),
        _ => &[],
    };
    dimensions.iter().map(|dimension| &dimension.list)
}

/// The trees of a graph's expressions. Every rule looks at all of them, so each text is parsed once.
struct Trees(BTreeMap<Arc<str>, Ast>);

impl Trees {
    fn new(graph: &Graph) -> Self {
        let expressions =
            graph.nodes.values().flat_map(Node::expressions).chain(graph.instance.expressions());
        let texts: BTreeSet<&Arc<str>> = expressions.map(|expression| &expression.cel).collect();
        let tree = |text: &Arc<str>| (text.clone(), environment::base().parse(text).0);
        Self(texts.into_iter().map(tree).collect())
    }

    fn of(&self, expression: &Expression) -> &Ast {
        self.0.get(&expression.cel).expect("invariant: an expression of the graph")
    }
}
