//! The exact rules an operator needs for a graph. Says nothing about the operator's own objects.

mod manifests;

pub use manifests::manifests;

use crate::{Graph, Node, NodeKind};
use kro_api::{Policy, policy::WithInstances};
use kro_object::{Gvr, Scope};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What has to be allowed for one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRule {
    /// The resource.
    pub resource: Gvr,
    /// Verbs, sorted.
    pub verbs: BTreeSet<&'static str>,
    /// The only names that are touched, where all are written out; otherwise empty, which means any.
    pub names: BTreeSet<String>,
    /// The only namespaces that are touched, where all are written out; otherwise empty, which means any.
    pub namespaces: BTreeSet<String>,
}

impl fmt::Display for AccessRule {
    /// In words: `get, patch of deployments.apps "web" in namespace shop`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |names: Vec<&str>| names.join(", ");
        write!(f, "{} of {}", list(self.verbs.iter().copied().collect()), self.resource.resource)?;
        if !self.resource.group.is_empty() {
            write!(f, ".{}", self.resource.group)?;
        }
        for name in &self.names {
            write!(f, " {name:?}")?;
        }
        if !self.namespaces.is_empty() {
            write!(f, " in namespace {}", list(self.namespaces.iter().map(String::as_str).collect()))?;
        }
        Ok(())
    }
}

/// A resource with the names and namespaces that are touched.
type Reach = (Gvr, BTreeSet<String>, BTreeSet<String>);

/// Everything an operator needs for a definition: the rules for its instances and for its nodes.
pub fn definition_rules(graph: &Graph, policy: &Policy) -> Vec<AccessRule> {
    let mut all = instance_rules(graph, policy);
    all.extend(rules(graph));
    all
}

/// The rules for all nodes, sorted by resource. Rules with the same reach are one.
///
/// `create` cannot be limited to names. `list` and `watch` cannot be limited to namespaces either: one watch of a
/// resource serves all definitions.
pub fn rules(graph: &Graph) -> Vec<AccessRule> {
    let mut reach: BTreeMap<Reach, BTreeSet<&'static str>> = BTreeMap::new();
    for node in graph.nodes.values() {
        let (named, unnamed, anywhere): (&[&str], &[&str], &[&str]) = match node.kind {
            // An object that is applied is created by a patch of its name.
            NodeKind::Resource | NodeKind::Collection { .. } => {
                (&["get", "patch", "delete"], &["create"], &["list", "watch"])
            }
            NodeKind::External => (&["get"], &[], &["list", "watch"]),
            NodeKind::ExternalCollection => (&[], &[], &["get", "list", "watch"]),
        };
        let namespaces = literal(node, "namespace").filter(|_| node.resource.scope == Scope::Namespaced);
        let namespaces: BTreeSet<String> = namespaces.into_iter().collect();
        let names: BTreeSet<String> = literal(node, "name").into_iter().collect();
        let gvr = node.resource.gvr();
        reach.entry((gvr.clone(), names, namespaces.clone())).or_default().extend(named);
        reach.entry((gvr.clone(), BTreeSet::new(), namespaces)).or_default().extend(unnamed);
        reach.entry((gvr, BTreeSet::new(), BTreeSet::new())).or_default().extend(anywhere);
    }
    reach
        .into_iter()
        .filter(|(_, verbs)| !verbs.is_empty())
        .map(|((resource, names, namespaces), verbs)| AccessRule { resource, verbs, names, namespaces })
        .collect()
}

/// The rules for the instances of the generated kind: to see them, to mark them as managed, to report on them, and to
/// delete them where the policy has them go with their definition.
fn instance_rules(graph: &Graph, policy: &Policy) -> Vec<AccessRule> {
    let instances = graph.instance.resource.gvr();
    let status = Gvr { resource: format!("{}/status", instances.resource).into(), ..instances.clone() };
    let rule = |resource: Gvr, verbs: &[&'static str]| AccessRule {
        resource,
        verbs: verbs.iter().copied().collect(),
        names: BTreeSet::new(),
        namespaces: BTreeSet::new(),
    };
    let mut all = vec![rule(instances, &["get", "list", "patch", "watch"]), rule(status, &["patch"])];
    if policy.with_instances == WithInstances::Cascade {
        all[0].verbs.insert("delete");
    }
    all
}

/// A field of `metadata` that holds no expression.
fn literal(node: &Node, field: &str) -> Option<String> {
    let path = crate::extract::path(["metadata", field]);
    let filled = node.template.holes.iter().any(|hole| hole.path == path);
    node.template
        .base
        .get(&path)
        .and_then(Value::as_str)
        .filter(|text| !filled && !text.is_empty())
        .map(str::to_owned)
}
