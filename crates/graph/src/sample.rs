//! A sample instance of a generated kind. Looks at the schema only: rules of the author may refuse it.

use crate::Graph;
use kro_object::{Object, Scope};
use kro_schema::{Schema, emulate};
use serde_json::{Map, Value, json};

/// An instance with every field of `spec`: defaults and enumerated values where there are some, made-up ones
/// elsewhere. Equal seeds give equal instances.
pub fn sample(graph: &Graph, seed: u64) -> Object {
    let resource = &graph.instance.resource;
    let name = format!("{}-sample", resource.gvk.kind.to_lowercase());
    let mut object = json!({
        "apiVersion": resource.gvk.api_version(),
        "kind": &*resource.gvk.kind,
        "metadata": {"name": name},
    });
    if resource.scope == Scope::Namespaced {
        object["metadata"]["namespace"] = "default".into();
    }
    let spec = graph.instance.schema.property("spec").map(|spec| whole(spec, seed));
    if let Some(spec) = spec.filter(|spec| *spec != Value::Object(Map::new())) {
        object["spec"] = spec;
    }
    Object::from_value(object).expect("invariant: a literal object")
}

/// A value with every field, though a default for the whole may have fewer.
fn whole(schema: &Schema, seed: u64) -> Value {
    let bare = Schema { default: None, ..schema.clone() };
    emulate(&bare, seed)
}
