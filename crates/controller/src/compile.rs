//! From a definition's spec to a graph: ask which kinds it needs, fetch them, compile. The fetching may fail for
//! a while, the compiling for good; callers treat the two differently.

use crate::{Shared, options::Compute, queue::Outcome};
use kro_api::{ResourceGraphDefinitionSpec, SchemaSpec};
use kro_cluster::Error;
use kro_diagnostic::{Diagnostic, Severity};
use kro_graph::{Graph, Kinds};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// So long after a change of a CRD discovery and OpenAPI may not tell of it yet.
const CRDS_SETTLE: Duration = Duration::from_secs(20);
/// How often a definition that is wrong is compiled without cause.
const AGGREGATED_POLL: Duration = Duration::from_mins(10);

/// Why there is no graph.
#[derive(Debug)]
pub(crate) enum CompileError {
    /// The definition is at fault: all its errors, one a line.
    Invalid(String),
    /// The cluster could not be asked.
    Cluster(Error),
}

/// What is compiled: how long it took is counted apart.
#[derive(Debug, Clone, Copy)]
pub(crate) enum What<'a> {
    /// The spec of a definition, to check it.
    Definition(&'a str),
    Revision,
}

/// Compiles a spec against the kinds the cluster serves now.
pub(crate) async fn compile(
    shared: &Arc<Shared>,
    what: What<'_>,
    spec: &ResourceGraphDefinitionSpec,
) -> Result<Arc<Graph>, CompileError> {
    let lowered = kro_graph::lower(spec);
    let Some(source) = lowered.value else { return Err(CompileError::Invalid(errors(&lowered.diagnostics))) };
    let kinds = kinds(shared, &source).await.map_err(CompileError::Cluster)?;
    let options = kro_graph::CompileOptions {
        limits: shared.options.limits,
        omit: shared.options.gates.cel_omit_function,
    };
    let work = move || kro_graph::compile(&source, &kinds, &options);
    let started = tokio::time::Instant::now();
    let compiled = match shared.options.compute {
        Compute::Inline => work(),
        Compute::Blocking => match tokio::task::spawn_blocking(work).await {
            Ok(compiled) => compiled,
            Err(error) => return Err(CompileError::Invalid(format!("the compiler failed: {error}"))),
        },
    };
    let mut diagnostics = lowered.diagnostics;
    let graph = compiled.take(&mut diagnostics);
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    match what {
        What::Definition(name) => shared.metrics.built(name, !failed, started.elapsed()),
        What::Revision => shared.metrics.compiled(!failed, started.elapsed()),
    }
    match graph {
        Some(graph) if !failed => Ok(Arc::new(graph)),
        _ => Err(CompileError::Invalid(errors(&diagnostics))),
    }
}

/// The kind of a definition without any node: enough to take instances down by what is recorded on them.
pub(crate) fn bare(spec: &ResourceGraphDefinitionSpec) -> Option<Graph> {
    let kept = &spec.schema;
    let schema = SchemaSpec { spec: None, types: None, status: None, metadata: None, ..kept.clone() };
    let source = kro_graph::lower(&ResourceGraphDefinitionSpec { schema, resources: Vec::new() }).value?;
    kro_graph::compile(&source, &Kinds::default(), &kro_graph::CompileOptions::default()).value
}

/// The kinds a source mentions, as far as they are served. The compiler says which are missing, and where.
async fn kinds(shared: &Shared, source: &kro_graph::GraphSource) -> Result<Kinds, Error> {
    let mut resources = BTreeMap::new();
    for (gvk, _) in kro_graph::required_kinds(source) {
        match shared.cluster.kind(&gvk).await {
            Ok(resource) => {
                resources.insert(gvk, resource);
            }
            Err(Error::UnknownKind(_)) => {}
            Err(error) => return Err(error),
        }
    }
    let mut schemas = shared.cluster.schemas(resources.keys().cloned()).await?;
    let mut kinds = Kinds::default();
    for (gvk, resource) in resources {
        if let Some(schema) = schemas.remove(&gvk) {
            kinds.by_gvk.insert(gvk, (resource, schema));
        }
    }
    Ok(kinds)
}

/// When to compile again what is wrong: what it is made from is watched, and wakes it. But after a change of a CRD
/// the server goes on for a while to say what it said before, without a further event; `crds` ago was the last one.
/// And the kinds of another server behind the API server come without any.
pub(crate) fn awaits_inputs(shared: &Shared, crds: Duration) -> Outcome {
    if crds >= CRDS_SETTLE {
        return Outcome::Again(AGGREGATED_POLL);
    }
    // The next try shall not be answered from memory.
    shared.cluster.ask_again();
    Outcome::Again(crds.max(CRDS_SETTLE / 200))
}

/// All errors, one a line, as they appear in conditions.
pub(crate) fn errors(diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
    errors.map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
