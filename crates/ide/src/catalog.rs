//! The kinds that definitions can use: the built-in ones or those of OpenAPI documents, CRDs, and single kinds.
//! Decides nothing about where they come from.

use kro_graph::{CrdError, GraphSource, Kinds, required_kinds};
use kro_object::{Gvk, Object, ResourceType};
use kro_schema::{ParseError, Schema, openapi::Document};
use std::{collections::BTreeMap, sync::Arc};

/// Kinds by name, most specific source first: added kinds and CRDs, then OpenAPI documents, then the built-in kinds
/// of the recorded version of Kubernetes. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    added: Kinds,
    /// Kinds of OpenAPI documents with the document that has their schema.
    documents: BTreeMap<Gvk, (ResourceType, Arc<Document>)>,
    builtin: bool,
}

impl Catalog {
    /// Without any kind.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The built-in kinds of Kubernetes [`kro_k8s_schemas::VERSION`].
    pub fn builtin() -> Self {
        Self { builtin: true, ..Self::default() }
    }

    /// Adds a kind, in place of one of that name.
    pub fn insert(&mut self, resource: ResourceType, schema: Arc<Schema>) {
        self.added.insert(resource, schema);
    }

    /// Adds the served kinds of a CRD.
    pub fn insert_crd(&mut self, crd: &Object) -> Result<(), CrdError> {
        self.added.insert_crd(crd)
    }

    /// Adds the kinds that the paths of an OpenAPI v3 document serve. Their schemas are read when asked for.
    pub fn insert_document(&mut self, document: &Arc<Document>) {
        for resource in document.resources() {
            self.documents.insert(resource.gvk.clone(), (resource, Arc::clone(document)));
        }
    }

    /// A kind; an error when its schema cannot be read.
    pub fn find(&self, gvk: &Gvk) -> Option<Result<(ResourceType, Arc<Schema>), ParseError>> {
        if let Some((resource, schema)) = self.added.get(gvk) {
            return Some(Ok((resource.clone(), Arc::clone(schema))));
        }
        if let Some((resource, document)) = self.documents.get(gvk) {
            let schema = document.kind(gvk)?;
            return Some(schema.map(|schema| (resource.clone(), schema)));
        }
        if !self.builtin {
            return None;
        }
        let resource = kro_k8s_schemas::kinds().iter().find(|kind| kind.gvk == *gvk)?;
        Some(Ok((resource.clone(), kro_k8s_schemas::schema(gvk)?)))
    }

    /// The names of all kinds, sorted.
    pub fn names(&self) -> Vec<Gvk> {
        let builtin = kro_k8s_schemas::kinds().iter().filter(|_| self.builtin).map(|kind| &kind.gvk);
        let mut names: Vec<Gvk> =
            self.added.by_gvk.keys().chain(self.documents.keys()).chain(builtin).cloned().collect();
        names.sort();
        names.dedup();
        names
    }

    /// What compiling a source needs: the kinds it mentions, and the names of all others for suggestions.
    pub fn kinds_for(&self, source: &GraphSource) -> Kinds {
        let mut kinds = Kinds { known: self.names(), ..Kinds::default() };
        for (gvk, _) in required_kinds(source) {
            if let Some(Ok((resource, schema))) = self.find(&gvk) {
                kinds.insert(resource, schema);
            }
        }
        kinds
    }
}
