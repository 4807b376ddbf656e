//! Conditions of existence and readiness that can never be true, whatever the objects look like. Comparisons with a
//! text that a field cannot have are warned of by themselves.

use super::{Trees, chain, locus};
use crate::{Expression, Node};
use kro_cel::{Ast, Expr, ExprId, Literal};
use kro_diagnostic::{Diagnostic, Locus, codes};
use std::{collections::BTreeMap, ops::Range};

/// One warning for each list of conditions at most: all of a list have to hold.
pub(super) fn check(trees: &Trees, node: &Node, found: &mut Vec<Diagnostic>) {
    list(trees, &node.include_when, &format!("so `{}` never exists", node.id), found);
    list(trees, &node.ready_when, &format!("so `{}` and the instance never become ready", node.id), found);
}

fn list(trees: &Trees, conditions: &[Expression], consequence: &str, found: &mut Vec<Diagnostic>) {
    let mut equal: BTreeMap<String, (Literal, Locus)> = BTreeMap::new();
    for condition in conditions {
        let ast = trees.of(condition);
        let mut open = vec![ast.root()];
        while let Some(id) = open.pop() {
            if let Some([one, other]) = chain::call(ast, id, "_&&_") {
                open.extend([other, one]);
                continue;
            }
            let place = locus(condition, span(ast, id));
            if constant(ast, id) == Some(false) {
                let message = format!("this can never be true, {consequence}");
                found.push(
                    Diagnostic::warning(codes::NEVER_TRUE, place, message)
                        .with_help("remove it, or ask for something that can happen"),
                );
                return;
            }
            let Some((name, value)) = equality(ast, id) else { continue };
            match equal.get(&name) {
                Some((first, earlier)) if *first != value => {
                    let message = format!("`{name}` cannot have two values, {consequence}");
                    found.push(
                        Diagnostic::warning(codes::NEVER_TRUE, place, message)
                            .with_related(earlier.clone(), "it has another one here")
                            .with_help("one of several values: `x == 'a' || x == 'b'`, or `x in ['a', 'b']`"),
                    );
                    return;
                }
                _ => {
                    equal.insert(name, (value, place));
                }
            }
        }
    }
}

/// What a condition is without looking at any object.
fn constant(ast: &Ast, id: ExprId) -> Option<bool> {
    if let Expr::Literal(Literal::Bool(value)) = ast.expr(id) {
        return Some(*value);
    }
    if let Some([one]) = chain::call(ast, id, "!_") {
        return constant(ast, one).map(|value| !value);
    }
    for (function, decides) in [("_&&_", false), ("_||_", true)] {
        if let Some([one, other]) = chain::call(ast, id, function) {
            return match (constant(ast, one), constant(ast, other)) {
                (Some(value), _) | (_, Some(value)) if value == decides => Some(decides),
                (Some(_), Some(_)) => Some(!decides),
                _ => None,
            };
        }
    }
    for (function, equal) in [("_==_", true), ("_!=_", false)] {
        if let Some([one, other]) = chain::call(ast, id, function)
            && let (Expr::Literal(one), Expr::Literal(other)) = (ast.expr(one), ast.expr(other))
        {
            return Some((one == other) == equal);
        }
    }
    None
}

/// A name with fields that has to be equal to a literal.
fn equality(ast: &Ast, id: ExprId) -> Option<(String, Literal)> {
    let [one, other] = chain::call(ast, id, "_==_")?;
    [(one, other), (other, one)].into_iter().find_map(|(side, literal)| {
        let chain = chain::at(ast, side).filter(|chain| !chain.is_test)?;
        match ast.expr(literal) {
            Expr::Literal(value) => Some((chain.to_string(), value.clone())),
            _ => None,
        }
    })
}

fn span(ast: &Ast, id: ExprId) -> Range<u32> {
    ast.span(id).start..ast.span(id).end
}
