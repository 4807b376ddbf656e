//! Which custom resource definitions are accepted: names, versions, subresources, columns, changes.
//! Their schemas are judged in `structural.rs`.

use super::{defaults, rules, structural, text, versions};
use crate::{
    core::{metadata::names, object},
    encode,
    field_error::FieldError,
};
use serde_json::{Value, json};

/// Problems of a definition; `old` is there for an update.
pub(in crate::core) fn validate(new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    let mut out = Vec::new();
    validate_identity(new, &mut out);
    for (index, version) in versions(new).enumerate() {
        if version.pointer("/schema/openAPIV3Schema").is_none() {
            out.push(FieldError::required(format!("spec.versions[{index}].schema.openAPIV3Schema"), ""));
        }
    }
    validate_versions(new, &mut out);
    validate_names(new, &mut out);
    validate_conversion(new, &mut out);
    if new.pointer("/spec/preserveUnknownFields") == Some(&Value::Bool(true)) {
        out.push(FieldError::invalid(
            "spec.preserveUnknownFields",
            &true.into(),
            "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead",
        ));
    }
    let has_equal_schemas = is_uniform(new, "schema");
    for (index, version) in versions(new).enumerate() {
        let is_first = index == 0;
        validate_parts(new, version, index, is_first, &mut out);
        if has_equal_schemas && !is_first {
            continue;
        }
        let path = if has_equal_schemas {
            "spec.validation.openAPIV3Schema".to_owned()
        } else {
            format!("spec.versions[{index}].schema.openAPIV3Schema")
        };
        if let Some(schema) = version.pointer("/schema/openAPIV3Schema") {
            out.extend(validate_schema(schema, &path));
        }
    }
    validate_stored(new, &mut out);
    if let Some(old) = old {
        validate_change(new, old, &mut out);
    }
    out
}

/// Defaults are judged in a schema that is structural, rules in one whose defaults are valid.
fn validate_schema(schema: &Value, path: &str) -> Vec<FieldError> {
    let mut out = Vec::new();
    structural::validate(schema, path, &mut out);
    if out.is_empty() {
        defaults::check(schema, path, &mut out);
    }
    if out.is_empty() {
        rules::validate(schema, path, &mut out);
        defaults::check_root(schema, path, &mut out);
    }
    out
}

fn validate_identity(crd: &Value, out: &mut Vec<FieldError>) {
    let (name, group) = (object::name(crd), text(crd, "/spec/group"));
    let wanted = format!("{}.{group}", text(crd, "/spec/names/plural"));
    if !name.is_empty() && name != wanted {
        out.push(FieldError::invalid_text(
            "metadata.name",
            name,
            "must be spec.names.plural+\".\"+spec.group",
        ));
    }
    if group.is_empty() {
        out.push(FieldError::required("spec.group", ""));
    } else {
        let problems = names::dns1123_subdomain(group);
        if problems.is_empty() && !group.contains('.') {
            let why = "should be a domain with at least one dot";
            out.push(FieldError::invalid_text("spec.group", group, why));
        }
        out.extend(problems.into_iter().map(|why| FieldError::invalid_text("spec.group", group, why)));
    }
    let scope = text(crd, "/spec/scope");
    if scope.is_empty() {
        out.push(FieldError::required("spec.scope", ""));
    } else if !matches!(scope, "Cluster" | "Namespaced") {
        out.push(FieldError::not_supported("spec.scope", &scope.into(), &["Cluster", "Namespaced"]));
    }
}

fn validate_names(crd: &Value, out: &mut Vec<FieldError>) {
    for field in ["plural", "singular", "kind", "listKind"] {
        let (at, name) = (format!("spec.names.{field}"), text(crd, &format!("/spec/names/{field}")));
        if name.is_empty() {
            out.push(FieldError::required(at, ""));
            continue;
        }
        let is_kind = matches!(field, "kind" | "listKind");
        let (judged, prefix) = if is_kind {
            (name.to_lowercase(), "may have mixed case, but should otherwise match: ")
        } else {
            (name.to_owned(), "")
        };
        for why in names::dns1035_label(&judged) {
            out.push(FieldError::invalid_text(&at, name, format!("{prefix}{why}")));
        }
    }
    let (kind, list_kind) = (text(crd, "/spec/names/kind"), text(crd, "/spec/names/listKind"));
    if !kind.is_empty() && kind == list_kind {
        out.push(FieldError::invalid_text(
            "spec.names.listKind",
            list_kind,
            "kind and listKind may not be the same",
        ));
    }
    for field in ["shortNames", "categories"] {
        for (index, name) in
            object::texts(crd.pointer(&format!("/spec/names/{field}"))).into_iter().enumerate()
        {
            for why in names::dns1035_label(name) {
                out.push(FieldError::invalid_text(format!("spec.names.{field}[{index}]"), name, why));
            }
        }
    }
}

