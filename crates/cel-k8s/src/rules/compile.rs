//! From the rules of a schema to programs.

use std::sync::Arc;

use kro_cel::{Checked, Env, Issue, Program, Type};
use kro_schema::{Kind, Schema, validate::Reason};

use super::{Node, Rule};
use crate::{
    shape::{UnknownFields, with_type_and_metadata},
    sizes::{RuleSizes, repetitions},
    types::SchemaTypes,
};

/// The variables of rules.
pub(super) const SELF: &str = "self";
pub(super) const OLD_SELF: &str = "oldSelf";

/// The rules of a resource: at the root, rules see the kind and the name of the object.
pub(super) fn root(schema: &Arc<Schema>, env: &Env) -> Node {
    node(&Arc::new(with_type_and_metadata(schema)), env, Some(1))
}

/// How often the data of a schema can occur in one object; `None` when a list or map around it has no limit.
type Occurrences = Option<u64>;

/// The recursion ends with the nesting of schemas, which is limited.
fn node(schema: &Arc<Schema>, env: &Env, occurrences: Occurrences) -> Node {
    let mut found = Node { ty: schema.type_name(), ..Node::default() };
    if !schema.rules.is_empty() {
        found.types = Arc::new(SchemaTypes::new([(SELF, schema.clone())], UnknownFields::Refused));
        let ty = found.types.type_of(SELF);
        let env = env.with_types(found.types.clone()).with_variable(SELF, ty.clone());
        let shape = found.types.shape(SELF);
        let times = occurrences.unwrap_or_else(|| repetitions(schema));
        let worst = |env: &Env, checked: &Checked| {
            let sizes = shape.map(|shape| RuleSizes::new(shape));
            sizes.map_or(u64::MAX, |sizes| env.estimate(checked, &sizes).max as u64)
        };
        found.rules = schema
            .rules
            .iter()
            .map(|source| {
                let mut rule = rule(source, &env, &ty, &worst);
                rule.cost = rule.cost.saturating_mul(times);
                rule
            })
            .collect();
    }
    let inside = occurrences.zip(branching(schema)).map(|(outer, inner)| outer.saturating_mul(inner));
    let below =
        |schema: &Arc<Schema>| Some(node(schema, env, inside)).filter(|node| !node.is_empty()).map(Box::new);
    match &schema.kind {
        Kind::Object { additional: Some(values), .. } => found.values = below(values),
        Kind::Object { properties, .. } => {
            let below = |(name, schema): (&Arc<str>, _)| Some((name.clone(), *below(schema)?));
            found.properties = properties.iter().filter_map(below).collect();
        }
        Kind::Array { items } => {
            found.items = below(items);
            found.keys = schema.list_map_keys().unwrap_or_default().to_vec();
        }
        _ => {}
    }
    found
}

/// How often one value of the schema holds a value of the schemas below.
fn branching(schema: &Schema) -> Occurrences {
    let limit = match &schema.kind {
        Kind::Object { additional: Some(_), .. } => schema.constraints.max_properties?,
        Kind::Array { .. } => schema.constraints.max_items?,
        _ => 1,
    };
    Some(u64::try_from(limit).unwrap_or_default())
}

fn rule(source: &kro_schema::Rule, env: &Env, ty: &Type, worst: &dyn Fn(&Env, &Checked) -> u64) -> Rule {
    let optional_old_self = source.optional_old_self == Some(true);
    let old = if optional_old_self { Type::optional(ty.clone()) } else { ty.clone() };
    let env = env.with_variable(OLD_SELF, old);
    let references = env.references(&env.parse(&source.rule).0);
    let compile = |text, ty| match program(&env, text, ty) {
        Ok((program, checked)) => (Ok(program), worst(&env, &checked)),
        Err(message) => (Err(message), 0),
    };
    let message = source.message_expression.as_deref().filter(|text| !text.trim().is_empty());
    let (message_program, message_cost) = message.map(|text| compile(text, &Type::String)).unzip();
    let (program, cost) = compile(&source.rule, &Type::Bool);
    Rule {
        text: source.rule.clone(),
        message: source.message.clone().filter(|message| !message.is_empty()),
        program,
        cost,
        message_program,
        message_cost: message_cost.unwrap_or_default(),
        reason: match source.reason.as_deref() {
            Some("FieldValueForbidden") => Reason::Forbidden,
            Some("FieldValueRequired") => Reason::Required,
            Some("FieldValueDuplicate") => Reason::Duplicate,
            _ => Reason::Invalid,
        },
        field_path: source.field_path.as_deref().map(field_path).unwrap_or_default(),
        transition: references.names.iter().any(|name| name.name == OLD_SELF),
        optional_old_self,
    }
}

fn program(env: &Env, text: &str, expected: &Type) -> Result<(Program, Checked), String> {
    let failed = |issues: Vec<Issue>| {
        let issues: Vec<_> = issues.iter().map(|issue| issue.render(text, "<input>")).collect();
        format!("compilation failed: {}", issues.join("\n"))
    };
    let (ast, issues) = env.parse(text);
    if !issues.is_empty() {
        return Err(failed(issues));
    }
    let checked = env.check(ast);
    if !checked.issues().is_empty() {
        return Err(failed(checked.into_issues()));
    }
    let compiled = env.plan(&checked).map_err(failed)?;
    match compiled.result_type() {
        ty if ty.is_dyn() || ty == expected => Ok((compiled, checked)),
        _ => Err(format!("cel expression must evaluate to a {}", expected.name())),
    }
}

/// The fields of a path such as `.sub['dash-ed'].x`.
fn field_path(text: &str) -> Vec<String> {
    let mut fields = vec![];
    let mut rest = text;
    while !rest.is_empty() {
        let quoted = rest.strip_prefix("['").and_then(|rest| rest.split_once("']"));
        if let Some((field, after)) = quoted {
            fields.push(field.replace("\\'", "'"));
            rest = after;
        } else {
            let plain = rest.strip_prefix('.').unwrap_or(rest);
            let (field, after) = plain.split_at(plain.find(['.', '[']).unwrap_or(plain.len()));
            if field.is_empty() {
                break;
            }
            fields.push(field.to_owned());
            rest = after;
        }
    }
    fields
}
