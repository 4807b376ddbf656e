//! What any author-facing API lowers to. Shapes only: no name, kind or expression has been looked at.

use kro_diagnostic::Locus;
use kro_object::{FieldPath, Gvk, Scope};
use kro_schema::Schema;
use serde_json::Value;
use std::{collections::BTreeMap, sync::Arc};

mod lower;

pub use lower::lower;

/// A definition as compile takes it; a `ResourceGraphDefinition` is one origin of it.
#[derive(Debug, Clone)]
pub struct GraphSource {
    /// The kind to generate.
    pub instance: InstanceSource,
    /// The nodes in the author's order.
    pub resources: Vec<ResourceSource>,
}

/// The kind to generate.
#[derive(Debug, Clone)]
pub struct InstanceSource {
    /// Its name.
    pub gvk: Gvk,
    /// Whether instances live in namespaces.
    pub scope: Scope,
    /// The schema of an instance's `spec`; `None` when it could not be read, which was reported.
    pub spec: Option<Arc<Schema>>,
    /// A tree whose leaves are expressions; `conditions` at its top is a list of expressions.
    pub status: Option<Located<Value>>,
    /// What the CRD takes over as it is.
    pub presentation: Presentation,
}

/// How the generated kind shows itself to clients.
#[derive(Debug, Clone, Default)]
pub struct Presentation {
    /// Columns in the form a CRD has them; empty for kro's own.
    pub printer_columns: Vec<Value>,
    /// Short names.
    pub short_names: Vec<String>,
    /// Categories.
    pub categories: Vec<String>,
    /// Labels of the CRD.
    pub labels: BTreeMap<String, String>,
    /// Annotations of the CRD.
    pub annotations: BTreeMap<String, String>,
}

/// One node.
#[derive(Debug, Clone)]
pub struct ResourceSource {
    /// The name that expressions use.
    pub id: Located<String>,
    /// Whether kro owns the objects.
    pub role: Role,
    /// The manifest with `${…}`; null when it could not be read; of an external node `apiVersion`, `kind`, and `metadata` with `name` or `selector`.
    pub object: Located<Value>,
    /// Conditions of existence.
    pub include_when: Vec<Located<String>>,
    /// Conditions of readiness.
    pub ready_when: Vec<Located<String>>,
    /// Iterators with the expression of their list.
    pub for_each: Vec<Located<(String, String)>>,
}

/// Who owns the objects of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// kro makes, owns and removes them.
    Managed,
    /// Somebody else does; kro reads.
    External,
    /// The entry could not be read, which was reported: nothing about it is reported again, and what refers to it may
    /// be right. Its id may be empty.
    Unreadable,
}

/// A part of the source with its place in the author's document.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<T> {
    /// The part.
    pub value: T,
    /// Its place.
    pub path: FieldPath,
}

impl<T> Located<T> {
    /// A part at a place.
    pub fn new(value: T, path: FieldPath) -> Self {
        Self { value, path }
    }

    /// The place as a locus.
    pub fn locus(&self) -> Locus {
        Locus::value(self.path.clone())
    }
}

/// The kinds that templates and external references mention, with the first place that mentions each. Fetch them,
/// then compile. Entries whose kind cannot be read are left out; compile reports them.
pub fn required_kinds(source: &GraphSource) -> Vec<(Gvk, Locus)> {
    let mut found: Vec<(Gvk, Locus)> = Vec::new();
    for resource in &source.resources {
        let text = |field: &str| resource.object.value.get(field).and_then(Value::as_str).unwrap_or_default();
        let Ok(gvk) = Gvk::from_api_version(text("apiVersion"), text("kind")) else { continue };
        if !found.iter().any(|(known, _)| *known == gvk) {
            found.push((gvk, Locus::value(resource.object.path.join("kind"))));
        }
    }
    found
}
