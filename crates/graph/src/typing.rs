//! Types of names, and of the expressions of nodes against what their places expect.

use crate::{
    Dimension, Hole, Name, Node, NodeKind, Template,
    draft::Draft,
    environment,
    explain::{Explained, readable, type_name},
    extract::path,
    functions::Runtime,
    names,
    resource::{NodeDraft, NodeShape},
};
use kro_cel::{Env, Type, Types};
use kro_cel_k8s::{SchemaTypes, UnknownFields, assignable};
use kro_diagnostic::{Diagnostic, Locus, codes};
use kro_object::{FieldPath, ResourceType};
use kro_schema::Schema;
use std::{collections::BTreeMap, sync::Arc};

/// The variables of a definition and their types.
#[derive(Debug)]
pub(crate) struct Typing {
    /// Struct types and shapes, by name.
    pub(crate) types: Arc<SchemaTypes>,
    /// Without variables: each expression is checked with those that it mentions, so that a definition of many nodes
    /// costs no more for each.
    base: Env,
    /// The type of `schema` and of every node.
    variables: BTreeMap<Arc<str>, Type>,
    /// Who declares the types of a name, for messages.
    origins: BTreeMap<Arc<str>, String>,
}

impl Typing {
    /// Declares `schema`, unless its schema could not be read, and every node. What is not known agrees with
    /// everything, since it was reported.
    pub(crate) fn new(view: Option<&Arc<Schema>>, nodes: &[NodeDraft<'_>]) -> Self {
        let schema_of = |node: &NodeDraft<'_>| {
            let (_, schema) = node.kind.as_ref()?;
            Some(if node.shape.is_list() { Arc::new(Schema::array(schema.clone())) } else { schema.clone() })
        };
        // The instance comes last: a node of its name, which was reported, hides nothing.
        let known: Vec<(&str, Arc<Schema>)> = nodes
            .iter()
            .filter_map(|node| Some((node.id.as_str(), schema_of(node)?)))
            .chain(view.map(|view| ("schema", view.clone())))
            .collect();
        let origin =
            |node: &NodeDraft<'_>| Some((Arc::from(node.id.as_str()), shown(&node.kind.as_ref()?.0)));
        let origins = nodes.iter().filter_map(origin).collect();
        let types = Arc::new(SchemaTypes::new(known.iter().cloned(), UnknownFields::Dynamic));
        let names = ["schema"].into_iter().chain(nodes.iter().map(|node| node.id.as_str()));
        let mut variables: BTreeMap<Arc<str>, Type> =
            names.map(|name| (Arc::from(name), Type::Error)).collect();
        for (name, _) in &known {
            if let Some(ty) = variables.get_mut(*name) {
                *ty = types.type_of(name);
            }
        }
        let base = environment::typed(types.clone());
        Self { types, base, variables, origins }
    }

    /// Where an expression is checked: the names it mentions, and these local ones.
    pub(crate) fn env(&self, draft: &Draft, local: &[(Arc<str>, Type)]) -> Env {
        draft.references.iter().fold(self.base.clone(), |env, reference| {
            let name = reference.name.as_str();
            match local.iter().find(|(local, _)| **local == *name) {
                Some((_, ty)) => env.with_variable(name, ty.clone()),
                None if reference.name == Name::Runtime => env.with_variable(name, Runtime::handle_type()),
                None => match self.variables.get(name) {
                    Some(ty) => env.with_variable(name, ty.clone()),
                    None => env,
                },
            }
        })
    }

