//! How expressions, values and findings look.

use std::fmt::Write as _;

use kro_cel::{Checked, EvalError, Expr, ExprId, Issue, Stage, Value};
use kro_diagnostic::source::Sources;
use kro_diagnostic::{Diagnostic, Locus, codes};
use serde_json::{Value as Json, json};

use crate::output::render_style;

/// Findings of parser and checker, each with the part of the text it is about.
pub(crate) fn issues(text: &str, issues: &[Issue]) -> String {
    let diagnostics: Vec<Diagnostic> = issues
        .iter()
        .map(|issue| {
            let code = if issue.stage == Stage::Parse { codes::CEL_SYNTAX } else { codes::CEL_TYPE };
            let found = Diagnostic::error(code, Locus::file(issue.span.clone()), issue.message());
            match issue.suggestions.first() {
                Some(name) => found.with_help(format!("did you mean `{name}`?")),
                None => found,
            }
        })
        .collect();
    render(text, &diagnostics)
}

/// Why an evaluation failed, and where.
pub(crate) fn error(text: &str, error: &EvalError) -> String {
    match error.span() {
        Some(span) => {
            let diagnostic = Diagnostic::error(codes::CEL_TYPE, Locus::file(span), error.message());
            // An evaluation is no check; it has no code.
            render(text, &[diagnostic]).replacen(&format!("[{}]", codes::CEL_TYPE), "", 1)
        }
        None => format!("error: {error}\n"),
    }
}

fn render(text: &str, diagnostics: &[Diagnostic]) -> String {
    let mut sources = Sources::default();
    let file = sources.add("expression", text.to_owned());
    let mut out = sources.render_file(file, diagnostics, render_style());
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// A finding for programs.
pub(crate) fn issue(issue: &Issue) -> Json {
    json!({
        "stage": format!("{:?}", issue.stage).to_lowercase(),
        "message": issue.message(),
        "start": issue.span.start,
        "end": issue.span.end,
        "suggestions": issue.suggestions,
    })
}

/// A value as the expression that makes it.
pub(crate) fn value(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => format!("{value}u"),
        Value::Double(value) => format!("{value:?}"),
        Value::String(text) => format!("{:?}", &**text),
        Value::Bytes(bytes) => format!("b\"{}\"", bytes.escape_ascii()),
        Value::Timestamp(time) => format!("timestamp(\"{time}\")"),
        Value::Duration(span) => format!("duration(\"{span}\")"),
        Value::List(list) => {
            let items: Vec<String> = list.iter().map(|item| result(&item)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(map) => {
            let entries: Vec<String> = map
                .iter()
                .map(|(key, item)| format!("{}: {}", self::value(&key.value()), result(&item)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
        Value::Optional(None) => "optional.none()".to_owned(),
        Value::Optional(Some(inner)) => format!("optional.of({})", self::value(inner)),
        Value::Type(ty) => ty.name().to_owned(),
        other => {
            other.to_json().map_or_else(|_| format!("{other:?}"), |json| format!("{}({json})", other.ty()))
        }
    }
}

fn result(item: &Result<Value<'_>, EvalError>) -> String {
    item.as_ref().map_or_else(|error| format!("<{error}>"), value)
}

/// The tree, one expression a line, each with its type.
pub(crate) fn tree(checked: &Checked) -> String {
    let mut out = String::new();
    branch(checked, checked.ast().root(), 0, &mut out);
    out
}

fn branch(checked: &Checked, id: ExprId, depth: usize, out: &mut String) {
    let ast = checked.ast();
    let head = match ast.expr(id) {
        Expr::Hole => "hole".to_owned(),
        Expr::Literal(_) => format!("literal {}", ast.unparse_at(id)),
        Expr::Ident(name) => format!("ident {name}"),
        Expr::Select { field, test: false, .. } => format!("select {field}"),
        Expr::Select { field, test: true, .. } => format!("has {field}"),
        Expr::Call { function, target: Some(_), .. } => format!("member call {function}"),
        Expr::Call { function, target: None, .. } => format!("call {function}"),
        Expr::List { .. } => "list".to_owned(),
        Expr::Map { .. } => "map".to_owned(),
        Expr::Struct { name, .. } => format!("struct {name}"),
        Expr::Comprehension(fold) => format!("comprehension over {}", fold.variable),
    };
    let _ = writeln!(out, "{:indent$}{head}: {}", "", checked.ty(id), indent = depth * 2);
    for child in ast.children(id) {
        branch(checked, child, depth + 1, out);
    }
}
