//! What the operator lacks to serve a definition, asked of the API server rule by rule. Grants nothing.

use crate::Shared;
use futures_util::future::try_join_all;
use kro_api::Policy;
use kro_cluster::{Access, Error};
use kro_graph::{
    Graph,
    access::{AccessRule, definition_rules},
};
use std::collections::BTreeSet;

/// The rules that are missing, in words; `None` when there is none.
pub(crate) async fn missing(
    shared: &Shared,
    graph: &Graph,
    policy: &Policy,
) -> Result<Option<String>, Error> {
    let rules = definition_rules(graph, policy);
    let missing = try_join_all(rules.iter().map(|rule| lacking(shared, rule))).await?;
    let missing: Vec<String> = missing.iter().flatten().map(ToString::to_string).collect();
    Ok((!missing.is_empty()).then(|| format!("the operator lacks rules: {}", missing.join("; "))))
}

/// What of a rule does not hold.
async fn lacking(shared: &Shared, rule: &AccessRule) -> Result<Vec<AccessRule>, Error> {
    let mut missing = Vec::new();
    for namespace in each(&rule.namespaces) {
        for name in each(&rule.names) {
            let allowed = rule.verbs.iter().map(|verb| {
                let access =
                    Access { verb, resource: &rule.resource, namespace: one(&namespace), name: one(&name) };
                shared.cluster.may(access)
            });
            let allowed = try_join_all(allowed).await?;
            let refused = rule.verbs.iter().zip(allowed).filter(|(_, allowed)| !allowed);
            let verbs: BTreeSet<&'static str> = refused.map(|(verb, _)| *verb).collect();
            if !verbs.is_empty() {
                let resource = rule.resource.clone();
                missing.push(AccessRule {
                    resource,
                    verbs,
                    names: name.clone(),
                    namespaces: namespace.clone(),
                });
            }
        }
    }
    Ok(missing)
}

/// Sets of one, or the empty set, which means any.
fn each(names: &BTreeSet<String>) -> Vec<BTreeSet<String>> {
    if names.is_empty() {
        return vec![BTreeSet::new()];
    }
    names.iter().map(|name| BTreeSet::from([name.clone()])).collect()
}

fn one(names: &BTreeSet<String>) -> Option<&str> {
    names.first().map(String::as_str)
}
