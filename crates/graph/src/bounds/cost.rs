//! What the expressions of one pass cost at worst: each from the limits in its schemas, times as often as it runs.

use crate::{
    Dimension, Expression, Graph, Limits, Name, Node, NodeKind, environment, functions::Runtime, lint,
};
use kro_cel::{Bounds, DataSizes, Env, Place, PlaceStep, Type};
use kro_cel_k8s::{SchemaShape, UnknownFields, size_at};
use kro_diagnostic::Locus;

/// What one expression costs at worst.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpressionCost {
    /// Where it stands in the definition.
    pub locus: Locus,
    /// Cost units of one evaluation; `None` when the schemas set no bound.
    pub cost: Option<u64>,
    /// Evaluations in one pass at most: one for each object of a collection, for what differs between them.
    pub times: u64,
}

impl ExpressionCost {
    /// Cost units in one pass.
    pub fn total(&self) -> Option<u64> {
        Some(self.cost?.saturating_mul(self.times))
    }
}

/// Every expression in the order of evaluation, the instance's last. `objects` says how many a node has at most.
pub(super) fn expressions(
    graph: &Graph,
    limits: Limits,
    objects: impl Fn(&Node) -> u64,
) -> Vec<ExpressionCost> {
    let base = environment::typed(graph.types.clone());
    let mut found = Vec::new();
    for node in graph.nodes.values() {
        let many = if node.is_managed() { objects(node) } else { 1 };
        let own: Vec<&Expression> = node.template.holes.iter().map(|hole| &hole.expression).collect();
        for expression in node.expressions() {
            let differs = own.iter().any(|own| std::ptr::eq(*own, expression))
                || expression.references.iter().any(|reference| reference.name == Name::Each);
            let times = if differs { many } else { 1 };
            found.push(worst(graph, limits, &base, Some(node), expression, times));
        }
    }
    let instance = graph.instance.expressions();
    found.extend(instance.map(|expression| worst(graph, limits, &base, None, expression, 1)));
    found
}

fn worst(
    graph: &Graph,
    limits: Limits,
    base: &Env,
    node: Option<&Node>,
    expression: &Expression,
    times: u64,
) -> ExpressionCost {
    let env = expression.references.iter().fold(base.clone(), |env, reference| {
        env.with_variable(reference.name.as_str(), type_of(graph, node, &reference.name))
    });
    let checked = env.check(env.parse(&expression.cel).0);
    let most = env.estimate(&checked, &Sizes { graph, node, limits }).max;
    let cost = most.is_finite().then_some(most as u64);
    ExpressionCost { locus: expression.locus.clone(), cost, times }
}

fn type_of(graph: &Graph, node: Option<&Node>, name: &Name) -> Type {
    match name {
        Name::Schema | Name::Node(_) => graph.types.type_of(name.as_str()),
        Name::Iterator(name) => {
            let found = dimensions(node).iter().find(|dimension| dimension.name == *name);
            found.map_or(Type::Dyn, |dimension| dimension.item.clone())
        }
        Name::Each => match node.map(|node| graph.types.type_of(node.id.as_str())) {
            Some(Type::List(item)) => Type::clone(&item),
            _ => Type::Dyn,
        },
        Name::Runtime => Runtime::handle_type(),
    }
}

fn dimensions(node: Option<&Node>) -> &[Dimension] {
    match node.map(|node| &node.kind) {
        Some(NodeKind::Collection { dimensions }) => dimensions,
        _ => &[],
    }
}

/// Sizes of what the names of one expression stand for.
#[derive(Debug)]
struct Sizes<'g> {
    graph: &'g Graph,
    node: Option<&'g Node>,
    limits: Limits,
}

impl DataSizes for Sizes<'_> {
    fn size(&self, place: Option<&Place>, ty: &Type) -> Option<Bounds> {
        let place = place?;
        let name = place.variable.as_deref()?;
        if let Some(longest) = longest_name(&place.steps) {
            return Some(Bounds { min: 0.0, max: longest });
        }
        if let Some(dimension) = dimensions(self.node).iter().find(|dimension| &*dimension.name == name) {
            return self.size_of_element(dimension, &place.steps);
        }
        if name == "each"
            && let Some(node) = self.node
        {
            let mut of_list = Place::variable(node.id.as_str()).join(PlaceStep::Items);
            of_list.steps.extend_from_slice(&place.steps);
            return self.graph.types.size(Some(&of_list), ty);
        }
        let size = self.graph.types.size(Some(place), ty)?;
        let is_collection = |node: &Node| matches!(node.kind, NodeKind::Collection { .. });
        if place.steps.is_empty() && self.graph.nodes.get(name).is_some_and(is_collection) {
            return Some(size.least(Bounds { min: 0.0, max: self.limits.collection_size as f64 }));
        }
        Some(size)
    }
}

/// The most characters of what Kubernetes itself limits in the metadata of every object.
fn longest_name(steps: &[PlaceStep]) -> Option<f64> {
    let steps = match steps {
        [PlaceStep::Items, rest @ ..] => rest,
        steps => steps,
    };
    let [PlaceStep::Field(metadata), PlaceStep::Field(field)] = steps else { return None };
    match (&**metadata, &**field) {
        ("metadata", "name" | "generateName") => Some(253.0),
        ("metadata", "namespace") => Some(63.0),
        ("metadata", "uid") => Some(36.0),
        _ => None,
    }
}

impl Sizes<'_> {
    /// An iterator's element stands where the items of its list do, when that list is a plain name with fields.
    fn size_of_element(&self, dimension: &Dimension, steps: &[PlaceStep]) -> Option<Bounds> {
        let (ast, _) = environment::base().parse(&dimension.list.cel);
        let schema = lint::schema_at_root(self.graph, &ast)?;
        let list = SchemaShape::new(schema.clone(), UnknownFields::Dynamic);
        size_at(list.item_shape()?, steps)
    }
}
