//! The compiled definition: plain data, complete and checked. How it is evaluated is kro-plan's business.

use indexmap::IndexMap;
use kro_cel::{Program, Step, Type};
use kro_cel_k8s::SchemaTypes;
use kro_diagnostic::Locus;
use kro_object::{FieldPath, Object, ResourceType};
use kro_schema::Schema;
use std::{borrow::Borrow, fmt, sync::Arc};

/// A checked definition: everything a reconcile needs, with nothing left to look up.
#[derive(Debug, Clone)]
pub struct Graph {
    /// The generated kind, its status and its author's conditions.
    pub instance: Instance,
    /// By id, in the author's order.
    pub nodes: IndexMap<NodeId, Node>,
    /// All nodes, dependencies first; among independent ones the author's order decides.
    pub order: Vec<NodeId>,
    /// Apply waves, each in the author's order: `waves[0]` is wave 1, whose nodes may have dependents in later waves
    /// only. A node is in the latest wave that its dependents allow. Teardown runs from the last wave to the first.
    pub waves: Vec<Vec<NodeId>>,
    /// The CRD of the generated kind, without the labels that kro adds when it applies it.
    pub crd: Object,
    /// How JSON is read as the value of a name, by the name: `schema`, and each node. The name of a collection stands
    /// for a list of objects.
    pub types: Arc<SchemaTypes>,
}

/// Name of a node, unique in its graph: `^[a-z][a-zA-Z0-9]*$` and no reserved word.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(Arc<str>);

/// One entry of the definition: an object, many alike, or something only read.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its name.
    pub id: NodeId,
    /// What it stands for.
    pub kind: NodeKind,
    /// The kind of its objects.
    pub resource: ResourceType,
    /// The schema of one of its objects, as the cluster published it.
    pub schema: Arc<Schema>,
    /// What to render: the object to apply; for an external node `metadata` with `name` or `selector`, and `namespace`.
    pub template: Template,
    /// Nodes that template, dimensions or `includeWhen` mention, sorted by id.
    pub dependencies: Vec<NodeId>,
    /// 1 for the innermost dependencies; larger towards dependents. Written to objects as their apply order.
    pub wave: u32,
    /// All must hold for the node to exist. See [`Name`] for what they may mention.
    pub include_when: Vec<Expression>,
    /// All must hold for the node to be ready. They mention the node itself, or [`Name::Each`] in a collection.
    pub ready_when: Vec<Expression>,
}

/// What a node stands for.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// One object, made and owned by kro.
    Resource,
    /// One object for each element of the product of its dimensions, made and owned by kro.
    Collection {
        /// The iterators, slowest first; at least one.
        dimensions: Vec<Dimension>,
    },
    /// One object that somebody else owns, by name.
    External,
    /// All objects that a label selector selects; somebody else owns them.
    ExternalCollection,
}

/// One iterator of a collection.
#[derive(Debug, Clone)]
pub struct Dimension {
    /// The variable; unique among the iterators of its node and no node's name.
    pub name: Arc<str>,
    /// The list it runs over. It mentions no iterator.
    pub list: Expression,
    /// The type of the variable: what the list holds.
    pub item: Type,
}

/// The generated kind.
#[derive(Debug, Clone)]
pub struct Instance {
    /// The kind, its plural and scope.
    pub resource: ResourceType,
    /// Schema of a whole instance as in the CRD.
    pub schema: Arc<Schema>,
    /// What expressions see as `schema`: without `status`, with all of `metadata`.
    pub view: Arc<Schema>,
    /// Fields of the status; paths start with `status`. There are no other status fields but kro's own.
    pub status: Vec<Hole>,
    /// The author's conditions, or `None` when kro's own are published. An empty block counts as none.
    pub conditions: Option<Vec<Expression>>,
    /// Nodes that status or conditions mention, sorted by id.
    pub dependencies: Vec<NodeId>,
}

/// An object with holes.
#[derive(Debug, Clone)]
pub struct Template {
    /// The object as written; a hole's place still holds the author's text.
    pub base: Object,
    /// The places to fill, in the order of the document. No hole lies below another.
    pub holes: Vec<Hole>,
}

/// A place that an expression fills.
#[derive(Debug, Clone)]
pub struct Hole {
    /// The place in the object. All its steps but the last exist in [`Template::base`].
    pub path: FieldPath,
    /// What fills it. The value replaces what stands there and is not scanned again.
    pub expression: Expression,
    /// What the schema expects there; `dyn` where it says nothing.
    pub expected: Type,
}

