//! Running rules over an object, in the order and the words of the API server.

use std::fmt::Write as _;

use kro_cel::{ErrorKind, EvalError, Limits, Program, Scope, Value};
use kro_object::{FieldPath, Segment};
use kro_schema::validate::{Reason, Violation, go_float, go_quote};
use serde_json::Value as Json;

use super::{
    Findings, Node, Rule, RuleLimits,
    compile::{OLD_SELF, SELF},
};

/// The longest message an expression may produce, in bytes.
const MAX_MESSAGE: usize = 5 << 10;

const OUT_OF_BUDGET: &str =
    "validation failed due to running out of cost budget, no further validation rules will be run";

pub(super) fn run(root: &Node, object: &Json, old: Option<&Json>, limits: RuleLimits) -> Findings {
    let mut run = Run {
        limits,
        budget: limits.per_object,
        stopped: false,
        path: FieldPath::root(),
        field: String::new(),
        findings: Findings::default(),
    };
    run.node(root, object, old, None);
    run.findings
}

struct Run {
    limits: RuleLimits,
    budget: u64,
    /// No rule runs any more.
    stopped: bool,
    path: FieldPath,
    /// The path as messages spell it.
    field: String,
    findings: Findings,
}

/// A value and what it was before, of the nearest position that has a past.
type Past<'a> = Option<(&'a Json, &'a Json)>;

