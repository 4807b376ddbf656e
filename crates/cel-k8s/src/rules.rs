//! Validation rules of a schema (`x-kubernetes-validations`): compiled once, run on objects and on changes of objects.
//! Structural validation comes first and is the caller's; so is how much a definition may cost at worst.

mod compile;
mod run;

use std::{collections::BTreeMap, sync::Arc};

use kro_cel::{Env, Program};
use kro_schema::{
    Schema,
    validate::{Reason, Violation},
};
use serde_json::Value as Json;

use crate::types::SchemaTypes;

/// The rules of a schema and of everything below it.
#[derive(Debug)]
pub struct Rules {
    root: Node,
}

/// What running rules may use up, in cost units of about 100 ns each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleLimits {
    /// One evaluation of one rule.
    pub per_rule: u64,
    /// All rules of one object.
    pub per_object: u64,
}

/// What rules found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    /// Reasons to refuse the object.
    pub violations: Vec<Violation>,
    /// Violations in what an update leaves as it was (KEP-4008): reasons to warn.
    pub unchanged: Vec<Violation>,
}

/// Why a rule cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleIssue {
    /// The position of the schema: property names, `*` for the values of a map, `[*]` for items.
    pub schema: String,
    /// Which of the rules there, from 0.
    pub index: usize,
    /// `rule` or `messageExpression`.
    pub part: &'static str,
    /// What is wrong.
    pub message: String,
}

/// What an expression costs at worst for one object, in cost units: its own price times as often as it can be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleCost {
    /// The position of the schema, as in [`RuleIssue::schema`].
    pub schema: String,
    /// Which of the rules there, from 0.
    pub index: usize,
    /// `rule` or `messageExpression`.
    pub part: &'static str,
    /// Cost units; [`u64::MAX`] for what has no bound.
    pub cost: u64,
}

/// The rules of one position and of the positions below that have any.
#[derive(Debug, Default)]
struct Node {
    /// The schema's type, for messages.
    ty: &'static str,
    rules: Vec<Rule>,
    /// How values of this position are read; empty without rules.
    types: Arc<SchemaTypes>,
    properties: BTreeMap<Arc<str>, Node>,
    values: Option<Box<Node>>,
    items: Option<Box<Node>>,
    /// The members that tell which item is which; without any, items have no past.
    keys: Vec<Arc<str>>,
}

#[derive(Debug)]
struct Rule {
    text: Arc<str>,
    message: Option<Arc<str>>,
    program: Result<Program, String>,
    /// At worst, for one object; 0 for what does not compile.
    cost: u64,
    message_program: Option<Result<Program, String>>,
    message_cost: u64,
    reason: Reason,
    field_path: Vec<String>,
    transition: bool,
    optional_old_self: bool,
}

impl Default for RuleLimits {
    /// Kubernetes' limits.
    fn default() -> Self {
        Self { per_rule: 1_000_000, per_object: 10_000_000 }
    }
}

impl Rules {
    /// Compiles the rules of the schema of a resource. `self`, and where it applies `oldSelf`, are added to the
    /// environment. A rule that does not compile refuses every object; [`Rules::issues`] tells in time.
    pub fn compile(schema: &Arc<Schema>, env: &Env) -> Self {
        Self { root: compile::root(schema, env) }
    }

    /// Whether there is no rule at all.
    pub fn is_empty(&self) -> bool {
        self.root.is_empty()
    }

    /// What is wrong with the rules themselves.
    pub fn issues(&self) -> Vec<RuleIssue> {
        let mut issues = vec![];
        self.root.visit(&mut String::new(), &mut |schema, index, rule| {
            let parts = [("rule", Some(&rule.program)), ("messageExpression", rule.message_program.as_ref())];
            for (part, program) in parts {
                if let Some(Err(message)) = program {
                    issues.push(RuleIssue {
                        schema: schema.to_owned(),
                        index,
                        part,
                        message: message.clone(),
                    });
                }
            }
        });
        issues
    }

    /// What every rule costs at worst, as Kubernetes' API server estimates it: from the limits of the schema, a request
    /// of 3 MiB where there are none, and as often as lists and maps around a rule can repeat it. Only worth its name
    /// when the environment charges as Kubernetes does ([`KubernetesCosts`](crate::KubernetesCosts)).
    pub fn costs(&self) -> Vec<RuleCost> {
        let mut costs = vec![];
        self.root.visit(&mut String::new(), &mut |schema, index, rule| {
            let mut add = |part, cost| costs.push(RuleCost { schema: schema.to_owned(), index, part, cost });
            add("rule", rule.cost);
            if rule.message_program.is_some() {
                add("messageExpression", rule.message_cost);
            }
        });
        costs
    }

    /// Runs the rules on an object; with its former state also those about changes.
    pub fn validate(&self, object: &Json, old: Option<&Json>, limits: RuleLimits) -> Findings {
        run::run(&self.root, object, old, limits)
    }
}

impl Node {
    fn is_empty(&self) -> bool {
        self.rules.is_empty() && self.properties.is_empty() && self.values.is_none() && self.items.is_none()
    }

    /// Every rule with the position of its schema and its index there.
    fn visit(&self, path: &mut String, found: &mut impl FnMut(&str, usize, &Rule)) {
        for (index, rule) in self.rules.iter().enumerate() {
            found(path, index, rule);
        }
        let properties = self.properties.iter().map(|(name, node)| (format!(".{name}"), node));
        let values = self.values.as_deref().map(|node| (".*".to_owned(), node));
        let items = self.items.as_deref().map(|node| ("[*]".to_owned(), node));
        for (step, node) in properties.chain(values).chain(items) {
            let length = path.len();
            path.push_str(if path.is_empty() { step.trim_start_matches('.') } else { &step });
            node.visit(path, found);
            path.truncate(length);
        }
    }
}

#[cfg(test)]
mod tests;
