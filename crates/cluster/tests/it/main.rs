//! The cluster against the embedded API server: no client is faked.

use kro_apiserver::{ApiServer, Behaviors, Options as ServerOptions};
use kro_cluster::{
    Change, Clock, Cluster, Deleted, Elector, LeaseTimes, Options, Part, Precondition, Projection, Query,
    WatchEvent, WatchSet, WatchSpec,
};
use kro_object::{GroupKind, Gvk, Object, ObjectKey, ResourceType, Timestamp};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::mpsc;

fn cluster() -> (ApiServer, Cluster) {
    let server = ApiServer::new(ServerOptions { behaviors: Behaviors::none(), ..ServerOptions::default() });
    let client = kube_client::Client::new(server.clone(), "default");
    (server, Cluster::new(client, Options { page_size: 2, ..Options::default() }))
}

async fn config_maps(cluster: &Cluster) -> ResourceType {
    cluster.kind(&Gvk::new("", "v1", "ConfigMap")).await.expect("a built-in kind")
}

fn config_map(name: &str, labels: &Value) -> Object {
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"a": "1"},
        "metadata": {"name": name, "namespace": "default", "labels": labels}});
    Object::from_value(value).expect("an object")
}

#[tokio::test]
async fn every_verb() {
    let (_, cluster) = cluster();
    let kind = config_maps(&cluster).await;
    assert!(kind.is_namespaced());
    let key = ObjectKey::namespaced("default", "a");
    assert!(cluster.get(&kind, &key).await.expect("an answer").is_none());

    let created = cluster.create(&kind, &config_map("a", &json!({}))).await.expect("created");
    let again = cluster.create(&kind, &created.clone()).await;
    assert!(again.is_err(), "a resource version on create, or the name, is refused");
    let error = cluster.create(&kind, &config_map("a", &json!({}))).await.expect_err("the name is taken");
    assert!(error.is_already_exists() && !error.is_retryable(), "{error}");

    let merged = cluster.merge(&kind, &key, Part::Main, &json!({"data": {"b": "2"}})).await.expect("patched");
    assert_eq!(merged.as_map()["data"], json!({"a": "1", "b": "2"}));
    let error = cluster.update(&kind, &created).await.expect_err("an old version");
    assert!(error.is_conflict(), "{error}");

    let stale = Precondition { uid: Some("other".into()), resource_version: None };
    assert!(cluster.delete(&kind, &key, stale).await.expect_err("another uid").is_conflict());
    let uid = created.metadata().uid().map(ToOwned::to_owned);
    let deleted = cluster.delete(&kind, &key, Precondition { uid, resource_version: None }).await;
    assert_eq!(deleted.expect("deleted"), Some(Deleted::Gone));
    assert_eq!(cluster.delete(&kind, &key, Precondition::default()).await.expect("an answer"), None);
}

#[tokio::test]
async fn lists_page_by_page_and_by_selector() {
    let (_, cluster) = cluster();
    let kind = config_maps(&cluster).await;
    for n in 0..5 {
        let labels = json!({"even": (n % 2 == 0).to_string()});
        cluster.create(&kind, &config_map(&format!("m{n}"), &labels)).await.expect("created");
    }
    assert_eq!(cluster.list(&kind, &Query::all()).await.expect("a list").len(), 5);
    let even = cluster
        .list(&kind, &Query::all().within(Some("default")).labelled("even=true"))
        .await
        .expect("a list");
    assert_eq!(
        even.iter().map(|object| object.key().name.to_string()).collect::<Vec<_>>(),
        ["m0", "m2", "m4"]
    );
    assert!(even.iter().all(|object| object.gvk().expect("a kind").kind == "ConfigMap".into()));
}

#[tokio::test]
async fn unknown_kinds_and_preferred_versions() {
    let (_, cluster) = cluster();
    let error = cluster.kind(&Gvk::new("no.such", "v1", "Thing")).await.expect_err("not served");
    assert_eq!(error.to_string(), "kind Thing is not served by no.such/v1");
    let preferred = cluster.preferred(&GroupKind::new("apps", "Deployment")).await.expect("an answer");
    assert_eq!(preferred.expect("served").gvr().to_string(), "deployments.v1.apps");
}

