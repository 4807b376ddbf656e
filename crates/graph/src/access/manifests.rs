//! Access rules as RBAC manifests. Says nothing about who is bound to them.

use super::AccessRule;
use kro_object::Object;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The rules as one `ClusterRole` for what may be anywhere, and one `Role` for each namespace that is written out; all
/// have the same name. Resources with the same verbs and names share a rule.
pub fn manifests(name: &str, rules: &[AccessRule]) -> Vec<Object> {
    let mut places: BTreeMap<Option<&str>, Vec<&AccessRule>> = BTreeMap::new();
    for rule in rules {
        if rule.namespaces.is_empty() {
            places.entry(None).or_default().push(rule);
        }
        for namespace in &rule.namespaces {
            places.entry(Some(namespace)).or_default().push(rule);
        }
    }
    let manifest = |(namespace, rules): (Option<&str>, Vec<&AccessRule>)| {
        let (kind, metadata) = match namespace {
            Some(namespace) => ("Role", json!({"name": name, "namespace": namespace})),
            None => ("ClusterRole", json!({"name": name})),
        };
        let manifest = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": metadata, "rules": merged(&rules),
        });
        Object::from_value(manifest).expect("invariant: a literal object")
    };
    places.into_iter().map(manifest).collect()
}

/// Group, names and verbs: what rules must have in common to be one.
type Alike<'r> = (&'r str, &'r BTreeSet<String>, &'r BTreeSet<&'static str>);

fn merged(rules: &[&AccessRule]) -> Vec<Value> {
    let mut alike: BTreeMap<Alike<'_>, BTreeSet<&str>> = BTreeMap::new();
    for rule in rules {
        let key = (&*rule.resource.group, &rule.names, &rule.verbs);
        alike.entry(key).or_default().insert(&rule.resource.resource);
    }
    let rule = |((group, names, verbs), resources): (Alike<'_>, BTreeSet<&str>)| {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !names.is_empty() {
            rule["resourceNames"] = json!(names);
        }
        rule
    };
    alike.into_iter().map(rule).collect()
}
