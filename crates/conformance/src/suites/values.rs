//! Values against Go: quantities, selectors, durations, times, JSON and YAML numbers.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use base64::Engine;
use kro_diagnostic::source::Sources;
use kro_gotext::duration;
use kro_object::{Operator, Quantity, Selector, Timestamp, json};
use kro_schema::formats;
use serde_json::Value;

use super::Input;
use crate::report::Report;

/// The first difference, as text.
type Outcome = Result<(), String>;
/// Named sets of labels that selectors are matched with.
type LabelSets = Vec<BTreeMap<String, String>>;

/// Runs every file of the folder.
pub(crate) fn run(input: &Input) -> anyhow::Result<Report> {
    let read = |path: &std::path::Path| -> anyhow::Result<Vec<Value>> {
        let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        serde_json::from_slice(&bytes).with_context(|| format!("{} is not a list of cases", path.display()))
    };
    // A folder with a part of the cases need not have the label sets again.
    let folders = [&input.data, &input.gold.join("values")];
    let sets = folders.iter().map(|folder| folder.join("label-sets.json")).find(|path| path.exists());
    let sets: LabelSets = match sets {
        Some(path) => read(&path)?
            .into_iter()
            .map(|entry| serde_json::from_value(entry["labels"].clone()))
            .collect::<Result<_, _>>()?,
        None => LabelSets::new(),
    };
    let mut files: Vec<_> = std::fs::read_dir(&input.data)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let mut report = Report::default();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "json")) {
        let check: fn(&Value, &LabelSets) -> Outcome = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("label-sets") => continue,
            Some("quantities") => |case, _| quantity(case),
            Some("quantity-ops") => |case, _| arithmetic(case),
            Some("selectors") => selector_text,
            Some("selector-objects") => selector_object,
            Some("durations") => |case, _| durations(case),
            Some("times") => |case, _| times(case),
            Some("json-numbers") => |case, _| json_number(case),
            Some("json-text") => |case, _| json_text(case),
            other => bail!("unknown kind of value data: {other:?}"),
        };
        for case in read(file)? {
            let name = case["name"].as_str().unwrap_or_default().to_owned();
            if input.wants(&name) {
                report.add(name, check(&case, &sets));
            }
        }
    }
    Ok(report)
}

/// Compares a field of a case with what we have; an absent field means "no such result".
fn same(case: &Value, field: &str, ours: impl Into<Value>) -> Outcome {
    let (expected, ours) = (&case[field], ours.into());
    let equal = match (expected.as_f64(), ours.as_f64()) {
        (Some(expected), Some(ours)) => expected.to_bits() == ours.to_bits(),
        _ => *expected == ours,
    };
    if equal { Ok(()) } else { Err(format!("{field}: expected {expected}, got {ours}")) }
}

/// Whether an error was recorded; when it was, ours must be one as well and there is nothing else to compare.
fn errors<T, E: std::fmt::Display>(
    case: &Value,
    field: &str,
    ours: Result<T, E>,
) -> Result<Option<T>, String> {
    match (ours, case.get(field).is_some_and(|error| *error != Value::Bool(false))) {
        (Ok(value), false) => Ok(Some(value)),
        (Err(_), true) => Ok(None),
        (Ok(_), true) => Err(format!("{field}: expected an error: {}", case[field])),
        (Err(error), false) => Err(format!("{field}: unexpected error: {error}")),
    }
}

fn text<'c>(case: &'c Value, field: &str) -> &'c str {
    case[field].as_str().unwrap_or_default()
}

fn quantity(case: &Value) -> Outcome {
    if case.get("inputJSON").is_some() {
        // As UnmarshalJSON does: spaces around the JSON text are those of the decoder.
        let parsed = Quantity::from_json(text(case, "inputJSON").trim());
        let Some(quantity) = errors(case, "error", parsed)? else { return Ok(()) };
        same(case, "json", quantity.to_string())?;
        return same(case, "canonical", quantity.to_canonical());
    }
    let Some(quantity) = errors(case, "error", text(case, "input").parse::<Quantity>())? else {
        return Ok(());
    };
    same(case, "string", quantity.to_string())?;
    same(case, "canonical", quantity.to_canonical())?;
    same(case, "format", quantity.format().to_string())?;
    same(case, "sign", i64::from(quantity.sign()))?;
    same(case, "int64", quantity.as_i64())?;
    match quantity.to_f64() {
        float if float.is_infinite() => {
            same(case, "float", if float > 0.0 { "Infinity" } else { "-Infinity" })?;
        }
        float => same(case, "float", float)?,
    }
    // Where Go's 64 bits wrap, nothing is recorded; a value we have all the same is no difference.
    for (field, ours) in [("value", quantity.value()), ("milli", quantity.milli_value())] {
        if case.get(field).is_some() {
            same(case, field, ours)?;
        }
    }
    same(case, "json", quantity.to_string())
}

fn arithmetic(case: &Value) -> Outcome {
    let operand =
        |field: &str| text(case, field).parse::<Quantity>().map_err(|error| format!("{field}: {error}"));
    let (a, b) = (operand("a")?, operand("b")?);
    let k = case["k"].as_i64().unwrap_or_default();
    let order = |a: &Quantity, b: &Quantity| a.cmp(b) as i64;
    same(case, "cmp", order(&a, &b))?;
    same(case, "equal", a == b)?;
    let sum = a.checked_add(&b).ok_or("add: out of range")?;
    same(case, "add", sum.to_string())?;
    same(case, "addFormat", sum.format().to_string())?;
    let difference = a.checked_sub(&b).ok_or("sub: out of range")?;
    same(case, "sub", difference.to_string())?;
    same(case, "subFormat", difference.format().to_string())?;
    same(case, "negA", a.negated().to_string())?;
    same(case, "cmpInt64", order(&a, &Quantity::from_i64(k)))?;
    let product = a.mul_i64(k);
    same(case, "mulK", product.to_string())?;
    same(case, "mulFast", product.fits_i64_mantissa())
}