fn validate_versions(crd: &Value, out: &mut Vec<FieldError>) {
    let names: Vec<&str> = versions(crd).map(|version| text(version, "/name")).collect();
    for (index, name) in names.iter().enumerate() {
        for why in names::dns1035_label(name) {
            out.push(FieldError::invalid_text(format!("spec.versions[{index}].name"), name, why.as_str()));
            if index == 0 {
                out.push(FieldError::invalid_text("spec.version", name, why));
            }
        }
    }
    let about_all = |detail: &str| FieldError {
        value: printed_versions(crd),
        ..FieldError::invalid("spec.versions", &Value::Null, detail)
    };
    let mut unique = names.clone();
    unique.sort_unstable();
    unique.dedup();
    if unique.len() < names.len() {
        out.push(about_all("must contain unique version names"));
    }
    if versions(crd).filter(|version| version["storage"] == true).count() != 1 {
        out.push(about_all("must have exactly one version marked as storage version"));
    }
}

/// The versions as Go prints the internal struct: what all versions share has moved out of them.
fn printed_versions(crd: &Value) -> String {
    if crd.pointer("/spec/versions").is_none_or(Value::is_null) {
        return "null".into();
    }
    let list: Vec<String> = versions(crd)
        .map(|version| {
            let warning = version.get("deprecationWarning").map_or_else(|| "null".to_owned(), encode::to_text);
            format!(
                "{{\"Name\":{},\"Served\":{},\"Storage\":{},\"Deprecated\":{},\"DeprecationWarning\":{warning},\"Schema\":null,\"Subresources\":null,\"AdditionalPrinterColumns\":null,\"SelectableFields\":null}}",
                version["name"],
                version["served"] == true,
                version["storage"] == true,
                version["deprecated"] == true,
            )
        })
        .collect();
    format!("[{}]", list.join(","))
}

/// Whether all versions have the same value for a field, which is then reported once, outside of the versions.
fn is_uniform(crd: &Value, field: &str) -> bool {
    let mut all = versions(crd).map(|version| version.get(field));
    let first = all.next();
    all.all(|other| Some(other) == first)
}

fn validate_conversion(crd: &Value, out: &mut Vec<FieldError>) {
    match text(crd, "/spec/conversion/strategy") {
        "None" => {}
        "Webhook" => {
            if crd.pointer("/spec/conversion/webhook/clientConfig").is_none() {
                out.push(FieldError::required(
                    "spec.conversion.webhookClientConfig",
                    "required when strategy is set to Webhook",
                ));
            }
            if object::texts(crd.pointer("/spec/conversion/webhook/conversionReviewVersions")).is_empty() {
                out.push(FieldError::required("spec.conversion.conversionReviewVersions", ""));
            }
        }
        other => out.push(FieldError::not_supported(
            "spec.conversion.strategy",
            &other.into(),
            &["None", "Webhook"],
        )),
    }
}

/// Subresources, columns and selectable fields of one version.
fn validate_parts(crd: &Value, version: &Value, index: usize, is_first: bool, out: &mut Vec<FieldError>) {
    let base = |field: &str| -> Option<String> {
        if !is_uniform(crd, field) {
            Some(format!("spec.versions[{index}].{field}"))
        } else if is_first {
            Some(format!("spec.{field}"))
        } else {
            None
        }
    };
    if let (Some(at), Some(scale)) = (base("subresources"), version.pointer("/subresources/scale")) {
        validate_scale(scale, &format!("{at}.scale"), out);
    }
    if let Some(at) = base("additionalPrinterColumns") {
        for (index, column) in list(version, "additionalPrinterColumns").enumerate() {
            validate_column(column, &format!("{at}[{index}]"), out);
        }
    }
    if let Some(at) = base("selectableFields") {
        validate_selectable(version, &at, out);
    }
}

fn list<'a>(value: &'a Value, field: &str) -> impl Iterator<Item = &'a Value> {
    value.get(field).and_then(Value::as_array).into_iter().flatten()
}

fn validate_scale(scale: &Value, at: &str, out: &mut Vec<FieldError>) {
    for (field, under) in [("specReplicasPath", ".spec"), ("statusReplicasPath", ".status")] {
        let path = text(scale, &format!("/{field}"));
        let at = format!("{at}.{field}");
        if path.is_empty() {
            out.push(FieldError::required(at, ""));
        } else if !is_simple_path(path) {
            out.push(FieldError::invalid_text(at, path, "must be a simple json path starting with ."));
        } else if !path.starts_with(&format!("{under}.")) {
            out.push(FieldError::invalid_text(at, path, format!("should be a json path under {under}")));
        }
    }
    let selector = text(scale, "/labelSelectorPath");
    let is_inside = selector.is_empty() || selector.starts_with(".spec.") || selector.starts_with(".status.");
    if !is_inside {
        out.push(FieldError::invalid_text(
            format!("{at}.labelSelectorPath"),
            selector,
            "should be a json path under either .spec or .status",
        ));
    }
}

