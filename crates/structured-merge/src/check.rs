//! Whether a value has the shape its schema declares. Constraints are not looked at: they are validation's.

use std::fmt;

use serde_json::Value;

use crate::element::{Element, encode};
use crate::items::{are_distinct, element_text, encode_item};
use crate::types::{List, MAX_DEPTH, Map, MergeSchema, Relation, Scalar, Shape, TypeRef};
use crate::value::write_quoted;

/// Whether a set or a list with keys may hold the same item more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Duplicates {
    /// As live objects may, since nothing but apply refuses them.
    Allow,
    /// As in an applied configuration.
    Refuse,
}

/// One place where a value does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where, such as `.spec.ports[port=80]`; empty for the root.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// A list of [`Problem`]s as an error: one on a line of its own, several under `errors:`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems(pub Vec<Problem>);

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let [problem] = self.0.as_slice() {
            return problem.fmt(f);
        }
        f.write_str("errors:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl std::error::Error for Problems {}

impl MergeSchema {
    /// Reports every place where the value does not fit: unknown fields, wrong kinds, items without keys, duplicates.
    pub fn check(&self, value: &Value, duplicates: Duplicates) -> Result<(), Problems> {
        let mut check = Check { duplicates, problems: Vec::new(), scratch: Vec::new(), ends: Vec::new() };
        check.node(self.root(), value, 0);
        if check.problems.is_empty() { Ok(()) } else { Err(Problems(check.problems)) }
    }
}

struct Check {
    duplicates: Duplicates,
    problems: Vec<Problem>,
    /// The elements of a list, one after the other.
    scratch: Vec<u8>,
    ends: Vec<usize>,
}

impl Check {
    fn node(&mut self, ty: TypeRef<'_>, value: &Value, depth: usize) {
        if depth > MAX_DEPTH {
            return self.report(format!("nested more than {MAX_DEPTH} levels deep"));
        }
        match (ty.shape(value), value) {
            (_, Value::Null) => {}
            (Shape::Scalar(scalar), value) => self.scalar(scalar, value),
            (Shape::List(list), Value::Array(items)) => self.list(ty, list, items, depth),
            (Shape::Map(map), Value::Object(fields)) => self.map(ty, map, fields, depth),
            (Shape::List(_), value) => self.report(format!("expected list, got &{{{}}}", Plain(value))),
            (Shape::Map(_), value) => self.report(format!("expected map, got &{{{}}}", Plain(value))),
            (Shape::None, _) => self.report("schema error: invalid atom: inlined".to_owned()),
        }
    }

    fn scalar(&mut self, scalar: Scalar, value: &Value) {
        let (fits, expected) = match scalar {
            Scalar::Numeric => (value.is_number(), "numeric (int or float)"),
            Scalar::String => (value.is_string(), "string"),
            Scalar::Boolean => (value.is_boolean(), "boolean"),
            Scalar::Untyped => (!value.is_array() && !value.is_object(), "any scalar"),
        };
        if !fits {
            let got = match scalar {
                Scalar::Numeric => go_type(value).to_owned(),
                Scalar::String => format!("&value.valueUnstructured{{Value:{}}}", Verbose(value)),
                Scalar::Boolean | Scalar::Untyped => format!("&{{{}}}", Plain(value)),
            };
            self.report(format!("expected {expected}, got {got}"));
        }
    }

    fn map(&mut self, ty: TypeRef<'_>, map: &Map, fields: &serde_json::Map<String, Value>, depth: usize) {
        for (name, value) in fields {
            let before = self.problems.len();
            match ty.field(map, name) {
                Some((field, _)) => self.node(field, value, depth + 1),
                None => self.report("field not declared in schema".to_owned()),
            }
            self.prefix(before, || format!(".{name}"));
        }
    }

    fn list(&mut self, ty: TypeRef<'_>, list: &List, items: &[Value], depth: usize) {
        let associative = !matches!(list.relation, Relation::Atomic);
        if associative && !are_distinct(list, items) {
            self.elements(list, items);
        }
        for (at, item) in items.iter().enumerate() {
            let before = self.problems.len();
            self.node(ty.items(list), item, depth + 1);
            self.prefix(before, || {
                let mut element = Vec::new();
                if !associative || encode_item(&mut element, list, item).is_err() {
                    element.clear();
                    encode::index(&mut element, at as i64);
                }
                element_text(Element(&element))
            });
        }
    }

    /// Items that cannot be told apart, and items that are there twice.
    fn elements(&mut self, list: &List, items: &[Value]) {
        self.scratch.clear();
        self.ends.clear();
        for (at, item) in items.iter().enumerate() {
            match encode_item(&mut self.scratch, list, item) {
                Ok(()) => self.ends.push(self.scratch.len()),
                Err(error) => self.report(format!("element {at}: {error}")),
            }
        }
        if self.duplicates == Duplicates::Allow {
            return;
        }
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        let mut elements: Vec<Element<'_>> =
            starts.zip(&self.ends).map(|(start, &end)| Element(&self.scratch[start..end])).collect();
        elements.sort_unstable();
        for same in elements.chunk_by(|a, b| a == b) {
            for &element in &same[1..] {
                let message = format!("duplicate entries for key {}", element_text(element));
                self.problems.push(Problem { path: String::new(), message });
            }
        }
    }

    fn report(&mut self, message: String) {
        self.problems.push(Problem { path: String::new(), message });
    }

    /// Puts an element before the paths of the problems found below it.
    fn prefix(&mut self, before: usize, element: impl FnOnce() -> String) {
        if self.problems.len() > before {
            let element = element();
            for problem in &mut self.problems[before..] {
                problem.path.insert_str(0, &element);
            }
        }
    }
}

/// The reference names the kinds of values as Go does.
fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "<nil>",
        Value::Bool(_) => "bool",
        Value::Number(number) if number.is_i64() => "int64",
        Value::Number(_) => "float64",
        Value::String(_) => "string",
        Value::Array(_) => "[]interface {}",
        Value::Object(_) => "map[string]interface {}",
    }
}

/// A value as Go's `%v` prints it.
struct Plain<'a>(&'a Value);

impl fmt::Display for Plain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("<nil>"),
            Value::String(text) => f.write_str(text),
            Value::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    f.write_str(if at > 0 { " " } else { "" })?;
                    Plain(item).fmt(f)?;
                }
                f.write_str("]")
            }
            Value::Object(fields) => {
                f.write_str("map[")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name}:{}", if at > 0 { " " } else { "" }, Plain(value))?;
                }
                f.write_str("]")
            }
            value => value.fmt(f),
        }
    }
}

/// A value as Go's `%#v` prints it.
struct Verbose<'a>(&'a Value);

impl fmt::Display for Verbose<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Null => f.write_str("interface {}(nil)"),
            Value::String(text) => {
                let mut quoted = String::new();
                write_quoted(&mut quoted, text);
                f.write_str(&quoted)
            }
            Value::Array(items) => {
                f.write_str("[]interface {}{")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{}", if at > 0 { ", " } else { "" }, Verbose(item))?;
                }
                f.write_str("}")
            }
            Value::Object(fields) => {
                f.write_str("map[string]interface {}{")?;
                for (at, (name, value)) in fields.iter().enumerate() {
                    write!(f, "{}{name:?}:{}", if at > 0 { ", " } else { "" }, Verbose(value))?;
                }
                f.write_str("}")
            }
            value => value.fmt(f),
        }
    }
}