fn selector_text(case: &Value, sets: &LabelSets) -> Outcome {
    let Some(selector) = errors(case, "error", text(case, "input").parse::<Selector>())? else {
        return Ok(());
    };
    selector_facts(case, &selector, sets)
}

fn selector_object(case: &Value, sets: &LabelSets) -> Outcome {
    let Some(selector) = errors(case, "error", Selector::from_value(&case["input"]))? else { return Ok(()) };
    selector_facts(case, &selector, sets)?;
    let shown = selector.to_string();
    same(case, "format", if shown.is_empty() { "<none>".to_owned() } else { shown })
}

fn selector_facts(case: &Value, selector: &Selector, sets: &LabelSets) -> Outcome {
    same(case, "canonical", selector.to_string())?;
    same(case, "empty", selector.is_everything())?;
    let requirement = |one: &kro_object::Requirement| {
        let mut values: Vec<&str> = one.values.iter().map(|value| &**value).collect();
        values.dedup();
        serde_json::json!({"key": one.key, "op": operator(one.operator), "values": values})
    };
    same(case, "requirements", selector.requirements().iter().map(requirement).collect::<Value>())?;
    same(case, "matches", sets.iter().map(|labels| selector.matches(labels)).collect::<Value>())
}

fn operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Equals => "=",
        Operator::DoubleEquals => "==",
        Operator::NotEquals => "!=",
        Operator::In => "in",
        Operator::NotIn => "notin",
        Operator::Exists => "exists",
        Operator::DoesNotExist => "!",
        Operator::GreaterThan => "gt",
        Operator::LessThan => "lt",
    }
}

fn durations(case: &Value) -> Outcome {
    if case.get("input").is_none() {
        return same(case, "string", duration::format(case["nanos"].as_i64().unwrap_or_default()));
    }
    let input = text(case, "input");
    same(case, "openapiNanos", formats::parse_duration(input))?;
    let Some(nanos) = errors(case, "error", duration::parse(input))? else { return Ok(()) };
    same(case, "nanos", nanos)?;
    same(case, "string", duration::format(nanos))
}

fn times(case: &Value) -> Outcome {
    let input = text(case, "input");
    same(case, "openapiDateTime", formats::check("date-time", input))?;
    same(case, "openapiDate", formats::check("date", input))?;
    // Typed values hold 64-bit nanoseconds, which wrap.
    let nanos = formats::parse_datetime(input).map(|time| (time.unix_nanos() as i64).to_string());
    same(case, "openapiUnixNano", nanos)?;
    if let Some(time) = errors(case, "microError", Timestamp::parse_micro(input))? {
        same(case, "micro", time.to_rfc3339_micro())?;
    }
    let parsed = input.parse::<Timestamp>();
    if let Some(time) = errors(case, "metaError", parsed)? {
        let meta = (!time.is_go_zero()).then(|| time.to_rfc3339());
        same(case, "meta", meta)?;
    }
    let Some(time) = errors(case, "goError", parsed)? else { return Ok(()) };
    same(case, "unix", time.unix_seconds())?;
    same(case, "nanos", time.subsec_nanos())?;
    same(case, "rfc3339", time.to_rfc3339())?;
    same(case, "rfc3339nano", time.to_string())
}

fn json_number(case: &Value) -> Outcome {
    let input = text(case, "input");
    let parsed = json::parse(format!("{{\"v\":{input}}}").as_bytes());
    if let Some(document) = errors(case, "error", parsed)? {
        let value = &document["v"];
        same(case, "kind", kind(value))?;
        same(case, "output", json::canonical(value))?;
        if let Some(float) = value.as_f64().filter(|_| value.is_f64()) {
            same(case, "bits", format!("{:016x}", float.to_bits()))?;
        }
    }
    let mut sources = Sources::default();
    let file = sources.add("case", format!("v: {input}\n"));
    let documents = sources.documents(file).into_result().map_err(|found| format!("{found:?}"));
    let Some(documents) = errors(case, "yamlError", documents)? else { return Ok(()) };
    let document = documents.first().ok_or("yaml: no document")?.to_value();
    // The reference writes YAML as JSON and reads it again, so what counts is the JSON.
    let written = json::canonical(&document["v"]);
    same(case, "yamlOutput", written.clone())?;
    let again = json::parse(written.as_bytes()).map_err(|error| error.to_string())?;
    same(case, "yamlKind", kind(&again))
}

fn kind(value: &Value) -> &'static str {
    match json::type_name(value) {
        "integer" => "int",
        "number" => "float",
        "boolean" => "bool",
        "array" => "list",
        "object" => "map",
        other => other,
    }
}

fn json_text(case: &Value) -> Outcome {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(text(case, "inputBytes"))
        .map_err(|error| format!("inputBytes: {error}"))?;
    let Some(value) = errors(case, "error", json::parse(&bytes))? else { return Ok(()) };
    same(case, "output", json::canonical(&value))
}
