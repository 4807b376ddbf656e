//! What watches owe their clients: from any revision they lead to the present, and they rest while nothing concerns them.

use bytes::Bytes;
use http_body::Body as _;
use kro_apiserver::{
    ApiServer, Authorization, Behaviors, Body,
    core::{Call, Core, CoreOptions, Cursor, Next, ReplyBody},
};
use kro_object::Timestamp;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Wake, Waker},
};
use tower_service::Service as _;

/// One write: a label is set on an object, or the object is deleted.
#[derive(Debug, Clone)]
struct Write {
    namespace: &'static str,
    name: &'static str,
    label: Option<&'static str>,
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let one = (
        prop::sample::select(vec!["default", "kube-system"]),
        prop::sample::select(vec!["a", "b", "c"]),
        prop::option::weighted(0.75, prop::sample::select(vec!["red", "blue"])),
    );
    vec(one.prop_map(|(namespace, name, label)| Write { namespace, name, label }), 1..40)
}

/// A resource as a client asks for it.
#[derive(Debug, Clone, Copy)]
struct View {
    path: &'static str,
    selector: &'static str,
}

const VIEWS: [View; 4] = [
    View { path: "/api/v1/configmaps", selector: "" },
    View { path: "/api/v1/namespaces/default/configmaps", selector: "" },
    View { path: "/api/v1/configmaps", selector: "color=red" },
    View { path: "/api/v1/namespaces/default/configmaps", selector: "color!=red" },
];

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

/// A server that remembers few changes.
fn core() -> Core {
    let options = CoreOptions {
        token: None,
        authorization: Authorization::AllowAll,
        seed: 0,
        behaviors: Behaviors::none(),
        history: 12,
        is_saved: false,
    };
    Core::new(options, NOW)
}

fn get(core: &mut Core, view: View, query: &[(&str, &str)]) -> kro_apiserver::core::Reply {
    let selector = [("labelSelector", view.selector)];
    let query = query.iter().chain(&selector);
    let query = query.map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    core.handle(&Call { path: view.path.into(), query, ..Call::default() }, NOW)
}

type State = BTreeMap<String, Value>;

fn key(object: &Value) -> String {
    let text = |field: &str| object["metadata"][field].as_str().unwrap_or_default();
    format!("{}/{}", text("namespace"), text("name"))
}

/// The objects of a view at a revision; nothing if that is forgotten.
fn list(core: &mut Core, view: View, revision: u64) -> Option<State> {
    let revision = revision.to_string();
    let reply = get(core, view, &[("resourceVersion", &revision), ("resourceVersionMatch", "Exact")]);
    let ReplyBody::Full(bytes) = reply.body else { panic!("a list") };
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    match reply.status {
        200 => Some(
            body["items"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|item| (key(item), contents(item)))
                .collect(),
        ),
        410 => None,
        other => panic!("{other}: {body}"),
    }
}

/// What of an object counts: lists leave out kind and version.
fn contents(object: &Value) -> Value {
    json!([object["metadata"], object["data"]])
}

fn watch(core: &mut Core, view: View, revision: u64) -> Box<Cursor> {
    let reply = get(core, view, &[("watch", "true"), ("resourceVersion", &revision.to_string())]);
    let ReplyBody::Watch(cursor) = reply.body else { panic!("a watch") };
    cursor
}

/// Does what a watch tells to a state. Whether the watch goes on.
fn replay(core: &Core, cursor: &mut Cursor, state: &mut State) -> bool {
    loop {
        let line = match core.next(cursor, NOW) {
            Next::Event(line) => line,
            Next::Pending(_) => return true,
            Next::Closed => return false,
        };
        let event: Value = serde_json::from_slice(&line).expect("JSON");
        let object = &event["object"];
        match event["type"].as_str().expect("a type") {
            "ADDED" => assert!(state.insert(key(object), contents(object)).is_none(), "added twice: {event}"),
            "MODIFIED" => {
                assert!(state.insert(key(object), contents(object)).is_some(), "not there: {event}");
            }
            "DELETED" => assert!(state.remove(&key(object)).is_some(), "not there: {event}"),
            "ERROR" => assert_eq!(object["code"], 410),
            other => panic!("{other}"),
        }
    }
}

