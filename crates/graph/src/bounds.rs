//! What one instance can cost at most, as far as a definition and the limits in its schema tell: objects, requests,
//! the longest chain, expressions, the size of the status.

mod cost;
mod status;

use crate::{Dimension, Graph, Limits, Node, NodeId, NodeKind, environment, lint};
use kro_cel::Expr;
use kro_diagnostic::{Diagnostic, Locus, codes};
use kro_object::FieldPath;

pub use cost::ExpressionCost;

/// The most that one instance can cost.
#[derive(Debug, Clone, PartialEq)]
pub struct Bounds {
    /// Objects that kro makes, by node, in the author's order. External nodes are left out.
    pub objects: Vec<(NodeId, Count)>,
    /// Writes of one reconcile that changes everything: one for each object, and one for the status.
    pub writes: u64,
    /// External objects or lists of them that are read.
    pub external_reads: u64,
    /// Nodes of the longest chain in which each waits for the one before.
    pub longest_chain: usize,
    /// Every expression in the order of evaluation, status and conditions last.
    pub expressions: Vec<ExpressionCost>,
    /// Bytes of the author's status fields as JSON, by field. Without a limit in a schema: [`LARGEST_OBJECT`].
    pub status: Vec<(FieldPath, Count)>,
}

/// The API server's limit for one object, in bytes.
pub const LARGEST_OBJECT: u64 = 3 << 19;

/// An upper bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// The most there can be.
    pub most: u64,
    /// Whether the schemas say so; otherwise only a limit of kro or of the API server does.
    pub declared: bool,
}

/// What an operator of a platform allows; `None` allows anything.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ceilings {
    /// Objects of one instance.
    pub objects: Option<u64>,
    /// Requests of one reconcile.
    pub calls: Option<u64>,
    /// Nodes of the longest chain.
    pub longest_chain: Option<usize>,
    /// Cost units of all expressions of one pass; Kubernetes allows 10 000 000 for the rules of one object.
    pub cost: Option<u64>,
    /// Bytes of the author's status fields.
    pub status: Option<u64>,
}

/// The bounds of a graph under kro's limits on collections.
pub fn bounds(graph: &Graph, limits: Limits) -> Bounds {
    let managed = graph.nodes.values().filter(|node| node.is_managed());
    let objects: Vec<(NodeId, Count)> = managed
        .map(|node| (node.id.clone(), objects_of(graph, node, limits.collection_size as u64)))
        .collect();
    let total = objects.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(count.most));
    let external = graph.nodes.values().filter(|node| !node.is_managed()).count();
    let most = |node: &Node| objects_of(graph, node, limits.collection_size as u64).most;
    Bounds {
        expressions: cost::expressions(graph, limits, most),
        writes: total.saturating_add(1),
        objects,
        external_reads: external as u64,
        longest_chain: graph.waves.len(),
        status: graph
            .instance
            .status
            .iter()
            .map(|hole| (hole.path.clone(), status::size(graph, hole)))
            .collect(),
    }
}

impl Bounds {
    /// Objects of all nodes.
    pub fn total_objects(&self) -> u64 {
        self.writes - 1
    }

    /// Cost units of all expressions of one pass; `None` when one of them has no bound.
    pub fn cost(&self) -> Option<u64> {
        let mut costs = self.expressions.iter().map(ExpressionCost::total);
        costs.try_fold(0_u64, |sum, cost| Some(sum.saturating_add(cost?)))
    }

    /// The expression that costs the most; the first without bound, if there is one.
    pub fn dearest(&self) -> Option<&ExpressionCost> {
        let unbounded = self.expressions.iter().find(|expression| expression.cost.is_none());
        unbounded.or_else(|| self.expressions.iter().rev().max_by_key(|expression| expression.total()))
    }

    /// Requests of one reconcile that changes everything.
    pub fn calls(&self) -> u64 {
        self.writes.saturating_add(self.external_reads)
    }

    /// Bytes of all status fields; the API server stores no larger object.
    pub fn status_size(&self) -> Count {
        let most = self.status.iter().fold(0_u64, |sum, (_, count)| sum.saturating_add(count.most));
        let declared = self.status.iter().all(|(_, count)| count.declared);
        Count { most: most.min(LARGEST_OBJECT), declared: declared && most <= LARGEST_OBJECT }
    }

