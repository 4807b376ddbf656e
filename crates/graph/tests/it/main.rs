//! Definitions through the whole compiler.

use kro_api::ResourceGraphDefinitionSpec;
use kro_diagnostic::Diagnostic;
use kro_graph::{CompileOptions, Graph, Kinds, compile, lower};
use kro_object::{FieldPath, Object};
use serde_json::{Value, json};

mod access;
mod bounds;
mod diagnostics;
mod fixtures;
mod generate;
mod gold;
mod laws;
mod permute;
mod robust;
mod scopes;

/// A namespaced kind `Widget` with a field of each type, and a cluster-scoped kind `Zone`.
fn kinds() -> Kinds {
    let crd = |kind: &str, plural: &str, scope: &str| {
        json!({
            "spec": {
                "group": "test.dev", "scope": scope, "names": { "kind": kind, "plural": plural },
                "versions": [{ "name": "v1", "served": true, "schema": { "openAPIV3Schema": {
                    "type": "object",
                    "properties": {
                        "spec": { "type": "object", "properties": {
                            "title": { "type": "string" },
                            "count": { "type": "integer" },
                            "tags": { "type": "array", "items": { "type": "string" } },
                            "labels": { "type": "object", "additionalProperties": { "type": "string" } },
                            "free": { "type": "object", "x-kubernetes-preserve-unknown-fields": true },
                        } },
                        "status": { "type": "object", "properties": { "ready": { "type": "boolean" } } },
                    },
                } } }],
            },
        })
    };
    let mut kinds = Kinds::default();
    for crd in [crd("Widget", "widgets", "Namespaced"), crd("Zone", "zones", "Cluster")] {
        kinds.insert_crd(&Object::from_value(crd).expect("a map")).expect("a CRD");
    }
    kinds
}

#[expect(clippy::needless_pass_by_value, reason = "literals read better")]
fn widget(id: &str, spec: Value) -> Value {
    let name = format!("${{schema.metadata.name}}-{id}");
    json!({ "id": id, "template": {
        "apiVersion": "test.dev/v1", "kind": "Widget", "metadata": { "name": name }, "spec": spec,
    } })
}

#[expect(clippy::needless_pass_by_value, reason = "literals read better")]
fn definition(resources: Vec<Value>) -> Value {
    json!({
        "schema": {
            "apiVersion": "v1alpha1", "kind": "App",
            "spec": { "name": "string", "count": "integer | default=1", "tags": "[]string", "on": "boolean" },
        },
        "resources": resources,
    })
}

fn compiled(spec: &Value) -> Result<Graph, Vec<Diagnostic>> {
    let decoded = ResourceGraphDefinitionSpec::decode(spec, FieldPath::root().join("spec")).into_result()?;
    let lowered = lower(&decoded);
    let mut found = lowered.diagnostics;
    let source = lowered.value.expect("lowering always gives a source");
    let compiled = compile(&source, &kinds(), &CompileOptions::default());
    found.extend(compiled.diagnostics);
    compiled.value.filter(|_| found.is_empty()).ok_or(found)
}
