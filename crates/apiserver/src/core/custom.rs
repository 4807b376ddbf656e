//! One version of a custom resource definition, compiled: schema, columns, subresources, selectable fields.

use super::{metadata, registry::compare_versions, rules, verbs::ScalePaths};
use crate::{encode, field_error::FieldError};
use kro_cel_k8s::Rules;
use kro_schema::{Kind, Schema, normalize, validate};
use serde_json::Value;
use std::sync::Arc;

/// What the server needs to know to serve a custom resource in one version.
#[derive(Debug)]
pub(crate) struct Custom {
    /// `openAPIV3Schema` as the author wrote it.
    pub raw: Value,
    /// The same, parsed; absent only where it cannot be, which validation keeps from happening.
    pub schema: Option<Arc<Schema>>,
    /// Its rules, if it has any.
    pub rules: Option<Rules>,
    pub has_status: bool,
    pub scale: Option<ScalePaths>,
    /// Fields for field selectors, without the leading dot.
    pub selectable: Vec<String>,
    /// Printer columns, if the version defines any.
    pub columns: Vec<Column>,
    /// The warning that every request gets if the version is deprecated.
    pub deprecation: Option<String>,
}

/// One of `additionalPrinterColumns`.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub name: String,
    pub kind: String,
    pub format: String,
    pub description: String,
    pub priority: i64,
    pub path: String,
}

