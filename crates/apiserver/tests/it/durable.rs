//! A data directory: what is in it when a server comes back, and what is refused.

use crate::config_map;
use k8s_openapi::api::core::v1::ConfigMap;
use kro_apiserver::ApiServer;
use kube_client::{Api, api::PostParams};
use std::time::Duration;

#[tokio::test]
async fn a_server_comes_back_with_everything() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = ApiServer::builder().open(folder.path()).expect("a new folder");
    let maps: Api<ConfigMap> = Api::default_namespaced(server.client());
    for name in ["a", "b"] {
        maps.create(&PostParams::default(), &config_map(name)).await.expect("created");
    }
    maps.delete("a", &kube_client::api::DeleteParams::default()).await.expect("deleted");
    let before = server.snapshot();
    let busy = ApiServer::builder().open(folder.path()).expect_err("it is in use");
    assert!(busy.to_string().ends_with("another process uses it"), "{busy}");
    drop((maps, server));

    // The client's own task lets go of the server when it next runs.
    let server = tokio::time::timeout(Duration::from_secs(20), async {
        loop {
            match ApiServer::builder().open(folder.path()) {
                Ok(server) => return server,
                Err(_) => tokio::task::yield_now().await,
            }
        }
    });
    let server = server.await.expect("nobody has the folder any more");
    assert_eq!(server.snapshot(), before);
    let maps: Api<ConfigMap> = Api::default_namespaced(server.client());
    maps.create(&PostParams::default(), &config_map("a")).await.expect("created");
    assert!(server.revision() > before.revision);
}

#[test]
fn what_is_no_data_directory_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("objects.redb"), "something else").expect("written");
    let error = ApiServer::builder().open(folder.path()).expect_err("no database");
    assert!(error.to_string().starts_with("the data directory"), "{error}");
    assert!(ApiServer::builder().open("/proc/nowhere").is_err());
}
