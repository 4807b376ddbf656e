//! What the server does for builtin kinds: defaults, validation, policies.

use crate::client;
use kube_client::{
    Api, Client, Error,
    api::{DynamicObject, Patch, PatchParams, PostParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::{Value, json};

fn resource(group: &str, version: &str, kind: &str) -> ApiResource {
    ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind))
}

async fn create(client: &Client, resource: &ApiResource, object: Value) -> Result<Value, Error> {
    let api: Api<DynamicObject> = match resource.kind.as_str() {
        kind if kind.starts_with("Validating") => Api::all_with(client.clone(), resource),
        _ => Api::default_namespaced_with(client.clone(), resource),
    };
    let object: DynamicObject = serde_json::from_value(object).expect("an object");
    let created = api.create(&PostParams::default(), &object).await?;
    Ok(serde_json::to_value(created).expect("JSON"))
}

fn message(outcome: Result<Value, Error>) -> String {
    match outcome {
        Err(Error::Api(status)) => status.message.clone(),
        other => panic!("refused, not {other:?}"),
    }
}

#[tokio::test]
async fn services_are_defaulted_and_judged() {
    let (client, services) = (client(), resource("", "v1", "Service"));
    let service = |name: &str, ports: Value| json!({"metadata": {"name": name}, "spec": {"ports": ports}});
    let created = create(&client, &services, service("a", json!([{"port": 80}]))).await.expect("created");
    assert_eq!(created["spec"]["ports"][0], json!({"port": 80, "targetPort": 80, "protocol": "TCP"}));
    assert!(created["spec"]["clusterIP"].as_str().expect("allocated").starts_with("10.0."));
    let refused = create(&client, &services, service("b", json!([{"port": 80}, {"port": 81}]))).await;
    assert!(message(refused).contains("spec.ports[0].name: Required value"));
}

#[tokio::test]
async fn quantities_are_canonical_when_applied() {
    let claims = resource("", "v1", "PersistentVolumeClaim");
    let api: Api<DynamicObject> = Api::default_namespaced_with(client(), &claims);
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "a"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2048Mi"}}},
    });
    let applied = api.patch("a", &PatchParams::apply("me"), &Patch::Apply(&claim)).await.expect("applied");
    assert_eq!(applied.data["spec"]["resources"]["requests"]["storage"], "2Gi");
}

#[tokio::test]
async fn policies_deny_and_explain() {
    let client = client();
    let group = "admissionregistration.k8s.io";
    let policy = json!({
        "metadata": {"name": "p"},
        "spec": {
            "matchConstraints": {"resourceRules": [{
                "apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"],
            }]},
            "variables": [{"name": "keys", "expression": "object.data.map(k, k)"}],
            "validations": [
                {"expression": "!('bad' in variables.keys)", "message": "no bad here"},
                {"expression": "object.data.size() < 3", "messageExpression": "'has ' + string(object.data.size())"},
            ],
        },
    });
    create(&client, &resource(group, "v1", "ValidatingAdmissionPolicy"), policy).await.expect("created");
    let maps = resource("", "v1", "ConfigMap");
    let map = |name: &str, data: Value| json!({"metadata": {"name": name}, "data": data});
    create(&client, &maps, map("before", json!({"bad": ""}))).await.expect("nothing binds the policy yet");
    let binding = json!({
        "metadata": {"name": "b"}, "spec": {"policyName": "p", "validationActions": ["Deny"]},
    });
    create(&client, &resource(group, "v1", "ValidatingAdmissionPolicyBinding"), binding)
        .await
        .expect("created");
    create(&client, &maps, map("good", json!({"a": ""}))).await.expect("allowed");
    let prefix = "is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: ";
    for (name, data, why) in
        [("c", json!({"bad": ""}), "no bad here"), ("d", json!({"a": "", "b": "", "c": ""}), "has 3")]
    {
        assert_eq!(
            message(create(&client, &maps, map(name, data)).await),
            format!("configmaps \"{name}\" {prefix}{why}")
        );
    }
}