    /// What is above a ceiling, as warnings; a collection is blamed where its size has no limit in the schema.
    pub fn exceeding(&self, ceilings: Ceilings) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        let resources = FieldPath::root().join("spec").join("resources");
        let mut warn = |message: String, help: String| {
            let locus = Locus::value(resources.clone());
            found.push(Diagnostic::warning(codes::ABOVE_CEILING, locus, message).with_help(help));
        };
        let total = self.total_objects();
        if let Some(ceiling) = ceilings.objects.filter(|ceiling| total > *ceiling) {
            let open: Vec<&str> =
                self.objects.iter().filter(|(_, count)| !count.declared).map(|(id, _)| id.as_str()).collect();
            let help = match open.as_slice() {
                [] => "split the definition, or lower `maxItems` of the lists it iterates over".to_owned(),
                open => format!("set `maxItems` on the lists that {} iterate over", open.join(", ")),
            };
            warn(format!("an instance can have {total} objects, more than {ceiling}"), help);
        }
        if let Some(ceiling) = ceilings.calls.filter(|ceiling| self.calls() > *ceiling) {
            let message = format!("a reconcile can take {} requests, more than {ceiling}", self.calls());
            warn(message, "each object is a request, and so is each external reference".to_owned());
        }
        if let Some(ceiling) = ceilings.longest_chain.filter(|ceiling| self.longest_chain > *ceiling) {
            let message =
                format!("{} resources wait for each other in a row, more than {ceiling}", self.longest_chain);
            warn(message, "take values from `schema` instead of from other resources".to_owned());
        }
        found.extend(ceilings.cost.and_then(|ceiling| self.too_dear(ceiling)));
        let size = self.status_size();
        if let Some(ceiling) = ceilings.status.filter(|ceiling| size.most > *ceiling) {
            let open: Vec<String> = self
                .status
                .iter()
                .filter(|(_, count)| !count.declared)
                .map(|(path, _)| format!("`{path}`"))
                .collect();
            let help = match open.as_slice() {
                [] => "publish fewer fields".to_owned(),
                open => format!("no schema limits {}", open.join(", ")),
            };
            let locus = Locus::key(FieldPath::root().join("spec").join("schema").join("status"));
            let message = format!("the status can have {} bytes, more than {ceiling}", size.most);
            found.push(Diagnostic::warning(codes::ABOVE_CEILING, locus, message).with_help(help));
        }
        found
    }

    /// A warning at the dearest expression when all together cost more than a ceiling.
    fn too_dear(&self, ceiling: u64) -> Option<Diagnostic> {
        let total = self.cost();
        let dearest = self.dearest().filter(|_| total.is_none_or(|total| total > ceiling))?;
        let message = match total {
            Some(total) => {
                format!(
                    "the expressions of one pass can cost {total} units, more than {ceiling}; this one most"
                )
            }
            None => {
                format!("nothing limits what this expression can cost; one pass may cost {ceiling} units")
            }
        };
        let help = "set `maxItems`, `maxLength` and `maxProperties` on what it reads";
        Some(Diagnostic::warning(codes::ABOVE_CEILING, dearest.locus.clone(), message).with_help(help))
    }
}

/// At most as many as kro allows; more are an error when the collection is expanded.
fn objects_of(graph: &Graph, node: &Node, limit: u64) -> Count {
    let NodeKind::Collection { dimensions } = &node.kind else { return Count { most: 1, declared: true } };
    let product = dimensions
        .iter()
        .try_fold(1_u64, |product, dimension| Some(product.saturating_mul(items_of(graph, dimension)?)));
    match product {
        Some(most) if most <= limit => Count { most, declared: true },
        _ => Count { most: limit, declared: false },
    }
}

/// The most items of a dimension's list: written out, or limited by the schema.
fn items_of(graph: &Graph, dimension: &Dimension) -> Option<u64> {
    let (ast, _) = environment::base().parse(&dimension.list.cel);
    if let Expr::List { items, .. } = ast.expr(ast.root()) {
        return Some(items.len() as u64);
    }
    let most = lint::schema_at_root(graph, &ast)?.constraints.max_items?;
    u64::try_from(most).ok()
}