    /// Checks all expressions of a node. The parts that do not pass are missing from the result.
    pub(crate) fn node(
        &self,
        draft: NodeDraft<'_>,
        wave: u32,
        dependencies: Vec<crate::NodeId>,
        found: &mut Vec<Diagnostic>,
    ) -> Option<Node> {
        let id = draft.id;
        let mut iterators = Vec::new();
        let mut dimensions = Vec::new();
        for (name, list) in draft.dimensions {
            let list = list.and_then(|list| list.compile(self, &[], |ty| not_a_list(ty, &name), found));
            let item = match list.as_ref().map(|list| list.program.result_type()) {
                Some(Type::List(item)) => Type::clone(item),
                _ => Type::Error,
            };
            iterators.push((name.clone(), item.clone()));
            dimensions.extend(list.map(|list| Dimension { name, list, item }));
        }
        let mut holes = Vec::with_capacity(draft.holes.len());
        for hole in draft.holes {
            let kind = draft.kind.as_ref().map(|(resource, _)| resource);
            let judge = |ty: &Type| self.misfit(ty, &hole.expected, &hole.path, kind);
            if let Some(expression) = hole.draft.compile(self, &iterators, judge, found) {
                holes.push(Hole { path: hole.path, expression, expected: hole.expected });
            }
        }
        let mut conditions = |drafts: Vec<Draft>, local: &[(Arc<str>, Type)], place: &str| {
            let compile = |draft: Draft| draft.compile(self, local, |ty| not_a_bool(ty, place), found);
            drafts.into_iter().filter_map(compile).collect::<Vec<_>>()
        };
        let include_when = conditions(draft.include_when, &[], "includeWhen");
        let each = match (draft.shape, self.variables.get(id.as_str())) {
            (NodeShape::Collection, Some(Type::List(item))) => Type::clone(item),
            _ => Type::Error,
        };
        let ready_when = conditions(draft.ready_when, &[("each".into(), each)], "readyWhen");
        let (resource, schema) = draft.kind?;
        Some(Node {
            id,
            kind: match draft.shape {
                NodeShape::Resource => NodeKind::Resource,
                NodeShape::Collection => NodeKind::Collection { dimensions },
                NodeShape::External => NodeKind::External,
                NodeShape::ExternalCollection => NodeKind::ExternalCollection,
            },
            resource,
            schema,
            template: Template { base: draft.base, holes },
            dependencies,
            wave,
            include_when,
            ready_when,
        })
    }

    fn misfit(
        &self,
        found: &Type,
        expected: &Type,
        path: &FieldPath,
        kind: Option<&ResourceType>,
    ) -> Option<Diagnostic> {
        assignable(found, expected, &*self.types).err().map(|reason| {
            let of = kind.map(|kind| format!(" of {}", shown(kind))).unwrap_or_default();
            let (wanted, actual) = (type_name(expected), type_name(found));
            let message = format!("expected {wanted} for `{path}`{of}, found {actual}");
            let help = match (found, expected) {
                (
                    Type::Int
                    | Type::Uint
                    | Type::Double
                    | Type::Bool
                    | Type::Timestamp
                    | Type::Duration
                    | Type::Bytes,
                    Type::String,
                ) => "convert it: `string(…)`".to_owned(),
                (Type::String | Type::Double, Type::Int) => "convert it: `int(…)`".to_owned(),
                (Type::String | Type::Int, Type::Double) => "convert it: `double(…)`".to_owned(),
                (Type::List(item), Type::List(wanted)) if **wanted == Type::String && is_plain(item) => {
                    "convert each item: `.map(x, string(x))`".to_owned()
                }
                (found, Type::List(item)) if found == &**item => "make it a list: `[…]`".to_owned(),
                (Type::String, Type::Bytes) => "convert it: `bytes(…)`".to_owned(),
                _ => reason_of(&reason),
            };
            let diagnostic = Diagnostic::error(codes::HOLE_TYPE, Locus::default(), message);
            if help.is_empty() { diagnostic } else { diagnostic.with_help(help) }
        })
    }

    /// The finding that an object has no field of this name.
    pub(crate) fn no_field(&self, ty: &str, field: &str) -> Explained {
        let object = readable(ty);
        let root = object.split(['.', '[']).next().unwrap_or_default();
        let of = self.origins.get(root).map(|kind| format!(" of {kind}")).unwrap_or_default();
        let fields = self.types.fields(ty).unwrap_or_default();
        let help = (1..=12).contains(&fields.len()).then(|| {
            let names: Vec<&str> = fields.iter().map(|name| &**name).collect();
            format!("known here: {}", names.join(", "))
        });
        Explained { message: format!("`{object}`{of} has no field `{field}`"), help }
    }
}