fn perform(core: &mut Core, write: &Write) {
    let maps = format!("/api/v1/namespaces/{}/configmaps/{}", write.namespace, write.name);
    let mut call = Call { path: maps, method: http::Method::DELETE, ..Call::default() };
    if let Some(color) = write.label {
        let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"labels": {"color": color}, "name": write.name}});
        call.method = http::Method::PATCH;
        call.content_type = "application/apply-patch+yaml".into();
        call.query = vec![("fieldManager".into(), "test".into()), ("force".into(), "true".into())];
        call.body = Bytes::from(map.to_string());
    }
    core.handle(&call, NOW);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_watch_from_any_revision_leads_to_the_present(writes in writes()) {
        let mut core = core();
        for write in &writes {
            perform(&mut core, write);
        }
        let present = core.revision();
        for view in VIEWS {
            let now = list(&mut core, view, present).expect("the present is known");
            for revision in 1..=present {
                let Some(mut state) = list(&mut core, view, revision) else {
                    let mut cursor = watch(&mut core, view, revision);
                    prop_assert!(!replay(&core, &mut cursor, &mut State::new()), "{revision} is forgotten");
                    continue;
                };
                let mut cursor = watch(&mut core, view, revision);
                prop_assert!(replay(&core, &mut cursor, &mut state));
                prop_assert_eq!(&state, &now, "from {} with {:?}", revision, view);
            }
        }
    }

    /// However much else happens meanwhile, and however little of it is remembered.
    #[test]
    fn a_watch_that_keeps_up_is_never_told_to_begin_anew(writes in writes()) {
        let mut core = core();
        let start = core.revision();
        let mut all: Vec<_> = VIEWS.map(|view| (view, watch(&mut core, view, start), State::new())).into();
        for write in &writes {
            perform(&mut core, write);
            for (view, cursor, state) in &mut all {
                let concerns = view.path.contains("namespaces").then_some("default").is_none_or(|ns| ns == write.namespace);
                // Who is not concerned sleeps.
                if concerns {
                    prop_assert!(replay(&core, cursor, state), "{view:?}");
                }
            }
        }
        let present = core.revision();
        for (view, mut cursor, mut state) in all {
            prop_assert!(replay(&core, &mut cursor, &mut state), "{view:?}");
            prop_assert_eq!(state, list(&mut core, view, present).expect("the present is known"));
        }
    }
}

#[derive(Debug, Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

async fn watching(server: &ApiServer, path: &str) -> Body {
    let request = http::Request::get(format!("{path}?watch=true")).body(String::new()).expect("a request");
    let Ok(response) = server.clone().call(request).await;
    response.into_body()
}

#[tokio::test]
async fn ten_thousand_watches_wake_only_for_what_concerns_them() {
    const NAMESPACES: usize = 100;
    let server = ApiServer::builder().build();
    let woken: Vec<_> = (0..NAMESPACES).map(|_| Arc::new(Woken::default())).collect();
    let mut bodies = Vec::new();
    for index in 0..10_000 {
        let namespace = index % NAMESPACES;
        let mut body = watching(&server, &format!("/api/v1/namespaces/n{namespace}/configmaps")).await;
        let waker = Waker::from(woken[namespace].clone());
        assert!(Pin::new(&mut body).poll_frame(&mut Context::from_waker(&waker)).is_pending());
        bodies.push(body);
    }
    let object = |value| kro_object::Object::from_value(value).expect("an object");
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n7"}});
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a", "namespace": "n7"}});
    let map = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "namespace": "n7"}});
    server.load([object(namespace), object(secret)]).expect("stored");
    let counts = || woken.iter().map(|woken| woken.0.load(Ordering::Relaxed)).collect::<Vec<_>>();
    assert_eq!(counts(), vec![0; NAMESPACES], "nobody asked for namespaces or secrets");
    server.load([object(map)]).expect("stored");
    let mut expected = vec![0; NAMESPACES];
    expected[7] = 10_000 / NAMESPACES;
    assert_eq!(counts(), expected);
    let waker = Waker::from(woken[7].clone());
    for body in bodies.iter_mut().skip(7).step_by(NAMESPACES) {
        assert!(Pin::new(body).poll_frame(&mut Context::from_waker(&waker)).is_ready(), "it is told");
    }
}
