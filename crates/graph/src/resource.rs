//! One entry of the source, judged by itself: is it an object, of a kind that exists, in a place it can be; and its
//! expressions, read but not yet linked.

use crate::{
    Kinds, NodeId, ResourceSource, Role,
    draft::Draft,
    environment,
    extract::{Extractor, HoleDraft, Strictness, path},
    names,
    source::Located,
};
use kro_api::names::RESERVED_PREFIXES;
use kro_diagnostic::{Diagnostic, Fix, Locus, codes, nearest};
use kro_object::{Gvk, Object, ParseGvkError, ResourceType, Scope};
use kro_schema::Schema;
use serde_json::Value;
use std::sync::Arc;

/// A node whose parts were read.
#[derive(Debug)]
pub(crate) struct NodeDraft<'s> {
    pub(crate) source: &'s ResourceSource,
    pub(crate) id: NodeId,
    pub(crate) shape: NodeShape,
    /// The kind with its schema; `None` when it is not known, which was reported.
    pub(crate) kind: Option<(ResourceType, Arc<Schema>)>,
    pub(crate) base: Object,
    pub(crate) holes: Vec<HoleDraft>,
    pub(crate) include_when: Vec<Draft>,
    pub(crate) ready_when: Vec<Draft>,
    /// The iterators; without expression when it could not be read.
    pub(crate) dimensions: Vec<(Arc<str>, Option<Draft>)>,
}

/// What a node stands for, as far as its source tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeShape {
    Resource,
    Collection,
    External,
    ExternalCollection,
}

impl NodeShape {
    /// Whether the node's name stands for a list.
    pub(crate) fn is_list(self) -> bool {
        matches!(self, Self::Collection | Self::ExternalCollection)
    }
}

/// Reads one entry.
pub(crate) fn read<'s>(
    source: &'s ResourceSource,
    instance_scope: Scope,
    kinds: &Kinds,
    found: &mut Vec<Diagnostic>,
) -> NodeDraft<'s> {
    if source.role == Role::Unreadable {
        return unreadable(source);
    }
    let env = environment::base();
    let mut whole = |list: &[Located<String>]| -> Vec<Draft> {
        list.iter().filter_map(|text| Draft::read_whole(&text.value, &text.path, env, found)).collect()
    };
    let (include_when, ready_when) = (whole(&source.include_when), whole(&source.ready_when));
    let dimensions: Vec<_> = source
        .for_each
        .iter()
        .map(|it| (Arc::from(it.value.0.as_str()), Draft::read_whole(&it.value.1, &it.path, env, found)))
        .collect();
    let shape = shape(source, found);
    let base = Object::from_value(source.object.value.clone()).unwrap_or_default();
    let gvk = structure(source, &base, found);
    let kind = gvk.as_ref().and_then(|gvk| lookup(gvk, source, kinds, found));
    if let Some((resource, _)) = &kind {
        namespace(source, &base, resource, instance_scope, shape, found);
    }
    if source.role == Role::Managed {
        reserved_metadata(source, &base, found);
    }
    let strictness = match &gvk {
        Some(gvk) if source.role == Role::Managed && !is_crd(gvk) && kind.is_some() => Strictness::Closed,
        _ => Strictness::Open,
    };
    let schema = kind.as_ref().map(|(_, schema)| schema);
    let holes = Extractor::run(
        &source.object.value,
        schema,
        strictness,
        (&source.id.value, gvk.as_ref()),
        &source.object.path,
        env,
        found,
    );
    if source.role == Role::Managed && gvk.as_ref().is_some_and(is_crd) {
        crd_expressions(&holes, found);
    }
    let id = NodeId::new(source.id.value.as_str());
    NodeDraft { source, id, shape, kind, base, holes, include_when, ready_when, dimensions }
}

