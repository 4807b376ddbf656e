//! Roles and bindings: what is wrong with them. Who may grant what is decided in `access/`.

use super::check::{all, items, one_of, selector, text};
use crate::{core::metadata::names, field_error::FieldError};
use serde_json::{Value, json};

const GROUP: &str = "rbac.authorization.k8s.io";

/// Problems of a role; a cluster role if it has no namespace.
pub(super) fn role(role: &Value, is_namespaced: bool) -> Vec<FieldError> {
    let mut out = Vec::new();
    for (index, given) in items(role, "/rules") {
        rule(given, &format!("rules[{index}]"), is_namespaced, &mut out);
    }
    if !is_namespaced && role.get("aggregationRule").is_some() {
        let at = "aggregationRule.clusterRoleSelectors";
        if items(role, "/aggregationRule/clusterRoleSelectors").next().is_none() {
            let why = "at least one clusterRoleSelector required if aggregationRule is non-nil";
            out.push(FieldError::required(at, why));
        }
        for (index, given) in items(role, "/aggregationRule/clusterRoleSelectors") {
            selector(&format!("{at}[{index}]"), given, &mut out);
        }
    }
    out
}

fn rule(rule: &Value, at: &str, is_namespaced: bool, out: &mut Vec<FieldError>) {
    let is_empty = |field: &str| items(rule, &format!("/{field}")).next().is_none();
    let mut require = |field: &str, why: &str| {
        if is_empty(field) {
            out.push(FieldError::required(format!("{at}.{field}"), why));
        }
    };
    require("verbs", "verbs must contain at least one value");
    if is_empty("nonResourceURLs") {
        require("apiGroups", "resource rules must supply at least one api group");
        require("resources", "resource rules must supply at least one resource");
        return;
    }
    let urls = &rule["nonResourceURLs"];
    let mut refuse = |why: &str| out.push(FieldError::invalid(format!("{at}.nonResourceURLs"), urls, why));
    if is_namespaced {
        refuse("namespaced rules cannot apply to non-resource URLs");
    }
    if ["apiGroups", "resources", "resourceNames"].into_iter().any(|field| !is_empty(field)) {
        refuse("rules cannot apply to both regular resources and non-resource URLs");
    }
}

/// Problems of a binding; of a cluster role if it has no namespace.
pub(super) fn binding(new: &Value, old: Option<&Value>, is_namespaced: bool) -> Vec<FieldError> {
    let mut out = Vec::new();
    let group = text(new, "/roleRef/apiGroup");
    one_of("roleRef.apiGroup", group, &[GROUP], &mut out);
    let kinds: &[&str] = if is_namespaced { &["Role", "ClusterRole"] } else { &["ClusterRole"] };
    one_of("roleRef.kind", text(new, "/roleRef/kind"), kinds, &mut out);
    let name = text(new, "/roleRef/name");
    if name.is_empty() {
        out.push(FieldError::required("roleRef.name", ""));
    } else {
        all("roleRef.name", name, names::path_segment(name), &mut out);
    }
    for (index, given) in items(new, "/subjects") {
        subject(given, &format!("subjects[{index}]"), is_namespaced, &mut out);
    }
    if old.is_some_and(|old| old.get("roleRef") != new.get("roleRef")) {
        // As Go writes the internal struct.
        let value = json!({"APIGroup": group, "Kind": text(new, "/roleRef/kind"), "Name": name});
        out.push(FieldError::invalid("roleRef", &value, "cannot change roleRef"));
    }
    out
}

fn subject(subject: &Value, at: &str, is_namespaced: bool, out: &mut Vec<FieldError>) {
    let (kind, name) = (text(subject, "/kind"), text(subject, "/name"));
    let group = text(subject, "/apiGroup");
    if name.is_empty() {
        out.push(FieldError::required(format!("{at}.name"), ""));
    }
    match kind {
        "ServiceAccount" => {
            if !name.is_empty() {
                all(format!("{at}.name"), name, names::dns1123_subdomain(name), out);
            }
            one_of(format!("{at}.apiGroup"), group, &[""], out);
            if !is_namespaced && text(subject, "/namespace").is_empty() {
                out.push(FieldError::required(format!("{at}.namespace"), ""));
            }
        }
        "User" | "Group" => one_of(format!("{at}.apiGroup"), group, &[GROUP], out),
        other => one_of(format!("{at}.kind"), other, &["ServiceAccount", "User", "Group"], out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field_error::fields;

    #[test]
    fn rules_say_what_they_are_about() {
        let given = json!({"rules": [
            {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]},
            {},
            {"verbs": ["get"], "nonResourceURLs": ["/metrics"]},
        ]});
        let namespaced = role(&given, true);
        let of_empty = ["rules[1].verbs", "rules[1].apiGroups", "rules[1].resources"];
        assert_eq!(fields(&namespaced)[..3], of_empty);
        assert_eq!(fields(&namespaced)[3..], ["rules[2].nonResourceURLs"]);
        assert_eq!(fields(&role(&given, false)), of_empty);
    }

    #[test]
    fn a_binding_stays_with_its_role() {
        let binding_to = |name: &str| {
            json!({
                "roleRef": {"apiGroup": GROUP, "kind": "ClusterRole", "name": name},
                "subjects": [{"kind": "ServiceAccount", "name": "a"}],
            })
        };
        assert_eq!(fields(&binding(&binding_to("x"), None, true)), [""; 0]);
        assert_eq!(fields(&binding(&binding_to("x"), None, false)), ["subjects[0].namespace"]);
        let changed = binding(&binding_to("y"), Some(&binding_to("x")), true);
        assert_eq!(fields(&changed), ["roleRef"]);
    }
}
