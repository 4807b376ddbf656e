//! Role based access: the rules that roles and bindings on the server grant.

use super::{Attributes, User};
use crate::core::{Core, object, store::Key};
use serde_json::Value;
use std::borrow::Cow;

/// A role's rules together with how somebody came by them.
pub(super) struct Grant {
    pub rules: Vec<Value>,
    pub reason: String,
}

impl Core {
    /// Why a user may do something, if any rule allows it.
    pub(super) fn rbac_reason(&self, user: &User, wanted: &Attributes) -> Option<String> {
        self.grants(user, &wanted.namespace)
            .into_iter()
            .find(|grant| grant.rules.iter().any(|rule| allows(rule, wanted)))
            .map(|grant| grant.reason)
    }

    /// Everything a user was granted that counts in a namespace (or for the cluster, with an empty one).
    pub(super) fn grants(&self, user: &User, namespace: &str) -> Vec<Grant> {
        let mut out = Vec::new();
        for binding in self.rbac_objects("clusterrolebindings", None) {
            let reason = |subject: &str, role: &str| {
                format!(
                    "RBAC: allowed by ClusterRoleBinding {:?} of {role} to {subject}",
                    object::name(&binding)
                )
            };
            out.extend(self.grant(user, &binding, "", &reason));
        }
        if !namespace.is_empty() {
            for binding in self.rbac_objects("rolebindings", Some(namespace)) {
                let name = format!("{}/{namespace}", object::name(&binding));
                let reason = |subject: &str, role: &str| {
                    format!("RBAC: allowed by RoleBinding {name:?} of {role} to {subject}")
                };
                out.extend(self.grant(user, &binding, namespace, &reason));
            }
        }
        out
    }

    fn rbac_objects<'a>(&'a self, plural: &str, namespace: Option<&'a str>) -> Vec<Cow<'a, Value>> {
        let Some(served) = self.registry.get("rbac.authorization.k8s.io", "v1", plural) else {
            return Vec::new();
        };
        self.store.list(&served.storage, namespace).map(|(_, binding)| binding.value()).collect()
    }

    fn grant(
        &self,
        user: &User,
        binding: &Value,
        namespace: &str,
        reason: &dyn Fn(&str, &str) -> String,
    ) -> Option<Grant> {
        let subjects = binding.get("subjects").and_then(Value::as_array)?;
        let subject = subjects.iter().find_map(|subject| concerns(subject, user, namespace))?;
        let (kind, name) =
            (binding.pointer("/roleRef/kind")?.as_str()?, binding.pointer("/roleRef/name")?.as_str()?);
        let rules = self.role_rules(kind, name, namespace)?;
        Some(Grant { rules, reason: reason(&subject, &format!("{kind} {name:?}")) })
    }

    /// The rules of a role, those of aggregated roles included.
    pub(super) fn role_rules(&self, kind: &str, name: &str, namespace: &str) -> Option<Vec<Value>> {
        let (plural, namespace) = if kind == "Role" { ("roles", namespace) } else { ("clusterroles", "") };
        let served = self.registry.get("rbac.authorization.k8s.io", "v1", plural)?;
        let role = self.store.get(&served.storage, &Key::new(namespace, name))?.value();
        Some(role.get("rules").and_then(Value::as_array).cloned().unwrap_or_default())
    }
}

/// The subject as the reason names it, if it is the user or a group of theirs.
fn concerns(subject: &Value, user: &User, namespace: &str) -> Option<String> {
    let text = |field: &str| subject.get(field).and_then(Value::as_str).unwrap_or_default();
    let name = text("name");
    match text("kind") {
        "User" if name == user.name => Some(format!("User {name:?}")),
        "Group" if user.groups.iter().any(|group| group == name) => Some(format!("Group {name:?}")),
        "ServiceAccount" => {
            let namespace = if text("namespace").is_empty() { namespace } else { text("namespace") };
            (user.name == format!("system:serviceaccount:{namespace}:{name}"))
                .then(|| format!("ServiceAccount {:?}", format!("{name}/{namespace}")))
        }
        _ => None,
    }
}

/// Whether a rule allows something.
pub(super) fn allows(rule: &Value, wanted: &Attributes) -> bool {
    let list = |field: &str| object::texts(rule.get(field));
    let has = |field: &str, value: &str| list(field).iter().any(|entry| *entry == "*" || *entry == value);
    if !has("verbs", &wanted.verb) {
        return false;
    }
    if wanted.resource.is_empty() {
        return list("nonResourceURLs").iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(prefix) => wanted.path.starts_with(prefix),
            None => *pattern == wanted.path,
        });
    }
    let names = list("resourceNames");
    has("apiGroups", &wanted.group)
        && covers_resource(&list("resources"), &wanted.resource, &wanted.subresource)
        && (names.is_empty() || names.contains(&wanted.name.as_str()))
}

/// Whether a rule's resources name one, `*/scale` and the like included.
fn covers_resource(resources: &[&str], resource: &str, subresource: &str) -> bool {
    let full = if subresource.is_empty() { resource.to_owned() } else { format!("{resource}/{subresource}") };
    resources.iter().any(|entry| {
        *entry == "*" || *entry == full || !subresource.is_empty() && *entry == format!("*/{subresource}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rules() {
        let wanted = |verb: &str, resource: &str, subresource: &str, name: &str| Attributes {
            verb: verb.into(),
            group: "apps".into(),
            resource: resource.into(),
            subresource: subresource.into(),
            name: name.into(),
            ..Attributes::default()
        };
        let rule = json!({"apiGroups": ["apps"], "resources": ["deployments", "*/scale"], "verbs": ["get"]});
        assert!(allows(&rule, &wanted("get", "deployments", "", "x")));
        assert!(allows(&rule, &wanted("get", "replicasets", "scale", "x")));
        assert!(!allows(&rule, &wanted("get", "deployments", "status", "x")));
        assert!(!allows(&rule, &wanted("list", "deployments", "", "")));
        let named = json!({"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"], "resourceNames": ["a"]});
        assert!(
            allows(&named, &wanted("get", "x", "", "a")) && !allows(&named, &wanted("list", "x", "", ""))
        );
    }
}