/// Applies events to a set until `done`.
async fn follow(
    events: &mut mpsc::Receiver<WatchEvent>,
    seen: &mut BTreeSet<String>,
    done: impl Fn(&BTreeSet<String>) -> bool,
) {
    while !done(seen) {
        let event =
            tokio::time::timeout(Duration::from_secs(5), events.recv()).await.expect("an event in time");
        match event.expect("a running watch").change {
            Change::Applied(object) => drop(seen.insert(object.key().name.to_string())),
            Change::Deleted(object) => drop(seen.remove(&*object.key().name)),
            Change::Listing | Change::Synced | Change::Failing { .. } => {}
        }
    }
}

#[tokio::test]
async fn watches_follow_selection_and_compaction_and_stop() {
    let (server, cluster) = cluster();
    let kind = config_maps(&cluster).await;
    cluster.create(&kind, &config_map("before", &json!({"ours": "x"}))).await.expect("created");
    cluster.create(&kind, &config_map("foreign", &json!({}))).await.expect("created");
    let (sender, mut events) = mpsc::channel(16);
    let mut watches = WatchSet::new(cluster.clone(), sender);
    let spec = WatchSpec {
        resource: kind.clone(),
        query: Query::all().labelled("ours"),
        projection: Projection::Metadata,
    };
    watches.sync(&BTreeSet::from([spec.clone()]));
    let mut seen = BTreeSet::new();
    follow(&mut events, &mut seen, |seen| seen.contains("before")).await;
    server.compact();
    cluster.create(&kind, &config_map("after", &json!({"ours": "x"}))).await.expect("created");
    follow(&mut events, &mut seen, |seen| seen.contains("after")).await;
    // An object that loses its label is gone for the watch.
    let key = ObjectKey::namespaced("default", "before");
    cluster.merge(&kind, &key, Part::Main, &json!({"metadata": {"labels": null}})).await.expect("patched");
    follow(&mut events, &mut seen, |seen| !seen.contains("before")).await;
    assert_eq!(seen, BTreeSet::from(["after".to_owned()]));

    assert!(watches.contains(&spec));
    watches.sync(&BTreeSet::new());
    assert!(watches.is_empty());
    drop(watches);
    while events.recv().await.is_some() {}
}

/// Wall-clock time that runs with the test's virtual time.
#[derive(Debug)]
struct VirtualClock(tokio::time::Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000, 0).saturating_add(self.0.elapsed())
    }
}

#[tokio::test(start_paused = true)]
async fn one_leads_and_another_takes_over() {
    let (_, cluster) = cluster();
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock(tokio::time::Instant::now()));
    let elector = |identity: &str| {
        let lease = ObjectKey::namespaced("default", "controller.kro.run");
        Elector::new(cluster.clone(), lease, identity.to_owned(), LeaseTimes::default(), Arc::clone(&clock))
    };
    let (mut first, mut second) = (elector("first"), elector("second"));
    let mut leadership = first.acquire().await;
    let waiting = tokio::time::timeout(Duration::from_mins(1), async {
        tokio::select! {
            biased;
            () = leadership.hold() => panic!("the first lost its lease"),
            _ = second.acquire() => panic!("the second leads beside the first"),
        }
    });
    assert!(waiting.await.is_err(), "a renewed lease stays");
    // Given back, it is free at the next try; abandoned, only after its duration.
    leadership.release().await;
    let since = tokio::time::Instant::now();
    let _ = second.acquire().await;
    assert!(since.elapsed() <= Duration::from_secs(2));
    let mut third = elector("third");
    let since = tokio::time::Instant::now();
    let _ = third.acquire().await;
    assert!(since.elapsed() >= Duration::from_secs(14), "{:?}", since.elapsed());
}
