//! What happened while a watch was away is noticed when it is back.

use crate::{home, object, page, page_of, page_with};
use kro_object::{Gvk, Object, ObjectKey};
use kro_sim::{OPERATOR, World, WorldOptions, run};
use serde_json::json;
use std::time::Duration;

fn apply(world: &World, object: &Object) {
    world.admin().apply(object).expect("taken");
}

fn widgets() -> Object {
    let schema = json!({"type": "object", "properties": {"spec": {"type": "object", "properties": {
        "text": {"type": "string"},
    }}}});
    object(json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.org"},
        "spec": {
            "group": "example.org", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": schema}}],
        },
    }))
}

/// A page `default/home` with a widget, both there.
async fn page_with_widget() -> World {
    let mut world = World::new(&WorldOptions::default());
    world.start();
    apply(&world, &widgets());
    let widget = json!({
        "apiVersion": "example.org/v1", "kind": "Widget", "metadata": {"name": "${schema.metadata.name}"},
        "spec": {"text": "${schema.spec.text}"},
    });
    apply(&world, &page_of(&widget));
    world.sleep(Duration::from_secs(10)).await;
    apply(&world, &home("hello"));
    world.settle().await.expect("all is well");
    world
}

fn delete_widgets(world: &World) {
    let crds = world.admin().resource(&Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition"));
    let name = ObjectKey::cluster("widgets.example.org");
    world.admin().delete(&crds.expect("built in"), &name).expect("there");
}

/// A kind of children goes, and so does their node; nobody asks for them any more.
#[test]
fn a_kind_that_went_unseen_is_not_asked_for() {
    run(async {
        let mut world = page_with_widget().await;
        world.faults().partition(OPERATOR);
        apply(&world, &page());
        delete_widgets(&world);
        world.sleep(Duration::from_mins(10)).await;
        world.server().compact();
        world.settle().await.expect("all is well, and quiet");
    });
}

/// A kind of children goes although a node wants one: the children are forgotten, and nobody asks for more
/// until it comes again.
#[test]
fn children_go_with_their_kind() {
    run(async {
        let mut world = page_with_widget().await;
        world.faults().partition(OPERATOR);
        delete_widgets(&world);
        world.sleep(Duration::from_mins(10)).await;
        world.server().compact();
        world.settle().await.expect("the instance says what is missing, and nothing is remembered");
        let before = world.requests().total();
        world.sleep(Duration::from_hours(1)).await;
        assert_eq!(
            world.requests().total(),
            before,
            "a CRD that comes is told of: nothing is asked for meanwhile"
        );
        apply(&world, &widgets());
        world.settle().await.expect("all is well again");
    });
}

/// An instance is deleted, its definition goes, and the next one of that name is wrong: the instance goes all the same.
#[test]
fn a_wrong_successor_keeps_no_instance() {
    run(async {
        let mut world = World::new(&WorldOptions::default());
        world.start();
        apply(&world, &page());
        world.sleep(Duration::from_secs(10)).await;
        apply(&world, &home("hello"));
        world.settle().await.expect("all is well");
        world.crash(OPERATOR).await;
        let resource = |kind| world.admin().resource(&Gvk::new("kro.run", "v1alpha1", kind)).expect("served");
        let (pages, definitions) = (resource("Page"), resource("ResourceGraphDefinition"));
        let home = ObjectKey::namespaced("default", "home");
        world.admin().delete(&definitions, &ObjectKey::cluster("page")).expect("there");
        world.admin().delete(&pages, &home).expect("there");
        // The instance waits for whoever serves it next.
        world.start();
        world.sleep(Duration::from_secs(1)).await;
        apply(&world, &page_with("${schema.spec.nothing}"));
        world.sleep(Duration::from_mins(5)).await;
        assert_eq!(world.admin().get(&pages, &home), None);
    });
}