/// A node about which nothing is known but, perhaps, its id.
fn unreadable(source: &ResourceSource) -> NodeDraft<'_> {
    NodeDraft {
        source,
        id: NodeId::new(source.id.value.as_str()),
        shape: NodeShape::Resource,
        kind: None,
        base: Object::default(),
        holes: Vec::new(),
        include_when: Vec::new(),
        ready_when: Vec::new(),
        dimensions: Vec::new(),
    }
}

fn shape(source: &ResourceSource, found: &mut Vec<Diagnostic>) -> NodeShape {
    match source.role {
        Role::Managed if source.for_each.is_empty() => NodeShape::Resource,
        Role::Unreadable => NodeShape::Resource,
        Role::Managed => NodeShape::Collection,
        Role::External => {
            if let Some(first) = source.for_each.first() {
                let message = "an external reference cannot have forEach";
                let help = "to read many objects, use metadata.selector";
                found.push(
                    Diagnostic::error(codes::EXTERNAL_FOR_EACH, first.locus(), message).with_help(help),
                );
            }
            match source.object.value.pointer("/metadata/selector") {
                Some(_) => NodeShape::ExternalCollection,
                None => NodeShape::External,
            }
        }
    }
}

/// `apiVersion`, `kind` and `metadata` have to be there, and be text, text and a map.
fn structure(source: &ResourceSource, object: &Object, found: &mut Vec<Diagnostic>) -> Option<Gvk> {
    let at = &source.object.path;
    let help = "a template is a Kubernetes object with apiVersion, kind and metadata";
    let mut complete = true;
    let mut missing = Vec::new();
    for (field, expected) in [("apiVersion", "string"), ("kind", "string"), ("metadata", "map")] {
        let value = object.as_value_at(field);
        let fits = match expected {
            "map" => value.is_some_and(Value::is_object),
            _ => value.is_some_and(Value::is_string),
        };
        if fits {
            continue;
        }
        complete &= expected == "map";
        if value.is_none() {
            missing.push(field);
        } else {
            let message = format!("{field} field is not a {expected}");
            let problem = Diagnostic::error(codes::OBJECT_STRUCTURE, at.join(field).into(), message);
            found.push(problem.with_help(help));
        }
    }
    if !missing.is_empty() {
        let message = format!("{} field not found", missing.join(", "));
        found.push(Diagnostic::error(codes::OBJECT_STRUCTURE, at.clone().into(), message).with_help(help));
    }
    if !complete {
        return None;
    }
    let text = |field: &str| object.as_value_at(field).and_then(Value::as_str).unwrap_or_default();
    let gvk = match object.gvk() {
        Ok(gvk) => gvk,
        Err(error) => {
            let field = match error {
                ParseGvkError::Missing(field) => field,
                _ => "apiVersion",
            };
            let message = format!("invalid {field} {:?}", text(field));
            found.push(Diagnostic::error(codes::KIND_REFERENCE, at.join(field).into(), message).with_help(
                match field {
                    "kind" => "write the kind out",
                    _ => "apiVersion is `version` or `group/version`, written out",
                },
            ));
            return None;
        }
    };
    if !names::is_dns_label(&gvk.kind.to_lowercase()) {
        let message = format!("invalid kind {:?}", gvk.kind);
        found.push(
            Diagnostic::error(codes::KIND_REFERENCE, at.join("kind").into(), message).with_help(
                "a kind has at most 63 letters, digits and '-', a letter first, and no expressions",
            ),
        );
        return None;
    }
    Some(gvk)
}

