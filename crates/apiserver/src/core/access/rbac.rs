//! Role based access: the rules that roles and bindings on the server grant.

use super::{Attributes, User};
use crate::core::{
    Core, object,
    store::{Key, Place},
    stored,
};
use serde_json::Value;
use std::{borrow::Cow, collections::BTreeSet, iter};

/// A role's rules together with how somebody came by them.
pub(super) struct Grant<'r> {
    pub rules: Cow<'r, [Value]>,
    pub reason: String,
}

impl Core {
    /// Why a user may do something, if any rule allows it.
    pub(super) fn rbac_reason(&self, user: &User, wanted: &Attributes) -> Option<String> {
        self.grants(user, &wanted.namespace)
            .find(|grant| grant.rules.iter().any(|rule| allows(rule, wanted)))
            .map(|grant| grant.reason)
    }

    /// Everything a user was granted that counts in a namespace (or for the cluster, with an empty one).
    pub(super) fn grants<'a>(
        &'a self,
        user: &'a User,
        namespace: &str,
    ) -> impl Iterator<Item = Grant<'a>> + use<'a> {
        let subjects =
            iter::once(("User", &user.name)).chain(user.groups.iter().map(|group| ("Group", group)));
        let mut bindings: BTreeSet<&Place> = BTreeSet::new();
        for (kind, name) in subjects {
            bindings.extend(self.store.bindings(&stored::subject("", kind, name)));
            if !namespace.is_empty() {
                bindings.extend(self.store.bindings(&stored::subject(namespace, kind, name)));
            }
        }
        bindings.into_iter().filter_map(move |(resource, key)| {
            let binding = self.store.get(resource, key)?.value();
            let title = match &*key.namespace {
                "" => format!("ClusterRoleBinding {:?}", key.name),
                namespace => format!("RoleBinding {:?}", format!("{}/{namespace}", key.name)),
            };
            self.grant(user, &binding, &key.namespace, &title)
        })
    }

    fn grant(&self, user: &User, binding: &Value, namespace: &str, title: &str) -> Option<Grant<'_>> {
        let subjects = binding.get("subjects").and_then(Value::as_array)?;
        let subject = subjects.iter().find_map(|subject| concerns(subject, user, namespace))?;
        let text = |field: &str| binding.get("roleRef")?.get(field)?.as_str();
        let (kind, name) = (text("kind")?, text("name")?);
        let rules = self.role_rules(kind, name, namespace)?;
        Some(Grant { rules, reason: format!("RBAC: allowed by {title} of {kind} {name:?} to {subject}") })
    }

    /// The rules of a role, those of aggregated roles included.
    pub(super) fn role_rules(&self, kind: &str, name: &str, namespace: &str) -> Option<Cow<'_, [Value]>> {
        let (plural, namespace) = if kind == "Role" { ("roles", namespace) } else { ("clusterroles", "") };
        let served = self.registry.get("rbac.authorization.k8s.io", "v1", plural)?;
        let rules = |role: &Value| role.get("rules").and_then(Value::as_array).cloned();
        Some(match self.store.get(&served.storage, &Key::new(namespace, name))?.value() {
            Cow::Borrowed(role) => {
                Cow::Borrowed(role.get("rules").and_then(Value::as_array).map_or(&[][..], Vec::as_slice))
            }
            Cow::Owned(role) => Cow::Owned(rules(&role).unwrap_or_default()),
        })
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
    use crate::{
        Authorization, Behaviors,
        core::{CoreOptions, options::DeleteOptions},
    };
    use kro_object::{Object, Timestamp};
    use proptest::{collection::vec, prelude::*};
    use serde_json::json;

    const NAMES: [&str; 3] = ["ann", "bob", "system:serviceaccount:one:ann"];
    const SPACES: [&str; 3] = ["", "default", "kube-public"];

    fn any_subject() -> impl Strategy<Value = Value> {
        let kind = prop::sample::select(vec!["User", "Group", "ServiceAccount"]);
        let space = prop::sample::select(vec!["", "one", "default"]);
        (kind, prop::sample::select(NAMES.to_vec()), space)
            .prop_map(|(kind, name, space)| json!({"kind": kind, "name": name, "namespace": space}))
            .prop_map(|mut subject| {
                if subject["kind"] == "ServiceAccount" {
                    subject["name"] = "ann".into();
                    if subject["namespace"] == "" {
                        subject["namespace"] = "default".into();
                    }
                } else {
                    crate::core::object::as_map_mut(&mut subject).remove("namespace");
                    subject["apiGroup"] = "rbac.authorization.k8s.io".into();
                }
                subject
            })
    }

    /// A binding of a namespace, or of the cluster, with these subjects; without any it is deleted.
    fn change(core: &mut Core, now: Timestamp, name: usize, space: &str, subjects: &[Value]) {
        let plural = if space.is_empty() { "clusterrolebindings" } else { "rolebindings" };
        let served = core.registry.get("rbac.authorization.k8s.io", "v1", plural).cloned().expect("served");
        if subjects.is_empty() {
            let key = Key::new(space, &format!("b{name}"));
            let _absent = core.delete(&served, &key, &DeleteOptions::default(), now).is_err();
            return;
        }
        let mut binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": &*served.kind,
            "metadata": {"name": format!("b{name}")}, "subjects": subjects,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "r"},
        });
        if !space.is_empty() {
            binding["metadata"]["namespace"] = space.into();
        }
        core.load(Object::from_value(binding).expect("an object"), now).expect("valid");
    }

    /// What is granted, by reading every binding.
    fn scanned(core: &Core, user: &User, space: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for (plural, space) in [("clusterrolebindings", ""), ("rolebindings", space)] {
            let served = core.registry.get("rbac.authorization.k8s.io", "v1", plural).expect("served");
            for (key, binding) in core.store.list(&served.storage, Some(space)) {
                let title = match space {
                    "" => format!("ClusterRoleBinding {:?}", key.name),
                    space => format!("RoleBinding {:?}", format!("{}/{space}", key.name)),
                };
                found.extend(core.grant(user, &binding.value(), space, &title).map(|grant| grant.reason));
            }
        }
        found
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_index_answers_as_reading_all_bindings_does(
            changes in vec((0..4_usize, prop::sample::select(SPACES.to_vec()), vec(any_subject(), 0..4)), 1..24),
        ) {
            let now = "2026-01-01T00:00:00Z".parse().expect("a time");
            let mut core = Core::new(
                CoreOptions {
                    token: None,
                    authorization: Authorization::AllowAll,
                    seed: 0,
                    behaviors: Behaviors::none(),
                    history: 100,
                    is_saved: false,
                },
                now,
            );
            let role = json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [],
            });
            core.load(Object::from_value(role).expect("an object"), now).expect("valid");
            for (name, space, subjects) in &changes {
                change(&mut core, now, *name, space, subjects);
            }
            for name in NAMES.iter().copied().chain(["system:serviceaccount:default:ann"]) {
                for groups in [&[][..], &["ann"], &["bob", "ann"]] {
                    let groups = groups.iter().map(|group| (*group).to_owned()).collect();
                    let user = User { name: name.to_owned(), groups, ..User::default() };
                    for space in SPACES {
                        let indexed = core.grants(&user, space).map(|grant| grant.reason).collect();
                        let scanned: BTreeSet<String> = scanned(&core, &user, space);
                        prop_assert_eq!(&scanned, &indexed, "{} in {:?}", name, space);
                    }
                }
            }
        }
    }

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
