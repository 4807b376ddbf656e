//! The rules of a definition's schema as texts: complete, compilable, about fields that exist, cheap enough at worst.

use super::text;
use crate::{core::rules, encode, field_error::FieldError};
use kro_cel_k8s::RuleCost;
use kro_schema::Schema;
use serde_json::{Map, Value};
use std::sync::Arc;

/// Problems of all rules below a schema; `path` is how messages call it.
pub(super) fn validate(schema: &Value, path: &str, out: &mut Vec<FieldError>) {
    statics(schema, path, None, out);
    let Ok(parsed) = Schema::from_json(schema) else { return };
    let rules = rules::compile(&Arc::new(parsed));
    for issue in rules.issues() {
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
    budget(schema, path, &rules.costs(), out);
}

/// Most cost units of one expression, for one object.
const EXPRESSION_LIMIT: u64 = 10_000_000;
/// Most cost units of all expressions of a schema, for one object.
const SCHEMA_LIMIT: u64 = 100_000_000;
/// Expressions that are named when all together cost too much.
const NAMED: usize = 4;

/// Which expressions cost too much, and whether all together do.
fn budget(schema: &Value, path: &str, costs: &[RuleCost], out: &mut Vec<FieldError>) {
    let place = |cost: &RuleCost| {
        let (at, _) = locate(schema, path, &cost.schema);
        format!("{at}.x-kubernetes-validations[{}].{}", cost.index, cost.part)
    };
    for cost in costs.iter().filter(|cost| cost.cost > EXPRESSION_LIMIT) {
        let what = format!("estimated {} cost", cost.part);
        out.push(FieldError::forbidden(place(cost), exceeding(&what, cost.cost, EXPRESSION_LIMIT)));
    }
    let total = costs.iter().fold(0_u64, |total, cost| total.saturating_add(cost.cost));
    if total <= SCHEMA_LIMIT {
        return;
    }
    let mut dearest: Vec<&RuleCost> = costs.iter().filter(|cost| cost.cost >= SCHEMA_LIMIT / 100).collect();
    dearest.sort_by_key(|cost| std::cmp::Reverse(cost.cost));
    for cost in dearest.into_iter().take(NAMED) {
        let detail =
            "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema";
        out.push(FieldError::forbidden(place(cost), detail));
    }
    let what = "x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema";
    out.push(FieldError::forbidden(path, exceeding(what, total, SCHEMA_LIMIT)));
}

/// By how much a budget is exceeded, more exactly the nearer it is.
fn exceeding(what: &str, cost: u64, limit: u64) -> String {
    let factor = cost as f64 / limit as f64;
    let factor = if factor > 100.0 {
        "more than 100x".to_owned()
    } else if factor < 1.5 {
        format!("{factor:.6}x")
    } else {
        format!("{factor:.1}x")
    };
    format!(
        "{what} exceeds budget by factor of {factor} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
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

#[cfg(test)]
mod tests {
    use super::validate;
    use serde_json::{Value, json};

    /// What is wrong with the budget of a schema of lists, each as long as said, with one rule that costs six units
    /// for each item.
    fn check(lengths: &[u64]) -> Vec<String> {
        let list = |length: &u64| json!({"type": "array", "maxItems": length, "items": {"type": "integer"}, "x-kubernetes-validations": [{"rule": "self.all(x, x > 1)"}]});
        let properties: serde_json::Map<String, Value> =
            lengths.iter().enumerate().map(|(index, length)| (format!("p{index}"), list(length))).collect();
        let mut out = Vec::new();
        validate(&json!({"type": "object", "properties": properties}), "s", &mut out);
        out.iter().map(|error| error.to_string().replace(ADVICE, "")).collect()
    }

    const ADVICE: &str = " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)";

    #[test]
    fn one_expression() {
        assert_eq!(check(&[2_000_000 - 1]), [""; 0]);
        assert_eq!(
            check(&[2_500_000]),
            [
                "s.properties[p0].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 1.250000x"
            ]
        );
        assert_eq!(
            check(&[4_000_000]),
            [
                "s.properties[p0].x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds budget by factor of 2.0x"
            ]
        );
    }

    #[test]
    fn all_together() {
        let mut lengths = vec![1_999_999; 12];
        lengths[0] = 100;
        let found = check(&lengths);
        let of = |index: u32| {
            format!(
                "s.properties[p{index}].x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
            )
        };
        let total = "s: Forbidden: x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1.100005x";
        assert_eq!(found, [of(1), of(10), of(11), of(2), total.to_owned()]);
    }
}
