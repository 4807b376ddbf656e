//! Reads typed values out of JSON and reports everything that does not fit, with its place.
//!
//! The rules are those of the API server for a structural schema: null stands for an absent field, unknown fields
//! are dropped (and reported as warnings). Refuses to stop at the first problem.

use kro_diagnostic::{Diagnostic, Locus, codes, nearest};
use kro_object::FieldPath;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct At<'a> {
    pub(crate) value: &'a Value,
    pub(crate) path: FieldPath,
}

/// The fields of an object whose names have been checked.
#[derive(Debug)]
pub(crate) struct Fields<'a> {
    map: &'a Map<String, Value>,
    pub(crate) path: FieldPath,
}

impl<'a> Fields<'a> {
    /// A field that is present and not null.
    pub(crate) fn get(&self, name: &str) -> Option<At<'a>> {
        let value = self.map.get(name).filter(|value| !value.is_null())?;
        Some(At { value, path: self.path.join(name) })
    }
}

/// Collects what was found while decoding.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    pub(crate) diagnostics: Vec<Diagnostic>,
}

impl Decoder {
    pub(crate) fn error(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// An object, with unknown names reported.
    pub(crate) fn fields<'a>(&mut self, at: At<'a>, known: &[&str]) -> Option<Fields<'a>> {
        let map = self.object(&at)?;
        for name in map.keys().filter(|name| !known.contains(&name.as_str())) {
            let locus = Locus::key(at.path.join(name));
            let message = format!("unknown field {name:?}");
            let found = Diagnostic::warning(codes::UNKNOWN_FIELD, locus.clone(), message);
            self.error(match nearest(name, known.iter().copied()) {
                Some(close) => found.with_suggestion(locus, close),
                None => {
                    found.with_help(format!("the API server drops it; fields here: {}", known.join(", ")))
                }
            });
        }
        Some(Fields { map, path: at.path })
    }

    /// A field that must be there.
    pub(crate) fn required<'a>(&mut self, fields: &Fields<'a>, name: &str) -> Option<At<'a>> {
        let found = fields.get(name);
        if found.is_none() {
            self.error(Diagnostic::error(
                codes::MISSING_FIELD,
                Locus::key(fields.path.clone()),
                format!("required field {name:?} is missing"),
            ));
        }
        found
    }

    /// Any object.
    pub(crate) fn object<'a>(&mut self, at: &At<'a>) -> Option<&'a Map<String, Value>> {
        self.expect(at, "an object", Value::as_object)
    }

    pub(crate) fn string(&mut self, at: &At<'_>) -> Option<String> {
        self.expect(at, "a string", |value| value.as_str().map(str::to_owned))
    }

    pub(crate) fn integer(&mut self, at: &At<'_>) -> Option<i64> {
        self.expect(at, "an integer", Value::as_i64)
    }

    /// The items of a list; null items are reported.
    pub(crate) fn items<'a>(&mut self, at: &At<'a>) -> Vec<At<'a>> {
        let items = self.expect(at, "a list", Value::as_array).map_or(&[][..], Vec::as_slice);
        items.iter().enumerate().map(|(index, value)| At { value, path: at.path.join(index) }).collect()
    }

    /// The texts of a list in front of the first item that is none, so that each keeps its index.
    pub(crate) fn strings(&mut self, at: &At<'_>) -> Vec<String> {
        let texts: Vec<_> = self.items(at).iter().map(|item| self.string(item)).collect();
        texts.into_iter().map_while(|text| text).collect()
    }

    pub(crate) fn string_map(&mut self, at: &At<'_>) -> BTreeMap<String, String> {
        let Some(map) = self.object(at) else { return BTreeMap::new() };
        map.iter()
            .filter_map(|(key, value)| {
                let text = self.string(&At { value, path: at.path.join(key) })?;
                Some((key.clone(), text))
            })
            .collect()
    }

    /// Reports a value that has the right type but may not stand here.
    pub(crate) fn refuse(&mut self, at: &At<'_>, message: impl Into<String>, help: &str) {
        let locus = Locus::value(at.path.clone());
        self.error(Diagnostic::error(codes::FIELD_VALUE, locus, message).with_help(help));
    }

    fn expect<'a, T>(
        &mut self,
        at: &At<'a>,
        wanted: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let found = read(at.value);
        if found.is_none() {
            let locus = Locus::value(at.path.clone());
            let message = format!("expected {wanted}, found {}", describe(at.value));
            let mut problem = Diagnostic::error(codes::FIELD_TYPE, locus, message);
            problem.help = advice(wanted, at.value).map(str::to_owned);
            self.error(problem);
        }
        found
    }
}

/// What was probably meant.
fn advice(wanted: &str, found: &Value) -> Option<&'static str> {
    match (wanted, found) {
        ("a string", Value::Bool(_)) => {
            Some("put it in quotes; YAML reads a bare yes, no, on, off, true and false as booleans")
        }
        ("a string", Value::Number(_)) => Some("put it in quotes"),
        ("a list", Value::Object(_)) => Some("begin each item with `- `"),
        ("a list", Value::String(_)) => Some("write it as an item: `- …`"),
        ("an object", Value::String(text)) if text.contains(": ") => {
            Some("remove the `|` or `>` in front: this is a text")
        }
        _ => None,
    }
}

fn describe(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a fractional number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
