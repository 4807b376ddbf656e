//! From a `ResourceGraphDefinition` to a [`GraphSource`]. Reads SimpleSchema; looks at nothing else.

use super::{GraphSource, InstanceSource, Located, Presentation, ResourceSource, Role};
use kro_api::{
    ExternalRef, ExternalTarget, ResourceGraphDefinitionSpec, ResourceOrigin, ResourceSpec, SchemaSpec,
};
use kro_diagnostic::{Checked, Diagnostic};
use kro_object::{FieldPath, Gvk};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Lowers the spec of a definition. Problems of the SimpleSchema are reported here; the source is there even so, as
/// far as the schema could be read, so that compile can report the rest.
pub fn lower(spec: &ResourceGraphDefinitionSpec) -> Checked<GraphSource> {
    let root = FieldPath::root().join("spec");
    let mut diagnostics = Vec::new();
    let instance = instance(&spec.schema, &root.join("schema"), &mut diagnostics);
    let resources = root.join("resources");
    let resources = spec
        .resources
        .iter()
        .enumerate()
        .map(|(index, entry)| resource(entry, &resources.join(index)))
        .collect();
    Checked { value: Some(GraphSource { instance, resources }), diagnostics }
}

fn instance(schema: &SchemaSpec, path: &FieldPath, diagnostics: &mut Vec<Diagnostic>) -> InstanceSource {
    let empty = Value::Object(Map::new());
    let spec = schema.spec.as_ref().unwrap_or(&empty);
    let types = schema.types.as_ref().unwrap_or(&empty);
    let read = kro_simple_schema::to_openapi(spec, types, path);
    let failed = read.has_errors();
    let spec = read.take(diagnostics).filter(|_| !failed);
    let metadata = schema.metadata.clone().unwrap_or_default();
    InstanceSource {
        gvk: Gvk::new(&schema.group, &schema.api_version, &schema.kind),
        scope: schema.scope,
        spec: spec.map(Arc::new),
        status: schema.status.clone().map(|status| Located::new(status, path.join("status"))),
        presentation: Presentation {
            printer_columns: schema
                .additional_printer_columns
                .iter()
                .map(|column| serde_json::to_value(column).expect("invariant: a column is plain data"))
                .collect(),
            short_names: schema.short_names.clone(),
            categories: schema.categories.clone(),
            labels: metadata.labels,
            annotations: metadata.annotations,
        },
    }
}

fn resource(entry: &ResourceSpec, path: &FieldPath) -> ResourceSource {
    let (role, object) = match &entry.origin {
        ResourceOrigin::Template(template) => {
            (Role::Managed, Located::new(template.clone(), path.join("template")))
        }
        ResourceOrigin::External(external) => {
            (Role::External, Located::new(external_object(external), path.join("externalRef")))
        }
        ResourceOrigin::Unreadable => (Role::Unreadable, Located::new(Value::Null, path.clone())),
    };
    let list = |name: &str, texts: &[String]| {
        let path = path.join(name);
        texts.iter().enumerate().map(|(index, text)| Located::new(text.clone(), path.join(index))).collect()
    };
    let dimensions = path.join("forEach");
    ResourceSource {
        id: Located::new(entry.id.clone(), path.join("id")),
        role,
        object,
        include_when: list("includeWhen", &entry.include_when),
        ready_when: list("readyWhen", &entry.ready_when),
        for_each: entry
            .for_each
            .iter()
            .enumerate()
            .map(|(index, dimension)| {
                let path = dimensions.join(index).join(&*dimension.name);
                Located::new((dimension.name.clone(), dimension.expression.clone()), path)
            })
            .collect(),
    }
}

fn external_object(external: &ExternalRef) -> Value {
    let mut metadata = Map::new();
    match &external.metadata.target {
        ExternalTarget::Name(name) => metadata.insert("name".to_owned(), name.as_str().into()),
        ExternalTarget::Selector(selector) => metadata.insert("selector".to_owned(), selector.clone()),
    };
    if let Some(namespace) = external.metadata.namespace.as_deref().filter(|namespace| !namespace.is_empty())
    {
        metadata.insert("namespace".to_owned(), namespace.into());
    }
    json!({ "apiVersion": external.api_version, "kind": external.kind, "metadata": metadata })
}
