//! Problems of metadata: of a new object's, and of such that replaces another.

use super::names;
use crate::{core::object, field_error::FieldError};
use serde_json::Value;

/// How the names of a kind are checked.
pub(crate) type NameRule = fn(&str) -> Vec<String>;

/// Problems of a new object's metadata, as `ValidateObjectMeta` finds them.
pub(crate) fn creation(object: &Value, name_rule: NameRule) -> Vec<FieldError> {
    let mut out = Vec::new();
    let generate_name = object::meta_text(object, "generateName");
    if !generate_name.is_empty() {
        // The base is judged as if something followed it.
        for why in name_rule(&mask_trailing_dash(generate_name)) {
            out.push(FieldError::invalid_text("metadata.generateName", generate_name, why));
        }
    }
    let name = object::name(object);
    if name.is_empty() {
        out.push(FieldError::required("metadata.name", "name or generateName is required"));
    } else {
        for why in name_rule(name) {
            out.push(FieldError::invalid_text("metadata.name", name, why));
        }
    }
    contents(object, &mut out);
    finalizers(object, &mut out);
    short_finalizers(object, &mut out);
    out
}

/// Labels, annotations and owners, which creations and updates check alike.
fn contents(object: &Value, out: &mut Vec<FieldError>) {
    for (key, value) in entries(object, "labels") {
        out.extend(
            names::qualified_name(key)
                .into_iter()
                .map(|why| FieldError::invalid_text("metadata.labels", key, why)),
        );
        let value = value.as_str().unwrap_or_default();
        out.extend(
            names::label_value(value)
                .into_iter()
                .map(|why| FieldError::invalid_text("metadata.labels", value, why)),
        );
    }
    let mut size = 0;
    for (key, value) in entries(object, "annotations") {
        let lower = key.to_lowercase();
        out.extend(
            names::qualified_name(&lower)
                .into_iter()
                .map(|why| FieldError::invalid_text("metadata.annotations", key, why)),
        );
        size += key.len() + value.as_str().unwrap_or_default().len();
    }
    if size > 256 * 1024 {
        out.push(FieldError::too_long("metadata.annotations", 256 * 1024));
    }
    owners(object, out);
}

fn mask_trailing_dash(name: &str) -> String {
    // What stands before the dash is masked as well, as in the real server.
    match name.strip_suffix('-').and_then(|base| base.strip_suffix(|last: char| last.is_ascii())) {
        Some(base) => format!("{base}a"),
        None => name.to_owned(),
    }
}

fn entries<'a>(object: &'a Value, field: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    object::meta(object, field).and_then(Value::as_object).into_iter().flatten()
}

fn owners(object: &Value, out: &mut Vec<FieldError>) {
    let at = "metadata.ownerReferences";
    let owners: Vec<&Value> =
        object::meta(object, "ownerReferences").and_then(Value::as_array).into_iter().flatten().collect();
    let mut controller: Option<String> = None;
    for owner in &owners {
        let text = |field: &str| owner.get(field).and_then(Value::as_str).unwrap_or_default();
        let api_version = text("apiVersion");
        if api_version.is_empty() || api_version.matches('/').count() > 1 {
            out.push(FieldError::invalid_text(
                format!("{at}.apiVersion"),
                api_version,
                "version must not be empty",
            ));
        }
        for field in ["kind", "name", "uid"] {
            if text(field).is_empty() {
                out.push(FieldError::invalid_text(format!("{at}.{field}"), "", "must not be empty"));
            }
        }
        if api_version == "v1" && text("kind") == "Event" {
            let detail = "/v1, Kind=Event is disallowed from being an owner";
            out.push(FieldError {
                value: print_owner(owner),
                ..FieldError::invalid(at, &Value::Null, detail)
            });
        }
        if owner.get("controller") == Some(&Value::Bool(true)) {
            let name = format!("{}/{}", text("kind"), text("name"));
            match &controller {
                Some(first) => {
                    let list: Vec<String> = owners.iter().map(|owner| print_owner(owner)).collect();
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {name}"
                    );
                    let value = format!("[{}]", list.join(","));
                    out.push(FieldError { value, ..FieldError::invalid(at, &Value::Null, detail) });
                }
                None => controller = Some(name),
            }
        }
    }
}

