//! What the server writes in other words than those it was asked in is right all the same; anything else is not.

use crate::object;
use kro_object::{Gvk, ObjectKey};
use kro_sim::{OPERATOR, World, WorldOptions, run};
use serde_json::{Value, json};
use std::time::Duration;

/// A world with one instance, of a definition with this child.
async fn with_child(child: Value) -> World {
    let mut world = World::new(&WorldOptions::default());
    world.start();
    let definition = json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition", "metadata": {"name": "page"},
        "spec": {
            "schema": {"apiVersion": "v1alpha1", "kind": "Page", "spec": {"text": "string"}},
            "resources": [{"id": "child", "template": child}],
        },
    });
    world.admin().apply(&object(definition)).expect("a definition");
    world.sleep(Duration::from_secs(10)).await;
    let home = json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "Page",
        "metadata": {"name": "home", "namespace": "default"}, "spec": {"text": "hello"},
    });
    world.admin().apply(&object(home)).expect("an instance");
    world
}

#[test]
fn texts_of_a_secret_are_moved_by_the_server() {
    run(async {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "secret"},
            "stringData": {"text": "${schema.spec.text}"},
        });
        let mut world = with_child(secret).await;
        world.settle().await.expect("the secret is as it was asked for");

        world.stop(OPERATOR).await;
        let secrets = world.admin().resource(&Gvk::new("", "v1", "Secret")).expect("built in");
        let key = ObjectKey::namespaced("default", "secret");
        let stored = world.admin().get(&secrets, &key).expect("the secret").to_value();
        assert_eq!(stored["data"]["text"], "aGVsbG8=");
        assert_eq!(stored.get("stringData"), None);
    });
}

#[test]
fn what_is_empty_is_dropped_by_the_server() {
    run(async {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "map", "annotations": {}}, "data": {"text": "${schema.spec.text}"},
            "binaryData": {},
        });
        with_child(map).await.settle().await.expect("the map is as it was asked for");
    });
}

/// Nobody repairs it while the operator is away.
#[test]
fn what_differs_is_told() {
    run(async {
        let map = json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "map"}, "data": {"text": "${schema.spec.text}"},
        });
        let mut world = with_child(map).await;
        world.settle().await.expect("right");
        world.leave(OPERATOR).await;
        let maps = world.admin().resource(&Gvk::new("", "v1", "ConfigMap")).expect("built in");
        let key = ObjectKey::namespaced("default", "map");
        let patch = json!({"data": {"text": "good bye"}});
        world.admin().patch(&maps, &key, "", &patch).expect("patched");
        let wrong = world.settle().await.expect_err("somebody has changed it");
        assert_eq!(
            wrong[0],
            "Page default/home: ConfigMap default/map: .data.text is \"good bye\", expected \"hello\""
        );
        world.join(OPERATOR);
        world.settle().await.expect("repaired");
    });
}