impl Run {
    fn node<'a>(&mut self, node: &'a Node, value: &'a Json, old: Option<&'a Json>, past: Past<'a>) {
        if value.is_null() || self.stopped {
            return;
        }
        let old = old.filter(|old| !old.is_null());
        let past = old.map(|old| (value, old)).or(past);
        self.rules(node, value, old, past);
        match value {
            Json::Array(items) => {
                let Some(child) = &node.items else { return };
                let old_items = old.and_then(Json::as_array).filter(|_| !node.keys.is_empty());
                for (index, item) in items.iter().enumerate() {
                    let same = |old: &&Json| node.keys.iter().all(|key| old.get(&**key) == item.get(&**key));
                    let old = old_items.and_then(|items| items.iter().find(same));
                    self.below(index.into(), &format!("[{index}]"), |run| run.node(child, item, old, past));
                }
            }
            Json::Object(object) => {
                for (name, value) in object {
                    let old = old.and_then(|old| old.get(name));
                    if let Some(child) = &node.values {
                        self.below(name.into(), &format!("[{name}]"), |run| {
                            run.node(child, value, old, past);
                        });
                    } else if let Some(child) = node.properties.get(&**name) {
                        let step = self.child(name);
                        self.below(name.into(), &step, |run| run.node(child, value, old, past));
                    }
                }
            }
            _ => {}
        }
    }

    fn rules<'a>(&mut self, node: &'a Node, value: &'a Json, old: Option<&'a Json>, past: Past<'a>) {
        if node.rules.is_empty() {
            return;
        }
        if self.budget == 0 {
            return self.stop(node, OUT_OF_BUDGET);
        }
        let read = |json| node.types.value(SELF, json);
        let values = read(value).and_then(|value| Ok((value, old.map(read).transpose()?)));
        let (value_of_self, value_of_old) = match values {
            Ok(values) => values,
            Err(error) => return self.report(node, &format!("{error} reading the value to validate")),
        };
        for rule in &node.rules {
            if rule.transition && old.is_none() && !rule.optional_old_self {
                continue;
            }
            let program = match &rule.program {
                Ok(program) => program,
                Err(message) => {
                    self.report(node, &format!("rule compile error: {message}"));
                    continue;
                }
            };
            let old_self = match (&value_of_old, rule.optional_old_self) {
                (old, true) => old.clone().map_or(Value::NONE, Value::some),
                (Some(old), false) => old.clone(),
                (None, false) => Value::Null,
            };
            let bindings = [(SELF, value_of_self.clone()), (OLD_SELF, old_self)];
            match self.eval(program, &bindings) {
                Ok(Some(Value::Bool(true))) => {}
                Ok(Some(_)) => self.failed(rule, value, &bindings, past),
                Ok(None) => self.stop(node, OUT_OF_BUDGET),
                Err(error) => self.eval_error(node, rule, &error),
            }
            if self.stopped {
                return;
            }
        }
    }

    /// The value, or `None` when it cost more than what is left for the object.
    fn eval<'a>(
        &mut self,
        program: &'a Program,
        bindings: &[(&str, Value<'a>)],
    ) -> Result<Option<Value<'a>>, EvalError> {
        let limits = Limits { cost: Some(self.limits.per_rule), ..Limits::default() };
        let outcome = program.eval(&Scope::new(bindings), &limits)?;
        Ok(self.budget.checked_sub(outcome.cost).map(|left| {
            self.budget = left;
            outcome.value
        }))
    }

    fn eval_error(&mut self, node: &Node, rule: &Rule, error: &EvalError) {
        let rule = rule.message.as_deref().unwrap_or(&rule.text).trim();
        match error.kind() {
            ErrorKind::NoSuchOverload => self.report(
                node,
                &format!(
                    "'{error}': call arguments did not match a supported operator, function or macro signature \
                     for rule: {rule}"
                ),
            ),
            ErrorKind::LimitExceeded => self.stop(
                node,
                &format!(
                    "'{error}': no further validation rules will be run due to call cost exceeds limit for rule: \
                     {rule}"
                ),
            ),
            _ => self.report(node, &format!("{error} evaluating rule: {rule}")),
        }
    }

    /// A rule said no.
    fn failed<'a>(&mut self, rule: &'a Rule, value: &Json, bindings: &[(&str, Value<'a>)], past: Past<'_>) {
        let message = self.message(rule, bindings).unwrap_or_else(|| match &rule.message {
            Some(message) => message.trim().to_owned(),
            None => format!("failed rule: {}", rule.text.trim()),
        });
        let mut path = self.path.clone();
        let mut field = self.field.clone();
        for name in &rule.field_path {
            path.push(name.as_str());
            if !field.is_empty() {
                field.push('.');
            }
            field.push_str(name);
        }
        let shown = scalar(value);
        let message = match (rule.reason, shown) {
            (Reason::Forbidden, _) => format!("Forbidden: {message}"),
            (Reason::Required, _) => format!("Required value: {message}"),
            (Reason::Duplicate, None) => "Duplicate value".to_owned(),
            (Reason::Duplicate, Some(value)) => format!("Duplicate value: {value}"),
            (_, None) => format!("Invalid value: {message}"),
            (_, Some(value)) => format!("Invalid value: {value}: {message}"),
        };
        let field = Some(field).filter(|field| !field.is_empty());
        let violation = Violation { path, field, reason: rule.reason, message };
        // What an update leaves alone is not its fault, unless the rule is about the change itself.
        if !rule.transition && past.is_some_and(|(value, old)| value == old) {
            self.findings.unchanged.push(violation);
        } else {
            self.findings.violations.push(violation);
        }
    }

    /// The message an expression makes: one line, not empty, not too long.
    fn message<'a>(&mut self, rule: &'a Rule, bindings: &[(&str, Value<'a>)]) -> Option<String> {
        let program = rule.message_program.as_ref()?.as_ref().ok()?;
        let Some(Value::String(text)) = self.eval(program, bindings).ok()? else { return None };
        let text = text.trim();
        (!text.is_empty() && text.len() <= MAX_MESSAGE && !text.contains('\n')).then(|| text.to_owned())
    }

    /// A violation that is about the rule rather than about the value.
    fn report(&mut self, node: &Node, message: &str) {
        self.findings.violations.push(Violation {
            path: self.path.clone(),
            field: Some(self.field.clone()).filter(|field| !field.is_empty()),
            reason: Reason::Invalid,
            message: format!("Invalid value: {}: {message}", go_quote(node.ty)),
        });
    }

    fn stop(&mut self, node: &Node, message: &str) {
        self.report(node, message);
        self.stopped = true;
    }

    fn child(&self, name: &str) -> String {
        if self.field.is_empty() { name.to_owned() } else { format!(".{name}") }
    }

    fn below(&mut self, segment: Segment, step: &str, work: impl FnOnce(&mut Self)) {
        let length = self.field.len();
        self.path.push(segment);
        // Writing to a string does not fail.
        let _ = self.field.write_str(step);
        work(self);
        self.field.truncate(length);
        self.path.pop();
    }
}

/// How messages show a value; lists and objects are not shown.
fn scalar(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(go_quote(text)),
        Json::Number(number) => Some(match number.as_f64().filter(|_| number.is_f64()) {
            Some(float) => go_float(float),
            None => number.to_string(),
        }),
        Json::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}
