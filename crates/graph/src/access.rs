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

/// What a definition needs, by who needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Needs {
    /// The operator: for its instances, and for its nodes as far as no account stands in.
    pub operator: Vec<AccessRule>,
    /// The service account that the policy names; empty without one.
    pub account: Vec<AccessRule>,
}

/// Everything a definition needs.
pub fn needs(graph: &Graph, policy: &Policy) -> Needs {
    let mut operator = instance_rules(graph, policy);
    let Some(account) = &policy.account else {
        operator.extend(rules(graph));
        return Needs { operator, account: Vec::new() };
    };
    operator.extend(reach(graph, |_| Verbs { anywhere: &["list", "watch"], ..Verbs::default() }));
    operator.push(AccessRule {
        resource: Gvr { group: "".into(), version: "v1".into(), resource: "serviceaccounts".into() },
        verbs: BTreeSet::from(["impersonate"]),
        names: BTreeSet::from([account.name.clone()]),
        namespaces: account.namespace.iter().cloned().collect(),
    });
    let account = reach(graph, |kind| match kind {
        NodeKind::ExternalCollection => Verbs { unnamed: &["list"], ..Verbs::default() },
        _ => Verbs { anywhere: &[], ..verbs(kind) },
    });
    Needs { operator, account }
}

/// The rules for all nodes, sorted by resource. Rules with the same reach are one.
///
/// `create` cannot be limited to names. `list` and `watch` cannot be limited to namespaces either: one watch of a
/// resource serves all definitions.
pub fn rules(graph: &Graph) -> Vec<AccessRule> {
    reach(graph, verbs)
}

/// Verbs on the objects of a node.
#[derive(Default)]
struct Verbs {
    /// On its name, where that is written out.
    named: &'static [&'static str],
    /// In its namespace, where that is written out.
    unnamed: &'static [&'static str],
    anywhere: &'static [&'static str],
}

fn verbs(kind: &NodeKind) -> Verbs {
    match kind {
        // An object that is applied is created by a patch of its name.
        NodeKind::Resource | NodeKind::Collection { .. } => {
            Verbs { named: &["get", "patch", "delete"], unnamed: &["create"], anywhere: &["list", "watch"] }
        }
        NodeKind::External => Verbs { named: &["get"], unnamed: &[], anywhere: &["list", "watch"] },
        NodeKind::ExternalCollection => Verbs { anywhere: &["get", "list", "watch"], ..Verbs::default() },
    }
}

fn reach(graph: &Graph, verbs: impl Fn(&NodeKind) -> Verbs) -> Vec<AccessRule> {
    let mut reach: BTreeMap<Reach, BTreeSet<&'static str>> = BTreeMap::new();
    for node in graph.nodes.values() {
        let Verbs { named, unnamed, anywhere } = verbs(&node.kind);
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
