//! `as=Table`: columns and cells, as kubectl prints them.

use super::registry::Served;
use kro_object::Timestamp;
use serde_json::{Value, json};

/// What each row carries besides its cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IncludeObject {
    None,
    Metadata,
    Object,
}

/// The table of some objects, without its own metadata.
pub(crate) fn table(served: &Served, version: &str, items: &[Value], include: IncludeObject, _now: Timestamp) -> Value {
    let _ = (served, include);
    let rows: Vec<Value> = items.iter().map(|item| json!({"cells": [super::object::name(item)], "object": super::verbs::partial(item, version)})).collect();
    json!({
        "kind": "Table", "apiVersion": format!("meta.k8s.io/{version}"), "metadata": {},
        "columnDefinitions": [{"name": "Name", "type": "string", "format": "name", "description": "", "priority": 0}],
        "rows": rows,
    })
}
