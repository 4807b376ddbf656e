//! The holes of an object, found together with its schema, which also judges what is written out: unknown fields and
//! values of another type. Required fields, enums and patterns are the API server's business.

use crate::{
    draft::Draft,
    template::{self, Text},
};
use kro_cel::{Env, Type};
use kro_cel_k8s::{SchemaShape, UnknownFields};
use kro_diagnostic::{Diagnostic, Locus, codes, nearest};
use kro_object::{FieldPath, Gvk, Segment, json};
use kro_schema::{Condition, Kind, Schema};
use serde_json::{Map, Value};
use std::{borrow::Cow, sync::Arc};

/// A hole before its expression is checked.
#[derive(Debug)]
pub(crate) struct HoleDraft {
    /// The place in the object.
    pub(crate) path: FieldPath,
    /// What the schema expects there.
    pub(crate) expected: Type,
    /// What fills it.
    pub(crate) draft: Draft,
}

/// How an object is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strictness {
    /// Every field has to be in the schema.
    Closed,
    /// Anything goes; the schema only says what holes expect.
    Open,
}

/// Finds the holes of an object.
#[derive(Debug)]
pub(crate) struct Extractor<'a> {
    env: &'a Env,
    /// The kind, for messages.
    gvk: Option<&'a Gvk>,
    /// Where the object stands in the document.
    root: &'a FieldPath,
    /// Where the walk is in the object.
    path: FieldPath,
    /// The name of the struct type there.
    name: String,
    holes: Vec<HoleDraft>,
    found: &'a mut Vec<Diagnostic>,
}

