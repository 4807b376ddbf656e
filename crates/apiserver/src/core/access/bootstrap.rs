//! The roles and bindings that every cluster with RBAC has: enough for discovery, health and questions about oneself.

use crate::core::{Core, strategy, write::Writer};
use kro_object::Timestamp;
use serde_json::{Value, json};

impl Core {
    /// Puts the bootstrap policy in.
    pub(in crate::core) fn bootstrap_policy(&mut self, now: Timestamp) {
        for (plural, object) in policy() {
            let Some(served) = self.registry.get("rbac.authorization.k8s.io", "v1", plural).cloned() else {
                continue;
            };
            let mut object = object;
            object["apiVersion"] = "rbac.authorization.k8s.io/v1".into();
            object["kind"] = served.kind.as_ref().into();
            object["metadata"]["labels"] = json!({"kubernetes.io/bootstrapping": "rbac-defaults"});
            strategy::default(&served, &mut object);
            self.create(&served, object, &Writer::named("kube-apiserver", now))
                .expect("invariant: the bootstrap policy is valid");
        }
    }
}

fn policy() -> Vec<(&'static str, Value)> {
    let role =
        |name: &str, rules: Value| ("clusterroles", json!({"metadata": {"name": name}, "rules": rules}));
    let binding = |name: &str, groups: &[&str]| {
        let subjects: Vec<Value> = groups
            .iter()
            .map(|group| json!({"kind": "Group", "apiGroup": "rbac.authorization.k8s.io", "name": group}))
            .collect();
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name});
        ("clusterrolebindings", json!({"metadata": {"name": name}, "roleRef": role, "subjects": subjects}))
    };
    let everything = json!([
        {"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]},
        {"nonResourceURLs": ["*"], "verbs": ["*"]},
    ]);
    let discovery = [
        "/api",
        "/api/*",
        "/apis",
        "/apis/*",
        "/healthz",
        "/livez",
        "/openapi",
        "/openapi/*",
        "/readyz",
        "/version",
        "/version/",
    ];
    let own_questions = json!([
        {
            "apiGroups": ["authorization.k8s.io"],
            "resources": ["selfsubjectaccessreviews", "selfsubjectrulesreviews"],
            "verbs": ["create"],
        },
        {"apiGroups": ["authentication.k8s.io"], "resources": ["selfsubjectreviews"], "verbs": ["create"]},
    ]);
    let public = ["/healthz", "/livez", "/readyz", "/version", "/version/"];
    vec![
        role("cluster-admin", everything),
        role("system:basic-user", own_questions),
        role("system:discovery", json!([{"nonResourceURLs": discovery, "verbs": ["get"]}])),
        role("system:public-info-viewer", json!([{"nonResourceURLs": public, "verbs": ["get"]}])),
        binding("cluster-admin", &["system:masters"]),
        binding("system:basic-user", &["system:authenticated"]),
        binding("system:discovery", &["system:authenticated"]),
        binding("system:public-info-viewer", &["system:authenticated", "system:unauthenticated"]),
    ]
}
