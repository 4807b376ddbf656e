//! Compares a document with the grammar: every mistake with its place and advice.

use super::grammar::{Record, Shape};
use kro_diagnostic::{Diagnostic, Locus, codes, nearest};
use kro_gotext::duration;
use kro_object::FieldPath;
use serde_json::Value;

/// Everything that is wrong with a value of a shape.
pub(super) fn check(value: &Value, shape: Shape, at: &FieldPath, found: &mut Vec<Diagnostic>) {
    let mut wrong = |wanted: &str| {
        let message = format!("{wanted} is expected, not {}", named(value));
        found.push(Diagnostic::error(codes::FIELD_TYPE, at.clone().into(), message));
    };
    match (shape, value) {
        (Shape::Record(record), Value::Object(_)) => check_record(value, record, at, found),
        (Shape::Anything, Value::Object(_)) | (Shape::True, Value::Bool(true)) => {}
        (Shape::List(item), Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                check(value, *item, &at.join(index), found);
            }
        }
        (Shape::Manifests, Value::Array(items)) => {
            for (index, value) in items.iter().enumerate() {
                check_manifest(value, &at.join(index), found);
            }
        }
        (Shape::Manifests, value) => check_manifest(value, at, found),
        (Shape::Count, Value::Number(number)) if number.as_u64().is_some() => {}
        (Shape::Text | Shape::Expression, Value::String(text)) if !text.trim().is_empty() => {}
        (Shape::Slug, Value::String(text)) if is_slug(text) => {}
        (Shape::Duration, Value::String(text)) => {
            if !duration::parse(text).is_ok_and(|nanos| nanos >= 0) {
                let message = format!("{text:?} is no duration");
                found.push(
                    Diagnostic::error(codes::FIELD_VALUE, at.clone().into(), message)
                        .with_help("write it as `30s`, `1m30s` or `2h`"),
                );
            }
        }
        (Shape::Word(words), Value::String(text)) => {
            if !words.iter().any(|(word, _)| word == text) {
                let all: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
                let diagnostic = Diagnostic::error(
                    codes::FIELD_VALUE,
                    at.clone().into(),
                    format!("{text:?} is not one of {}", all.join(", ")),
                );
                found.push(match nearest(text, all.iter().copied()) {
                    Some(word) => diagnostic.with_suggestion(Locus::value(at.clone()), word),
                    None => diagnostic,
                });
            }
        }
        (Shape::Record(_) | Shape::Anything, _) => wrong("a mapping"),
        (Shape::List(_), _) => wrong("a list"),
        (Shape::Count, _) => wrong("a whole number"),
        (Shape::True, _) => wrong("`true`"),
        (Shape::Slug, _) => wrong("a text of small letters, digits and dashes"),
        (Shape::Text | Shape::Expression | Shape::Duration | Shape::Word(_), _) => wrong("a text"),
    }
}

fn check_record(value: &Value, record: &Record, at: &FieldPath, found: &mut Vec<Diagnostic>) {
    let Value::Object(map) = value else { return };
    for (key, value) in map {
        let place = at.join(key.as_str());
        match record.fields.iter().find(|field| field.name == key) {
            Some(field) => check(value, field.shape, &place, found),
            None => {
                let message = format!("there is no field {key:?} here");
                let diagnostic = Diagnostic::error(codes::UNKNOWN_FIELD, Locus::key(place.clone()), message);
                let names = record.fields.iter().map(|field| field.name);
                found.push(match nearest(key, names.clone()) {
                    Some(name) => diagnostic.with_suggestion(Locus::key(place), name),
                    None => {
                        let names: Vec<&str> = names.collect();
                        diagnostic.with_help(format!("the fields here are {}", names.join(", ")))
                    }
                });
            }
        }
    }
    for field in record.fields.iter().filter(|field| field.required && !map.contains_key(field.name)) {
        let message = format!("the field {:?} is missing", field.name);
        found.push(
            Diagnostic::error(codes::MISSING_FIELD, at.clone().into(), message)
                .with_help(format!("add `{}:`. {}", field.name, field.about)),
        );
    }
    let there: Vec<&str> = record.one_of.iter().copied().filter(|name| map.contains_key(*name)).collect();
    if !record.one_of.is_empty() && there.len() != 1 {
        let message = match there.as_slice() {
            [] => "the step does nothing".to_owned(),
            more => format!("the step does several things: {}", more.join(", ")),
        };
        let help = format!("write exactly one of {} in each step", record.one_of.join(", "));
        found.push(Diagnostic::error(codes::SCENARIO_STEP, at.clone().into(), message).with_help(help));
    }
}

/// A file name or an object.
fn check_manifest(value: &Value, at: &FieldPath, found: &mut Vec<Diagnostic>) {
    let help = "write the name of a YAML file, or an object with apiVersion, kind and metadata.name";
    let wrong = match value {
        Value::String(text) if !text.is_empty() => None,
        Value::Object(map) => {
            let has = |name: &str| map.get(name).is_some_and(Value::is_string);
            let name = value.pointer("/metadata/name").is_some_and(Value::is_string);
            (!has("apiVersion") || !has("kind") || !name).then(|| {
                (codes::MISSING_FIELD, "the object lacks apiVersion, kind or metadata.name".to_owned())
            })
        }
        _ => Some((codes::FIELD_TYPE, format!("a file or an object is expected, not {}", named(value)))),
    };
    if let Some((code, message)) = wrong {
        found.push(Diagnostic::error(code, at.clone().into(), message).with_help(help));
    }
}

fn is_slug(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !text.is_empty() && text.bytes().all(fits)
}

fn named(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        other => other.to_string(),
    }
}
