//! Compiles the definitions of a project without a cluster: builtin kinds, the project's CRDs, and the kinds that
//! its definitions make for each other, in dependency order.

use std::collections::BTreeMap;
use std::sync::Arc;

use kro_api::ResourceGraphDefinition;
use kro_diagnostic::Diagnostic;
use kro_graph::{CompileOptions, Graph, GraphSource, Kinds, compile, lower, required_kinds};
use kro_object::{Gvk, Object, ResourceType, Scope};
use kro_schema::Schema;
use serde_json::Value;

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
    let mut catalogue = Catalogue::of_crds(project);
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
        let kinds = catalogue.kinds(&source);
        compiled.graph = compile(&source, &kinds, options).take(&mut compiled.diagnostics);
        if let Some(graph) = &compiled.graph {
            let instance = &graph.instance;
            catalogue.insert(instance.resource.clone(), Arc::clone(&instance.schema));
        }
        done.insert(index, compiled);
    }
    done.into_values().collect()
}

/// Kinds that are known without a cluster, beyond the builtin ones.
#[derive(Debug, Default)]
struct Catalogue {
    custom: BTreeMap<Gvk, (ResourceType, Arc<Schema>)>,
}

impl Catalogue {
    fn of_crds(project: &Project) -> Self {
        let mut catalogue = Self::default();
        for manifest in project.manifests.iter().filter(|m| m.role == Role::Crd) {
            for (resource, schema) in served(&manifest.object) {
                catalogue.insert(resource, schema);
            }
        }
        catalogue
    }

    fn insert(&mut self, resource: ResourceType, schema: Arc<Schema>) {
        self.custom.insert(resource.gvk.clone(), (resource, schema));
    }

    /// The kinds that a definition needs, and the names of all others for suggestions.
    fn kinds(&self, source: &GraphSource) -> Kinds {
        let mut kinds = Kinds::default();
        for (gvk, _) in required_kinds(source) {
            if let Some((resource, schema)) = self.custom.get(&gvk) {
                kinds.insert(resource.clone(), Arc::clone(schema));
            } else if let (Some(kind), Some(schema)) =
                (kro_k8s_schemas::kinds().iter().find(|k| k.gvk == gvk), kro_k8s_schemas::schema(&gvk))
            {
                kinds.insert(kind.clone(), schema);
            }
        }
        let builtin = kro_k8s_schemas::kinds().iter().map(|kind| kind.gvk.clone());
        kinds.known = builtin.chain(self.custom.keys().cloned()).collect();
        kinds
    }
}

/// The kinds that a CRD serves, one for each version. What cannot be read is left out: the server will say why.
fn served(crd: &Object) -> Vec<(ResourceType, Arc<Schema>)> {
    let spec = &crd.as_map()["spec"];
    let text = |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(Box::<str>::from);
    let (Some(group), Some(names)) = (text(spec, "group"), spec.get("names")) else { return Vec::new() };
    let (Some(kind), Some(plural)) = (text(names, "kind"), text(names, "plural")) else { return Vec::new() };
    let scope = match spec.get("scope").and_then(Value::as_str) {
        Some("Cluster") => Scope::Cluster,
        _ => Scope::Namespaced,
    };
    let versions = spec.get("versions").and_then(Value::as_array).into_iter().flatten();
    versions
        .filter(|version| version.get("served") != Some(&Value::Bool(false)))
        .filter_map(|version| {
            let gvk = Gvk { group: group.clone(), version: text(version, "name")?, kind: kind.clone() };
            let schema = Schema::from_json(version.pointer("/schema/openAPIV3Schema")?).ok()?;
            Some((ResourceType { gvk, plural: plural.clone(), scope }, Arc::new(schema)))
        })
        .collect()
}
