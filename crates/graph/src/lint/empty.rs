//! Status fields of other objects that are compared with nothing: with 0, `false`, an empty text or an empty list.
//! Controllers leave an optional field out while it is empty, so what compares it waits for it instead of taking the
//! answer that it was written for. Other reads wait on purpose, and are left alone.

use super::{Trees, chain, chain::Chain, decides, locus};
use crate::{Expression, Graph, Node};
use kro_cel::{Ast, Expr, ExprId, Literal};
use kro_diagnostic::{Diagnostic, codes};
use kro_object::Segment;
use kro_schema::{Kind, Schema};
use std::{cmp::Ordering, collections::BTreeSet, fmt::Write, sync::Arc};

/// One warning for each field, where it is first compared.
pub(super) fn check(graph: &Graph, trees: &Trees, found: &mut Vec<Diagnostic>) {
    let mut finder = Finder { graph, trees, reported: BTreeSet::new(), found };
    for node in graph.nodes.values() {
        let undecided = format!("whether `{}` exists is not decided", node.id);
        for condition in &node.include_when {
            let ast = trees.of(condition);
            let mut tests = decisions(ast);
            tests.extend(leaves(ast, ast.root()));
            finder.report(Some(node), condition, &tests, &undecided);
        }
        let waits = format!("`{}` waits", node.id);
        for expression in decides(node).chain(node.template.holes.iter().map(|hole| &hole.expression)) {
            let ast = trees.of(expression);
            finder.report(Some(node), expression, &decisions(ast), &waits);
        }
        let never_ready = format!("`{}` does not become ready", node.id);
        for condition in &node.ready_when {
            let ast = trees.of(condition);
            // Where nothing is not enough, it is right to wait.
            let mut tests: Vec<Test> = required(ast).into_iter().filter(|test| test.when_empty).collect();
            tests.extend(decisions(ast));
            finder.report(Some(node), condition, &tests, &never_ready);
        }
    }
    for expression in graph.instance.expressions() {
        let ast = trees.of(expression);
        finder.report(None, expression, &decisions(ast), "nothing is reported");
    }
}

/// A field that is compared with a literal.
#[derive(Debug, Clone)]
struct Test {
    chain: Chain,
    what: Compared,
    /// What the comparison is when the field is empty.
    when_empty: bool,
}

/// What of a field is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compared {
    Value,
    Length,
    /// Nothing: the field itself is the condition.
    Itself,
}

/// The tests in the conditions of `?:`, wherever they stand.
fn decisions(ast: &Ast) -> Vec<Test> {
    let mut found = Vec::new();
    let mut open = vec![ast.root()];
    while let Some(id) = open.pop() {
        if let Some([condition, _, _]) = chain::call(ast, id, "_?_:_") {
            found.extend(leaves(ast, condition));
        }
        open.extend(ast.children(id));
    }
    found
}

/// The tests of a condition.
fn leaves(ast: &Ast, id: ExprId) -> Vec<Test> {
    for connective in ["_&&_", "_||_"] {
        if let Some([one, other]) = chain::call(ast, id, connective) {
            return [leaves(ast, one), leaves(ast, other)].concat();
        }
    }
    match chain::call(ast, id, "!_") {
        Some([one]) => leaves(ast, one),
        None => test(ast, id).into_iter().collect(),
    }
}

/// The tests that all have to hold for a condition to hold.
fn required(ast: &Ast) -> Vec<Test> {
    let (mut found, mut open) = (Vec::new(), vec![ast.root()]);
    while let Some(id) = open.pop() {
        if let Some(both) = chain::call::<2>(ast, id, "_&&_") {
            open.extend(both);
        } else if let Some([one]) = chain::call(ast, id, "!_") {
            found.extend(test(ast, one).map(|test| Test { when_empty: !test.when_empty, ..test }));
        } else {
            found.extend(test(ast, id));
        }
    }
    found
}

/// A comparison of a field with a literal, or a field that is a condition by itself.
fn test(ast: &Ast, id: ExprId) -> Option<Test> {
    if let Some(chain) = chain::at(ast, id) {
        return Some(Test { chain, what: Compared::Itself, when_empty: false });
    }
    let Expr::Call { function, target: None, args } = ast.expr(id) else { return None };
    let [left, right] = *args.as_slice() else { return None };
    // How the left side relates to the right one when the field is empty.
    let (field, order) = match (nothing_against(ast, right), nothing_against(ast, left)) {
        (Some(order), _) => (left, order),
        (_, Some(order)) => (right, order.reverse()),
        _ => return None,
    };
    let when_empty = match &**function {
        "_==_" => order.is_eq(),
        "_!=_" => order.is_ne(),
        "_<_" => order.is_lt(),
        "_<=_" => order.is_le(),
        "_>_" => order.is_gt(),
        "_>=_" => order.is_ge(),
        _ => return None,
    };
    let (field, what) = match length_of(ast, field) {
        Some(list) => (list, Compared::Length),
        None => (field, Compared::Value),
    };
    Some(Test { chain: chain::at(ast, field)?, what, when_empty })
}

