//! The README's example of a controller under test, as it stands there.

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kro_apiserver::ApiServer;
use kube_client::{
    Api, Client,
    api::{Patch, PatchParams, PostParams},
};
use kube_runtime::{Controller, controller::Action, wait::await_condition, watcher};
use serde_json::json;
use std::{sync::Arc, time::Duration};

/// A controller as you would write it: every ConfigMap gets a Secret of the same name.
async fn controller(client: Client) {
    let maps: Api<ConfigMap> = Api::all(client.clone());
    Controller::new(maps, watcher::Config::default())
        .run(reconcile, |_, _, _| Action::requeue(Duration::from_secs(1)), Arc::new(client))
        .for_each(|_| async {})
        .await;
}

async fn reconcile(map: Arc<ConfigMap>, client: Arc<Client>) -> Result<Action, kube_client::Error> {
    let name = map.metadata.name.as_deref().unwrap_or_default();
    let namespace = map.metadata.namespace.as_deref().unwrap_or_default();
    let secrets: Api<Secret> = Api::namespaced(Client::clone(&client), namespace);
    let secret =
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": map.data});
    secrets.patch(name, &PatchParams::apply("copier"), &Patch::Apply(&secret)).await?;
    Ok(Action::await_change())
}

#[tokio::test]
async fn every_config_map_gets_a_secret() {
    let server = ApiServer::builder().build();
    let client = server.client();
    tokio::spawn(controller(client.clone()));

    let maps: Api<ConfigMap> = Api::default_namespaced(client.clone());
    let map = serde_json::from_value(json!({"metadata": {"name": "a"}, "data": {"key": "value"}})).unwrap();
    maps.create(&PostParams::default(), &map).await.unwrap();

    let secrets: Api<Secret> = Api::default_namespaced(client);
    let secret = await_condition(secrets, "a", |secret: Option<&Secret>| secret.is_some()).await.unwrap();
    assert_eq!(secret.unwrap().data.unwrap()["key"].0, b"value");
    assert!(
        server
            .audit()
            .iter()
            .any(|asked| &*asked.user == "kubernetes-admin" && asked.path.ends_with("/secrets/a"))
    );
}

#[test]
fn the_readme_shows_what_is_tested() {
    let (source, readme) = (include_str!("embedding.rs"), include_str!("../../README.md"));
    let begin = source.find("/// A controller as you would write it").expect("the example");
    let end = source.find("\n#[test]\n").expect("its end");
    assert!(readme.contains(&format!("```rust\n{}\n```", source[begin..end].trim())), "the README differs");
}
