//! The stages of compiling, in order, and nothing else.

use crate::{
    Graph, GraphSource, Instance, Kinds, Node, NodeId, Role, conditions, crd,
    dag::Dag,
    draft::Draft,
    extract::path,
    instance,
    link::{Names, Nodes, Place},
    naming, plural,
    resource::{self, NodeDraft, NodeShape},
    status,
    typing::{self, Typing},
};
use kro_diagnostic::{Checked, Diagnostic, Severity, codes};
use kro_object::{ResourceType, Scope};
use std::{collections::BTreeSet, sync::Arc};

/// What compile is told besides the definition.
#[derive(Debug, Clone, Copy, Default)]
pub struct CompileOptions {
    /// Limits on collections.
    pub limits: Limits,
    /// Whether `omit()` may be used: upstream's feature gate `CELOmitFunction`.
    pub omit: bool,
}

/// Limits on collections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The most objects of one collection; checked when it is expanded.
    pub collection_size: usize,
    /// The most iterators of one collection; checked when it is compiled.
    pub dimensions: usize,
}

impl Default for Limits {
    /// Upstream's: 1000 objects, 10 iterators.
    fn default() -> Self {
        Self { collection_size: 1000, dimensions: 10 }
    }
}

/// Compiles a definition against the kinds it needs. Deterministic and total: the same inputs give the same graph and
/// the same diagnostics in the same order; all problems are found in one pass, each with its place. There is no graph
/// when anything is an error, or an entry of the source could not be read.
pub fn compile(source: &GraphSource, kinds: &Kinds, options: &CompileOptions) -> Checked<Graph> {
    let mut found = Vec::new();
    naming::check(source, options, &mut found);
    let scope = source.instance.scope;
    let mut nodes: Vec<NodeDraft<'_>> =
        source.resources.iter().map(|entry| resource::read(entry, scope, kinds, &mut found)).collect();
    let ids = Nodes::new(nodes.iter().map(|node| node.id.clone()).collect());
    let nameless = source.resources.iter().any(naming::is_nameless);
    link(&mut nodes, &ids, nameless, options, &mut found);
    let dependencies = dependencies(&nodes, &ids);
    let (order, waves) = order(&nodes, &dependencies, &mut found);
    omitted_identity(&mut nodes, scope, &mut found);

    let view = source.instance.spec.as_ref().map(|spec| instance::view(spec, scope));
    let names =
        Names { nodes: &ids, own: None, iterators: &[], collection: false, omit: options.omit, nameless };
    let block = source.instance.status.as_ref();
    let fields = block.map(|block| status::read(block, &names, &mut found)).unwrap_or_default();
    let authored = block.and_then(|block| conditions::read(block, &names, &mut found));

    let typing = Typing::new(view.as_ref(), &nodes);
    let mut compiled: Vec<Node> = Vec::with_capacity(nodes.len());
    for (index, node) in nodes.into_iter().enumerate() {
        let on = dependencies[index].iter().map(|on| ids.id(*on).clone()).collect::<BTreeSet<_>>();
        compiled.extend(typing.node(node, waves[index] as u32, on.into_iter().collect(), &mut found));
    }
    let fields = status::compile(fields, &typing, &mut found);
    let authored = authored.map(|drafts| conditions::compile(drafts, &typing, &mut found));

    found.sort_by(|one: &Diagnostic, other| one.primary.path.cmp(&other.primary.path));
    let failed = source.resources.iter().any(|resource| resource.role == Role::Unreadable)
        || found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    let (Some(spec), Some(view), false) = (&source.instance.spec, view, failed) else {
        return Checked { value: None, diagnostics: found };
    };
    let resource = ResourceType {
        gvk: source.instance.gvk.clone(),
        plural: plural::plural(&source.instance.gvk.kind).into(),
        scope,
    };
    let schema = crd::instance_schema(spec, status::schema(&fields, &*typing.types));
    let crd = crd::build(&source.instance, &resource, &schema);
    let mut instance = Instance {
        resource,
        schema: Arc::new(schema),
        view,
        status: fields,
        conditions: authored,
        dependencies: Vec::new(),
    };
    let mentioned: BTreeSet<NodeId> =
        instance.expressions().flat_map(crate::Expression::nodes).cloned().collect();
    instance.dependencies = mentioned.into_iter().collect();
    let mut by_wave = vec![Vec::new(); waves.iter().copied().max().unwrap_or_default()];
    for node in &compiled {
        by_wave[node.wave as usize - 1].push(node.id.clone());
    }
    let graph = Graph {
        instance,
        order: order.iter().map(|index| ids.id(*index).clone()).collect(),
        waves: by_wave,
        nodes: compiled.into_iter().map(|node| (node.id.clone(), node)).collect(),
        crd,
        types: typing.types,
    };
    Checked { value: Some(graph), diagnostics: found }
}