/// How nothing (0, `false`, an empty text, an empty list) relates to a literal; `None` for literals that nothing is
/// not compared with.
fn nothing_against(ast: &Ast, id: ExprId) -> Option<Ordering> {
    match ast.expr(id) {
        Expr::Literal(Literal::Int(number)) => Some(0.cmp(number)),
        Expr::Literal(Literal::Uint(number)) => Some(0.cmp(number)),
        Expr::Literal(Literal::Double(number)) => 0.0.partial_cmp(number),
        Expr::Literal(Literal::Bool(value)) => Some(false.cmp(value)),
        Expr::Literal(Literal::String(text)) => text.is_empty().then_some(Ordering::Equal),
        Expr::List { items, .. } => items.is_empty().then_some(Ordering::Equal),
        Expr::Map { entries } => entries.is_empty().then_some(Ordering::Equal),
        _ => None,
    }
}

/// The operand of `size(x)` or `x.size()`.
fn length_of(ast: &Ast, id: ExprId) -> Option<ExprId> {
    match ast.expr(id) {
        Expr::Call { function, target, args } if &**function == "size" => match (target, args.as_slice()) {
            (None, [list]) | (Some(list), []) => Some(*list),
            _ => None,
        },
        _ => None,
    }
}

/// Reports tests of fields that may be absent.
struct Finder<'g, 'f> {
    graph: &'g Graph,
    trees: &'g Trees,
    reported: BTreeSet<String>,
    found: &'f mut Vec<Diagnostic>,
}

impl Finder<'_, '_> {
    fn report(&mut self, own: Option<&Node>, expression: &Expression, tests: &[Test], consequence: &str) {
        for test in tests {
            let chain = &test.chain;
            let Some((first_optional, schema)) = self.maybe_absent(own, expression, chain) else { continue };
            let Some((empty, value)) = nothing(schema, test.what) else { continue };
            let conditions = own.into_iter().flat_map(|node| &node.include_when);
            let asks = |other: Chain| {
                other.name == chain.name && other.asked().is_some_and(|asked| chain.steps.starts_with(asked))
            };
            let is_asked = |by: &Expression| chain::all(self.trees.of(by)).into_iter().any(asks);
            if is_asked(expression) || conditions.into_iter().any(is_asked) {
                continue;
            }
            let shown = chain.to_string();
            let message = format!("`{shown}` may be absent while it is {empty}; then {consequence}");
            let help = format!("write `{}.orValue({value})`", with_optional(chain, first_optional));
            if self.reported.insert(shown) {
                let place = locus(expression, chain.span.clone());
                self.found.push(Diagnostic::warning(codes::MAYBE_ABSENT, place, message).with_help(help));
            }
        }
    }

    /// The position of the first step of a status field that may be absent, and the schema of the whole.
    fn maybe_absent<'g>(
        &'g self,
        own: Option<&'g Node>,
        expression: &Expression,
        chain: &Chain,
    ) -> Option<(usize, &'g Arc<Schema>)> {
        let node = match chain.name.as_str() {
            "each" => own?,
            name => self.graph.nodes.get(name).filter(|node| expression.nodes().any(|id| *id == node.id))?,
        };
        let from = usize::from(node.is_list() && chain.name != "each");
        let is_status = matches!(chain.steps.get(from), Some(Segment::Field(name)) if &**name == "status");
        if !is_status || chain.is_test || chain.plain < chain.steps.len() {
            return None;
        }
        let mut schema = node.schema.field("status")?;
        let mut first = None;
        for (position, step) in chain.steps.iter().enumerate().skip(from + 1) {
            let is_there = match step {
                Segment::Field(name) => schema.requires(name),
                Segment::Index(_) => false,
            };
            schema = match step {
                Segment::Field(name) => schema.field(name)?,
                Segment::Index(_) => schema.items()?,
            };
            if !is_there && schema.default.is_none() {
                first = first.or(Some(position));
            }
        }
        Some((first?, schema))
    }
}

/// What a field that is compared like this holds when it holds nothing: in words, and in CEL.
fn nothing(schema: &Schema, what: Compared) -> Option<(&'static str, &'static str)> {
    match (&schema.kind, what) {
        (Kind::Boolean, Compared::Value | Compared::Itself) => Some(("false", "false")),
        (Kind::Integer, Compared::Value) => Some(("0", "0")),
        (Kind::Number, Compared::Value) => Some(("0", "0.0")),
        (Kind::String, Compared::Value | Compared::Length) => Some(("empty", "''")),
        (Kind::Array { .. }, Compared::Value | Compared::Length) => Some(("empty", "[]")),
        (Kind::Object { .. }, Compared::Value | Compared::Length) => Some(("empty", "{}")),
        _ => None,
    }
}

/// A chain with one of its steps optional, and so all behind it.
fn with_optional(chain: &Chain, optional: usize) -> String {
    let mut out = chain.name.clone();
    for (position, step) in chain.steps.iter().enumerate() {
        let mark = if position == optional { "?" } else { "" };
        let _ = match step {
            Segment::Field(name) => write!(out, ".{mark}{name}"),
            Segment::Index(index) => write!(out, "[{mark}{index}]"),
        };
    }
    out
}
