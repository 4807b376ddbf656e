//! Expressions on what is known: which names are bound to what, and what an error means.

use crate::pass::Pass;
use kro_cel::{ErrorKind, EvalError, Limits, Scope, Value};
use kro_graph::{
    Expression, Name,
    functions::{RuntimeHandle, to_json},
};
use serde_json::Value as Json;

/// Why there is no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Data is not there yet.
    Pending(String),
    /// A mistake.
    Fatal(String),
}

/// Names bound to JSON as it is, without a schema, in front of all others.
pub(crate) type Locals<'l, 'a> = &'l [(&'a str, &'a Json)];

impl Pass {
    /// The value of an expression as JSON; `None` when it says to omit its place.
    pub(crate) fn resolve(
        &self,
        expression: &Expression,
        locals: Locals<'_, '_>,
    ) -> Result<Option<Json>, Failure> {
        self.with_value(expression, locals, &self.schema, |value| {
            to_json(value)
                .map_err(|error| Failure::Fatal(format!("convert {:?}: {error}", shown(expression))))
        })
    }

    /// Hands the value of an expression to `read`.
    ///
    /// A name without a value is left unbound, which is missing data to the expression. A list of objects that is
    /// empty has a value.
    pub(crate) fn with_value<T>(
        &self,
        expression: &Expression,
        locals: Locals<'_, '_>,
        schema: &Json,
        read: impl FnOnce(&Value<'_>) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let mut bindings: Vec<(&str, Value<'_>)> = Vec::with_capacity(expression.references.len());
        for reference in &expression.references {
            let name = reference.name.as_str();
            let value = match &reference.name {
                _ if locals.iter().any(|(local, _)| *local == name) => locals
                    .iter()
                    .find(|(local, _)| *local == name)
                    .map(|(_, json)| Ok(Value::from_json(json))),
                Name::Schema => Some(self.graph.types.value(name, schema)),
                Name::Node(id) => self.observed.get(id).map(|json| self.graph.types.value(name, json)),
                Name::Runtime => Some(Ok(Value::opaque(RuntimeHandle))),
                Name::Iterator(_) | Name::Each => None,
            };
            if let Some(value) = value {
                bindings.push((name, value.map_err(|error| failure(expression, &error))?));
            }
        }
        let cost = self.meter.limit();
        let limits = Limits { cost: Some(cost), ..Limits::default() };
        match expression.program.eval(&Scope::new(&bindings), &limits) {
            Ok(outcome) => {
                self.meter.charge(outcome.cost);
                read(&outcome.value)
            }
            Err(error) if error.kind() == ErrorKind::LimitExceeded => {
                self.meter.exceed(cost);
                let whose = self.meter.whose(cost);
                Err(Failure::Fatal(format!("{:?}: {error} ({cost} units, {whose})", shown(expression))))
            }
            Err(error) => {
                self.meter.charge(0);
                Err(failure(expression, &error))
            }
        }
    }
}

/// The expression as messages show it: the CEL text, or the whole text where it is only a part.
pub(crate) fn shown(expression: &Expression) -> &str {
    if expression.is_mixed() { &expression.source } else { &expression.cel }
}

fn failure(expression: &Expression, error: &EvalError) -> Failure {
    let message = format!("{:?}: {error}", shown(expression));
    if error.is_missing() { Failure::Pending(message) } else { Failure::Fatal(message) }
}
