//! Values against schemas, with the rules, order and words of the API server.
//!
//! `x-kubernetes-validations` are left to kro-cel-k8s. Three checks are separate because the API server runs them one
//! after the other: [`validate`], [`lists`] and [`embedded`].

mod checks;
mod lists;
mod text;
mod violation;

pub use lists::{embedded, lists};
pub use text::{go_float, go_quote};
pub use violation::{Reason, Violation};

use crate::{Condition, Constraints, Kind, Logic, Schema};
use kro_object::{FieldPath, Segment};
use serde_json::{Map, Value};
use std::sync::Arc;

/// All violations of a schema. Fields are taken in order of their names, so equal inputs give equal lists.
pub fn validate(schema: &Schema, value: &Value) -> Vec<Violation> {
    run(schema, value, None)
}

/// [`validate`] for a change: what is as it was before is not reported, even where it violates the schema
/// (KEP-4008, ratcheting). Items are matched in lists of type map only.
pub fn validate_update(schema: &Schema, value: &Value, old: &Value) -> Vec<Violation> {
    run(schema, value, Some(old))
}

fn run(schema: &Schema, value: &Value, old: Option<&Value>) -> Vec<Violation> {
    let mut validator = Validator { path: FieldPath::root(), name: String::new() };
    validator.node(Node::Schema(schema), value, old).violations
}

/// A position to validate against: a schema, or a condition of its logic.
#[derive(Clone, Copy)]
enum Node<'s> {
    Schema(&'s Schema),
    Condition(&'s Condition),
}

/// What was found, and how much did match: the best alternative of `anyOf` and `oneOf` is the one that matches most.
#[derive(Default)]
struct Findings {
    violations: Vec<Violation>,
    matches: usize,
}

struct Validator {
    path: FieldPath,
    /// The path in the words of messages.
    name: String,
}

impl<'s> Node<'s> {
    fn types(self) -> Vec<&'s str> {
        match self {
            Node::Schema(Schema { kind: Kind::IntOrString, .. }) => vec!["integer", "string"],
            Node::Schema(schema) => {
                Some(schema.type_name()).filter(|name| !name.is_empty()).into_iter().collect()
            }
            Node::Condition(condition) => condition.type_name.as_deref().into_iter().collect(),
        }
    }

    fn nullable(self) -> bool {
        matches!(self, Node::Schema(schema) if schema.nullable)
    }

    fn constraints(self) -> &'s Constraints {
        match self {
            Node::Schema(schema) => &schema.constraints,
            Node::Condition(condition) => &condition.constraints,
        }
    }

    fn logic(self) -> &'s Logic {
        match self {
            Node::Schema(schema) => &schema.logic,
            Node::Condition(condition) => &condition.logic,
        }
    }

    fn required(self) -> &'s [Arc<str>] {
        match self {
            Node::Schema(Schema { kind: Kind::Object { required, .. }, .. }) => required,
            Node::Schema(_) => &[],
            Node::Condition(condition) => &condition.required,
        }
    }

    fn property(self, name: &str) -> Option<Node<'s>> {
        match self {
            Node::Schema(schema) => schema.property(name).map(|child| Node::Schema(child)),
            Node::Condition(condition) => condition.properties.get(name).map(|child| Node::Condition(child)),
        }
    }

    fn additional(self) -> Option<Node<'s>> {
        match self {
            Node::Schema(Schema { kind: Kind::Object { additional, .. }, .. }) => {
                additional.as_deref().map(Node::Schema)
            }
            Node::Schema(_) => None,
            Node::Condition(condition) => condition.additional.as_deref().map(Node::Condition),
        }
    }

    fn items(self) -> Option<Node<'s>> {
        match self {
            Node::Schema(schema) => schema.items().map(|child| Node::Schema(child)),
            Node::Condition(condition) => condition.items.as_deref().map(Node::Condition),
        }
    }

    fn list_map_keys(self) -> Option<&'s [Arc<str>]> {
        match self {
            Node::Schema(schema) => schema.list_map_keys(),
            Node::Condition(_) => None,
        }
    }
}

