//! Blocks to schemas: nesting, the fields' texts, limits. Names the place of every problem.

use crate::{FieldError, FieldErrorKind, Type, draft::Draft, parse_field, types::Types};
use kro_diagnostic::{Checked, Code, Diagnostic, Locus, codes, nearest};
use kro_object::{FieldPath, json::type_name};
use kro_schema::Schema;
use serde_json::{Map, Value};
use std::ops::Range;

/// Deepest nesting of a schema, lists and maps included, after named types are written out.
pub const MAX_DEPTH: u32 = 100;
/// Most fields of a schema after named types are written out.
pub const MAX_FIELDS: u64 = 20_000;

/// Converts the block of an instance's `spec`, with the named types it may use; null stands for an empty block.
///
/// `at` is the place that holds the fields `spec` and `types` in the document. A field that cannot be read becomes
/// one of any type in the partial result, so that what refers to it is not reported again.
pub fn to_openapi(spec: &Value, types: &Value, at: &FieldPath) -> Checked<Schema> {
    let mut diagnostics = Vec::new();
    let types = Types::resolve(types, &at.join("types"), &mut diagnostics);
    let mut builder = Builder { types: &types, diagnostics: &mut diagnostics };
    let path = at.join("spec");
    let draft = match spec {
        Value::Null => builder.block(&Map::new(), &path),
        Value::Object(block) => builder.block(block, &path),
        other => builder.refuse_node(other, &path),
    };
    Checked { value: Some(draft.finish()), diagnostics }
}

/// Builds schemas while some or all named types are known.
#[derive(Debug)]
pub(crate) struct Builder<'b> {
    pub(crate) types: &'b Types,
    pub(crate) diagnostics: &'b mut Vec<Diagnostic>,
}

impl Builder<'_> {
    /// A text, or a nested block.
    pub(crate) fn node(&mut self, node: &Value, path: &FieldPath) -> Draft {
        match node {
            Value::String(text) => self.field(text, path),
            Value::Object(block) => self.block(block, path),
            other => self.refuse_node(other, path),
        }
    }

    fn block(&mut self, block: &Map<String, Value>, path: &FieldPath) -> Draft {
        if path.segments().len() > 2 * MAX_DEPTH as usize {
            return self.too_large(path, "nested too deeply");
        }
        let fields: Vec<(&str, Draft)> =
            block.iter().map(|(name, node)| (name.as_str(), self.node(node, &path.join(name)))).collect();
        let draft = Draft::object(fields);
        if draft.depth > MAX_DEPTH {
            return self.too_large(path, &format!("more than {MAX_DEPTH} levels deep"));
        }
        if draft.fields > MAX_FIELDS {
            return self
                .too_large(path, &format!("more than {MAX_FIELDS} fields, counting named types each time"));
        }
        draft
    }

    fn field(&mut self, text: &str, path: &FieldPath) -> Draft {
        let field = match parse_field(text) {
            Ok(field) => field,
            Err(error) => {
                self.diagnostics.push(explain(&error, path));
                return Draft::any();
            }
        };
        let mut draft = self.ty(&field.ty, &field.range, path);
        for marker in &field.markers {
            if let Err(problem) = draft.apply(marker) {
                let range = if problem.value { &marker.value_range } else { &marker.range };
                self.report(problem.code, path, range, problem.message);
            }
        }
        if let Some(message) = draft.list_problem() {
            self.report(
                codes::SCHEMA_MARKER_TARGET,
                path,
                &(0..u32::try_from(text.len()).unwrap_or(u32::MAX)),
                message,
            );
        }
        draft
    }

    fn ty(&mut self, ty: &Type, range: &Range<u32>, path: &FieldPath) -> Draft {
        match ty {
            Type::Atomic(atomic) => Draft::atomic(*atomic),
            Type::Object => Draft::open_object(),
            Type::List(items) => Draft::list(self.ty(items, range, path)),
            Type::Map(values) => Draft::map(self.ty(values, range, path)),
            Type::Custom(name) => self.types.get(name).unwrap_or_else(|| {
                // The name stands at the end of the type, behind lists and maps.
                let start = range.end - u32::try_from(name.len()).unwrap_or(0).min(range.end);
                let mut found = diagnostic(
                    codes::SCHEMA_TYPE,
                    path,
                    &(start..range.end),
                    format!("unknown type: {name}"),
                );
                let close =
                    usual_name(name).or_else(|| nearest(name, ATOMICS.into_iter().chain(self.types.names())));
                if let Some(close) = close {
                    let locus = found.primary.clone();
                    found = found.with_suggestion(locus, close);
                }
                self.diagnostics.push(found);
                Draft::any()
            }),
        }
    }

    fn refuse_node(&mut self, node: &Value, path: &FieldPath) -> Draft {
        let message = format!(
            "expected a text such as \"string | required=true\" or nested fields, found {}",
            type_name(node)
        );
        self.diagnostics.push(Diagnostic::error(
            codes::SCHEMA_FIELD_SYNTAX,
            Locus::value(path.clone()),
            message,
        ));
        Draft::any()
    }

    fn too_large(&mut self, path: &FieldPath, message: &str) -> Draft {
        let message = format!("the schema is {message}");
        self.diagnostics.push(Diagnostic::error(
            codes::SCHEMA_TOO_LARGE,
            Locus::value(path.clone()),
            message,
        ));
        Draft::any()
    }

    fn report(&mut self, code: Code, path: &FieldPath, range: &Range<u32>, message: String) {
        self.diagnostics.push(diagnostic(code, path, range, message));
    }
}

