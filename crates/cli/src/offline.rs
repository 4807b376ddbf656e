//! Compiles the definitions of a project without a cluster: builtin kinds, the project's CRDs, and the kinds that
//! its definitions make for each other, in dependency order.

use std::collections::BTreeMap;
use std::sync::Arc;

use kro_api::ResourceGraphDefinition;
use kro_diagnostic::Diagnostic;
use kro_graph::{CompileOptions, Graph, GraphSource, Kinds, compile, lower, required_kinds};
use kro_object::Gvk;

use crate::project::{Manifest, Project, Role};

/// A definition of a project and what became of it.
#[derive(Debug)]
pub(crate) struct Compiled<'p> {
    /// Where it stands.
    pub(crate) manifest: &'p Manifest,
    /// The graph, when there is nothing wrong with it.
    pub(crate) graph: Option<Graph>,
    /// Everything there is to say about it.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A definition that waits for its turn.
struct Waiting<'p> {
    index: usize,
    source: GraphSource,
    compiled: Compiled<'p>,
}

/// Compiles every definition of a project; the results are in the order of the files.
pub(crate) fn compile_all<'p>(project: &'p Project, options: &CompileOptions) -> Vec<Compiled<'p>> {
    let mut custom = custom_kinds(project);
    let mut done: BTreeMap<usize, Compiled<'p>> = BTreeMap::new();
    let mut waiting = Vec::new();
    for (index, manifest) in project.definitions().enumerate() {
        let mut compiled = Compiled { manifest, graph: None, diagnostics: Vec::new() };
        let definition =
            ResourceGraphDefinition::decode(manifest.object.clone()).take(&mut compiled.diagnostics);
        let source = definition.and_then(|d| lower(&d.spec).take(&mut compiled.diagnostics));
        match source {
            Some(source) => waiting.push(Waiting { index, source, compiled }),
            None => drop(done.insert(index, compiled)),
        }
    }
    while !waiting.is_empty() {
        let coming: Vec<Gvk> = waiting.iter().map(|w| w.source.instance.gvk.clone()).collect();
        let is_ready = |w: &Waiting<'_>| {
            let needed = required_kinds(&w.source);
            !needed.iter().any(|(gvk, _)| *gvk != w.source.instance.gvk && coming.contains(gvk))
        };
        // Definitions that wait for each other are compiled all the same; they report the missing kinds.
        let next = waiting.iter().position(is_ready).unwrap_or(0);
        let Waiting { index, source, mut compiled } = waiting.remove(next);
        let kinds = kinds_of(&source, &custom);
        compiled.graph = compile(&source, &kinds, options).take(&mut compiled.diagnostics);
        if let Some(graph) = &compiled.graph {
            // Its own CRD is as good as any.
            let _ = custom.insert_crd(&graph.crd);
        }
        done.insert(index, compiled);
    }
    done.into_values().collect()
}

/// The kinds that the CRDs of a project serve. What cannot be read is left out: the server will say why.
fn custom_kinds(project: &Project) -> Kinds {
    let mut custom = Kinds::default();
    for manifest in project.manifests.iter().filter(|manifest| manifest.role == Role::Crd) {
        let _ = custom.insert_crd(&manifest.object);
    }
    custom
}

/// The kinds that a definition needs, and the names of all others for suggestions.
fn kinds_of(source: &GraphSource, custom: &Kinds) -> Kinds {
    let mut kinds = Kinds::default();
    for (gvk, _) in required_kinds(source) {
        if let Some((resource, schema)) = custom.get(&gvk) {
            kinds.insert(resource.clone(), Arc::clone(schema));
        } else if let (Some(kind), Some(schema)) =
            (kro_k8s_schemas::kinds().iter().find(|kind| kind.gvk == gvk), kro_k8s_schemas::schema(&gvk))
        {
            kinds.insert(kind.clone(), schema);
        }
    }
    let builtin = kro_k8s_schemas::kinds().iter().map(|kind| kind.gvk.clone());
    kinds.known = builtin.chain(custom.by_gvk.keys().cloned()).collect();
    kinds
}
