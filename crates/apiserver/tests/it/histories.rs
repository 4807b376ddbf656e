//! Many writers at once, with what each asked and was told recorded: there is one order of all writes that nobody's
//! experience contradicts.

use k8s_openapi::api::core::v1::ConfigMap;
use kro_apiserver::ApiServer;
use kube_client::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
};
use serde_json::json;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

const WRITERS: u64 = 8;
const ROUNDS: u64 = 40;

/// What a client experienced.
#[derive(Debug, Clone)]
struct Experience {
    asked_at: u64,
    told_at: u64,
    what: What,
    /// The version that it was told.
    version: u64,
    value: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum What {
    Read,
    /// Wrote without looking.
    Wrote,
    /// Wrote on the condition that this was still the version.
    Swapped(u64),
}

fn version(map: &ConfigMap) -> u64 {
    map.metadata.resource_version.as_deref().and_then(|version| version.parse().ok()).expect("a version")
}

fn value(map: &ConfigMap) -> String {
    map.data.as_ref().and_then(|data| data.get("value")).cloned().expect("a value")
}

async fn writer(client: Client, writer: u64, clock: Arc<AtomicU64>) -> Vec<Experience> {
    let maps: Api<ConfigMap> = Api::default_namespaced(client);
    let mut out = Vec::new();
    let tick = || clock.fetch_add(1, Ordering::SeqCst);
    let mut seen = maps.get("register").await.expect("it is there");
    for round in 0..ROUNDS {
        let mine = format!("{writer}-{round}");
        let asked_at = tick();
        let (what, answer) = match (writer + round) % 3 {
            0 => (What::Read, maps.get("register").await),
            1 => {
                let patch = Patch::Merge(json!({"data": {"value": mine}}));
                (What::Wrote, maps.patch("register", &PatchParams::default(), &patch).await)
            }
            _ => {
                let mut wanted = seen.clone();
                wanted.data.get_or_insert_default().insert("value".into(), mine);
                let swapped = maps.replace("register", &PostParams::default(), &wanted).await;
                (What::Swapped(version(&seen)), swapped)
            }
        };
        let told_at = tick();
        match answer {
            Ok(map) => {
                out.push(Experience { asked_at, told_at, what, version: version(&map), value: value(&map) });
                seen = map;
            }
            Err(kube_client::Error::Api(status)) if status.code == 409 && what != What::Read => {
                seen = maps.get("register").await.expect("it is there");
            }
            Err(error) => panic!("{error}"),
        }
    }
    out
}

async fn check(server: ApiServer) {
    let maps: Api<ConfigMap> = Api::default_namespaced(server.client());
    let first = serde_json::from_value(json!({"metadata": {"name": "register"}, "data": {"value": "first"}}));
    let first = maps.create(&PostParams::default(), &first.expect("a map")).await.expect("created");
    let clock = Arc::new(AtomicU64::new(0));
    let writers: Vec<_> =
        (0..WRITERS).map(|index| tokio::spawn(writer(server.client(), index, clock.clone()))).collect();
    let mut all = vec![Experience {
        asked_at: 0,
        told_at: 0,
        what: What::Wrote,
        version: version(&first),
        value: value(&first),
    }];
    for writer in writers {
        all.extend(writer.await.expect("no panic"));
    }
    // The versions are the order.
    all.sort_by_key(|one| (one.version, one.what == What::Read, one.asked_at));
    assert!(all.iter().any(|one| matches!(one.what, What::Swapped(_))), "some swaps succeed");
    let (mut value, mut version, mut latest_question) = (String::new(), 0, 0);
    for one in &all {
        assert!(one.told_at >= latest_question, "{one:?} was over before what came first began");
        latest_question = latest_question.max(one.asked_at);
        match &one.what {
            What::Read => assert_eq!((&one.value, one.version), (&value, version), "{one:?}"),
            written => {
                assert!(one.version > version, "{one:?}: two writes have one version");
                if let What::Swapped(expected) = written {
                    assert_eq!(*expected, version, "{one:?} was not the next");
                }
                (value, version) = (one.value.clone(), one.version);
            }
        }
    }
    let last = maps.get("register").await.expect("it is there");
    assert_eq!((self::value(&last), self::version(&last)), (value, version));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_have_one_order() {
    check(ApiServer::builder().build()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_have_one_order_on_disk() {
    let folder = tempfile::tempdir().expect("a folder");
    check(ApiServer::builder().open(folder.path()).expect("an empty data directory")).await;
}