impl Custom {
    /// Compiles an entry of `spec.versions`.
    pub(crate) fn compile(spec: &Value, version: &Value) -> Self {
        let text = |value: &Value, field: &str| {
            value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let raw = version.pointer("/schema/openAPIV3Schema").cloned().unwrap_or_default();
        let scale = version.pointer("/subresources/scale").map(|scale| ScalePaths {
            spec_replicas: text(scale, "specReplicasPath").replace('.', "/"),
            status_replicas: text(scale, "statusReplicasPath").replace('.', "/"),
            selector: scale
                .get("labelSelectorPath")
                .and_then(Value::as_str)
                .map(|path| path.replace('.', "/")),
        });
        let list = |field: &str| version.get(field).and_then(Value::as_array).cloned().unwrap_or_default();
        let columns = list("additionalPrinterColumns")
            .iter()
            .map(|column| Column {
                name: text(column, "name"),
                kind: text(column, "type"),
                format: text(column, "format"),
                description: text(column, "description"),
                priority: column.get("priority").and_then(Value::as_i64).unwrap_or(0),
                path: text(column, "jsonPath"),
            })
            .collect();
        let is_deprecated = version.get("deprecated") == Some(&Value::Bool(true));
        let deprecation = is_deprecated.then(|| deprecation(spec, version));
        let schema = Schema::from_json(&raw).ok().map(Arc::new);
        let rules = schema.as_ref().map(rules::compile).filter(|rules| !rules.is_empty());
        Self {
            rules,
            schema,
            raw,
            has_status: version.pointer("/subresources/status").is_some(),
            scale,
            selectable: list("selectableFields")
                .iter()
                .map(|field| text(field, "jsonPath").trim_start_matches('.').to_owned())
                .collect(),
            columns,
            deprecation,
        }
    }

    /// Drops what the schema does not know and returns the paths of it. A `null` where none may be goes, too.
    pub(crate) fn prune(&self, object: &mut Value) -> Vec<String> {
        let Some(schema) = &self.schema else { return Vec::new() };
        normalize::drop_nulls(schema, object);
        normalize::prune_object(schema, object).iter().map(ToString::to_string).collect()
    }

    /// The same for what has been stored under another schema: whoever reads it is not told.
    pub(crate) fn narrow(&self, object: &mut Value) {
        if let Some(schema) = &self.schema {
            normalize::drop_nulls(schema, object);
            normalize::prune_object_quietly(schema, object);
        }
    }

    /// Reads the metadata of embedded resources as metadata is read everywhere: wrong types are refused, fields that
    /// it does not have are dropped and their paths go to `unknown`.
    pub(crate) fn decode_embedded(
        &self,
        object: &mut Value,
        unknown: &mut Vec<String>,
    ) -> Result<(), String> {
        let Value::Object(map) = object else { return Ok(()) };
        let Some(schema) = &self.schema else { return Ok(()) };
        for (name, value) in map.iter_mut().filter(|(name, _)| *name != "metadata") {
            if let Some(schema) = schema.field(name) {
                decode_embedded(schema, value, name, unknown)?;
            }
        }
        Ok(())
    }

    /// Fills in the schema's defaults.
    pub(crate) fn default(&self, object: &mut Value) {
        if let Some(schema) = &self.schema {
            normalize::apply_defaults(schema, object);
        }
    }

    /// Problems of an object's values, and warnings about those that a change leaves as they were; `old` is the
    /// state before an update. A write of the status is judged by the status alone, and by all rules.
    /// Rules do not run on what is invalid otherwise, nor if the caller says so.
    pub(crate) fn validate(
        &self,
        new: &Value,
        old: Option<&Value>,
        subresource: Option<&str>,
        runs_rules: bool,
    ) -> Verdict {
        let Some(schema) = &self.schema else { return Verdict::default() };
        let mut errors = if subresource == Some("status") {
            match (schema.property("status"), new.get("status")) {
                (Some(schema), Some(status)) => {
                    check(schema, status, old.and_then(|old| old.get("status")), Some("status"))
                }
                _ => Vec::new(),
            }
        } else {
            check(schema, new, old, None)
        };
        let is_invalid = !runs_rules || errors.iter().any(|error| error.kind.keeps_rules_from_running());
        if is_invalid && self.rules.is_some() {
            errors.push(FieldError::invalid("<nil>", &Value::Null, "some validation rules were not checked because the object was invalid; correct the existing errors to complete validation"));
            return Verdict { errors, warnings: Vec::new() };
        }
        self.add_rules(errors, new, old)
    }

    /// These problems and those that the rules have with an object, whatever the schema says of it.
    pub(crate) fn add_rules(&self, mut errors: Vec<FieldError>, new: &Value, old: Option<&Value>) -> Verdict {
        let judged = self.rules.as_ref().map(|rules| rules::judge(rules, new, old));
        let (broken, warnings) = judged.unwrap_or_default();
        errors.extend(broken);
        Verdict { errors, warnings }
    }
}

fn decode_embedded(
    schema: &Schema,
    value: &mut Value,
    path: &str,
    unknown: &mut Vec<String>,
) -> Result<(), String> {
    match value {
        Value::Object(map) => {
            let is_embedded = schema.is_embedded();
            if let (true, Some(meta)) = (is_embedded, map.get_mut("metadata")) {
                let path = format!("{path}.metadata");
                let before = meta.clone();
                metadata::decode(meta, "", &path, unknown)
                    .map_err(|why| format!("{path}: Invalid value: {}: {why}", encode::to_text(&before)))?;
            }
            let is_map = matches!(schema.kind, Kind::Object { additional: Some(_), .. });
            for (name, value) in map.iter_mut() {
                let Some(schema) = schema.field(name) else { continue };
                if is_embedded && name == "metadata" {
                    continue;
                }
                let path = if is_map { format!("{path}[{name}]") } else { format!("{path}.{name}") };
                decode_embedded(schema, value, &path, unknown)?;
            }
        }
        Value::Array(items) => {
            let Some(schema) = schema.items() else { return Ok(()) };
            for (at, item) in items.iter_mut().enumerate() {
                decode_embedded(schema, item, &format!("{path}[{at}]"), unknown)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// The warning that a deprecated version gives: its own, or one that names the version to use.
fn deprecation(spec: &Value, version: &Value) -> String {
    if let Some(own) = version.get("deprecationWarning").and_then(Value::as_str) {
        return own.to_owned();
    }
    let text = |value: &Value, pointer: &str| {
        value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let spelled = |version: &str| format!("{}/{version} {}", text(spec, "/group"), text(spec, "/names/kind"));
    let mut better: Vec<String> = spec
        .get("versions")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter(|other| other["served"] == true && other["deprecated"] != true)
        .map(|other| text(other, "/name"))
        .collect();
    better.sort_by(|a, b| compare_versions(a, b));
    let own = spelled(&text(version, "/name"));
    match better.first() {
        Some(better) => format!("{own} is deprecated; use {}", spelled(better)),
        None => format!("{own} is deprecated"),
    }
}

/// What validation found.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub errors: Vec<FieldError>,
    pub warnings: Vec<String>,
}

/// Runs all checks of a schema on a value; fields are told below `base`.
fn check(schema: &Schema, new: &Value, old: Option<&Value>, base: Option<&str>) -> Vec<FieldError> {
    let mut found = match old {
        Some(old) => validate::validate_update(schema, new, old),
        None => validate::validate(schema, new),
    };
    let repeats = validate::lists(schema, new);
    let before = old.map(|old| validate::lists(schema, old)).unwrap_or_default();
    found.extend(repeats.into_iter().filter(|violation| !before.contains(violation)));
    found.extend(validate::embedded(schema, new));
    found
        .iter()
        .map(|violation| {
            let mut error = FieldError::from(violation);
            if let Some(base) = base {
                error.field = match error.field.as_str() {
                    "" | "<nil>" => base.to_owned(),
                    field => format!("{base}.{field}"),
                };
            }
            error
        })
        .collect()
}
