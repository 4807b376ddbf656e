//! From names in expressions to what they stand for: which are known where, and which edges they make.

use crate::{Name, NodeId, Reference, draft::Draft, environment, references::merge};
use kro_cel::NameUse;
use kro_diagnostic::{Diagnostic, codes, nearest};
use std::{collections::BTreeMap, sync::Arc};

/// Where an expression stands, which decides the names it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A field of a template or of an external reference.
    Template,
    /// The list of an iterator.
    Dimension,
    /// `includeWhen`.
    IncludeWhen,
    /// `readyWhen`.
    ReadyWhen,
    /// A field of the status.
    Status,
    /// One of the author's conditions.
    Condition,
}

/// What to do about a name.
enum Help {
    /// This name was meant.
    Name(String),
    /// Anything else.
    Text(String),
}

/// Every node of a definition with its position; of two with one id, which was reported, the first.
#[derive(Debug)]
pub(crate) struct Nodes {
    ids: Vec<NodeId>,
    positions: BTreeMap<NodeId, usize>,
}

impl Nodes {
    /// The nodes in the author's order.
    pub(crate) fn new(ids: Vec<NodeId>) -> Self {
        let mut positions = BTreeMap::new();
        for (index, id) in ids.iter().enumerate() {
            positions.entry(id.clone()).or_insert(index);
        }
        Self { ids, positions }
    }

    /// The id at a position.
    pub(crate) fn id(&self, index: usize) -> &NodeId {
        &self.ids[index]
    }

    /// The position of a node.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    fn get(&self, name: &str) -> Option<&NodeId> {
        self.positions.get_key_value(name).map(|(id, _)| id)
    }
}

/// The names around an expression.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names<'s> {
    /// Every node.
    pub(crate) nodes: &'s Nodes,
    /// The node the expression belongs to; `None` for the instance.
    pub(crate) own: Option<&'s NodeId>,
    /// The iterators of that node.
    pub(crate) iterators: &'s [Arc<str>],
    /// Whether that node has iterators, so that its readiness is about `each` object.
    pub(crate) collection: bool,
    /// Whether `omit()` is enabled.
    pub(crate) omit: bool,
    /// Whether there is a node whose id could not be read: an unknown name may be its.
    pub(crate) nameless: bool,
}

