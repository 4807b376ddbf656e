//! The document of custom resources: their schemas with what every object has, and their paths.

mod paths;

use crate::core::registry::Served;
use serde_json::{Map, Value, json};
use std::sync::{Arc, LazyLock};

const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1";
const SCALE: &str = "io.k8s.api.autoscaling.v1.Scale";
const API_VERSION: &str = "APIVersion defines the versioned schema of this representation of an object. Servers should convert recognized schemas to the latest internal value, and may reject unrecognized values. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
const KIND: &str = "Kind is a string value representing the REST resource this object represents. Servers may infer this from the endpoint the client submits requests to. Cannot be updated. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
const METADATA: &str = "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata";

/// The document of the custom resources of one group and version.
pub(super) fn document(resources: &[Arc<Served>]) -> Value {
    let has_scale = resources
        .iter()
        .any(|served| served.subresources.iter().any(|subresource| &*subresource.name == "scale"));
    let (mut paths, mut schemas) = (Map::new(), common(has_scale));
    for served in resources {
        let base = component(served);
        schemas.insert(base.clone(), object_schema(served));
        schemas.insert(format!("{base}List"), list_schema(served, &base));
        paths::add(served, &base, &mut paths);
    }
    json!({
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes CRD Swagger", "version": "v0.1.0"},
        "paths": paths,
        "components": {"schemas": schemas},
    })
}

/// The name of a kind's schema: the group backwards, version, kind.
fn component(served: &Served) -> String {
    let mut group: Vec<&str> = served.group.split('.').collect();
    group.reverse();
    format!("{}.{}.{}", group.join("."), served.version, served.kind)
}

/// What all documents are made of.
struct Parts {
    schemas: Map<String, Value>,
    parameters: Value,
}

/// Read once: the data is part of the program.
static PARTS: LazyLock<Parts> = LazyLock::new(|| {
    let mut parts: Value =
        serde_json::from_str(kro_k8s_schemas::custom_parts()).expect("invariant: the data was written by us");
    let schemas = match parts["schemas"].take() {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    };
    Parts { schemas, parameters: parts["parameters"].take() }
});

/// The components that custom resources refer to.
fn common(has_scale: bool) -> Map<String, Value> {
    let is_wanted = |name: &str| has_scale || !name.starts_with(SCALE);
    let wanted = PARTS.schemas.iter().filter(|(name, _)| is_wanted(name));
    wanted.map(|(name, schema)| (name.clone(), schema.clone())).collect()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// The field `metadata` of an object.
fn metadata() -> Value {
    json!({"description": METADATA, "allOf": [reference(&format!("{META}.ObjectMeta"))]})
}

fn group_version_kind(served: &Served, kind: &str) -> Value {
    json!({"group": &*served.group, "version": &*served.version, "kind": kind})
}

fn object_schema(served: &Served) -> Value {
    let mut schema = served.custom.as_ref().map(|custom| custom.raw.clone()).unwrap_or_default();
    publish(&mut schema);
    if !schema.is_object() {
        schema = json!({"type": "object"});
    }
    let properties = schema.as_object_mut().map(|map| map.entry("properties").or_insert_with(|| json!({})));
    if let Some(properties) = properties {
        properties["apiVersion"] = json!({"description": API_VERSION, "type": "string"});
        properties["kind"] = json!({"description": KIND, "type": "string"});
        properties["metadata"] = metadata();
    }
    schema["x-kubernetes-group-version-kind"] = json!([group_version_kind(served, &served.kind)]);
    schema
}

/// Spells out what extensions imply, for readers that do not know them.
fn publish(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    if map.get("x-kubernetes-int-or-string") == Some(&Value::Bool(true)) && !map.contains_key("anyOf") {
        map.insert("anyOf".into(), json!([{"type": "integer"}, {"type": "string"}]));
    }
    for keyword in ["items", "additionalProperties", "not"] {
        if let Some(inner) = map.get_mut(keyword) {
            publish(inner);
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for branch in map.get_mut(keyword).and_then(Value::as_array_mut).into_iter().flatten() {
            publish(branch);
        }
    }
    for property in
        map.get_mut("properties").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
    {
        publish(property);
    }
    if map.get("x-kubernetes-embedded-resource") == Some(&Value::Bool(true)) {
        const LOWER_API_VERSION: &str = "apiVersion defines the versioned schema of this representation of an object. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#resources";
        const LOWER_KIND: &str = "kind is a string value representing the type of this object. In CamelCase. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds";
        let properties = map.entry("properties").or_insert_with(|| json!({}));
        properties["apiVersion"] = json!({"description": LOWER_API_VERSION, "type": "string"});
        properties["kind"] = json!({"description": LOWER_KIND, "type": "string"});
        properties["metadata"] = metadata();
        let required = map.entry("required").or_insert_with(|| json!([]));
        for field in ["kind", "apiVersion"] {
            if let Value::Array(list) = required
                && !list.iter().any(|known| known == field)
            {
                list.push(field.into());
            }
        }
    }
}

fn list_schema(served: &Served, base: &str) -> Value {
    json!({
        "description": format!("{} is a list of {}", served.list_kind, served.kind),
        "type": "object",
        "required": ["items"],
        "properties": {
            "apiVersion": {"description": API_VERSION, "type": "string"},
            "kind": {"description": KIND, "type": "string"},
            "metadata": {
                "description": "Standard list metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#types-kinds",
                "allOf": [reference(&format!("{META}.ListMeta"))],
            },
            "items": {
                "description": format!("List of {}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md", served.plural),
                "type": "array",
                "items": reference(base),
            },
        },
        "x-kubernetes-group-version-kind": [group_version_kind(served, &served.list_kind)],
    })
}
