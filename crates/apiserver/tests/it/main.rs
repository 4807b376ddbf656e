//! The server as kube's own client sees it, in one process.

mod behaviors;
mod builtins;
mod durable;
mod edges;
mod embedding;
mod histories;
mod outcomes;
mod snapshots;
mod transport;
mod watches;

use k8s_openapi::api::core::v1::{ConfigMap, Namespace};
use kro_apiserver::{ApiServer, Options};
use kube_client::{
    Api, Client, Discovery,
    api::{DeleteParams, DynamicObject, ListParams, Patch, PatchParams, PostParams, WatchEvent, WatchParams},
    core::{ApiResource, GroupVersionKind},
};
use serde_json::json;

fn client() -> Client {
    Client::new(ApiServer::new(Options::default()), "default")
}

fn config_map(name: &str) -> ConfigMap {
    serde_json::from_value(json!({"metadata": {"name": name}, "data": {"a": "1"}})).expect("a ConfigMap")
}

fn widget_definition() -> serde_json::Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget"},
            "versions": [{
                "name": "v1", "served": true, "storage": true, "subresources": {"status": {}},
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": {"size": {"type": "integer"}}},
                    "status": {"type": "object", "properties": {"ready": {"type": "boolean"}}},
                }}},
            }],
        },
    })
}

#[tokio::test]
async fn objects_live_and_die() {
    let maps: Api<ConfigMap> = Api::default_namespaced(client());
    let created = maps.create(&PostParams::default(), &config_map("a")).await.expect("created");
    assert!(created.metadata.uid.is_some());
    assert!(
        maps.create(&PostParams::default(), &config_map("a"))
            .await
            .expect_err("twice")
            .to_string()
            .contains("already exists")
    );
    let patch = json!({"data": {"b": "2"}});
    let patched = maps.patch("a", &PatchParams::default(), &Patch::Merge(&patch)).await.expect("patched");
    assert_eq!(patched.data.expect("data").len(), 2);
    assert_eq!(maps.list(&ListParams::default()).await.expect("list").items.len(), 1);
    maps.delete("a", &DeleteParams::default()).await.expect("deleted");
    assert!(maps.get_opt("a").await.expect("gone").is_none());
}

#[tokio::test]
async fn watches_see_every_change() {
    use futures_util::TryStreamExt as _;
    let maps: Api<ConfigMap> = Api::default_namespaced(client());
    let start =
        maps.list(&ListParams::default()).await.expect("list").metadata.resource_version.expect("version");
    let mut events = std::pin::pin!(maps.watch(&WatchParams::default(), &start).await.expect("watch"));
    maps.create(&PostParams::default(), &config_map("a")).await.expect("created");
    maps.delete("a", &DeleteParams::default()).await.expect("deleted");
    let mut seen = Vec::new();
    while seen.len() < 2 {
        seen.push(match events.try_next().await.expect("no error").expect("not over") {
            WatchEvent::Added(_) => "added",
            WatchEvent::Deleted(_) => "deleted",
            other => panic!("unexpected {other:?}"),
        });
    }
    assert_eq!(seen, ["added", "deleted"]);
}

#[tokio::test]
async fn custom_resources_are_served_once_defined() {
    let client = client();
    let definitions = ApiResource::from_gvk(&GroupVersionKind::gvk(
        "apiextensions.k8s.io",
        "v1",
        "CustomResourceDefinition",
    ));
    let definitions: Api<DynamicObject> = Api::all_with(client.clone(), &definitions);
    let definition: DynamicObject = serde_json::from_value(widget_definition()).expect("an object");
    definitions.create(&PostParams::default(), &definition).await.expect("created");
    let widgets = ApiResource::from_gvk(&GroupVersionKind::gvk("example.com", "v1", "Widget"));
    let widgets: Api<DynamicObject> = Api::default_namespaced_with(client.clone(), &widgets);
    let widget = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}});
    let widget: DynamicObject = serde_json::from_value(widget).expect("an object");
    let created = widgets.create(&PostParams::default(), &widget).await.expect("created");
    assert_eq!(created.metadata.generation, Some(1));
    let status = json!({"status": {"ready": true}});
    let patched =
        widgets.patch_status("w", &PatchParams::default(), &Patch::Merge(&status)).await.expect("patched");
    assert_eq!(patched.data["status"], json!({"ready": true}));
    let discovery = Discovery::new(client).run_aggregated().await.expect("discovery");
    assert!(discovery.get("example.com").is_some());
}

#[tokio::test]
async fn every_cluster_has_its_namespaces() {
    let namespaces: Api<Namespace> = Api::all(client());
    let names: Vec<String> = namespaces
        .list(&ListParams::default())
        .await
        .expect("list")
        .into_iter()
        .filter_map(|ns| ns.metadata.name)
        .collect();
    assert_eq!(names, ["default", "kube-node-lease", "kube-public", "kube-system"]);
}
