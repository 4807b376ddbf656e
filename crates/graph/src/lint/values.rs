//! Values in templates that the target's schema refuses: written out, or among the results of an expression.

use super::{Trees, chain, locus, shown};
use crate::{Graph, Node};
use kro_cel::{Expr, Literal};
use kro_diagnostic::{Diagnostic, codes, nearest};
use kro_object::FieldPath;
use kro_schema::{Kind, Schema, validate};
use serde_json::Value;

/// One warning for each value.
pub(super) fn check(
    graph: &Graph,
    trees: &Trees,
    node: &Node,
    root: &FieldPath,
    found: &mut Vec<Diagnostic>,
) {
    literals(node, root, found);
    results(graph, trees, node, found);
}

/// Values that are written out and that the target's schema refuses.
fn literals(node: &Node, root: &FieldPath, found: &mut Vec<Diagnostic>) {
    let mut stack = vec![(FieldPath::root(), node.template.base.to_value(), node.schema.clone())];
    while let Some((path, value, schema)) = stack.pop() {
        match value {
            Value::Object(map) => {
                for (key, child) in map {
                    if let Some(schema) = schema.field(&key) {
                        stack.push((path.join(&*key), child, schema.clone()));
                    }
                }
            }
            Value::Array(items) => {
                let Some(schema) = schema.items() else { continue };
                for (index, item) in items.into_iter().enumerate() {
                    stack.push((path.join(index), item, schema.clone()));
                }
            }
            Value::Null => {}
            Value::String(text) if text.contains("${") => {}
            value => literal(node, &root.concat(&path), &path, &value, &schema, found),
        }
    }
}

/// Whether a value of this schema can be judged by itself.
fn is_scalar(schema: &Schema) -> bool {
    matches!(schema.kind, Kind::String | Kind::Integer | Kind::Number)
}

fn literal(
    node: &Node,
    place: &FieldPath,
    path: &FieldPath,
    value: &Value,
    schema: &Schema,
    found: &mut Vec<Diagnostic>,
) {
    if !is_scalar(schema) {
        return;
    }
    let Some(violation) = validate::validate(schema, value).into_iter().next() else { return };
    let message = format!("{} does not allow this value for `{path}`: {}", kind(node), shown(&violation));
    let diagnostic = Diagnostic::warning(codes::LITERAL_VALUE, place.clone().into(), message);
    found.push(match suggestion(schema, value) {
        Some(name) => diagnostic.with_suggestion(place.clone().into(), name),
        None => diagnostic.with_help("the API server refuses the object"),
    });
}

/// Results that an expression can have and that the target's schema refuses.
fn results(graph: &Graph, trees: &Trees, node: &Node, found: &mut Vec<Diagnostic>) {
    for hole in &node.template.holes {
        let Some(schema) = node.schema.at(&hole.path).filter(|it| is_scalar(it)) else { continue };
        let ast = trees.of(&hole.expression);
        let mut open = vec![ast.root()];
        while let Some(id) = open.pop() {
            let (of, values) = match ast.expr(id) {
                Expr::Call { function, target: None, args } if &**function == "_?_:_" => {
                    open.extend(args.iter().skip(1));
                    continue;
                }
                Expr::Literal(Literal::String(text)) => (None, vec![Value::from(&**text)]),
                Expr::Literal(Literal::Int(number)) => (None, vec![Value::from(*number)]),
                _ => match chain::at(ast, id).filter(|chain| !chain.is_test) {
                    Some(chain) => {
                        let choices = chain::schema(graph, None, &chain).map(|it| &it.constraints.allowed);
                        (Some(chain), choices.cloned().unwrap_or_default())
                    }
                    None => continue,
                },
            };
            let refused = |value: &Value| validate::validate(schema, value).into_iter().next();
            let Some((value, violation)) = values.iter().find_map(|it| Some((it, refused(it)?))) else {
                continue;
            };
            let locus = locus(&hole.expression, ast.span(id).start..ast.span(id).end);
            let what = of.map_or_else(|| "this value".to_owned(), |chain| format!("`{chain}` = {value}"));
            let message =
                format!("{} does not allow {what} for `{}`: {}", kind(node), hole.path, shown(&violation));
            let diagnostic = Diagnostic::warning(codes::LITERAL_VALUE, locus, message);
            found.push(match suggestion(schema, value) {
                Some(name) => diagnostic.with_help(format!("did you mean {name:?}?")),
                None => diagnostic.with_help("the API server refuses the object"),
            });
        }
    }
}

/// `v1 ConfigMap`.
fn kind(node: &Node) -> String {
    format!("{} {}", node.resource.gvk.api_version(), node.resource.gvk.kind)
}

/// The choice that was probably meant.
fn suggestion<'s>(schema: &'s Schema, value: &Value) -> Option<&'s str> {
    nearest(value.as_str()?, schema.constraints.allowed.iter().filter_map(Value::as_str))
}
