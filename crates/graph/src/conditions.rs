//! Conditions that authors publish: `status.conditions`, one expression each.

use crate::{
    Expression, Located,
    draft::Draft,
    environment,
    explain::type_name,
    functions::Runtime,
    link::{Names, Place},
    typing::Typing,
};
use kro_api::INSTANCE_CONDITIONS;
use kro_cel::{Ast, Expr, ExprId, Literal, Type};
use kro_diagnostic::{Diagnostic, Locus, codes};
use serde_json::Value;
use std::{ops::Range, sync::Arc};

/// The expressions of the block, linked; `None` without a block.
pub(crate) fn read(
    status: &Located<Value>,
    names: &Names<'_>,
    found: &mut Vec<Diagnostic>,
) -> Option<Vec<Draft>> {
    let block = status.value.get("conditions")?;
    let path = status.path.join("conditions");
    let Value::Array(items) = block else {
        let message = "status.conditions must be a list of expressions";
        found.push(Diagnostic::error(codes::CONDITIONS_SHAPE, path.into(), message));
        return None;
    };
    let mut drafts = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let path = path.join(index);
        let Value::String(text) = item else {
            let message = "a condition must be an expression";
            found.push(
                Diagnostic::error(codes::CONDITIONS_SHAPE, path.into(), message)
                    .with_help("write `${runtime.newCondition({type: …, status: …})}`"),
            );
            continue;
        };
        let Some(mut draft) = Draft::read_whole(text, &path, environment::base(), found) else { continue };
        names.link(&mut draft, Place::Condition, found);
        drafts.push(draft);
    }
    check_literals(&mut drafts, found);
    (!items.is_empty()).then_some(drafts)
}

/// Checks the types.
pub(crate) fn compile(drafts: Vec<Draft>, typing: &Typing, found: &mut Vec<Diagnostic>) -> Vec<Expression> {
    let condition = Runtime::condition_type();
    let fits = |ty: &Type| *ty == condition || matches!(ty, Type::Dyn | Type::Error);
    drafts
        .into_iter()
        .filter_map(|draft| {
            let judge = |ty: &Type| match ty {
                Type::List(item) if fits(item) => None,
                ty if fits(ty) => None,
                ty => {
                    let message = format!(
                        "a condition must come from runtime.newCondition(…), found {}",
                        type_name(ty)
                    );
                    Some(
                        Diagnostic::error(codes::AUTHOR_CONDITION_TYPE, Locus::default(), message)
                            .with_help("write `${runtime.newCondition({type: …, status: …})}`"),
                    )
                }
            };
            draft.compile(typing, &[], judge, found)
        })
        .collect()
}

/// Types and status values that are written out.
fn check_literals(drafts: &mut [Draft], found: &mut Vec<Diagnostic>) {
    let mut declared: Vec<(Arc<str>, usize, Locus)> = Vec::new();
    for (index, draft) in drafts.iter_mut().enumerate() {
        let mut problems = Vec::new();
        for (field, value, span) in new_conditions(draft) {
            let locus = draft.locus(span);
            match &*field {
                "type" if value.is_empty() => {
                    let message = "the type of a condition must not be empty";
                    problems.push(Diagnostic::error(codes::CONDITION_VALUE, locus, message));
                }
                "type" => match declared.iter().find(|(ty, ..)| *ty == value) {
                    Some((_, first, place)) if *first != index => {
                        let message = format!("the condition {value:?} is made by more than one entry");
                        problems.push(
                            Diagnostic::error(codes::CONDITION_DUPLICATE, locus, message)
                                .with_related(place.clone(), "first made here"),
                        );
                    }
                    Some(_) => {}
                    None => declared.push((value, index, locus)),
                },
                "status" if !["True", "False", "Unknown"].contains(&&*value) => {
                    let message =
                        format!("the status of a condition is True, False or Unknown, found {value:?}");
                    problems.push(Diagnostic::error(codes::CONDITION_VALUE, locus, message));
                }
                _ => {}
            }
        }
        for problem in problems {
            draft.report(problem, found);
        }
    }
    let builtin: Vec<&str> =
        INSTANCE_CONDITIONS.dependents.iter().copied().chain([INSTANCE_CONDITIONS.root]).collect();
    for draft in drafts {
        let mut problems = Vec::new();
        for (ty, span) in own_lookups(draft) {
            if builtin.contains(&&*ty) {
                continue;
            }
            let message = if declared.iter().any(|(declared, ..)| *declared == ty) {
                format!("custom conditions cannot read each other, here {ty:?}")
            } else {
                format!("unknown condition type {ty:?}")
            };
            problems.push(
                Diagnostic::error(codes::CONDITION_LOOKUP, draft.locus(span), message)
                    .with_help(format!("from schema, {} can be read", builtin.join(", "))),
            );
        }
        for problem in problems {
            draft.report(problem, found);
        }
    }
}

/// The fields of `runtime.newCondition({…})` whose values are written out.
fn new_conditions(draft: &Draft) -> Vec<(Arc<str>, Arc<str>, Range<u32>)> {
    let mut fields = Vec::new();
    each_call(draft, "newCondition", |ast, args| {
        let [map] = args else { return };
        let Expr::Map { entries } = ast.expr(*map) else { return };
        for entry in entries {
            if let (Some(field), Some(value)) = (text(ast, entry.key), text(ast, entry.value)) {
                let span = ast.span(entry.value);
                fields.push((field, value, span.start..span.end));
            }
        }
    });
    fields
}

/// The condition types that `runtime.condition(schema, '…')` reads.
fn own_lookups(draft: &Draft) -> Vec<(Arc<str>, Range<u32>)> {
    let mut types = Vec::new();
    each_call(draft, "condition", |ast, args| {
        let [object, ty] = args else { return };
        let is_schema = matches!(ast.expr(*object), Expr::Ident(name) if &**name == "schema");
        if let (true, Some(value)) = (is_schema, text(ast, *ty)) {
            let span = ast.span(*ty);
            types.push((value, span.start..span.end));
        }
    });
    types
}

/// Calls `visit` with the arguments of each `runtime.<function>(…)`.
fn each_call(draft: &Draft, function: &str, mut visit: impl FnMut(&Ast, &[ExprId])) {
    let Some(ast) = draft.ast() else { return };
    let mut stack = vec![ast.root()];
    while let Some(id) = stack.pop() {
        if let Expr::Call { function: called, target: Some(target), args } = ast.expr(id)
            && **called == *function
            && matches!(ast.expr(*target), Expr::Ident(name) if &**name == "runtime")
        {
            visit(ast, args);
        }
        stack.extend(ast.children(id).into_iter().rev());
    }
}

fn text(ast: &Ast, id: ExprId) -> Option<Arc<str>> {
    match ast.expr(id) {
        Expr::Literal(Literal::String(text)) => Some(text.clone()),
        _ => None,
    }
}