const ATOMICS: [&str; 5] = ["string", "integer", "boolean", "float", "object"];

/// What other notations call the types.
fn usual_name(name: &str) -> Option<&'static str> {
    if let Some(item) = name.strip_suffix("[]") {
        let lists = ["[]string", "[]integer", "[]boolean", "[]float", "[]object"];
        return lists.into_iter().find(|list| list.strip_prefix("[]") == Some(item));
    }
    Some(match name.to_ascii_lowercase().as_str() {
        "int" | "int32" | "int64" | "long" => "integer",
        "bool" => "boolean",
        "number" | "double" | "float64" | "float32" => "float",
        "str" | "text" => "string",
        "any" | "map" | "dict" => "object",
        _ => return None,
    })
}

fn diagnostic(code: Code, path: &FieldPath, range: &Range<u32>, message: String) -> Diagnostic {
    Diagnostic::error(code, Locus::value(path.clone()).with_range(range.clone()), message)
}

fn explain(error: &FieldError, path: &FieldPath) -> Diagnostic {
    let (code, help) = match &error.kind {
        FieldErrorKind::EmptyType => (codes::SCHEMA_FIELD_SYNTAX, Some("write a type, such as \"string\"")),
        FieldErrorKind::EmptyElement => {
            (codes::SCHEMA_TYPE, Some("write the type of the items, such as \"[]string\""))
        }
        FieldErrorKind::MapKey => (codes::SCHEMA_TYPE, Some("keys are always strings: \"map[string]…\"")),
        FieldErrorKind::MapValue => {
            (codes::SCHEMA_TYPE, Some("write the type of the values, such as \"map[string]string\""))
        }
        FieldErrorKind::TooDeep => (codes::SCHEMA_TYPE, Some("name a part of it in `types`")),
        FieldErrorKind::UnknownMarker(name) if name.starts_with('|') => {
            (codes::SCHEMA_MARKER_UNKNOWN, Some("separate markers by white space, not by \"|\""))
        }
        FieldErrorKind::UnknownMarker(_) => (codes::SCHEMA_MARKER_UNKNOWN, None),
        FieldErrorKind::NoValue(_) => (
            codes::SCHEMA_MARKER_SYNTAX,
            Some("write key=value; a value with white space goes into double quotes"),
        ),
        _ => (codes::SCHEMA_MARKER_SYNTAX, None),
    };
    let mut found = diagnostic(code, path, &error.range, error.to_string());
    found.help = help.map(str::to_owned);
    if let FieldErrorKind::UnknownMarker(name) = &error.kind
        && let Some(close) = nearest(name, crate::MarkerKey::ALL.iter().map(|key| key.as_str()))
    {
        let start = error.range.start;
        let named = start..start + u32::try_from(name.len()).unwrap_or(0);
        found = found.with_suggestion(Locus::value(path.clone()).with_range(named), close);
    }
    found
}

#[cfg(test)]
mod tests;
