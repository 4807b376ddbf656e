//! Checks the API server runs after the schema itself: unique items of sets and keyed lists, embedded resources.

use super::{Reason, Violation, text::shown};
use crate::{Merge, Schema, trail::Trail};
use kro_object::{FieldPath, Gvk, ParseGvkError, json};
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

/// Lists of type `set` and `map` whose items repeat.
pub fn lists(schema: &Schema, value: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    walk(schema, value, Trail::Root, &mut |schema, value, trail| {
        if let Value::Array(list) = value
            && list.len() > 1
        {
            match &schema.merge {
                Merge::Set => duplicates(list.iter().map(Cow::Borrowed), trail, &mut found),
                Merge::Map { keys } => {
                    let items = schema.items();
                    let keys = list.iter().map(|item| Cow::Owned(key_of(item, keys, items)));
                    duplicates(keys, trail, &mut found);
                }
                _ => {}
            }
        }
    });
    found
}

/// Embedded resources without a proper `apiVersion` and `kind`.
pub fn embedded(schema: &Schema, value: &Value) -> Vec<Violation> {
    let mut found = Vec::new();
    walk(schema, value, Trail::Root, &mut |schema, value, trail| {
        if let (true, Value::Object(map)) = (schema.is_embedded(), value) {
            check_type_meta(map, &trail.path(), &mut found);
        }
    });
    found
}

fn walk(schema: &Schema, value: &Value, trail: Trail<'_>, visit: &mut dyn FnMut(&Schema, &Value, Trail<'_>)) {
    visit(schema, value, trail);
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                if let Some(child) = schema.field(name) {
                    walk(child, value, Trail::Field(&trail, name), visit);
                }
            }
        }
        Value::Array(list) => {
            if let Some(items) = schema.items() {
                for (index, value) in list.iter().enumerate() {
                    walk(items, value, Trail::Index(&trail, index), visit);
                }
            }
        }
        _ => {}
    }
}

/// Report the second appearance of each value; further ones are not.
fn duplicates<'v>(
    values: impl Iterator<Item = Cow<'v, Value>>,
    trail: Trail<'_>,
    found: &mut Vec<Violation>,
) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (index, value) in values.enumerate() {
        let times = seen.entry(json::canonical(&value)).or_default();
        *times += 1;
        if *times == 2 {
            let message = format!("Duplicate value: {}", shown(&value));
            found.push(violation(trail.path().join(index), Reason::Duplicate, message));
        }
    }
}

/// The identifying fields of an item; a missing one counts as its default.
fn key_of(item: &Value, keys: &[Arc<str>], items: Option<&Arc<Schema>>) -> Value {
    let each = |key: &Arc<str>| {
        let default =
            || items.and_then(|items| items.property(key)).and_then(|schema| schema.default.clone());
        item.get(&**key).cloned().or_else(default).map(|value| (key.to_string(), value))
    };
    Value::Object(keys.iter().filter_map(each).collect::<Map<_, _>>())
}

fn check_type_meta(map: &Map<String, Value>, path: &FieldPath, found: &mut Vec<Violation>) {
    for name in ["apiVersion", "kind"] {
        let place = path.join(name);
        let message = match map.get(name) {
            None => {
                found.push(violation(place, Reason::Required, "Required value".to_owned()));
                continue;
            }
            Some(Value::String(text)) if text.is_empty() => "must not be empty".to_owned(),
            Some(Value::String(text)) if name == "apiVersion" => match Gvk::from_api_version(text, "x") {
                Err(error @ ParseGvkError::ApiVersion(_)) => error.to_string(),
                _ => continue,
            },
            Some(Value::String(text)) => match kind_problems(text).as_slice() {
                [] => continue,
                problems => {
                    format!("may have mixed case, but should otherwise match: {}", problems.join(","))
                }
            },
            Some(_) => "must be a string".to_owned(),
        };
        let message = format!("Invalid value: {}: {message}", shown(&map[name]));
        found.push(violation(place, Reason::Invalid, message));
    }
}

const KIND_RULE: &str = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an \
    alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for \
    validation is '[a-z]([-a-z0-9]*[a-z0-9])?')";

fn kind_problems(text: &str) -> Vec<&'static str> {
    let rules = [
        (text.len() <= 63, "must be no more than 63 characters"),
        (has_letters_of_kind(text.as_bytes()), KIND_RULE),
    ];
    rules.into_iter().filter(|(holds, _)| !holds).map(|(_, rule)| rule).collect()
}

fn has_letters_of_kind(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_alphabetic)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'-')
}

fn violation(path: FieldPath, reason: Reason, message: String) -> Violation {
    let field = path.to_string();
    Violation { path, field: Some(field), reason, message }
}
