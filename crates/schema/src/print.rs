//! From the model to JSON. Printing and reading again gives the same schema.

use crate::{
    Condition, Constraints, Kind, Logic, Merge, Rule, Schema,
    schema::{EMBEDDED, INT_OR_STRING, LIST_MAP_KEYS, LIST_TYPE, MAP_TYPE, PRESERVE_UNKNOWN, VALIDATIONS},
};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, sync::Arc};

impl Schema {
    /// The schema as an OpenAPI v3 JSON object.
    pub fn to_json(&self) -> Value {
        let mut map: Map<String, Value> =
            self.other.iter().map(|(key, value)| (key.to_string(), value.clone())).collect();
        text(&mut map, "type", Some(self.type_name()).filter(|name| !name.is_empty()));
        text(&mut map, "description", self.description.as_deref());
        flag(&mut map, "nullable", self.nullable);
        if let Some(default) = &self.default {
            map.insert("default".to_owned(), default.clone());
        }
        match &self.kind {
            Kind::Object { properties, required, additional, preserve_unknown, embedded } => {
                children(&mut map, "properties", properties, Schema::to_json);
                texts(&mut map, "required", required);
                match additional.as_deref() {
                    Some(any) if *any == Schema::default() => {
                        map.insert("additionalProperties".to_owned(), Value::Bool(true));
                    }
                    Some(schema) => {
                        map.insert("additionalProperties".to_owned(), schema.to_json());
                    }
                    None => {}
                }
                flag(&mut map, PRESERVE_UNKNOWN, *preserve_unknown);
                flag(&mut map, EMBEDDED, *embedded);
            }
            Kind::Array { items } if **items != Schema::default() => {
                map.insert("items".to_owned(), items.to_json());
            }
            Kind::IntOrString => {
                flag(&mut map, INT_OR_STRING, self.constraints.format.as_deref() != Some("int-or-string"));
            }
            _ => {}
        }
        constraints(&mut map, &self.constraints);
        logic(&mut map, &self.logic);
        merge(&mut map, &self.merge);
        if !self.rules.is_empty() {
            map.insert(VALIDATIONS.to_owned(), self.rules.iter().map(rule).collect());
        }
        Value::Object(map)
    }
}

fn condition(condition: &Condition) -> Value {
    let mut map = Map::new();
    text(&mut map, "type", condition.type_name.as_deref());
    constraints(&mut map, &condition.constraints);
    texts(&mut map, "required", &condition.required);
    children(&mut map, "properties", &condition.properties, self::condition);
    if let Some(additional) = &condition.additional {
        map.insert("additionalProperties".to_owned(), self::condition(additional));
    }
    if let Some(items) = &condition.items {
        map.insert("items".to_owned(), self::condition(items));
    }
    logic(&mut map, &condition.logic);
    Value::Object(map)
}

/// The constraints that count something, by keyword.
pub(crate) fn counts(constraints: &Constraints) -> [(&'static str, Option<i64>); 6] {
    [
        ("minLength", constraints.min_length),
        ("maxLength", constraints.max_length),
        ("minItems", constraints.min_items),
        ("maxItems", constraints.max_items),
        ("minProperties", constraints.min_properties),
        ("maxProperties", constraints.max_properties),
    ]
}

fn constraints(map: &mut Map<String, Value>, constraints: &Constraints) {
    text(map, "format", constraints.format.as_deref());
    if !constraints.allowed.is_empty() {
        map.insert("enum".to_owned(), Value::Array(constraints.allowed.clone()));
    }
    text(map, "pattern", constraints.pattern.as_ref().map(crate::Pattern::as_str));
    let integers = counts(constraints);
    let numbers = [
        ("minimum", &constraints.minimum),
        ("maximum", &constraints.maximum),
        ("multipleOf", &constraints.multiple_of),
    ];
    for (key, value) in integers {
        map.extend(value.map(|value| (key.to_owned(), Value::from(value))));
    }
    for (key, value) in numbers {
        map.extend(value.clone().map(|value| (key.to_owned(), Value::Number(value))));
    }
    flag(map, "exclusiveMinimum", constraints.exclusive_minimum);
    flag(map, "exclusiveMaximum", constraints.exclusive_maximum);
    flag(map, "uniqueItems", constraints.unique_items);
}

fn logic(map: &mut Map<String, Value>, logic: &Logic) {
    for (key, list) in [("allOf", &logic.all_of), ("anyOf", &logic.any_of), ("oneOf", &logic.one_of)] {
        if !list.is_empty() {
            map.insert(key.to_owned(), list.iter().map(|one| condition(one)).collect());
        }
    }
    if let Some(not) = &logic.not {
        map.insert("not".to_owned(), condition(not));
    }
}

fn merge(map: &mut Map<String, Value>, merge: &Merge) {
    let list = map.get("type").is_some_and(|name| name == "array");
    match merge {
        Merge::Default => {}
        Merge::Atomic => text(map, if list { LIST_TYPE } else { MAP_TYPE }, Some("atomic")),
        Merge::Granular => text(map, MAP_TYPE, Some("granular")),
        Merge::Set => text(map, LIST_TYPE, Some("set")),
        Merge::Map { keys } => {
            text(map, LIST_TYPE, Some("map"));
            texts(map, LIST_MAP_KEYS, keys);
        }
    }
}

fn rule(rule: &Rule) -> Value {
    let mut map = Map::new();
    map.insert("rule".to_owned(), Value::from(&*rule.rule));
    text(&mut map, "message", rule.message.as_deref());
    text(&mut map, "messageExpression", rule.message_expression.as_deref());
    text(&mut map, "reason", rule.reason.as_deref());
    text(&mut map, "fieldPath", rule.field_path.as_deref());
    if let Some(optional) = rule.optional_old_self {
        map.insert("optionalOldSelf".to_owned(), Value::Bool(optional));
    }
    Value::Object(map)
}

fn children<T>(
    map: &mut Map<String, Value>,
    key: &str,
    children: &BTreeMap<Arc<str>, Arc<T>>,
    print: fn(&T) -> Value,
) {
    if !children.is_empty() {
        let children = children.iter().map(|(name, child)| (name.to_string(), print(child))).collect();
        map.insert(key.to_owned(), Value::Object(children));
    }
}

fn text(map: &mut Map<String, Value>, key: &str, value: Option<&str>) {
    map.extend(value.map(|value| (key.to_owned(), Value::from(value))));
}

fn texts(map: &mut Map<String, Value>, key: &str, values: &[Arc<str>]) {
    if !values.is_empty() {
        map.insert(key.to_owned(), values.iter().map(|value| Value::from(&**value)).collect());
    }
}

fn flag(map: &mut Map<String, Value>, key: &str, set: bool) {
    if set {
        map.insert(key.to_owned(), Value::Bool(true));
    }
}