/// One CEL expression, checked and ready to run.
#[derive(Debug, Clone)]
pub struct Expression {
    /// The CEL text: what stands between `${` and `}`, or the concatenation that a mixed text stands for. Expressions
    /// with the same text in the same scope have the same value.
    pub cel: Arc<str>,
    /// The text that the author wrote, for messages.
    pub source: Arc<str>,
    /// Where it stands in the definition.
    pub locus: Locus,
    /// What has to be there before it can be evaluated.
    pub phase: Phase,
    /// The names it mentions, each once, sorted.
    pub references: Vec<Reference>,
    /// The compiled form. Its variables are the names of `references`.
    pub program: Program,
}

/// What has to be there before an expression can be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The instance alone.
    Static,
    /// Other nodes.
    Dynamic,
    /// An element of each dimension; evaluated for each object of the collection.
    Iteration,
}

/// A name that an expression mentions, with what it reads from it.
#[derive(Debug, Clone, PartialEq)]
pub struct Reference {
    /// The name.
    pub name: Name,
    /// The constant paths read from it, without duplicates; an empty path means all of it.
    pub paths: Vec<Vec<Step>>,
}

/// What a name stands for.
///
/// | where | names |
/// | --- | --- |
/// | template | `Schema`, `Node` (not its own), `Iterator` of the node |
/// | dimension, `includeWhen` | `Schema`, `Node` (not its own) |
/// | `readyWhen` | its own `Node`, or `Each` in a collection; both in an external collection |
/// | status | `Schema`, `Node` |
/// | conditions | `Schema`, `Node`, `Runtime` |
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Name {
    /// `schema`: the instance as [`Instance::view`] shows it.
    Schema,
    /// Another node's object, or the list of objects of a collection.
    Node(NodeId),
    /// A dimension's element.
    Iterator(Arc<str>),
    /// `each`: one object of the collection.
    Each,
    /// `runtime`: where conditions are made and read.
    Runtime,
}

impl NodeId {
    /// An id from text that was checked already.
    pub fn new(id: impl Into<Arc<str>>) -> Self {
        Self(id.into())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for NodeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl Borrow<str> for NodeId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for NodeId {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl Node {
    /// Whether kro makes and owns its objects.
    pub fn is_managed(&self) -> bool {
        matches!(self.kind, NodeKind::Resource | NodeKind::Collection { .. })
    }

    /// Whether the node's name stands for a list.
    pub fn is_list(&self) -> bool {
        matches!(self.kind, NodeKind::Collection { .. } | NodeKind::ExternalCollection)
    }

    /// Every expression of the node in the order of evaluation: conditions of existence, dimensions, template,
    /// readiness.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        let dimensions = match &self.kind {
            NodeKind::Collection { dimensions } => dimensions.as_slice(),
            _ => &[],
        };
        self.include_when
            .iter()
            .chain(dimensions.iter().map(|dimension| &dimension.list))
            .chain(self.template.holes.iter().map(|hole| &hole.expression))
            .chain(&self.ready_when)
    }
}

impl Instance {
    /// Every expression of status and conditions.
    pub fn expressions(&self) -> impl Iterator<Item = &Expression> {
        self.status.iter().map(|hole| &hole.expression).chain(self.conditions.iter().flatten())
    }
}

impl Graph {
    /// What all expressions together read from a node: the paths that a reduced copy of its objects must keep.
    /// `None` when one of them needs the whole object. A path below another one is left out.
    pub fn paths_read(&self, id: &str) -> Option<Vec<FieldPath>> {
        crate::references::paths_read(self, id)
    }
}

impl Expression {
    /// Nodes that it mentions.
    pub fn nodes(&self) -> impl Iterator<Item = &NodeId> {
        self.references.iter().filter_map(|reference| match &reference.name {
            Name::Node(id) => Some(id),
            _ => None,
        })
    }

    /// Whether the text held more than one expression alone, so that the value is a concatenation.
    pub fn is_mixed(&self) -> bool {
        self.source.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')) != Some(&*self.cel)
    }
}

impl Name {
    /// The variable in expressions.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Schema => "schema",
            Self::Node(id) => id.as_str(),
            Self::Iterator(name) => name,
            Self::Each => "each",
            Self::Runtime => "runtime",
        }
    }
}
