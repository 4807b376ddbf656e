//! What the real server does with requests that are nearly right, as recorded from kube-apiserver 1.36.

use http::Method;
use kro_apiserver::{
    ApiServer, Behaviors, Options,
    core::{Call, ReplyBody},
};
use serde_json::{Value, json};

const MERGE: &str = "application/merge-patch+json";
const JSON_PATCH: &str = "application/json-patch+json";
const APPLY: &str = "application/apply-patch+yaml";
const JSON: &str = "application/json";

fn server() -> ApiServer {
    ApiServer::new(Options { behaviors: Behaviors::none(), ..Options::default() })
}

/// Status code, warnings and body of a call; a query has one parameter.
fn call(
    server: &ApiServer,
    method: Method,
    path: &str,
    kind: &str,
    body: &Value,
) -> (u16, Vec<String>, Value) {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.split_once('=').map(|(name, value)| (name.to_owned(), value.to_owned()));
    let reply = server.handle(&Call {
        method,
        path: path.to_owned(),
        query: query.into_iter().collect(),
        content_type: kind.to_owned(),
        body: body.to_string().into(),
        ..Call::default()
    });
    let ReplyBody::Full(body) = reply.body else { panic!("a whole answer") };
    let warnings = reply.headers.iter().filter(|(name, _)| *name == "warning");
    let unquoted = |text: &String| {
        let quoted = text.strip_prefix("299 - ").expect("a code and an agent");
        serde_json::from_str(quoted).expect("a quoted text")
    };
    let warnings = warnings.map(|(_, text)| unquoted(text)).collect();
    (reply.status, warnings, serde_json::from_slice(&body).expect("JSON"))
}

/// Fields and messages of what a refusal names.
fn causes<'a>(status: &'a Value) -> Vec<(&'a str, &'a str)> {
    let causes = status["details"]["causes"].as_array().expect("causes");
    let text = |cause: &'a Value, field: &str| cause[field].as_str().unwrap_or_default();
    causes.iter().map(|cause| (text(cause, "field"), text(cause, "message"))).collect()
}

#[test]
fn empty_lists_that_are_always_written_are_stored_as_null() {
    let server = server();
    let roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles";
    let role = json!({"metadata": {"name": "a"}, "rules": []});
    let (code, _, created) = call(&server, Method::POST, roles, JSON, &role);
    assert_eq!((code, &created["rules"]), (201, &Value::Null));
    assert_eq!(created["metadata"]["managedFields"][0]["fieldsV1"], json!({"f:rules": {}}));
    let limits = json!({"metadata": {"name": "a"}, "spec": {"limits": []}});
    let (_, _, created) =
        call(&server, Method::POST, "/api/v1/namespaces/default/limitranges", JSON, &limits);
    assert_eq!(created["spec"], json!({"limits": null}));
}

#[test]
fn nobody_owns_a_scale_of_nothing() {
    let server = server();
    let path = "/apis/apps/v1/namespaces/default/deployments";
    let deployment = json!({"metadata": {"name": "a"}, "spec": {
        "replicas": 2, "selector": {"matchLabels": {"a": "b"}},
        "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}},
    }});
    call(&server, Method::POST, &format!("{path}?fieldManager=creator"), JSON, &deployment);
    let scaled_by = |replicas: i64, manager: &str| {
        let scale = json!({"spec": {"replicas": replicas}});
        let scaled = format!("{path}/a/scale?fieldManager={manager}");
        assert_eq!(call(&server, Method::PATCH, &scaled, MERGE, &scale).0, 200);
        let (_, _, now) = call(&server, Method::GET, &format!("{path}/a"), "", &Value::Null);
        assert_eq!(now["spec"]["replicas"], replicas);
        let entries = now["metadata"]["managedFields"].as_array().cloned().unwrap_or_default();
        let owns = |entry: &Value| entry["fieldsV1"].pointer("/f:spec/f:replicas").is_some();
        entries.iter().filter(|entry| owns(entry)).map(|entry| entry["manager"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(scaled_by(3, "one"), ["one"]);
    assert_eq!(scaled_by(0, "two"), Vec::<Value>::new());
    assert_eq!(scaled_by(3, "one"), Vec::<Value>::new(), "what is nobody's stays nobody's");
}

#[test]
fn an_apply_may_make_what_is_on_its_way_out() {
    let server = server();
    let maps = "/api/v1/namespaces/default/configmaps";
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "a", "deletionTimestamp": "2030-01-01T00:00:00Z", "deletionGracePeriodSeconds": 5}});
    let (code, _, created) = call(&server, Method::POST, maps, JSON, &map);
    assert_eq!((code, created["metadata"].get("deletionTimestamp")), (201, None));
    let mut applied = map;
    applied["metadata"]["name"] = "b".into();
    let (code, _, created) =
        call(&server, Method::PATCH, &format!("{maps}/b?fieldManager=me"), APPLY, &applied);
    assert_eq!(
        (code, &created["metadata"]["deletionTimestamp"]),
        (201, &json!("2030-01-01T00:00:00Z")),
        "{created}"
    );
    let (code, _, refused) = call(&server, Method::PUT, &format!("{maps}/a"), JSON, &json!({"metadata": {}}));
    let why = "the name of the object (a based on URL) was undeterminable: name must be provided";
    assert_eq!((code, &refused["message"]), (400, &json!(why)));
}

