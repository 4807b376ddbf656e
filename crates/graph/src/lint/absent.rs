//! Fields of the instance that may be absent and are read as if they were there: what waits for them waits for ever.
//! A field is guarded where the same expression, or a condition of existence of its resource, asks whether it is there.

use super::{Trees, chain, chain::Chain, decides, definition_of, locus};
use crate::{Expression, Graph, Node};
use kro_cel::Ast;
use kro_diagnostic::{Diagnostic, Locus, codes};
use kro_object::{FieldPath, Segment};
use kro_schema::{Kind, Schema};
use std::{collections::BTreeSet, sync::Arc};

/// One warning for each field, where it is first read.
pub(super) fn check(graph: &Graph, trees: &Trees, found: &mut Vec<Diagnostic>) {
    let mut reported = BTreeSet::new();
    for node in graph.nodes.values() {
        let guards: BTreeSet<FieldPath> =
            node.include_when.iter().flat_map(|it| guards(trees.of(it))).collect();
        let none = BTreeSet::new();
        let conditions = node.include_when.iter().map(|it| (it, &none));
        let holes = node.template.holes.iter().map(|hole| &hole.expression);
        let template = decides(node).chain(holes).map(|it| (it, &guards));
        for (expression, guards) in conditions.chain(template) {
            let fails = node.include_when.iter().any(|it| std::ptr::eq(it, expression));
            let reads = Reads { graph, ast: trees.of(expression), node, expression };
            expression_reads(&reads, guards, fails, &mut reported, found);
        }
    }
}

/// An expression of a node.
struct Reads<'g> {
    graph: &'g Graph,
    node: &'g Node,
    expression: &'g Expression,
    ast: &'g Ast,
}

fn expression_reads(
    &Reads { graph, node, expression, ast }: &Reads<'_>,
    outer: &BTreeSet<FieldPath>,
    fails: bool,
    reported: &mut BTreeSet<FieldPath>,
    found: &mut Vec<Diagnostic>,
) {
    let guarded: BTreeSet<FieldPath> = guards(ast).chain(outer.iter().cloned()).collect();
    for chain in chain::all(ast).iter().filter(|chain| chain.name == "schema") {
        for field in maybe_absent(&graph.instance.view, chain) {
            if guarded.contains(&field) {
                continue;
            }
            // What lies in it can wait until this is mended.
            if !reported.insert(field.clone()) {
                break;
            }
            let what = if fails { "cannot be decided" } else { "waits for ever" };
            let message = format!("`schema.{field}` may be absent; then `{}` {what}", node.id);
            let definition = Locus::key(definition_of(&field));
            found.push(
                Diagnostic::warning(codes::MAYBE_ABSENT, locus(expression, chain.span.clone()), message)
                    .with_related(definition, "neither required nor with a default")
                    .with_help(
                        "mark it `required=true`, give it a default, or read it with `.?` and `.orValue(…)`",
                    ),
            );
            break;
        }
    }
}

/// The fields that an expression asks for with `has()`, or reads as optional.
fn guards(ast: &Ast) -> impl Iterator<Item = FieldPath> {
    let chains = chain::all(ast).into_iter().filter(|chain| chain.name == "schema");
    chains.filter_map(|chain| Some(chain.asked()?.iter().cloned().collect()))
}

/// The prefixes of what a chain reads that may be absent.
fn maybe_absent(view: &Arc<Schema>, chain: &Chain) -> Vec<FieldPath> {
    let mut absent = Vec::new();
    if !matches!(chain.steps.first(), Some(Segment::Field(name)) if &**name == "spec") {
        return absent;
    }
    let read = chain.plain - usize::from(chain.is_test);
    let mut schema = view;
    for (index, step) in chain.steps.iter().take(read).enumerate() {
        let Segment::Field(name) = step else { break };
        let Kind::Object { properties, required, additional, .. } = &schema.kind else { break };
        let (next, is_there) = match (properties.get(&**name), additional) {
            (Some(child), _) => (child, child.default.is_some() || required.iter().any(|it| **it == **name)),
            (None, Some(values)) => (values, false),
            (None, None) => break,
        };
        // Whoever makes an instance writes a spec.
        if index > 0 && !is_there {
            absent.push(chain.steps[..=index].iter().cloned().collect());
        }
        schema = next;
    }
    absent
}
