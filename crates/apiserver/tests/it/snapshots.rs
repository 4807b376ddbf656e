//! State taken from one server and put into the next one.

use kro_apiserver::{ApiServer, Behaviors, Snapshot, core::Call};
use kro_object::Object;
use serde_json::{Value, json};

fn object(value: Value) -> Object {
    Object::from_value(value).expect("an object")
}

fn server_with_objects() -> ApiServer {
    let server = ApiServer::builder().build();
    let deployment = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": "web"}},
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{"name": "web", "image": "nginx"}]},
            },
        },
    });
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}});
    let objects = [crate::widget_definition(), widget, deployment];
    server.load(objects.map(object)).expect("all are valid");
    server
}

fn ask(
    server: &ApiServer,
    method: http::Method,
    path: &str,
    query: &[(&str, &str)],
    body: &Value,
) -> (u16, Value) {
    let reply = server.handle(&Call {
        method,
        path: path.to_owned(),
        query: query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        content_type: "application/json".to_owned(),
        body: if body.is_null() { Vec::new() } else { body.to_string().into_bytes() }.into(),
        ..Call::default()
    });
    let kro_apiserver::core::ReplyBody::Full(body) = reply.body else { return (reply.status, Value::Null) };
    (reply.status, serde_json::from_slice(&body).expect("JSON"))
}

#[test]
fn a_server_goes_on_where_the_other_one_was() {
    let first = server_with_objects();
    let mut file = Vec::new();
    first.snapshot().write(&mut file).expect("memory takes all");
    let snapshot = Snapshot::read(file.as_slice()).expect("as written");
    assert_eq!(snapshot, first.snapshot());

    let second = ApiServer::builder().resume(snapshot).expect("all kinds are known");
    assert_eq!(second.snapshot(), first.snapshot(), "nothing is written by coming back");
    let widgets = "/apis/example.com/v1/namespaces/default/widgets";
    let (code, old) = ask(&second, http::Method::GET, &format!("{widgets}/w"), &[], &Value::Null);
    assert_eq!(code, 200, "{old}");
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "x"}});
    let (code, new) = ask(&second, http::Method::POST, widgets, &[], &widget);
    assert_eq!(code, 201, "{new}");
    let version = |object: &Value| -> u64 {
        object["metadata"]["resourceVersion"].as_str().and_then(|text| text.parse().ok()).expect("a version")
    };
    assert!(version(&new) > first.revision());
    let uid = |object: &Value| object.pointer("/metadata/uid").cloned().expect("a uid");
    let mut objects = first.snapshot().objects.into_iter();
    assert!(objects.all(|saved| uid(&saved.object) != uid(&new)), "uids are given out once");

    // What was controlled still is: the replica set and its pods follow.
    let scale = json!({"spec": {"replicas": 3}});
    let call = Call {
        method: http::Method::PATCH,
        path: "/apis/apps/v1/namespaces/default/deployments/web".to_owned(),
        content_type: "application/merge-patch+json".to_owned(),
        body: scale.to_string().into_bytes().into(),
        ..Call::default()
    };
    assert_eq!(second.handle(&call).status, 200);
    let (_, pods) = ask(&second, http::Method::GET, "/api/v1/namespaces/default/pods", &[], &Value::Null);
    assert_eq!(pods["items"].as_array().map(Vec::len), Some(3));
}

#[test]
fn history_does_not_come_along() {
    let first = server_with_objects();
    let second = ApiServer::builder().resume(first.snapshot()).expect("all kinds are known");
    let pods = "/api/v1/namespaces/default/pods";
    let at = [("resourceVersion", "3"), ("resourceVersionMatch", "Exact"), ("limit", "1")];
    assert_eq!(ask(&first, http::Method::GET, pods, &at, &Value::Null).0, 200);
    assert_eq!(ask(&second, http::Method::GET, pods, &at, &Value::Null).0, 410);
}

#[test]
fn what_is_no_snapshot_is_refused() {
    for (text, why) in [
        ("", "line 1 of the snapshot: it is empty"),
        ("{\"format\":\"other\",\"revision\":1}", "the format is \"other\""),
        ("{\"format\":\"kro-apiserver/1\",\"revision\":1}\n{}", "line 2 of the snapshot: missing field"),
    ] {
        let error = Snapshot::read(text.as_bytes()).expect_err("refused").to_string();
        assert!(error.contains(why), "{error}");
    }
    let stranger = "{\"format\":\"kro-apiserver/1\",\"revision\":9}\n{\"group\":\"example.com\",\"plural\":\"widgets\",\"object\":{}}";
    let snapshot = Snapshot::read(stranger.as_bytes()).expect("well formed");
    let error = ApiServer::builder().behaviors(Behaviors::none()).resume(snapshot).expect_err("no such kind");
    assert!(error.message.contains("\"widgets\""), "{error:?}");
}