#[test]
fn operations_of_a_json_patch_have_four_fields() {
    let server = server();
    let maps = "/api/v1/namespaces/default/configmaps";
    call(&server, Method::POST, maps, JSON, &json!({"metadata": {"name": "a"}}));
    let patch = json!([{"op": "add", "path": "/data", "value": {}, "foo": 1}, {"op": "add", "path": "/data/a", "value": "b", "bar": 2}]);
    let ask = |directive: &str| {
        let path = format!("{maps}/a?fieldValidation={directive}");
        call(&server, Method::PATCH, &path, JSON_PATCH, &patch)
    };
    let told = ["json patch unknown field \"[0].foo\"", "json patch unknown field \"[1].bar\""];
    let (code, warnings, _) = ask("Warn");
    assert_eq!((code, warnings), (200, told.map(str::to_owned).to_vec()));
    let (code, warnings, _) = ask("Ignore");
    assert_eq!((code, warnings), (200, Vec::new()));
    let (code, _, refused) = ask("Strict");
    assert_eq!(code, 422);
    assert!(causes(&refused)[0].1.ends_with(&format!("strict decoding error: {}", told.join(", "))));
}

#[test]
fn a_pod_keeps_its_grace_period() {
    let server = server();
    let pods = "/api/v1/namespaces/default/pods";
    let seconds = |name: &str, before: i64, after: i64| {
        let pod = json!({"metadata": {"name": name}, "spec": {
            "terminationGracePeriodSeconds": before, "containers": [{"name": "c", "image": "i"}]}});
        call(&server, Method::POST, pods, JSON, &pod);
        let patch = json!({"spec": {"terminationGracePeriodSeconds": after}});
        call(&server, Method::PATCH, &format!("{pods}/{name}"), MERGE, &patch).0
    };
    assert_eq!(seconds("a", 30, 5), 422);
    assert_eq!(seconds("b", -1, 1), 200);
    assert_eq!(seconds("c", -1, 2), 422);
}

#[test]
fn custom_resources_of_another_kind_are_held_against_the_rules_alone() {
    let server = server();
    let mut definition = crate::widget_definition();
    let schema = &mut definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
    schema["properties"]["spec"]["properties"]["size"]["maximum"] = 10.into();
    schema["properties"]["spec"]["x-kubernetes-validations"] =
        json!([{"rule": "self.size < 5", "message": "too big"}]);
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(call(&server, Method::POST, definitions, JSON, &definition).0, 201);
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let widget = |kind: &str, size: i64| json!({"apiVersion": "example.com/v1", "kind": kind, "metadata": {"name": "a"}, "spec": {"size": size}});
    let (code, _, refused) = call(&server, Method::POST, widgets, JSON, &widget("Other", 20));
    let wrong_kind = ("kind", "Invalid value: \"Other\": must be Widget");
    assert_eq!(code, 422);
    assert_eq!(causes(&refused), [wrong_kind, ("spec", "Invalid value: too big")]);
    assert!(refused["message"].as_str().is_some_and(|text| text.starts_with("Other.example.com \"a\"")));
    let (_, _, refused) = call(&server, Method::POST, widgets, JSON, &widget("Other", 1));
    assert_eq!(causes(&refused), [wrong_kind]);

    assert_eq!(call(&server, Method::POST, widgets, JSON, &widget("Widget", 1)).0, 201);
    let patched = |patch: Value| call(&server, Method::PATCH, &format!("{widgets}/a"), MERGE, &patch);
    let (code, _, refused) = patched(json!({"apiVersion": "x/y"}));
    assert_eq!(code, 422);
    assert_eq!(causes(&refused), [("apiVersion", "Invalid value: \"x/y\": must be example.com/v1")]);
    assert_eq!(causes(&patched(json!({"kind": "Other"})).2), [wrong_kind]);
    let (code, _, refused) = patched(json!({"kind": null}));
    assert_eq!(code, 422);
    assert!(causes(&refused)[0].1.contains("Object 'Kind' is missing in '{\"apiVersion\":"));
    assert_eq!(patched(json!({"apiVersion": null})).0, 500);
}

#[test]
fn formats_that_mean_nothing_are_told_once() {
    let server = server();
    let mut definition = crate::widget_definition();
    definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"] =
        json!({"a": {"type": "string", "format": "foo"}, "b": {"type": "string", "format": "foo"}});
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    let (code, warnings, _) = call(&server, Method::POST, definitions, JSON, &definition);
    assert_eq!((code, warnings), (201, vec!["unrecognized format \"foo\"".to_owned()]));
}
