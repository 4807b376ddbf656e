//! From the rules of a schema to programs.

use std::sync::Arc;

use kro_cel::{Env, Program, Type};
use kro_schema::{Kind, Schema, validate::Reason};

use super::{Node, Rule};
use crate::{
    shape::{UnknownFields, with_type_and_metadata},
    types::SchemaTypes,
};

/// The variables of rules.
pub(super) const SELF: &str = "self";
pub(super) const OLD_SELF: &str = "oldSelf";

/// The rules of a resource: at the root, rules see the kind and the name of the object.
pub(super) fn root(schema: &Arc<Schema>, env: &Env) -> Node {
    node(&Arc::new(with_type_and_metadata(schema)), env)
}

/// The recursion ends with the nesting of schemas, which is limited.
fn node(schema: &Arc<Schema>, env: &Env) -> Node {
    let mut found = Node { ty: schema.type_name(), ..Node::default() };
    if !schema.rules.is_empty() {
        found.types = Arc::new(SchemaTypes::new([(SELF, schema.clone())], UnknownFields::Refused));
        let ty = found.types.type_of(SELF);
        let env = env.with_types(found.types.clone()).with_variable(SELF, ty.clone());
        found.rules = schema.rules.iter().map(|source| rule(source, &env, &ty)).collect();
    }
    let below = |schema: &Arc<Schema>| Some(node(schema, env)).filter(|node| !node.is_empty()).map(Box::new);
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

fn rule(source: &kro_schema::Rule, env: &Env, ty: &Type) -> Rule {
    let optional_old_self = source.optional_old_self == Some(true);
    let old = if optional_old_self { Type::optional(ty.clone()) } else { ty.clone() };
    let env = env.with_variable(OLD_SELF, old);
    let references = env.references(&env.parse(&source.rule).0);
    let message_program = source.message_expression.as_deref().filter(|text| !text.trim().is_empty());
    Rule {
        text: source.rule.clone(),
        message: source.message.clone().filter(|message| !message.is_empty()),
        program: program(&env, &source.rule, &Type::Bool),
        message_program: message_program.map(|text| program(&env, text, &Type::String)),
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

fn program(env: &Env, text: &str, expected: &Type) -> Result<Program, String> {
    let compiled = env.compile(text).map_err(|issues| {
        let issues: Vec<_> = issues.iter().map(|issue| issue.render(text, "<input>")).collect();
        format!("compilation failed: {}", issues.join("\n"))
    })?;
    match compiled.result_type() {
        Type::Dyn => Ok(compiled),
        ty if ty == expected => Ok(compiled),
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
