//! Definitions that cannot be compiled wait for what they are made from, and not for time to pass.

use crate::world::{World, definition, definitions, is_active, served, shop, shops};
use kro_object::{Gvk, Object, ResourceType, Scope};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

fn widgets() -> Object {
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {"spec": {"type": "object", "properties": {"v": {"type": "string"}}}}}}}],
        },
    });
    Object::from_value(crd).expect("an object")
}

/// A definition whose only object is of a kind that a CRD brings.
fn of_widgets() -> Value {
    let mut definition = definition(&[("a", "${schema.spec.v}")]);
    definition["spec"]["resources"][0]["template"] = json!({
        "apiVersion": "example.com/v1", "kind": "Widget",
        "metadata": {"name": "${schema.metadata.name}"}, "spec": {"v": "${schema.spec.v}"},
    });
    definition
}

async fn install(world: &World) {
    let crds = Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let crds = ResourceType::new(crds, "customresourcedefinitions", Scope::Cluster);
    world.cluster.create(&crds, &widgets()).await.expect("a CRD");
}

fn builds(world: &World) -> Option<f64> {
    world.metric("rgd_graph_build_total{name=\"shop\"}")
}

/// How long it takes until an object is active, at most a minute.
async fn active_after(world: &World, resource: &ResourceType, name: &str) -> Duration {
    let start = Instant::now();
    while start.elapsed() < Duration::from_mins(1) {
        if world.get(resource, name).await.is_some_and(|object| is_active(&object)) {
            return start.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{name} never came to it: {:#?}", world.get(resource, name).await);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_definition_is_compiled_again_only_when_something_changed() {
    let world = World::new().await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    world.apply(&definitions(), of_widgets()).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (before, mark) = (builds(&world), world.mark());
    assert!(before.is_some(), "{}", world.rendered());
    tokio::time::sleep(Duration::from_mins(9)).await;
    assert_eq!(builds(&world), before, "nothing changed");
    let mut asked = world.requests(mark);
    asked.retain(|asked| asked.contains("openapi") || asked.ends_with("/apis"));
    assert_eq!(asked, [""; 0]);

    install(&world).await;
    let after = active_after(&world, &definitions(), "shop").await;
    assert!(after < Duration::from_millis(500), "its CRD came: {after:?}");
    world.apply(&shops(), shop("x")).await;
    let after = active_after(&world, &shops(), "mine").await;
    assert!(after < Duration::from_millis(100), "the first instance: {after:?}");
}

#[tokio::test(start_paused = true)]
async fn a_definition_that_is_served_by_its_last_good_revision_waits_in_the_same_way() {
    let world = served().await;
    world.apply(&definitions(), of_widgets()).await;
    tokio::time::sleep(Duration::from_mins(2)).await;
    let definition = world.get(&definitions(), "shop").await.expect("it is there");
    assert_eq!(definition.as_map()["status"]["state"], "Inactive");
    let before = builds(&world);
    tokio::time::sleep(Duration::from_mins(5)).await;
    assert_eq!(builds(&world), before, "nothing changed");
    install(&world).await;
    let after = active_after(&world, &definitions(), "shop").await;
    assert!(after < Duration::from_millis(500), "its CRD came: {after:?}");
}
