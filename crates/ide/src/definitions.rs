//! Compiles definitions that may use each other's kinds, in dependency order.

use crate::Catalog;
use kro_api::ResourceGraphDefinition;
use kro_diagnostic::{Diagnostic, Severity};
use kro_graph::{CompileOptions, Graph, GraphSource, Kinds, compile, lint, lower, plural, required_kinds};
use kro_object::{Gvk, Object, ResourceType};
use kro_schema::Schema;
use std::sync::Arc;

/// What became of a definition.
#[derive(Debug, Default)]
pub struct Definition {
    /// The source, as far as it could be read.
    pub source: Option<GraphSource>,
    /// The kinds it was compiled with.
    pub kinds: Kinds,
    /// The graph, when nothing is wrong with the definition.
    pub graph: Option<Graph>,
    /// Everything there is to say about it, errors or not.
    pub diagnostics: Vec<Diagnostic>,
}

impl Definition {
    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// The source of a definition, as far as it can be read, and what is wrong with its shape and its SimpleSchema.
pub fn read(object: &Object) -> (Option<GraphSource>, Vec<Diagnostic>) {
    let mut found = Vec::new();
    let definition = ResourceGraphDefinition::decode(object.clone()).take(&mut found);
    let source = definition.and_then(|definition| lower(&definition.spec).take(&mut found));
    (source, found)
}

/// Compiles definitions; the results are in the order of the definitions.
///
/// The kinds they make are added to the catalog, each before the definitions that use it are compiled. A definition
/// with mistakes still offers its kind, so that those who use it do not report its absence. Definitions that need
/// each other's kinds report those as missing: in a cluster neither could ever start.
pub fn compile_all(
    definitions: &[&Object],
    catalog: &mut Catalog,
    options: &CompileOptions,
) -> Vec<Definition> {
    let mut results: Vec<Definition> = definitions
        .iter()
        .map(|object| {
            let (source, diagnostics) = read(object);
            Definition { source, diagnostics, ..Definition::default() }
        })
        .collect();
    for index in order(&results) {
        let Definition { source: Some(source), diagnostics, kinds, graph } = &mut results[index] else {
            continue;
        };
        *kinds = catalog.kinds_for(source);
        *graph = compile(source, kinds, options).take(diagnostics);
        graph.take_if(|_| diagnostics.iter().any(|found| found.severity == Severity::Error));
        match graph {
            // Its own CRD is as good as any.
            Some(graph) => {
                diagnostics.extend(lint(source, graph));
                drop(catalog.insert_crd(&graph.crd));
            }
            None => offer(source, catalog),
        }
    }
    results
}

/// The positions of the definitions that can be compiled, makers of kinds before their users, else in order.
fn order(definitions: &[Definition]) -> Vec<usize> {
    let makes = |definition: &Definition| Some(definition.source.as_ref()?.instance.gvk.clone());
    let mut waiting: Vec<(usize, Vec<Gvk>)> = definitions
        .iter()
        .enumerate()
        .filter_map(|(index, definition)| {
            let needs = required_kinds(definition.source.as_ref()?);
            Some((index, needs.into_iter().map(|(gvk, _)| gvk).collect()))
        })
        .collect();
    let mut order = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let coming: Vec<Gvk> = waiting.iter().filter_map(|(index, _)| makes(&definitions[*index])).collect();
        let is_free = |(index, needs): &(usize, Vec<Gvk>)| {
            let own = makes(&definitions[*index]);
            !needs.iter().any(|gvk| coming.contains(gvk) && own.as_ref() != Some(gvk))
        };
        let next = waiting.iter().position(is_free).unwrap_or(0);
        order.push(waiting.remove(next).0);
    }
    order
}

/// Adds the kind of a definition that does not compile, with what is known of it: nothing about its status.
fn offer(source: &GraphSource, catalog: &mut Catalog) {
    let instance = &source.instance;
    let Some(spec) = &instance.spec else { return };
    let text = || Schema::new(kro_schema::Kind::String);
    let mut schema =
        Schema::object([("apiVersion", text()), ("kind", text()), ("status", Schema::open_object())]);
    if let kro_schema::Kind::Object { properties, .. } = &mut schema.kind {
        properties.insert("spec".into(), Arc::clone(spec));
        properties.insert("metadata".into(), kro_graph::object_meta());
    }
    let plural = plural::plural(&instance.gvk.kind).into();
    let resource = ResourceType { gvk: instance.gvk.clone(), plural, scope: instance.scope };
    catalog.insert(resource, Arc::new(schema));
}
