//! The tables: one row, one check.

use kro_graph::{environment, plural::plural, template};
use kro_object::{FieldPath, Segment};
use serde_json::{Value, json};

type Check = fn(&Value) -> Result<(), String>;

/// The tables by file name.
pub(super) const TABLES: [(&str, Check); 4] = [
    ("templates.jsonl", check_template),
    ("paths.jsonl", check_path),
    ("inspect.jsonl", check_inspect),
    ("plurals.jsonl", check_plural),
];

fn check_template(row: &Value) -> Result<(), String> {
    let text = row["text"].as_str().unwrap_or_default();
    let found = match template::read(text) {
        Ok(template::Text::Plain) => json!({"plain": true, "expressions": []}),
        Ok(template::Text::Whole(cel)) => json!({"standalone": true, "expressions": [cel], "compiled": cel}),
        Ok(template::Text::Mixed(mixed)) => json!({
            "standalone": false,
            "expressions": mixed.expressions().collect::<Vec<_>>(),
            "compiled": mixed.lower().cel,
        }),
        Err(_) => json!({"error": true}),
    };
    let recorded = |field: &str| {
        if field == "error" { row.get(field).map(|_| json!(true)) } else { row.get(field).cloned() }
    };
    for field in ["plain", "standalone", "expressions", "compiled", "error"] {
        let found = found.get(field).cloned();
        if found != recorded(field) {
            return Err(format!("{field}: found {found:?}, expected {:?}", recorded(field)));
        }
    }
    Ok(())
}

fn check_path(row: &Value) -> Result<(), String> {
    let text = row["path"].as_str().unwrap_or_default();
    match (text.parse::<FieldPath>(), row.get("segments")) {
        (Ok(path), Some(expected)) => {
            let segments: Vec<Value> = path
                .segments()
                .iter()
                .map(|segment| match segment {
                    Segment::Field(name) => json!(name),
                    Segment::Index(index) => json!(index),
                })
                .collect();
            let rebuilt = path.to_string();
            if json!(segments) != *expected {
                return Err(format!("found {segments:?}, expected {expected}"));
            }
            if row.get("rebuilt").is_some_and(|expected| *expected != json!(rebuilt)) {
                return Err(format!("rebuilt {rebuilt}, expected {}", row["rebuilt"]));
            }
            Ok(())
        }
        (Err(_), None) => Ok(()),
        (Ok(path), None) => Err(format!("read as {path}, expected an error")),
        (Err(error), Some(expected)) => Err(format!("{error}, expected {expected}")),
    }
}

/// What the recorded inspector knows besides functions.
const KNOWN: [&str; 7] = ["a", "b", "list", "pod", "schema", "each", "runtime"];

fn check_inspect(row: &Value) -> Result<(), String> {
    let text = row["expression"].as_str().unwrap_or_default();
    let env = environment();
    let (ast, issues) = env.parse(text);
    match (issues.first(), row.get("error")) {
        (Some(_), Some(_)) => return Ok(()),
        (Some(issue), None) => return Err(format!("{} in a valid expression", issue.mistake)),
        (None, Some(error)) => return Err(format!("no issue, expected {error}")),
        (None, None) => {}
    }
    let found = env.references(&ast);
    let sorted = |mut names: Vec<String>| {
        names.sort();
        names.dedup();
        names
    };
    let known: Vec<String> =
        found.names.iter().map(|it| it.name.clone()).filter(|name| KNOWN.contains(&name.as_str())).collect();
    let unknown: Vec<String> =
        found.names.iter().map(|it| it.name.clone()).filter(|name| !KNOWN.contains(&name.as_str())).collect();
    let strings = |field: &str, part: Option<&str>| -> Vec<String> {
        let items = row[field].as_array().into_iter().flatten();
        let text = |item: &Value| part.map_or_else(|| item.clone(), |part| item[part].clone());
        items.filter_map(|item| text(item).as_str().map(str::to_owned)).collect()
    };
    let unknown_functions: Vec<String> = found
        .functions
        .iter()
        .filter(|it| !it.member && !env.has_function(&it.name))
        .map(|it| it.name.clone())
        .collect();
    let omits = found.functions.iter().any(|it| it.name == "omit" && !it.member);
    for (what, found, expected) in [
        ("resources", sorted(known), sorted(strings("resources", Some("id")))),
        ("unknown", sorted(unknown), sorted(strings("unknown", Some("id")))),
        ("unknown functions", sorted(unknown_functions), sorted(strings("unknownFunctions", None))),
    ] {
        if found != expected {
            return Err(format!("{what}: found {found:?}, expected {expected:?}"));
        }
    }
    if json!(omits) != row["usesOmit"] {
        return Err(format!("omit: found {omits}"));
    }
    Ok(())
}

fn check_plural(row: &Value) -> Result<(), String> {
    let found = plural(row["kind"].as_str().unwrap_or_default());
    if json!(found) == row["plural"] {
        Ok(())
    } else {
        Err(format!("found {found}, expected {}", row["plural"]))
    }
}
