//! `ResourceGraphDefinition`: what an author writes. Decoding checks what the API server's admission checks.
//!
//! Refuses to look inside free-form parts: schemas, templates and expressions are other crates' business.

mod decode;
mod status;

pub(crate) use status::write_graph;
pub use status::{NodeDependencies, ResourceGraphDefinitionStatus, State};

use crate::decode::{At, Decoder};
use kro_diagnostic::{Checked, Diagnostic, Locus, codes};
use kro_object::{FieldPath, Object, Scope};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;
use std::collections::BTreeMap;

/// A definition as read from a file or a cluster.
#[derive(Debug, Clone, PartialEq)]
pub struct ResourceGraphDefinition {
    /// The whole object as it was read; its metadata and status are read from here.
    pub object: Object,
    /// What the author asks for.
    pub spec: ResourceGraphDefinitionSpec,
}

impl ResourceGraphDefinition {
    /// The kind's name.
    pub const KIND: &str = "ResourceGraphDefinition";

    /// Reads a definition and checks all that the API server would.
    ///
    /// Unknown fields are warnings; wrong types, missing fields and refused values are errors. A partial value is
    /// returned when at least `spec.schema` could be made out.
    pub fn decode(object: Object) -> Checked<Self> {
        let mut decoder = Decoder::default();
        let spec = decode::document(&object, &mut decoder);
        Checked { value: spec.map(|spec| Self { object, spec }), diagnostics: decoder.diagnostics }
    }

    /// What the status says now; absent and malformed parts are empty.
    pub fn status(&self) -> ResourceGraphDefinitionStatus {
        ResourceGraphDefinitionStatus::of(&self.object)
    }
}

/// `spec` of a definition, and of the snapshot in a revision.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ResourceGraphDefinitionSpec {
    /// The API to offer.
    pub schema: SchemaSpec,
    /// The objects behind each instance, in the author's order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<ResourceSpec>,
}

impl ResourceGraphDefinitionSpec {
    /// Reads a spec that stands at `path` in its document.
    pub fn decode(value: &Value, path: FieldPath) -> Checked<Self> {
        let mut decoder = Decoder::default();
        let spec = decode::spec(&mut decoder, At { value, path });
        Checked { value: spec, diagnostics: decoder.diagnostics }
    }

    /// The spec as stored, with defaulted fields written out.
    pub fn to_value(&self) -> Value {
        serde_json::to_value(self).expect("invariant: all keys are strings")
    }
}

/// The generated kind.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaSpec {
    /// Kind name in `UpperCamelCase`; cannot be changed later.
    pub kind: String,
    /// Version alone (`v1alpha1`), despite the field's name; cannot be changed later.
    pub api_version: String,
    /// Group; `kro.run` unless given; cannot be changed later.
    pub group: String,
    /// Whether instances live in namespaces (the default); cannot be changed later.
    #[serde(serialize_with = "scope_name")]
    pub scope: Scope,
    /// SimpleSchema of the instance's `spec`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub spec: Option<Value>,
    /// Custom types that `spec` may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub types: Option<Value>,
    /// Expressions that make up the instance's `status`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<Value>,
    /// Columns of `kubectl get`; a non-empty list replaces kro's own.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub additional_printer_columns: Vec<PrinterColumn>,
    /// Short names for `kubectl`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub short_names: Vec<String>,
    /// Groups of kinds that `kubectl get <category>` lists.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<String>,
    /// Labels and annotations of the generated CRD.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<CrdMetadata>,
}

/// One column of `kubectl get`, as in a CRD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrinterColumn {
    /// Heading.
    pub name: String,
    /// OpenAPI type of the value.
    #[serde(rename = "type")]
    pub ty: String,
    /// Where the value stands.
    pub json_path: String,
    /// OpenAPI format of the value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// What the column shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Above 0: only with `-o wide`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
}

/// Metadata to copy onto the generated CRD.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CrdMetadata {
    /// Labels.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// Annotations.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// One entry of `spec.resources`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceSpec {
    /// The name other entries use for it.
    pub id: String,
    /// What stands in the cluster.
    #[serde(flatten)]
    pub origin: ResourceOrigin,
    /// Expressions that must all hold before dependents may go on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub ready_when: Vec<String>,
    /// Expressions that must all hold for the entry to exist at all.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include_when: Vec<String>,
    /// Iterators, outermost first; the entry becomes a collection over their product.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub for_each: Vec<Dimension>,
}

impl ResourceSpec {
    /// An entry that cannot be read, which was reported: it keeps its place in the list, and its id if that is known.
    /// Values with such entries come with errors, so they are never stored.
    pub(crate) fn unreadable(id: Option<String>) -> Self {
        Self {
            id: id.unwrap_or_default(),
            origin: ResourceOrigin::Unreadable,
            ready_when: Vec::new(),
            include_when: Vec::new(),
            for_each: Vec::new(),
        }
    }
}

/// Where the objects of an entry come from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ResourceOrigin {
    /// Made and owned by kro: a manifest with `${…}` expressions.
    #[serde(rename = "template")]
    Template(Value),
    /// Only read.
    #[serde(rename = "externalRef")]
    External(ExternalRef),
    /// The entry could not be read, which was reported. Its id is empty when that is not known either.
    #[serde(rename = "unreadable")]
    Unreadable,
}

/// Objects that somebody else owns.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExternalRef {
    /// Group and version of the objects.
    pub api_version: String,
    /// Kind of the objects.
    pub kind: String,
    /// Which of them.
    pub metadata: ExternalMetadata,
}

/// Names one external object or selects many.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExternalMetadata {
    /// Namespace, possibly an expression. Without it a named object is looked for in the instance's namespace,
    /// a selector in all namespaces.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub namespace: Option<String>,
    /// By name or by labels.
    #[serde(flatten)]
    pub target: ExternalTarget,
}

/// How external objects are found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum ExternalTarget {
    /// One object by its name, possibly an expression.
    #[serde(rename = "name")]
    Name(String),
    /// All objects with these labels: a `LabelSelector` whose values may be expressions.
    #[serde(rename = "selector")]
    Selector(Value),
}

/// One iterator of a collection, written `name: expression`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The variable.
    pub name: String,
    /// The list it runs over.
    pub expression: String,
}

impl Serialize for Dimension {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(&self.name, &self.expression)?;
        map.end()
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature serde asks for")]
fn scope_name<S: Serializer>(scope: &Scope, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match scope {
        Scope::Cluster => "Cluster",
        Scope::Namespaced => "Namespaced",
    })
}

/// The group and kind a document must have; reports when it is another.
pub(crate) fn expect_kind(object: &Object, api_version: &str, kind: &str, decoder: &mut Decoder) {
    let found = |field: &str| object.as_value_at(field).and_then(Value::as_str).unwrap_or_default();
    for (field, wanted) in [("apiVersion", api_version), ("kind", kind)] {
        if found(field) != wanted {
            decoder.error(Diagnostic::error(
                codes::WRONG_KIND,
                Locus::value(FieldPath::root().join(field)),
                format!("expected {field} {wanted:?}, found {:?}", found(field)),
            ));
        }
    }
}

#[cfg(test)]
mod tests;
