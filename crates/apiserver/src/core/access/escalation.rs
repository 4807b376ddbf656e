//! Nobody grants rights that they do not have: checks of roles and bindings that a user writes.

use super::{Attributes, User, rbac::allows};
use crate::{
    core::{Core, object, registry::Served},
    server::Authorization,
    status::Status,
};
use serde_json::Value;

impl Core {
    /// Refuses a role or binding that would give more than its author has.
    pub(in crate::core) fn check_escalation(
        &self,
        user: &User,
        served: &Served,
        new: &Value,
    ) -> Result<(), Status> {
        if &*served.group != "rbac.authorization.k8s.io" || self.authorization == Authorization::AllowAll {
            return Ok(());
        }
        let namespace = object::namespace(new);
        let (verb, rules) = match &*served.plural {
            "roles" | "clusterroles" => {
                ("escalate", new.get("rules").and_then(Value::as_array).cloned().unwrap_or_default())
            }
            _ => {
                let text = |pointer: &str| new.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
                let rules = self.role_rules(text("/roleRef/kind"), text("/roleRef/name"), namespace);
                ("bind", rules.unwrap_or_default().into_owned())
            }
        };
        let may_anyway = Attributes {
            verb: verb.into(),
            group: served.group.to_string(),
            resource: if verb == "bind" { "clusterroles".into() } else { served.plural.to_string() },
            namespace: namespace.into(),
            name: object::name(new).into(),
            ..Attributes::default()
        };
        if self.decide(user, &may_anyway).allowed {
            return Ok(());
        }
        let held: Vec<Value> =
            self.grants(user, namespace).flat_map(|grant| grant.rules.into_owned()).collect();
        let missing: Vec<String> =
            rules.iter().filter(|rule| !is_covered(rule, &held, namespace)).map(print_rule).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let groups: Vec<String> = user.groups.iter().map(|group| crate::field_error::quote(group)).collect();
        let why = format!(
            "user {:?} (groups=[{}]) is attempting to grant RBAC permissions not currently held:\n{}",
            user.name,
            groups.join(" "),
            missing.join("\n")
        );
        Err(Status::forbidden(served.named(), object::name(new), &why))
    }
}

/// Whether every single right of a rule is held.
fn is_covered(rule: &Value, held: &[Value], namespace: &str) -> bool {
    let list = |field: &str| object::texts(rule.get(field));
    let names = if list("resourceNames").is_empty() { vec![""] } else { list("resourceNames") };
    let is_held = |wanted: &Attributes| held.iter().any(|rule| allows(rule, wanted));
    let paths = list("nonResourceURLs").into_iter().all(|path| {
        list("verbs").into_iter().all(|verb| {
            is_held(&Attributes { verb: verb.into(), path: path.into(), ..Attributes::default() })
        })
    });
    paths
        && list("verbs").into_iter().all(|verb| {
            list("apiGroups").into_iter().all(|group| {
                list("resources").into_iter().all(|resource| {
                    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
                    names.iter().all(|name| {
                        is_held(&Attributes {
                            verb: verb.into(),
                            group: group.into(),
                            resource: resource.into(),
                            subresource: subresource.into(),
                            namespace: namespace.into(),
                            name: (*name).into(),
                            path: String::new(),
                        })
                    })
                })
            })
        })
}

fn print_rule(rule: &Value) -> String {
    let parts: Vec<String> = [
        ("APIGroups", "apiGroups"),
        ("Resources", "resources"),
        ("NonResourceURLs", "nonResourceURLs"),
        ("ResourceNames", "resourceNames"),
        ("Verbs", "verbs"),
    ]
    .iter()
    .filter_map(|(label, field)| {
        let entries = object::texts(rule.get(field));
        let quoted: Vec<String> = entries.iter().map(|entry| crate::field_error::quote(entry)).collect();
        (!entries.is_empty()).then(|| format!("{label}:[{}]", quoted.join(" ")))
    })
    .collect();
    format!("{{{}}}", parts.join(", "))
}