/// `apps/v1 Deployment`.
fn shown(resource: &ResourceType) -> String {
    format!("{} {}", resource.gvk.api_version(), resource.gvk.kind)
}

/// Why a type does not fit, unless the message says it already.
fn reason_of(reason: &impl ToString) -> String {
    let reason = readable(&reason.to_string());
    let known = ["type kind mismatch", "map parameter count", "list parameter count"];
    if known.iter().any(|prefix| reason.starts_with(prefix)) { String::new() } else { reason }
}

fn is_plain(ty: &Type) -> bool {
    matches!(ty, Type::Int | Type::Uint | Type::Double | Type::Bool)
}

fn not_a_list(ty: &Type, iterator: &str) -> Option<Diagnostic> {
    match ty {
        Type::List(_) | Type::Error => None,
        ty => {
            let found = type_name(ty);
            let message = format!("the iterator `{iterator}` must run over a list, found {found}");
            let diagnostic = Diagnostic::error(codes::ITERATOR_LIST, Locus::default(), message);
            Some(match ty {
                Type::Map(..) => diagnostic.with_help("make a list of the keys: `.map(key, key)`"),
                Type::Optional(_) => diagnostic.with_help("say what to use instead: `.orValue([])`"),
                _ => diagnostic,
            })
        }
    }
}

fn not_a_bool(ty: &Type, place: &str) -> Option<Diagnostic> {
    let fits = |ty: &Type| matches!(ty, Type::Bool | Type::Error);
    match ty {
        Type::Optional(inner) if fits(inner) => None,
        ty if fits(ty) => None,
        ty => {
            let message = format!("{place} must be a bool, found {}", type_name(ty));
            let diagnostic = Diagnostic::error(codes::CONDITION_TYPE, Locus::default(), message);
            Some(match ty {
                Type::Dyn => {
                    diagnostic.with_help("the type is not known before it is evaluated: write `== true`")
                }
                _ => diagnostic.with_help("compare it with something"),
            })
        }
    }
}

/// Every iterator has to show in the name of the objects, or in their namespace.
pub(crate) fn check_identity(node: &NodeDraft<'_>, found: &mut Vec<Diagnostic>) {
    let namespaced =
        node.kind.as_ref().is_none_or(|(resource, _)| resource.scope == kro_object::Scope::Namespaced);
    let identity = [path(["metadata", "name"]), path(["metadata", "namespace"])];
    let identity = if namespaced { &identity[..] } else { &identity[..1] };
    let holes = || node.holes.iter().filter(|hole| identity.contains(&hole.path));
    if holes().any(|hole| hole.draft.broken) {
        return;
    }
    for (index, (name, _)) in node.dimensions.iter().enumerate() {
        // An iterator that cannot be used has been reported.
        let is_taken = **name == *node.id.as_str() || names::is_reserved(name);
        if is_taken || !names::is_lower_camel_case(name) {
            continue;
        }
        let shows = |draft: &Draft| {
            draft.references.iter().any(|it| matches!(&it.name, crate::Name::Iterator(it) if it == name))
        };
        if !holes().any(|hole| shows(&hole.draft)) {
            let message =
                format!("the iterator `{name}` has to occur in metadata.name, or objects get the same name");
            let locus = Locus::key(node.source.for_each[index].path.clone());
            let name_path = node.source.object.path.join("metadata").join("name");
            found.push(
                Diagnostic::error(codes::ITERATOR_IDENTITY, locus, message)
                    .with_related(Locus::value(name_path), "the name")
                    .with_help(format!("add it to the name: `-${{{name}}}`")),
            );
        }
    }
}
