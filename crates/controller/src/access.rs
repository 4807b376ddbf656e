//! What the operator, and the service account it acts for, lack to serve a definition, asked of the API server rule by rule. Grants nothing.

use crate::Shared;
use futures_util::future::try_join_all;
use kro_api::{Policy, policy::Account};
use kro_cluster::{Access, Cluster, Error};
use kro_graph::{
    Graph,
    access::{AccessRule, needs},
};
use std::collections::BTreeSet;

/// The rules that are missing, in words; `None` when there is none.
pub(crate) async fn missing(
    shared: &Shared,
    graph: &Graph,
    policy: &Policy,
) -> Result<Option<String>, Error> {
    let needs = needs(graph, policy);
    let mut lacks = Vec::from_iter(of(&shared.cluster, "the operator", &needs.operator).await?);
    // Nobody can be impersonated before that is granted, and an account of each namespace is not known here.
    if let Some(account @ Account { namespace: Some(namespace), name }) = &policy.account
        && lacks.is_empty()
    {
        let who = format!("the service account {namespace}/{name}");
        lacks.extend(of(&shared.cluster.impersonating(&account.user(None)), &who, &needs.account).await?);
    }
    Ok((!lacks.is_empty()).then(|| lacks.join("; ")))
}

/// What somebody lacks, in words.
async fn of(cluster: &Cluster, who: &str, rules: &[AccessRule]) -> Result<Option<String>, Error> {
    let missing = try_join_all(rules.iter().map(|rule| lacking(cluster, rule))).await?;
    let missing: Vec<String> = missing.iter().flatten().map(ToString::to_string).collect();
    Ok((!missing.is_empty()).then(|| format!("{who} lacks rules: {}", missing.join("; "))))
}

/// What of a rule does not hold.
async fn lacking(cluster: &Cluster, rule: &AccessRule) -> Result<Vec<AccessRule>, Error> {
    let mut missing = Vec::new();
    for namespace in each(&rule.namespaces) {
        for name in each(&rule.names) {
            let allowed = rule.verbs.iter().map(|verb| {
                let access =
                    Access { verb, resource: &rule.resource, namespace: one(&namespace), name: one(&name) };
                cluster.may(access)
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