/// An owner reference in the field order of Go's struct.
fn print_owner(owner: &Value) -> String {
    let fields: Vec<String> = ["apiVersion", "kind", "name", "uid", "controller", "blockOwnerDeletion"]
        .iter()
        .filter_map(|field| owner.get(field).map(|value| format!("{field:?}:{value}")))
        .collect();
    format!("{{{}}}", fields.join(","))
}

fn finalizers(object: &Value, out: &mut Vec<FieldError>) {
    let finalizers = object::finalizers(object);
    for finalizer in &finalizers {
        for why in names::qualified_name(finalizer) {
            out.push(FieldError::invalid_text("metadata.finalizers", finalizer, why));
        }
    }
    if finalizers.contains(&"orphan") && finalizers.contains(&"foregroundDeletion") {
        out.push(FieldError::invalid(
            "metadata.finalizers",
            &object::meta(object, "finalizers").cloned().unwrap_or_default(),
            "finalizer orphan and foregroundDeletion cannot be both set",
        ));
    }
}

/// Finalizers without a domain are Kubernetes' own.
fn short_finalizers(object: &Value, out: &mut Vec<FieldError>) {
    for (index, finalizer) in object::finalizers(object).into_iter().enumerate() {
        if !finalizer.contains('/') && !matches!(finalizer, "orphan" | "foregroundDeletion" | "kubernetes") {
            out.push(FieldError::invalid_text(
                format!("metadata.finalizers[{index}]"),
                finalizer,
                "name is neither a standard finalizer name nor is it fully qualified",
            ));
        }
    }
}

/// How often the real server checks metadata on updates. Every update checks it as a whole and as a change; most kinds
/// do it once more, and every check says all it finds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct UpdateChecks {
    /// The kind checks the change, too.
    pub change: bool,
    /// The kind checks the whole, too.
    pub whole: bool,
    /// Its checks know Kubernetes' own finalizers.
    pub short_finalizers: bool,
}

/// Problems of new metadata that replaces old. Everything is looked at once, and told as often as the real server does.
pub(crate) fn update(old: &Value, new: &Value, checks: UpdateChecks) -> Vec<FieldError> {
    let found = |look: &dyn Fn(&mut Vec<FieldError>)| {
        let mut out = Vec::new();
        look(&mut out);
        out
    };
    let contents = found(&|out| contents(new, out));
    let whole = [contents.clone(), found(&|out| finalizers(new, out))].concat();
    let change = [contents, found(&|out| change(old, new, out))].concat();
    let short = if checks.short_finalizers { found(&|out| short_finalizers(new, out)) } else { Vec::new() };
    let mut out = [&whole[..], &change].concat();
    for (is_told_again, again) in [(checks.change, change), (checks.whole, whole)] {
        if is_told_again {
            out.extend(again);
            out.extend_from_slice(&short);
        }
    }
    out
}

/// Problems of a change of metadata but for its contents, as `ValidateObjectMetaUpdate` finds them.
fn change(old: &Value, new: &Value, out: &mut Vec<FieldError>) {
    if object::is_deleting(old) {
        let before = object::finalizers(old);
        let added: Vec<&str> =
            object::finalizers(new).into_iter().filter(|finalizer| !before.contains(finalizer)).collect();
        if !added.is_empty() {
            out.push(FieldError::forbidden(
                "metadata.finalizers",
                format!(
                    "no new finalizers can be added if the object is being deleted, found new finalizers {}",
                    go_strings(&added)
                ),
            ));
        }
    }
    for field in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let (before, after) = (object::meta(old, field), object::meta(new, field));
        if before != after {
            out.push(FieldError::invalid(
                format!("metadata.{field}"),
                after.unwrap_or(&if field == "deletionGracePeriodSeconds" {
                    Value::Null
                } else {
                    Value::String(String::new())
                }),
                "field is immutable",
            ));
        }
    }
}

/// Texts as Go's `%#v` prints a slice of strings.
fn go_strings(texts: &[&str]) -> String {
    let quoted: Vec<String> = texts.iter().map(|text| crate::field_error::quote(text)).collect();
    format!("[]string{{{}}}", quoted.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn finalizers_need_a_domain() {
        let object = json!({"metadata": {"name": "a", "finalizers": ["nodomain"]}});
        let errors = creation(&object, names::dns1123_subdomain);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].field, "metadata.finalizers[0]");
    }
}