impl Findings {
    fn merge(&mut self, other: Findings) {
        self.violations.extend(other.violations);
        self.matches += other.matches;
    }

    fn is_valid(&self) -> bool {
        self.violations.is_empty()
    }
}

impl Validator {
    fn node(&mut self, node: Node<'_>, value: &Value, old: Option<&Value>) -> Findings {
        let mut findings = Findings::default();
        self.check_type(node, value, &mut findings);
        if value.is_null() {
            self.check_allowed(node.constraints(), value, &mut findings);
        } else {
            self.check_logic(node.logic(), value, &mut findings);
            match value {
                Value::String(text) => self.check_text(node.constraints(), text, &mut findings),
                Value::Number(number) => self.check_number(node, number, &mut findings),
                Value::Array(list) => self.list(node, list, old, &mut findings),
                _ => {}
            }
            self.check_allowed(node.constraints(), value, &mut findings);
            if let Value::Object(map) = value {
                self.map(node, map, old, &mut findings);
            }
        }
        if old == Some(value) {
            findings.violations.clear();
        }
        findings
    }

    fn list(&mut self, node: Node<'_>, list: &[Value], old: Option<&Value>, findings: &mut Findings) {
        if let Some(items) = node.items() {
            let old = old.and_then(Value::as_array).zip(node.list_map_keys());
            for (index, value) in list.iter().enumerate() {
                let before = old.and_then(|(old, keys)| old.iter().find(|one| same_item(one, value, keys)));
                let name = format!("[{index}]");
                findings
                    .merge(self.below(index.into(), &name, |validator| validator.node(items, value, before)));
            }
        }
        self.check_items(node.constraints(), list, findings);
        findings.matches += 1;
    }

    fn map(
        &mut self,
        node: Node<'_>,
        map: &Map<String, Value>,
        old: Option<&Value>,
        findings: &mut Findings,
    ) {
        self.check_size(node.constraints(), map.len(), findings);
        let old = old.and_then(Value::as_object);
        for (name, value) in map {
            let (child, step) = match node.property(name) {
                Some(child) if self.name.is_empty() => (child, name.clone()),
                Some(child) => (child, format!(".{name}")),
                None => match node.additional() {
                    Some(child) => (child, format!(".{name}")),
                    None => continue,
                },
            };
            let before = old.and_then(|old| old.get(name));
            findings.merge(self.below(name.into(), &step, |validator| validator.node(child, value, before)));
        }
        for name in node.required() {
            if !map.contains_key(&**name) {
                let step = format!(".{name}");
                let violation = self.below(name.as_ref().into(), &step, |validator| {
                    validator.violation(Reason::Required, "Required value".to_owned())
                });
                findings.violations.push(violation);
            }
        }
    }

    fn below<T>(&mut self, segment: Segment, step: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.name.len();
        self.path.push(segment);
        self.name.push_str(step);
        let result = work(self);
        self.name.truncate(length);
        self.path.pop();
        result
    }

    /// A violation at this position.
    fn violation(&self, reason: Reason, message: String) -> Violation {
        let field = self.name.strip_prefix('.').unwrap_or(&self.name);
        Violation { path: self.path.clone(), field: Some(field.to_owned()), reason, message }
    }

    /// A violation of this position that the API server reports without a field.
    fn unlocated(&self, message: &str) -> Violation {
        Violation {
            path: self.path.clone(),
            field: None,
            reason: Reason::Invalid,
            message: format!("Invalid value: \"\": {message}"),
        }
    }
}

fn same_item(a: &Value, b: &Value, keys: &[Arc<str>]) -> bool {
    keys.iter().all(|key| a.get(&**key) == b.get(&**key))
}

#[cfg(test)]
mod tests;
