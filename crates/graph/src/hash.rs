//! Identity of a revision: FNV-1a 64 over the normalised spec in the field order of upstream's Go types, so that a
//! cluster that changes hands issues no new revisions. Not a defence against collisions.

use kro_api::{
    ExternalRef, ExternalTarget, ResourceGraphDefinitionSpec, ResourceOrigin, ResourceSpec, SchemaSpec,
};
use kro_object::{Scope, json};
use serde_json::{Map, Value};

/// The hash of a spec: 16 hexadecimal digits. The order of resources, of `readyWhen` and `includeWhen` entries and of
/// keys does not matter.
pub fn spec_hash(spec: &ResourceGraphDefinitionSpec) -> String {
    let mut text = Writer::default();
    text.raw("{\"schema\":");
    write_schema(&mut text, &spec.schema);
    let mut resources: Vec<&ResourceSpec> = spec.resources.iter().collect();
    resources.sort_by(|one, other| one.id.cmp(&other.id));
    text.list("resources", &resources, |text, resource| write_resource(text, resource));
    text.raw("}");
    format!("{:016x}", fnv1a(text.0.as_bytes()))
}

/// FNV-1a, 64 bit.
pub(crate) fn fnv1a(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

fn write_schema(text: &mut Writer, schema: &SchemaSpec) {
    text.raw("{");
    text.string("kind", &schema.kind);
    text.string("apiVersion", &schema.api_version);
    text.string("group", if schema.group.is_empty() { kro_api::names::GROUP } else { &schema.group });
    text.free_form("spec", schema.spec.as_ref());
    text.free_form("types", schema.types.as_ref());
    text.free_form("status", schema.status.as_ref());
    text.string("scope", if schema.scope == Scope::Cluster { "Cluster" } else { "Namespaced" });
    text.list("additionalPrinterColumns", &schema.additional_printer_columns, |text, column| {
        text.raw("{");
        // Required fields of the CRD type are written even when empty.
        text.key("name");
        text.value(&column.name.as_str().into());
        text.key("type");
        text.value(&column.ty.as_str().into());
        text.string("format", column.format.as_deref().unwrap_or_default());
        text.string("description", column.description.as_deref().unwrap_or_default());
        if let Some(priority) = column.priority.filter(|priority| *priority != 0) {
            text.key("priority");
            text.value(&priority.into());
        }
        text.key("jsonPath");
        text.value(&column.json_path.as_str().into());
        text.raw("}");
    });
    text.strings("shortNames", &schema.short_names);
    text.strings("categories", &schema.categories);
    if let Some(metadata) = &schema.metadata {
        text.key("metadata");
        text.raw("{");
        for (key, map) in [("labels", &metadata.labels), ("annotations", &metadata.annotations)] {
            if !map.is_empty() {
                text.key(key);
                text.value(
                    &map.iter()
                        .map(|(key, value)| (key.clone(), value.as_str().into()))
                        .collect::<Map<_, _>>()
                        .into(),
                );
            }
        }
        text.raw("}");
    }
    text.raw("}");
}

fn write_resource(text: &mut Writer, resource: &ResourceSpec) {
    text.raw("{");
    text.string("id", &resource.id);
    let (template, external) = match &resource.origin {
        ResourceOrigin::Template(template) => (Some(template), None),
        ResourceOrigin::External(external) => (None, Some(external)),
        ResourceOrigin::Unreadable => (None, None),
    };
    text.free_form("template", template);
    if let Some(external) = external {
        text.key("externalRef");
        write_external(text, external);
    }
    for (key, list) in [("readyWhen", &resource.ready_when), ("includeWhen", &resource.include_when)] {
        let mut sorted = list.clone();
        sorted.sort();
        text.strings(key, &sorted);
    }
    text.list("forEach", &resource.for_each, |text, dimension| {
        text.raw("{");
        text.key(&dimension.name);
        text.value(&dimension.expression.as_str().into());
        text.raw("}");
    });
    text.raw("}");
}

fn write_external(text: &mut Writer, external: &ExternalRef) {
    text.raw("{");
    text.key("apiVersion");
    text.value(&external.api_version.as_str().into());
    text.key("kind");
    text.value(&external.kind.as_str().into());
    text.key("metadata");
    text.raw("{");
    if let ExternalTarget::Name(name) = &external.metadata.target {
        text.string("name", name);
    }
    text.string("namespace", external.metadata.namespace.as_deref().unwrap_or_default());
    if let ExternalTarget::Selector(selector) = &external.metadata.target {
        text.key("selector");
        write_selector(text, selector);
    }
    text.raw("}}");
}

/// A label selector in the order of its Go type: labels before expressions, empty parts left out.
fn write_selector(text: &mut Writer, selector: &Value) {
    text.raw("{");
    if let Some(labels) =
        selector.get("matchLabels").filter(|labels| labels.as_object().is_some_and(|map| !map.is_empty()))
    {
        text.key("matchLabels");
        text.value(labels);
    }
    let expressions =
        selector.get("matchExpressions").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    text.list("matchExpressions", expressions, |text, expression| {
        text.raw("{");
        for key in ["key", "operator"] {
            text.key(key);
            text.value(expression.get(key).unwrap_or(&Value::Null));
        }
        if let Some(values) =
            expression.get("values").filter(|values| values.as_array().is_some_and(|list| !list.is_empty()))
        {
            text.key("values");
            text.value(values);
        }
        text.raw("}");
    });
    text.raw("}");
}

/// Writes JSON in a given field order; free-form parts are canonical.
#[derive(Default)]
struct Writer(String);

impl Writer {
    fn raw(&mut self, text: &str) {
        self.0.push_str(text);
    }

    fn value(&mut self, value: &Value) {
        self.0.push_str(&json::canonical(value));
    }

    fn key(&mut self, key: &str) {
        if !self.0.ends_with(['{', '[']) {
            self.raw(",");
        }
        self.value(&key.into());
        self.raw(":");
    }

    /// A string, left out when empty.
    fn string(&mut self, key: &str, value: &str) {
        if !value.is_empty() {
            self.key(key);
            self.value(&value.into());
        }
    }

    /// A part without fixed fields: `null` when absent, numbers as doubles.
    fn free_form(&mut self, key: &str, value: Option<&Value>) {
        self.key(key);
        match value {
            Some(value) => self.value(&doubles(value)),
            None => self.raw("null"),
        }
    }

    fn strings(&mut self, key: &str, list: &[String]) {
        self.list(key, list, |text, item| text.value(&item.as_str().into()));
    }

    /// A list, left out when empty.
    fn list<T>(&mut self, key: &str, list: &[T], write: impl Fn(&mut Self, &T)) {
        if list.is_empty() {
            return;
        }
        self.key(key);
        self.raw("[");
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.raw(",");
            }
            write(self, item);
        }
        self.raw("]");
    }
}

/// The value with each number as a double, which is what upstream's canonical form goes through.
fn doubles(value: &Value) -> Value {
    match value {
        Value::Number(number) => number.as_f64().map_or_else(|| value.clone(), Value::from),
        Value::Array(items) => items.iter().map(doubles).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), doubles(value))).collect())
        }
        other => other.clone(),
    }
}