fn is_simple_path(path: &str) -> bool {
    path.starts_with('.') && !path.contains(['[', ']', '*', '?', '(', ')'])
}

fn validate_column(column: &Value, at: &str, out: &mut Vec<FieldError>) {
    const TYPES: [&str; 5] = ["boolean", "date", "integer", "number", "string"];
    const FORMATS: [&str; 8] = ["byte", "date", "date-time", "double", "float", "int32", "int64", "password"];
    if text(column, "/name").is_empty() {
        out.push(FieldError::required(format!("{at}.name"), ""));
    }
    let kind = text(column, "/type");
    if kind.is_empty() {
        out.push(FieldError::required(format!("{at}.type"), format!("must be one of {}", TYPES.join(","))));
    } else if !TYPES.contains(&kind) {
        out.push(FieldError::invalid_text(
            format!("{at}.type"),
            kind,
            format!("must be one of {}", TYPES.join(",")),
        ));
    }
    let format = text(column, "/format");
    if !format.is_empty() && !FORMATS.contains(&format) {
        let detail = format!("must be one of {}", FORMATS.join(","));
        out.push(FieldError::invalid_text(format!("{at}.format"), format, detail));
    }
    let path = text(column, "/jsonPath");
    if path.is_empty() {
        out.push(FieldError::required(format!("{at}.JSONPath"), ""));
    } else if !path.starts_with('.') {
        let detail = "must be a simple json path starting with .";
        out.push(FieldError::invalid_text(format!("{at}.JSONPath"), path, detail));
    }
}

fn validate_selectable(version: &Value, at: &str, out: &mut Vec<FieldError>) {
    let mut seen = Vec::new();
    for (index, field) in list(version, "selectableFields").enumerate() {
        let (at, path) = (format!("{at}[{index}].jsonPath"), text(field, "/jsonPath"));
        if seen.contains(&path) {
            out.push(FieldError::duplicate(at, &path.into()));
            continue;
        }
        seen.push(path);
        if path.is_empty() {
            out.push(FieldError::required(at, ""));
            continue;
        }
        let mut schema = version.pointer("/schema/openAPIV3Schema");
        for segment in path.split('.').skip(1) {
            schema = schema.and_then(|schema| schema.get("properties")?.get(segment));
        }
        let is_metadata = path.starts_with(".metadata.");
        match schema.filter(|_| !is_metadata) {
            None => {
                out.push(FieldError::invalid_text(at, path, "is an invalid path: does not refer to a valid field"));
            }
            Some(schema) if matches!(text(schema, "/type"), "string" | "boolean" | "integer") => {}
            Some(_) => out.push(FieldError::invalid_text(
                at,
                path,
                "must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.",
            )),
        }
    }
}

fn validate_stored(crd: &Value, out: &mut Vec<FieldError>) {
    let stored = object::texts(crd.pointer("/status/storedVersions"));
    if stored.is_empty() {
        out.push(FieldError::invalid(
            "status.storedVersions",
            &Value::Null,
            "must have at least one stored version",
        ));
    }
    for version in versions(crd).filter(|version| version["storage"] == true) {
        let name = text(version, "/name");
        if !stored.is_empty() && !stored.contains(&name) {
            let detail = format!("must have the storage version {name}");
            out.push(FieldError::invalid("status.storedVersions", &json!(stored), detail));
        }
    }
    for (index, name) in stored.iter().enumerate() {
        if versions(crd).all(|version| text(version, "/name") != *name) {
            out.push(FieldError::invalid_text(
                format!("status.storedVersions[{index}]"),
                name,
                format!(
                    "missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in {name} and removes {name} from status.storedVersions"
                ),
            ));
        }
    }
}

fn validate_change(new: &Value, old: &Value, out: &mut Vec<FieldError>) {
    let is_established = super::is_true(old, "Established");
    for (pointer, field, only_established) in [
        ("/spec/group", "spec.group", false),
        ("/spec/names/plural", "spec.names.plural", false),
        ("/spec/scope", "spec.scope", true),
        ("/spec/names/kind", "spec.names.kind", true),
    ] {
        if (is_established || !only_established) && new.pointer(pointer) != old.pointer(pointer) {
            let value = new.pointer(pointer).unwrap_or(&Value::Null);
            out.push(FieldError::invalid(field, value, "field is immutable"));
            // A name that no longer fits follows from the change; the change is the problem.
            out.retain(|error| error.field != "metadata.name");
        }
    }
}
