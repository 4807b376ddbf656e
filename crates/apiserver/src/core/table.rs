//! `as=Table`: columns and cells, as kubectl prints them.

mod age;
mod builtin;
mod columns;
mod jsonpath;
mod row;

use super::{custom::Column, object, registry::Served, verbs::partial};
use kro_object::Timestamp;
use serde_json::{Value, json};

use self::jsonpath::JsonPath;

/// What each row carries besides its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncludeObject {
    None,
    Metadata,
    Object,
}

/// The table of some objects, without its own metadata.
pub(crate) fn table(
    served: &Served,
    version: &str,
    items: &[Value],
    include: IncludeObject,
    now: Timestamp,
) -> Value {
    let rows: Vec<Value> = items
        .iter()
        .map(|item| {
            let mut row = row(&cells(served, item, now), item, version, include);
            if let Some(conditions) = builtin::conditions(served, item) {
                row["conditions"] = conditions;
            }
            row
        })
        .collect();
    // The printer that kinds without a table of their own share begins with no list at all.
    let is_shared = served.is_builtin() && columns::of(served).is_none();
    let rows = if is_shared && rows.is_empty() { Value::Null } else { rows.into() };
    frame(version, headers(served), rows)
}

/// The table of a `Scale`, without its own metadata.
pub(crate) fn scale(version: &str, scale: &Value, include: IncludeObject, now: Timestamp) -> Value {
    let number = |pointer: &str| scale.pointer(pointer).cloned().unwrap_or_else(|| 0.into());
    let cells = [
        object::name(scale).into(),
        number("/spec/replicas"),
        number("/status/replicas"),
        age::since(object::meta_text(scale, "creationTimestamp"), now).into(),
    ];
    frame(version, columns::scale(), vec![row(&cells, scale, version, include)].into())
}

fn frame(version: &str, columns: Value, rows: Value) -> Value {
    let fields = [
        ("kind", "Table".into()),
        ("apiVersion", format!("meta.k8s.io/{version}").into()),
        ("metadata", json!({})),
        ("columnDefinitions", columns),
        ("rows", rows),
    ];
    Value::Object(fields.map(|(name, value)| (name.to_owned(), value)).into_iter().collect())
}

fn row(cells: &[Value], item: &Value, version: &str, include: IncludeObject) -> Value {
    let object = match include {
        IncludeObject::None => Value::Null,
        IncludeObject::Metadata => partial(item, version),
        IncludeObject::Object => item.clone(),
    };
    json!({"cells": cells, "object": object})
}

/// The columns of a custom resource that defines none.
fn default_columns() -> Vec<Column> {
    vec![Column {
        name: "Age".into(),
        kind: "date".into(),
        format: String::new(),
        description: columns::CREATED.into(),
        priority: 0,
        path: ".metadata.creationTimestamp".into(),
    }]
}

fn custom_columns(served: &Served) -> Option<Vec<Column>> {
    let custom = served.custom.as_ref()?;
    Some(if custom.columns.is_empty() { default_columns() } else { custom.columns.clone() })
}

fn headers(served: &Served) -> Value {
    let name = json!({
        "name": "Name", "type": "string", "format": "name", "description": columns::NAME, "priority": 0,
    });
    let Some(custom) = custom_columns(served) else {
        return columns::of(served).cloned().unwrap_or_else(columns::others);
    };
    let mut out = vec![name];
    out.extend(custom.iter().map(|column| {
        let description = if column.description.is_empty() {
            format!("Custom resource definition column (in JSONPath format): {}", column.path)
        } else {
            column.description.clone()
        };
        json!({
            "name": column.name, "type": column.kind, "format": column.format, "description": description,
            "priority": column.priority,
        })
    }));
    Value::Array(out)
}

fn cells(served: &Served, item: &Value, now: Timestamp) -> Vec<Value> {
    let Some(custom) = custom_columns(served) else { return builtin::cells(served, item, now) };
    let mut out = vec![object::name(item).into()];
    out.extend(custom.iter().map(|column| cell(column, item, now)));
    out
}

fn cell(column: &Column, item: &Value, now: Timestamp) -> Value {
    let found = JsonPath::parse(&column.path).ok().and_then(|path| path.find(item).first().copied());
    match (column.kind.as_str(), found) {
        ("string", Some(value)) => jsonpath::print(value).into(),
        ("integer", Some(Value::Number(number))) => {
            number.as_i64().or_else(|| number.as_f64().map(|float| float as i64)).into()
        }
        ("number", Some(value @ Value::Number(_))) | ("boolean", Some(value @ Value::Bool(_))) => {
            value.clone()
        }
        ("date", Some(Value::String(text))) => age::since(text, now).into(),
        _ => Value::Null,
    }
}
