//! Builtin kinds: what kube-apiserver does for them in Go code beyond their schemas, one module per family.

mod namespace;
mod secret;
mod typed;

use super::{Core, registry::Served, write::Writer};
use crate::{field_error::FieldError, status::Status};
use kro_object::Gvk;
use kro_schema::Schema;
use serde_json::Value;
use std::sync::Arc;

/// Checks the types of an object's fields and drops unknown ones, whose paths go to `unknown`.
pub(crate) fn decode(served: &Served, object: &mut Value, unknown: &mut Vec<String>) -> Result<(), String> {
    match schema(served) {
        Some(schema) => typed::Decoder { unknown }.object(&schema, object, &served.kind),
        None => Ok(()),
    }
}

/// The recorded schema of a builtin kind.
fn schema(served: &Served) -> Option<Arc<Schema>> {
    kro_k8s_schemas::schema(&Gvk::new(&*served.group, &*served.version, &*served.kind))
}

/// Defaults of a kind.
pub(crate) fn default(served: &Served, object: &mut Value) {
    if let Some(schema) = schema(served) {
        typed::default(&schema, object);
    }
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::default(object),
        ("", "secrets") => secret::default(object),
        ("apiextensions.k8s.io", "customresourcedefinitions") => super::crd::default(object),
        _ => {}
    }
}

/// What the server adds to a new object.
pub(crate) fn prepare_create(
    _core: &mut Core,
    served: &Served,
    object: &mut Value,
    _writer: &Writer,
) -> Result<(), Status> {
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::prepare_create(object),
        ("apiextensions.k8s.io", "customresourcedefinitions") => super::crd::prepare_create(object),
        _ => {}
    }
    Ok(())
}

/// What the server keeps or corrects in a change.
pub(crate) fn prepare_update(
    _core: &mut Core,
    served: &Served,
    old: &Value,
    new: &mut Value,
    writer: &Writer,
) -> Result<(), Status> {
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::prepare_update(old, new, writer.subresource.as_deref()),
        ("apiextensions.k8s.io", "customresourcedefinitions") => super::crd::prepare_update(old, new),
        _ => {}
    }
    Ok(())
}

/// Problems of an object.
pub(crate) fn validate(_core: &Core, served: &Served, new: &Value, old: Option<&Value>) -> Vec<FieldError> {
    match (&*served.group, &*served.plural) {
        ("", "namespaces") => namespace::validate(new),
        ("", "secrets") => secret::validate(new, old),
        ("apiextensions.k8s.io", "customresourcedefinitions") => super::crd::validate(new, old),
        _ => Vec::new(),
    }
}

/// An object is gone; what was allocated for it is free again.
pub(crate) fn released(_core: &mut Core, _served: &Served, _last: &Value) {}

/// Makes an object one of another version of its kind.
pub(crate) fn convert(_served: &Served, object: &mut Value, api_version: &str) {
    super::object::as_map_mut(object).insert("apiVersion".into(), api_version.into());
}