/// Resolves the names of every expression of the nodes.
fn link(
    nodes: &mut [NodeDraft<'_>],
    ids: &Nodes,
    nameless: bool,
    options: &CompileOptions,
    found: &mut Vec<Diagnostic>,
) {
    for node in nodes {
        let iterators: Vec<Arc<str>> = node.dimensions.iter().map(|(name, _)| name.clone()).collect();
        let id = node.id.clone();
        let names = Names {
            nodes: ids,
            own: Some(&id),
            iterators: &iterators,
            collection: node.shape == NodeShape::Collection,
            omit: options.omit,
            nameless,
        };
        for draft in &mut node.include_when {
            names.link(draft, Place::IncludeWhen, found);
        }
        for (_, draft) in &mut node.dimensions {
            if let Some(draft) = draft {
                names.link(draft, Place::Dimension, found);
            }
        }
        for hole in &mut node.holes {
            names.link(&mut hole.draft, Place::Template, found);
        }
        for draft in &mut node.ready_when {
            names.link(draft, Place::ReadyWhen, found);
        }
        typing::check_identity(node, found);
    }
}

/// For each node the positions of those that its template, iterators and conditions of existence mention.
fn dependencies(nodes: &[NodeDraft<'_>], ids: &Nodes) -> Vec<Vec<usize>> {
    let mentioned = |draft: &Draft| -> Vec<usize> {
        let position = |name: &crate::Name| match name {
            crate::Name::Node(id) => ids.position(id.as_str()),
            _ => None,
        };
        draft.references.iter().filter_map(|reference| position(&reference.name)).collect()
    };
    let of = |node: &NodeDraft<'_>| {
        let drafts = node.include_when.iter();
        let drafts = drafts.chain(node.dimensions.iter().filter_map(|(_, draft)| draft.as_ref()));
        let drafts = drafts.chain(node.holes.iter().map(|hole| &hole.draft));
        drafts.flat_map(mentioned).collect()
    };
    nodes.iter().map(of).collect()
}

/// The order of the nodes and the wave of each; empty order when there is a cycle, which is reported.
fn order(
    nodes: &[NodeDraft<'_>],
    dependencies: &[Vec<usize>],
    found: &mut Vec<Diagnostic>,
) -> (Vec<usize>, Vec<usize>) {
    let mut dag = Dag::new(nodes.len());
    for (node, on) in dependencies.iter().enumerate() {
        for on in on {
            dag.depend(node, *on);
        }
    }
    match dag.order() {
        Ok(order) => (order, dag.waves()),
        Err(cycle) => {
            let mut names: Vec<&str> = cycle.iter().map(|node| nodes[*node].id.as_str()).collect();
            names.extend(names.first().copied());
            let message = format!("resources depend on each other in a circle: {}", names.join(" → "));
            let mut diagnostic = Diagnostic::error(codes::CYCLE, nodes[cycle[0]].source.id.locus(), message)
                .with_help("take one of the values from `schema`, or write a constant");
            for (index, node) in cycle.iter().enumerate() {
                let next = &nodes[cycle[(index + 1) % cycle.len()]].id;
                if let Some(locus) = mention(&nodes[*node], next) {
                    let note = format!("`{}` needs `{next}` here", nodes[*node].id);
                    diagnostic = diagnostic.with_related(locus, note);
                }
            }
            found.push(diagnostic);
            (Vec::new(), dag.waves())
        }
    }
}

/// The first place where a node mentions another.
fn mention(node: &NodeDraft<'_>, other: &NodeId) -> Option<kro_diagnostic::Locus> {
    let drafts = node.include_when.iter();
    let drafts = drafts.chain(node.dimensions.iter().filter_map(|(_, draft)| draft.as_ref()));
    let mut drafts = drafts.chain(node.holes.iter().map(|hole| &hole.draft));
    drafts.find_map(|draft| {
        let used = draft.uses.names.iter().find(|used| used.name == other.as_str())?;
        Some(draft.locus(used.span.clone()))
    })
}

/// `omit()` cannot take away what identifies an object.
fn omitted_identity(nodes: &mut [NodeDraft<'_>], scope: Scope, found: &mut Vec<Diagnostic>) {
    for node in nodes {
        let namespaced = node.kind.as_ref().is_some_and(|(resource, _)| resource.scope == Scope::Namespaced);
        let mut identity = vec![path(["metadata", "name"])];
        if namespaced && scope == Scope::Cluster {
            identity.push(path(["metadata", "namespace"]));
        }
        for hole in node.holes.iter_mut().filter(|hole| identity.contains(&hole.path) && !hole.draft.broken) {
            if let Some(span) = hole.draft.omits() {
                let message = format!("omit() cannot be used at {}", hole.path);
                let problem = Diagnostic::error(codes::OMIT_OUT_OF_PLACE, hole.draft.locus(span), message);
                hole.draft.report(problem, found);
            }
        }
    }
}
