//! When two trees are the same expression.
use crate::{Ast, Expr, ExprId};

/// Whether two trees are the same expression, wherever its parts stand in their texts.
pub fn same_tree(left: &Ast, right: &Ast) -> bool {
    same(left, left.root(), right, right.root())
}

fn same(left: &Ast, at: ExprId, right: &Ast, other: ExprId) -> bool {
    let (below, beside) = (left.children(at), right.children(other));
    head(left.expr(at)) == head(right.expr(other))
        && left.macro_call(at).is_some() == right.macro_call(other).is_some()
        && below.len() == beside.len()
        && below.iter().zip(&beside).all(|(at, other)| same(left, *at, right, *other))
}

/// An expression without its children and places.
fn head(expr: &Expr) -> String {
    match expr {
        Expr::Select { field, test, .. } => format!("select {field:?} {test}"),
        Expr::Call { function, target, args } => {
            format!("call {function} {} {}", target.is_some(), args.len())
        }
        Expr::List { items, optional } => format!("list {} {optional:?}", items.len()),
        Expr::Map { entries } => {
            format!("map {:?}", entries.iter().map(|entry| entry.optional).collect::<Vec<_>>())
        }
        Expr::Struct { name, fields } => {
            format!(
                "struct {name} {:?}",
                fields.iter().map(|field| (&*field.name, field.optional)).collect::<Vec<_>>()
            )
        }
        Expr::Comprehension(fold) => {
            format!("fold {} {:?} {}", fold.variable, fold.variable2.as_deref(), fold.accumulator)
        }
        leaf => format!("{leaf:?}"),
    }
}
