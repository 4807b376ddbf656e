//! The CRD of the generated kind, as upstream builds it; the labels of ownership are added by who applies it.

use crate::source::InstanceSource;
use kro_object::{Object, ResourceType, Scope};
use kro_schema::Schema;
use serde_json::{Map, Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// The CRD with this schema of whole instances.
pub(crate) fn build(source: &InstanceSource, resource: &ResourceType, schema: &Schema) -> Object {
    let shown = &source.presentation;
    let gvk = &resource.gvk;
    let mut names = json!({
        "kind": gvk.kind,
        "listKind": format!("{}List", gvk.kind),
        "plural": resource.plural,
        "singular": gvk.kind.to_lowercase(),
    });
    for (field, list) in [("shortNames", &shown.short_names), ("categories", &shown.categories)] {
        if !list.is_empty() {
            names[field] = json!(list);
        }
    }
    let columns = if shown.printer_columns.is_empty() {
        default_columns()
    } else {
        shown.printer_columns.iter().map(column).collect()
    };
    let mut metadata = Map::new();
    metadata.insert("name".to_owned(), format!("{}.{}", resource.plural, gvk.group).into());
    for (field, map) in [("labels", &shown.labels), ("annotations", &shown.annotations)] {
        if !map.is_empty() {
            metadata.insert(field.to_owned(), json!(map));
        }
    }
    let manifest = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": metadata,
        "spec": {
            "group": gvk.group,
            "names": names,
            "scope": if resource.scope == Scope::Cluster { "Cluster" } else { "Namespaced" },
            "versions": [{
                "name": gvk.version,
                "served": true,
                "storage": true,
                "schema": { "openAPIV3Schema": schema.to_json() },
                "subresources": { "status": {} },
                "additionalPrinterColumns": columns,
            }],
        },
    });
    Object::from_value(manifest).expect("invariant: a literal object")
}

/// The schema of whole instances.
pub(crate) fn instance_schema(spec: &Arc<Schema>, status: Schema) -> Schema {
    let text = || Schema::new(kro_schema::Kind::String);
    let mut schema = Schema::object([
        ("apiVersion", text()),
        ("kind", text()),
        ("metadata", Schema::object::<Arc<str>>([])),
        ("status", status),
    ]);
    if let kro_schema::Kind::Object { properties, .. } = &mut schema.kind {
        properties.insert("spec".into(), spec.clone());
    }
    schema
}

/// A column as the API server stores it: empty parts left out.
fn column(column: &Value) -> Value {
    let Value::Object(map) = column else { return column.clone() };
    let required = ["name", "type", "jsonPath"];
    let empty = |value: &Value| value.as_str() == Some("") || value.as_i64() == Some(0);
    let kept = map.iter().filter(|(key, value)| required.contains(&key.as_str()) || !empty(value));
    Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect())
}

fn default_columns() -> Vec<Value> {
    let rows = [
        ("State", "string", ".status.state", "The state of a ResourceGraphDefinition instance"),
        (
            "Ready",
            "string",
            r#".status.conditions[?(@.type=="Ready")].status"#,
            "Whether a ResourceGraphDefinition instance is ready",
        ),
        ("Age", "date", ".metadata.creationTimestamp", "Age of the resource"),
    ];
    rows.map(|(name, ty, path, description)| {
        let fields = [("name", name), ("type", ty), ("jsonPath", path), ("description", description)];
        json!(BTreeMap::from(fields))
    })
    .into()
}
