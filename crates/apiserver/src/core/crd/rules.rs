//! The rules of a definition's schema as texts: complete, compilable, about fields that exist.
//! Refuses to estimate what they may cost at worst.

use super::text;
use crate::{core::rules, encode, field_error::FieldError};
use kro_schema::Schema;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Problems of all rules below a schema; `path` is how messages call it.
pub(super) fn validate(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    statics(schema, path, None, out);
    let Ok(parsed) = Schema::from_json(schema) else { return };
    for issue in rules::compile(&Arc::new(parsed)).issues() {
        let (at, position) = locate(schema, path, &issue.schema);
        let at = format!("{at}.x-kubernetes-validations[{}]", issue.index);
        let Some(rule) = position.and_then(|found| found.get("x-kubernetes-validations")?.get(issue.index))
        else {
            continue;
        };
        let is_blank = text(rule, &format!("/{}", issue.part)).trim().is_empty();
        if !is_blank {
            let message = if issue.part == "messageExpression" {
                format!("messageExpression {}", issue.message.trim_start_matches("cel expression "))
            } else {
                issue.message
            };
            out.push(FieldError {
                value: print_rule(rule),
                ..FieldError::invalid(format!("{at}.{}", issue.part), &Value::Null, message)
            });
        }
    }
}

/// A rule as Go prints the struct.
fn print_rule(rule: &Value) -> String {
    let escape = |field: &str| {
        let json = encode::to_text(&text(rule, &format!("/{field}")).into());
        json.replace('>', "\\u003e").replace('<', "\\u003c").replace('&', "\\u0026")
    };
    let other = |field: &str| rule.get(field).map_or_else(|| "null".to_owned(), encode::to_text);
    format!(
        "{{\"Rule\":{},\"Message\":{},\"MessageExpression\":{},\"Reason\":{},\"FieldPath\":{},\"OptionalOldSelf\":{}}}",
        escape("rule"),
        escape("message"),
        escape("messageExpression"),
        other("reason"),
        escape("fieldPath"),
        other("optionalOldSelf"),
    )
}

/// The position that an issue names, and how messages call it.
fn locate<'s>(schema: &'s Value, path: &str, position: &str) -> (String, Option<&'s Value>) {
    let (mut at, mut found) = (path.to_owned(), Some(schema));
    for segment in position.replace("[*]", ".[*]").split('.').filter(|segment| !segment.is_empty()) {
        match segment {
            "[*]" => {
                at.push_str(".items");
                found = found.and_then(|schema| schema.get("items"));
            }
            "*" => {
                at.push_str(".additionalProperties");
                found = found.and_then(|schema| schema.get("additionalProperties"));
            }
            name => {
                at = format!("{at}.properties[{name}]");
                found = found.and_then(|schema| schema.get("properties")?.get(name));
            }
        }
    }
    (at, found)
}

/// What can be told without compiling. `uncorrelatable` is the list around whose items have no past.
fn statics(schema: &Value, path: &str, uncorrelatable: Option<&str>, out: &mut Vec<FieldError>) {
    let rules = schema.get("x-kubernetes-validations").and_then(Value::as_array);
    for (index, rule) in rules.into_iter().flatten().enumerate() {
        check(rule, schema, &format!("{path}.x-kubernetes-validations[{index}]"), uncorrelatable, out);
    }
    let children = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::iter);
    for (name, property) in children {
        statics(property, &format!("{path}.properties[{name}]"), uncorrelatable, out);
    }
    if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
        statics(values, &format!("{path}.additionalProperties"), uncorrelatable, out);
    }
    if let Some(items @ Value::Object(_)) = schema.get("items") {
        let has_keys = text(schema, "/x-kubernetes-list-type") == "map";
        let around = if has_keys { uncorrelatable } else { uncorrelatable.or(Some(path)) };
        statics(items, &format!("{path}.items"), around, out);
    }
}

fn check(rule: &Value, schema: &Value, at: &str, uncorrelatable: Option<&str>, out: &mut Vec<FieldError>) {
    let (expression, message) = (text(rule, "/rule"), text(rule, "/message"));
    if expression.trim().is_empty() {
        out.push(FieldError::required(format!("{at}.rule"), "rule is not specified"));
    }
    let uses_past = mentions(expression, "oldSelf");
    if let (true, Some(around)) = (uses_past, uncorrelatable) {
        let detail =
            format!("oldSelf cannot be used on the uncorrelatable portion of the schema within {around}");
        out.push(FieldError::invalid_text(format!("{at}.rule"), expression, detail));
    }
    if let (Some(value), false) = (rule.get("optionalOldSelf"), uses_past) {
        let detail = "may not be set if oldSelf is not used in rule";
        out.push(FieldError::invalid(format!("{at}.optionalOldSelf"), value, detail));
    }
    if !message.is_empty() && message.trim().is_empty() {
        let detail = "must be non-empty if specified";
        out.push(FieldError::invalid_text(format!("{at}.message"), message, detail));
    } else if message.trim().contains('\n') {
        out.push(FieldError::invalid_text(format!("{at}.message"), message, "must not contain line breaks"));
    } else if message.is_empty() && expression.trim().contains('\n') {
        let detail = "message must be specified if rule contains line breaks";
        out.push(FieldError::required(format!("{at}.message"), detail));
    }
    let message_expression = text(rule, "/messageExpression");
    if !message_expression.is_empty() && message_expression.trim().is_empty() {
        let detail = "messageExpression must be non-empty if specified";
        out.push(FieldError::required(format!("{at}.messageExpression"), detail));
    }
    let field_path = text(rule, "/fieldPath");
    if !field_path.is_empty() && !is_field(schema, field_path) {
        out.push(FieldError::invalid_text(format!("{at}.fieldPath"), field_path, "must be a valid path"));
    }
}

/// Whether an expression has a name as a whole word.
fn mentions(expression: &str, name: &str) -> bool {
    expression.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == name)
}

/// Whether a path such as `.a['b'].c` leads to a property of the schema; lists cannot be entered.
fn is_field(schema: &Value, path: &str) -> bool {
    let (mut at, mut rest) = (schema, path);
    while !rest.is_empty() {
        let name;
        if let Some(inner) = rest.strip_prefix("['") {
            let Some((quoted, after)) = inner.split_once("']") else { return false };
            (name, rest) = (quoted, after);
        } else if let Some(inner) = rest.strip_prefix('.') {
            let end = inner.find(['.', '[']).unwrap_or(inner.len());
            (name, rest) = (&inner[..end], &inner[end..]);
        } else {
            return false;
        }
        let property = at.get("properties").and_then(|properties| properties.get(name));
        match property.or_else(|| at.get("additionalProperties").filter(|values| values.is_object())) {
            Some(found) => at = found,
            None => return false,
        }
    }
    true
}