fn lookup(
    gvk: &Gvk,
    source: &ResourceSource,
    kinds: &Kinds,
    found: &mut Vec<Diagnostic>,
) -> Option<(ResourceType, Arc<Schema>)> {
    if let Some((resource, schema)) = kinds.get(gvk) {
        return Some((resource.clone(), schema.clone()));
    }
    let message = format!("no kind {} in {}", gvk.kind, gvk.api_version());
    let locus = Locus::value(source.object.path.join("kind"));
    let mut diagnostic = Diagnostic::error(codes::UNKNOWN_KIND, locus.clone(), message);
    let known = || kinds.by_gvk.keys().chain(&kinds.known);
    let same_kind = known().find(|known| known.kind == gvk.kind);
    let near = || {
        let group: Vec<&Gvk> = known().filter(|known| known.group == gvk.group).collect();
        let name = nearest(&gvk.kind, group.iter().map(|known| &*known.kind))?.to_owned();
        group.into_iter().find(|known| *known.kind == *name)
    };
    if let Some(known) = same_kind.or_else(near) {
        let (version, kind) = (known.api_version(), &known.kind);
        diagnostic = diagnostic.with_help(format!("did you mean apiVersion {version} and kind {kind}?"));
        diagnostic.fix = if known.kind != gvk.kind && known.api_version() == gvk.api_version() {
            Some(Fix { locus, replacement: kind.to_string() })
        } else if known.kind == gvk.kind {
            let locus = Locus::value(source.object.path.join("apiVersion"));
            Some(Fix { locus, replacement: version.clone() })
        } else {
            None
        };
    }
    found.push(diagnostic);
    None
}

fn namespace(
    source: &ResourceSource,
    object: &Object,
    resource: &ResourceType,
    instance_scope: Scope,
    shape: NodeShape,
    found: &mut Vec<Diagnostic>,
) {
    let metadata = source.object.path.join("metadata");
    let namespace = object.metadata().get("namespace");
    match (resource.scope, namespace) {
        (Scope::Cluster, Some(_)) => {
            let message =
                format!("{} is cluster-scoped and must not set metadata.namespace", resource.gvk.kind);
            let locus = Locus::key(metadata.join("namespace"));
            found.push(
                Diagnostic::error(codes::NAMESPACE_FORBIDDEN, locus, message).with_help("remove the field"),
            );
        }
        (Scope::Namespaced, namespace)
            if instance_scope == Scope::Cluster
                && shape != NodeShape::ExternalCollection
                && namespace.and_then(Value::as_str).is_none_or(|text| text.trim().is_empty()) =>
        {
            let message = format!(
                "{} is namespaced and must set metadata.namespace, since instances are cluster-scoped",
                resource.gvk.kind
            );
            let at = if namespace.is_some() { metadata.join("namespace") } else { metadata };
            found.push(
                Diagnostic::error(codes::NAMESPACE_REQUIRED, at.into(), message)
                    .with_help("write a namespace, or an expression that yields one"),
            );
        }
        _ => {}
    }
}

fn reserved_metadata(source: &ResourceSource, object: &Object, found: &mut Vec<Diagnostic>) {
    for (field, word) in [("labels", "label"), ("annotations", "annotation")] {
        let Some(map) = object.metadata().get(field).and_then(Value::as_object) else { continue };
        for key in map.keys() {
            if let Some(prefix) = RESERVED_PREFIXES.iter().find(|prefix| key.starts_with(**prefix)) {
                let message = format!("{word} {key:?}: the prefix {prefix:?} is reserved for internal use");
                let locus = Locus::key(source.object.path.join("metadata").join(field).join(key));
                found.push(
                    Diagnostic::error(codes::RESERVED_METADATA, locus, message)
                        .with_help("use a key of your own domain"),
                );
            }
        }
    }
}

fn crd_expressions(holes: &[HoleDraft], found: &mut Vec<Diagnostic>) {
    let metadata = path(["metadata"]);
    for hole in holes.iter().filter(|hole| !hole.path.starts_with(&metadata)) {
        let message = "expressions in CRDs are only supported below metadata";
        found.push(Diagnostic::error(codes::CRD_EXPRESSION, hole.draft.whole(), message));
    }
}

fn is_crd(gvk: &Gvk) -> bool {
    &*gvk.group == "apiextensions.k8s.io" && &*gvk.version == "v1" && &*gvk.kind == "CustomResourceDefinition"
}
