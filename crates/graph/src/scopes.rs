//! The environments of a definition's expressions, for editors: what may be named at a place, with types. Works on
//! definitions with mistakes; whatever is not known is left out or has no type. Reports nothing.

use crate::{
    GraphSource, Kinds, NodeId,
    draft::Draft,
    environment,
    functions::{RUNTIME, Runtime},
    instance,
    resource::{self, NodeDraft, NodeShape},
};
use kro_cel::{Env, Type};
use kro_cel_k8s::{SchemaTypes, UnknownFields};
use kro_object::{FieldPath, ResourceType, Segment};
use kro_schema::Schema;
use std::sync::Arc;

/// What the expressions of one definition may name.
#[derive(Debug)]
pub struct Scopes {
    base: Env,
    types: Arc<SchemaTypes>,
    /// What expressions see as `schema`; `None` when it could not be read.
    pub view: Option<Arc<Schema>>,
    /// Every node, in the author's order.
    pub nodes: Vec<Scope>,
}

/// One node as far as its source tells.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Its name.
    pub id: NodeId,
    /// Its kind with the schema of one of its objects; `None` when it is not known.
    pub kind: Option<(ResourceType, Arc<Schema>)>,
    /// Whether its name stands for a list.
    pub is_list: bool,
    /// Its iterators with the type of their items.
    pub iterators: Vec<(Arc<str>, Type)>,
    /// Whether it has iterators.
    is_collection: bool,
}

/// Reads the nodes of a source and types its names.
pub fn scopes(source: &GraphSource, kinds: &Kinds) -> Scopes {
    let scope = source.instance.scope;
    let mut unreported = Vec::new();
    let drafts: Vec<NodeDraft<'_>> =
        source.resources.iter().map(|entry| resource::read(entry, scope, kinds, &mut unreported)).collect();
    let view = source.instance.spec.as_ref().map(|spec| instance::view(spec, scope));
    let schema_of = |node: &NodeDraft<'_>| {
        let (_, schema) = node.kind.as_ref()?;
        Some(if node.shape.is_list() { Arc::new(Schema::array(schema.clone())) } else { schema.clone() })
    };
    let roots = view.iter().map(|view| ("schema", view.clone()));
    let roots = roots.chain(drafts.iter().filter_map(|node| Some((node.id.as_str(), schema_of(node)?))));
    let types = Arc::new(SchemaTypes::new(roots.collect::<Vec<_>>(), UnknownFields::Dynamic));
    let base = environment::typed(types.clone());
    let mut scopes = Scopes { base, types, view, nodes: Vec::new() };
    scopes.nodes = drafts.iter().map(bare).collect();
    for (index, draft) in drafts.into_iter().enumerate() {
        let env = scopes.around(Some(index));
        let iterators = draft.dimensions.into_iter().map(|(name, list)| {
            let item = match list.and_then(Draft::into_ast).map(|ast| env.check(ast).result_type().clone()) {
                Some(Type::List(item)) => Type::clone(&item),
                _ => Type::Dyn,
            };
            (name, item)
        });
        scopes.nodes[index].iterators = iterators.collect();
    }
    scopes
}

impl Scopes {
    /// The environment of an expression at a place of the definition, with exactly the names that may stand there.
    /// `None` where no expression is read.
    pub fn env_at(&self, path: &FieldPath) -> Option<Env> {
        let name = |index: usize| match path.segments().get(index) {
            Some(Segment::Field(name)) => Some(&**name),
            _ => None,
        };
        match (name(0)?, name(1)?) {
            ("spec", "schema") if name(2) == Some("status") => {
                let env = self.around(None);
                let authored = name(3) == Some("conditions");
                Some(if authored { env.with_variable(RUNTIME, Runtime::handle_type()) } else { env })
            }
            ("spec", "resources") => {
                let Some(Segment::Index(index)) = path.segments().get(2) else { return None };
                let node = self.nodes.get(*index)?;
                match name(3)? {
                    "template" | "externalRef" => {
                        let env = self.around(Some(*index));
                        let add =
                            |env: Env, (name, ty): &(Arc<str>, Type)| env.with_variable(name, ty.clone());
                        Some(node.iterators.iter().fold(env, add))
                    }
                    "includeWhen" | "forEach" => Some(self.around(Some(*index))),
                    "readyWhen" if node.is_collection => {
                        let item = match self.types.type_of(node.id.as_str()) {
                            Type::List(item) => Type::clone(&item),
                            _ => Type::Dyn,
                        };
                        Some(self.base.with_variable("each", item))
                    }
                    "readyWhen" => Some(self.with_node(&self.base, node)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The node that a place of the definition belongs to.
    pub fn node_at(&self, path: &FieldPath) -> Option<&Scope> {
        match path.segments() {
            [Segment::Field(spec), Segment::Field(list), Segment::Index(index), ..]
                if &**spec == "spec" && &**list == "resources" =>
            {
                self.nodes.get(*index)
            }
            _ => None,
        }
    }

    /// A node by its name.
    pub fn node(&self, id: &str) -> Option<&Scope> {
        self.nodes.iter().find(|node| node.id.as_str() == id)
    }

    /// The schema of what a name stands for: of a list that of its items. `None` when it is not known.
    pub fn schema_of(&self, name: &str) -> Option<&Arc<Schema>> {
        match name {
            "schema" => self.view.as_ref(),
            name => self.node(name)?.kind.as_ref().map(|(_, schema)| schema),
        }
    }

    /// `schema` and every node but one.
    fn around(&self, own: Option<usize>) -> Env {
        let schema = match &self.view {
            Some(_) => self.types.type_of("schema"),
            None => Type::Dyn,
        };
        let env = self.base.with_variable("schema", schema);
        let others = self.nodes.iter().enumerate().filter(|(index, _)| Some(*index) != own);
        others.fold(env, |env, (_, node)| self.with_node(&env, node))
    }

    fn with_node(&self, env: &Env, node: &Scope) -> Env {
        let id = node.id.as_str();
        env.with_variable(id, if node.kind.is_some() { self.types.type_of(id) } else { Type::Dyn })
    }
}

fn bare(draft: &NodeDraft<'_>) -> Scope {
    Scope {
        id: draft.id.clone(),
        kind: draft.kind.clone(),
        is_list: draft.shape.is_list(),
        iterators: Vec::new(),
        is_collection: draft.shape == NodeShape::Collection,
    }
}