impl Names<'_> {
    /// Resolves every name and function of a draft and fills its references. Says what is wrong, once for each name.
    pub(crate) fn link(&self, draft: &mut Draft, place: Place, found: &mut Vec<Diagnostic>) {
        // Names in a text that is no expression may be anything.
        let is_readable = !draft.broken;
        if is_readable {
            self.check_functions(draft, place, found);
        }
        let mut references: Vec<Reference> = Vec::new();
        let mut reported: Vec<&str> = Vec::new();
        let mut problems = Vec::new();
        let mut unreported = false;
        for used in &draft.uses.names {
            if is_readable && self.is_library(draft, used, place, &mut problems) {
                continue;
            }
            match self.resolve(&used.name, place) {
                Ok(name) => merge(&mut references, name, &used.path),
                Err((code, message, help)) => {
                    if !is_readable || reported.contains(&used.name.as_str()) {
                        continue;
                    }
                    if self.nameless && code == codes::UNKNOWN_NAME {
                        unreported = true;
                        continue;
                    }
                    reported.push(&used.name);
                    let locus = draft.locus(used.name_span.clone());
                    let problem = Diagnostic::error(code, locus.clone(), message);
                    problems.push(match help {
                        Some(Help::Name(name)) => problem.with_suggestion(locus, &name),
                        Some(Help::Text(text)) => problem.with_help(text),
                        None => problem,
                    });
                }
            }
        }
        for problem in problems {
            draft.report(problem, found);
        }
        draft.broken |= unreported;
        references.sort_by(|one, other| one.name.as_str().cmp(other.name.as_str()));
        draft.references = references;
    }

    /// What a name stands for at a place.
    fn resolve(
        &self,
        name: &str,
        place: Place,
    ) -> Result<Name, (kro_diagnostic::Code, String, Option<Help>)> {
        let out_of_place = |message: String, help: &str| {
            Err((codes::NAME_OUT_OF_PLACE, message, Some(Help::Text(help.to_owned()))))
        };
        if place == Place::ReadyWhen {
            return match name {
                "each" if self.collection => Ok(Name::Each),
                "each" => out_of_place(
                    "`each` only exists in a resource with forEach".to_owned(),
                    "use the resource's own id",
                ),
                _ if !self.collection && self.own.is_some_and(|own| own.as_str() == name) => {
                    Ok(Name::Node(NodeId::new(name)))
                }
                _ if self.is_known(name) => out_of_place(
                    format!("readyWhen cannot refer to `{name}`"),
                    if self.collection {
                        "use `each`, one object of the collection"
                    } else {
                        "readyWhen looks at the resource itself only"
                    },
                ),
                _ => Err(self.unknown(name, place)),
            };
        }
        if name == "schema" {
            return Ok(Name::Schema);
        }
        if let Some(iterator) = self.iterators.iter().find(|iterator| ***iterator == *name) {
            return match place {
                Place::Template => Ok(Name::Iterator(iterator.clone())),
                Place::Dimension => Err((
                    codes::ITERATOR_CROSS_REFERENCE,
                    format!(
                        "iterators cannot refer to each other, here `{name}`: a collection is their product"
                    ),
                    Some(Help::Text("make one list of pairs in a single iterator".to_owned())),
                )),
                _ => out_of_place(
                    format!("the iterator `{name}` only exists in the template"),
                    "a condition of existence is about the whole collection",
                ),
            };
        }
        if self.own.is_some_and(|own| own.as_str() == name) {
            return Err((
                codes::SELF_REFERENCE,
                format!("`{name}` refers to itself"),
                Some(Help::Text("only readyWhen may look at the resource's own object".to_owned())),
            ));
        }
        if let Some(node) = self.nodes.get(name) {
            return Ok(Name::Node(node.clone()));
        }
        match name {
            "runtime" if place == Place::Condition => Ok(Name::Runtime),
            "runtime" => out_of_place(
                "`runtime` is only available in status.conditions".to_owned(),
                "conditions are made there, one expression each",
            ),
            "each" => out_of_place(
                "`each` is only available in the readyWhen of a collection".to_owned(),
                "in a template, use the name of the iterator",
            ),
            _ => Err(self.unknown(name, place)),
        }
    }

    fn unknown(&self, name: &str, place: Place) -> (kro_diagnostic::Code, String, Option<Help>) {
        let own = self.own.map(NodeId::as_str);
        let nodes = self.nodes.ids.iter().map(NodeId::as_str).filter(|node| Some(*node) != own);
        let candidates: Vec<&str> = match place {
            Place::ReadyWhen => own.into_iter().collect(),
            _ => ["schema"].into_iter().chain(self.iterators.iter().map(|it| &**it)).chain(nodes).collect(),
        };
        let message = format!("unknown name `{name}`");
        let help = match name {
            "spec" | "metadata" if place != Place::ReadyWhen => {
                Some(Help::Text(format!("the instance is `schema`: write `schema.{name}`")))
            }
            "self" => Some(Help::Text("the instance is `schema`, a resource is its id".to_owned())),
            "string" | "int" | "uint" | "double" | "bool" | "bytes" | "list" | "map" | "null_type" => {
                Some(Help::Text("types are no values here".to_owned()))
            }
            _ => nearest(name, candidates.iter().copied()).map(|name| Help::Name(name.to_owned())),
        };
        let known = candidates.join(", ");
        let help = help.or_else(|| {
            (!known.is_empty()).then(|| Help::Text(format!("known here: {known}; a text needs quotes")))
        });
        (codes::UNKNOWN_NAME, message, help)
    }

    fn is_known(&self, name: &str) -> bool {
        name == "schema"
            || self.nodes.get(name).is_some()
            || self.iterators.iter().any(|iterator| **iterator == *name)
    }

    /// Whether a name is that of a library, of which a function is called that it lacks; that is reported.
    fn is_library(
        &self,
        draft: &Draft,
        used: &NameUse,
        place: Place,
        problems: &mut Vec<Diagnostic>,
    ) -> bool {
        if !used.path.is_empty() || self.resolve(&used.name, place).is_ok() {
            return false;
        }
        let prefix = format!("{}.", used.name);
        let overloads = environment::base().overloads();
        let mut names: Vec<&str> =
            overloads.filter_map(|it| it.signature.function.strip_prefix(prefix.as_str())).collect();
        names.sort_unstable();
        names.dedup();
        let call = |it: &&kro_cel::FunctionUse| it.member && it.span.start == used.name_span.start;
        let Some(call) = draft.uses.functions.iter().find(call).filter(|_| !names.is_empty()) else {
            return false;
        };
        let message = format!("`{}` has no function `{}`", used.name, call.name);
        problems.push(
            Diagnostic::error(codes::UNKNOWN_FUNCTION, draft.locus(call.span.clone()), message)
                .with_help(format!("it has {}", names.join(", "))),
        );
        true
    }

    fn check_functions(&self, draft: &mut Draft, place: Place, found: &mut Vec<Diagnostic>) {
        let env = environment::base();
        let mut problems = Vec::new();
        for used in &draft.uses.functions {
            // A call without a name is a hole in the tree, which was reported.
            if used.member || used.name.is_empty() || env.has_function(&used.name) {
                continue;
            }
            let functions = env.overloads().filter(|overload| !overload.signature.member);
            let names = functions.map(|overload| overload.signature.function.as_str());
            let mut problem = Diagnostic::error(
                codes::UNKNOWN_FUNCTION,
                draft.locus(used.span.clone()),
                format!("unknown function `{}`", used.name),
            );
            if let Some(name) = nearest(&used.name, names) {
                let start = used.span.start;
                let locus = draft.locus(start..start + used.name.len() as u32);
                problem = problem.with_suggestion(locus, name);
            }
            problems.push(problem);
        }
        let welcome = self.omit && place == Place::Template;
        if let Some(span) = draft.omits().filter(|_| !welcome) {
            let (code, message) = match place {
                Place::Template | Place::Dimension | Place::IncludeWhen if !self.omit => {
                    (codes::OMIT_DISABLED, "omit() needs the feature gate CELOmitFunction")
                }
                _ => (codes::OMIT_OUT_OF_PLACE, "omit() can only be used in resource templates"),
            };
            problems.push(Diagnostic::error(code, draft.locus(span), message));
        }
        for problem in problems {
            draft.report(problem, found);
        }
    }
}
