//! Compiled expressions: what a host evaluates, with which variables, within which limits.
use crate::{EvalError, Type, Value, plan::Plan, same_text};
use std::{
    fmt,
    sync::{Arc, atomic::AtomicBool},
};

/// A planned expression. Cheap to clone, shared between threads.
#[derive(Clone)]
pub struct Program {
    pub(crate) plan: Arc<Plan>,
}

/// Values by variable name, borrowed from the caller. Scopes nest: a name that is not here is looked up in the parent.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'s, 'a> {
    parent: Option<&'s Scope<'s, 'a>>,
    bindings: &'s [(&'s str, Value<'a>)],
}

impl<'s, 'a> Scope<'s, 'a> {
    /// No variable at all.
    pub const EMPTY: Self = Self { parent: None, bindings: &[] };

    /// These variables.
    pub fn new(bindings: &'s [(&'s str, Value<'a>)]) -> Self {
        Self { parent: None, bindings }
    }

    /// These variables in front of the ones of `self`.
    #[must_use]
    pub fn child(&'s self, bindings: &'s [(&'s str, Value<'a>)]) -> Self {
        Self { parent: Some(self), bindings }
    }

    /// The value of a variable.
    #[inline]
    pub fn get(&self, name: &str) -> Option<&'s Value<'a>> {
        self.own(name).or_else(|| self.inherited(name))
    }

    #[inline]
    fn own(&self, name: &str) -> Option<&'s Value<'a>> {
        for (bound, value) in self.bindings {
            if same_text(bound, name) {
                return Some(value);
            }
        }
        None
    }

    #[inline(never)]
    fn inherited(&self, name: &str) -> Option<&'s Value<'a>> {
        let mut scope = self.parent;
        while let Some(outer) = scope {
            if let Some(value) = outer.own(name) {
                return Some(value);
            }
            scope = outer.parent;
        }
        None
    }
}

/// What an evaluation may use up.
#[derive(Debug, Clone, Copy)]
pub struct Limits<'l> {
    /// Cost units; no limit without one. Kubernetes allows 1 000 000 per expression.
    pub cost: Option<u64>,
    /// Bytes of lists, maps and texts that the evaluation makes, not counting what it gives back on the way.
    pub memory: u64,
    /// Asked every hundred iterations; true stops the evaluation.
    pub cancelled: Option<&'l AtomicBool>,
}

impl Default for Limits<'_> {
    /// No cost limit, 256 MiB.
    fn default() -> Self {
        Self { cost: None, memory: 256 << 20, cancelled: None }
    }
}

/// What an evaluation came to.
#[derive(Debug, Clone)]
pub struct Outcome<'a> {
    /// The value.
    pub value: Value<'a>,
    /// Cost units, as cel-go counts them.
    pub cost: u64,
}

impl Program {
    /// The static type of the result; `dyn` for an unchecked program.
    pub fn result_type(&self) -> &Type {
        &self.plan.result_type
    }

    /// The text it was compiled from.
    pub fn text(&self) -> &str {
        &self.plan.text
    }

    /// Evaluates. The same inputs give the same outcome, in value, order and cost.
    pub fn eval<'a>(&'a self, scope: &Scope<'_, 'a>, limits: &Limits<'_>) -> Result<Outcome<'a>, EvalError> {
        crate::eval::eval(&self.plan, scope, limits)
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program").field("text", &self.text()).field("type", self.result_type()).finish()
    }
}
