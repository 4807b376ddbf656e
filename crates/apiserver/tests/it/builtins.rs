//! What the server does for builtin kinds: defaults, validation, policies.

use crate::client;
use http::Method;
use kro_apiserver::{
    ApiServer, Options,
    core::{Call, ReplyBody},
};
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

/// Status code and message of a call.
fn ask(server: &ApiServer, method: Method, path: &str, accept: &str, body: &str) -> (u16, String) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let content_type = if method == Method::PATCH { "application/merge-patch+json" } else { "" };
    let reply = server.handle(&Call {
        method,
        path: path.to_owned(),
        query: query.into_iter().collect(),
        content_type: content_type.to_owned(),
        accept: accept.to_owned(),
        body: body.to_owned().into(),
        ..Call::default()
    });
    let ReplyBody::Full(body) = reply.body else { panic!("a whole answer") };
    let text = String::from_utf8(body).expect("text");
    let message =
        serde_json::from_str::<Value>(&text).map(|status| status["message"].as_str().map(str::to_owned));
    (reply.status, message.ok().flatten().unwrap_or(text))
}

#[test]
fn options_of_deletions_have_types() {
    let server = ApiServer::new(Options::default());
    let maps = "/api/v1/namespaces/default/configmaps";
    for (body, message) in [
        (
            r#"{"gracePeriodSeconds":"x"}"#,
            "json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64",
        ),
        (
            r#"{"preconditions":{"uid":1}}"#,
            "json: cannot unmarshal number into Go struct field Preconditions.preconditions.uid of type types.UID",
        ),
        (
            r#"{"kind":1}"#,
            "couldn't get version/kind; json parse error: json: cannot unmarshal number into Go struct field .kind of type string",
        ),
    ] {
        ask(&server, Method::POST, maps, "", r#"{"metadata":{"name":"a"}}"#);
        let told = ask(&server, Method::DELETE, &format!("{maps}/a"), "", body);
        assert_eq!(told, (400, message.to_owned()), "{body}");
    }
    assert_eq!(ask(&server, Method::DELETE, &format!("{maps}/a"), "", "null").0, 200);
}

#[test]
fn a_scale_is_read_as_a_scale() {
    let server = ApiServer::new(Options::default());
    let sets = "/apis/apps/v1/namespaces/default/replicasets";
    let set = json!({"metadata": {"name": "a"}, "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {
        "metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}}});
    assert_eq!(ask(&server, Method::POST, sets, "", &set.to_string()).0, 201);
    let whole = "Scale in version \"v1\" cannot be handled as a Scale: ";
    for (spec, name, code, message) in [
        (json!({"replicas": 2}), "a", 200, ""),
        (
            json!({"replicas": 2}),
            "b",
            400,
            "the name of the object (b) does not match the name on the URL (a)",
        ),
        (
            json!({"replicas": 99_999_999_999_i64}),
            "a",
            400,
            "json: cannot unmarshal number 99999999999 into Go struct field ScaleSpec.spec.replicas of type int32",
        ),
        (json!({"foo": 1}), "a", 400, "strict decoding error: unknown field \"spec.foo\""),
        (
            json!("x"),
            "a",
            400,
            "json: cannot unmarshal string into Go struct field Scale.spec of type v1.ScaleSpec",
        ),
    ] {
        let scale = json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": {"name": name}, "spec": spec});
        let path = format!("{sets}/a/scale?fieldValidation=Strict");
        let (told, text) = ask(&server, Method::PUT, &path, "", &scale.to_string());
        assert_eq!(told, code, "{text}");
        assert!(code == 200 || text.strip_prefix(whole).unwrap_or(&text) == message, "{text}");
    }
    let told = ask(&server, Method::PATCH, &format!("{sets}/a/scale"), "", r#"{"spec":{"replicas":"x"}}"#);
    assert!(told.0 == 422 && told.1.ends_with("ScaleSpec.spec.replicas of type int32"), "{}", told.1);
    let told = ask(&server, Method::PATCH, &format!("{sets}/a/scale"), "", "[]");
    assert_eq!(
        told.1,
        "error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}"
    );
}

#[test]
fn refusals_are_in_yaml_for_those_who_ask() {
    let server = ApiServer::new(Options::default());
    let path = "/api/v1/namespaces/default/configmaps/a";
    let (code, text) = ask(&server, Method::GET, path, "application/yaml", "");
    assert_eq!(code, 404);
    assert!(
        text.starts_with("apiVersion: v1\ncode: 404\n") && text.contains("configmaps \"a\" not found"),
        "{text}"
    );
    let (_, text) = ask(&server, Method::GET, path, "application/json, application/yaml", "");
    assert_eq!(text, "configmaps \"a\" not found");
}