impl<'a> Extractor<'a> {
    /// Reads an object whose struct type has the given name.
    pub(crate) fn run(
        object: &Value,
        schema: Option<&Arc<Schema>>,
        strictness: Strictness,
        (id, gvk): (&str, Option<&'a Gvk>),
        root: &'a FieldPath,
        env: &'a Env,
        found: &'a mut Vec<Diagnostic>,
    ) -> Vec<HoleDraft> {
        let name = format!("__type_{id}");
        let mut extractor = Self { env, gvk, root, path: FieldPath::root(), name, holes: Vec::new(), found };
        match (schema, strictness) {
            (Some(schema), Strictness::Closed) => extractor.closed(object, schema),
            _ => extractor.open(object, schema),
        }
        extractor.holes
    }

    fn open(&mut self, value: &Value, schema: Option<&Arc<Schema>>) {
        match value {
            Value::Object(map) => {
                for (key, child) in map {
                    let schema = schema.and_then(|schema| schema.field(key)).cloned();
                    let declared = schema.is_some();
                    self.field(key, declared, |this| this.open(child, schema.as_ref()));
                }
            }
            Value::Array(items) => {
                let schema = schema.and_then(|schema| schema.items()).cloned();
                self.items(items, |this, item| this.open(item, schema.as_ref()));
            }
            Value::String(text) => {
                self.text(text, schema);
            }
            _ => {}
        }
    }

    fn closed(&mut self, value: &Value, schema: &Arc<Schema>) {
        if schema.preserves_unknown() {
            return self.open(value, Some(schema));
        }
        let expected = expected_types(schema);
        if expected.is_empty() {
            let help = "the API server drops what stands here; only a field with a type can be set";
            self.report(
                codes::TEMPLATE_FIELD,
                "the schema gives this field no type".to_owned(),
                Some(help.to_owned()),
            );
            return;
        }
        match value {
            Value::Object(map) if expected.contains(&"object") => self.object(map, schema),
            Value::Array(items) if expected.contains(&"array") => match schema.items() {
                Some(item) if **item != Schema::default() => {
                    let item = item.clone();
                    self.items(items, |this, value| this.closed(value, &item));
                }
                _ => {
                    self.report(codes::TEMPLATE_FIELD, "the schema gives the items no type".to_owned(), None);
                }
            },
            Value::String(text) => {
                let is_text = expected.contains(&"string");
                // An expression that stands alone may yield any type.
                if is_text || is_standalone(text) {
                    self.text(text, Some(schema));
                } else {
                    self.mismatch(value, &expected);
                }
            }
            Value::Null => {}
            Value::Bool(_) if expected.contains(&"boolean") => {}
            Value::Number(number)
                if expected.contains(&"number") || (expected.contains(&"integer") && is_whole(number)) => {}
            _ => self.mismatch(value, &expected),
        }
    }

    fn object(&mut self, map: &Map<String, Value>, schema: &Arc<Schema>) {
        for (key, child) in map {
            // What is no metadata at all was reported with the object's structure.
            if self.path.is_root() && key == "metadata" && !child.is_object() {
                continue;
            }
            let declared = schema.property(key).is_some();
            match schema.field(key).cloned() {
                Some(schema) => self.field(key, declared, |this| this.closed(child, &schema)),
                None => self.unknown_field(key, schema),
            }
        }
    }

    fn field(&mut self, key: &str, declared: bool, visit: impl FnOnce(&mut Self)) {
        let length = self.name.len();
        self.name.push('.');
        if declared {
            self.name.push_str(&kro_cel_k8s::escape::escape(key).unwrap_or(Cow::Borrowed(key)));
        } else {
            self.name.push_str("@elem");
        }
        self.path.push(key);
        visit(self);
        self.path.pop();
        self.name.truncate(length);
    }

    fn items(&mut self, items: &[Value], mut visit: impl FnMut(&mut Self, &Value)) {
        let length = self.name.len();
        self.name.push_str(".@idx");
        for (index, item) in items.iter().enumerate() {
            self.path.push(index);
            visit(self, item);
            self.path.pop();
        }
        self.name.truncate(length);
    }

    fn text(&mut self, text: &str, schema: Option<&Arc<Schema>>) {
        if !text.contains("${") {
            return;
        }
        let path = self.root.concat(&self.path);
        let Some(draft) = Draft::read(text, &path, self.env, self.found) else { return };
        let shape =
            |schema: &Arc<Schema>| SchemaShape::new(schema.clone(), UnknownFields::Dynamic).ty(&self.name);
        let expected = schema.and_then(shape).unwrap_or(Type::Dyn);
        self.holes.push(HoleDraft { path: self.path.clone(), expected, draft });
    }

    fn mismatch(&mut self, value: &Value, expected: &[&str]) {
        let field = self.path.to_string();
        let of = self.gvk.map(|gvk| format!(" of {} {}", gvk.api_version(), gvk.kind)).unwrap_or_default();
        let wanted = expected.join(" or ");
        let message = format!("expected {wanted} for `{field}`{of}, found {}", json::type_name(value));
        let help = match (value, expected) {
            (Value::String(text), _) if template::read(text).is_ok_and(|it| it != Text::Plain) => {
                Some("an expression with text around it is a string; let it stand alone".to_owned())
            }
            (Value::String(text), ["integer"]) if text.parse::<i64>().is_ok() => {
                Some(format!("write {text} without quotes"))
            }
            (Value::String(text), ["number"]) if text.parse::<f64>().is_ok() => {
                Some(format!("write {text} without quotes"))
            }
            (Value::String(text), ["boolean"]) if matches!(text.as_str(), "true" | "false") => {
                Some(format!("write {text} without quotes"))
            }
            (Value::Bool(_) | Value::Number(_), ["string"]) => Some(format!("write \"{value}\" with quotes")),
            _ => None,
        };
        self.report(codes::LITERAL_TYPE, message, help);
    }

    fn unknown_field(&mut self, key: &str, schema: &Schema) {
        let names: Vec<&str> = match &schema.kind {
            Kind::Object { properties, .. } => properties.keys().map(|name| &**name).collect(),
            _ => Vec::new(),
        };
        let message = match self.gvk {
            Some(gvk) => format!("{} {} has no field `{}`", gvk.api_version(), gvk.kind, self.path.join(key)),
            None => format!("there is no field `{}`", self.path.join(key)),
        };
        let locus = Locus::key(self.root.concat(&self.path).join(key));
        let diagnostic = Diagnostic::error(codes::TEMPLATE_FIELD, locus.clone(), message);
        self.found.push(match nearest(key, names.iter().copied()) {
            Some(name) => diagnostic.with_suggestion(locus, name),
            None if !names.is_empty() && names.len() <= 12 => {
                diagnostic.with_help(format!("known here: {}", names.join(", ")))
            }
            None => diagnostic,
        });
    }

    fn report(&mut self, code: kro_diagnostic::Code, message: String, help: Option<String>) {
        let mut diagnostic = Diagnostic::error(code, Locus::value(self.root.concat(&self.path)), message);
        diagnostic.help = help;
        self.found.push(diagnostic);
    }
}

fn is_standalone(text: &str) -> bool {
    matches!(template::read(text), Ok(Text::Whole(_)))
}

/// The types a value may have here; empty when the schema says nothing.
fn expected_types(schema: &Schema) -> Vec<&str> {
    if schema.kind == Kind::IntOrString {
        return vec!["string", "integer"];
    }
    for list in [&schema.logic.one_of, &schema.logic.any_of] {
        let types: Vec<&str> = list.iter().filter_map(|branch| branch_type(branch)).collect();
        if !types.is_empty() {
            return types;
        }
    }
    Some(schema.type_name()).filter(|name| !name.is_empty()).into_iter().collect()
}

/// A branch that only says which fields are needed is about objects.
fn branch_type(branch: &Condition) -> Option<&str> {
    let about_fields = !branch.required.is_empty() || branch.logic.not.is_some();
    branch.type_name.as_deref().or_else(|| about_fields.then_some("object"))
}

fn is_whole(number: &serde_json::Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// A path from names.
pub(crate) fn path<const N: usize>(names: [&str; N]) -> FieldPath {
    names.into_iter().map(|name| Segment::Field(name.into())).collect()
}
