//! What is no longer wanted goes, or is let go of, whatever stands in the way for a while.

use crate::{home, page, page_of, page_of_resource};
use http::Method;
use kro_apiserver::fault::{Fault, Rule};
use kro_object::{Gvk, ObjectKey};
use kro_sim::{World, WorldOptions, run};
use serde_json::json;
use std::time::Duration;

fn is_there(world: &World, name: &str) -> bool {
    world.admin().all("", "ConfigMap").iter().any(|map| *map.key().name == *name)
}

/// A world with the page `home`, made under these faults.
async fn page_after(rules: Vec<Rule>) -> World {
    let mut world = World::new(&WorldOptions::default());
    world.start();
    world.admin().apply(&page()).expect("a definition");
    world.sleep(Duration::from_secs(10)).await;
    for rule in rules {
        world.faults().script(rule);
    }
    world.admin().apply(&home("hello")).expect("an instance");
    world.sleep(Duration::from_mins(1)).await;
    assert!(is_there(&world, "home"));
    world
}

/// The server is out of order when it is asked for what is no longer wanted; later it is asked again, although the
/// instance waits for something else at that time.
#[test]
fn what_could_not_be_asked_for_is_asked_for_again() {
    run(async {
        let world = page_after(vec![]).await;
        let maps = "/api/v1/namespaces/default/configmaps";
        world.faults().script(Rule::new(Fault::Unavailable).method(Method::GET).path(maps).times(8));
        let absent = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "absent"}});
        world
            .admin()
            .apply(&page_of_resource(&json!({"id": "absent", "externalRef": absent})))
            .expect("a definition");
        world.sleep(Duration::from_mins(5)).await;
        assert_eq!(world.faults().injected().len(), 8, "nothing was in the way");
        assert!(!is_there(&world, "home"));
    });
}

/// What is known of a child and what the server says of it is one child, not two.
#[test]
fn a_child_is_counted_once() {
    run(async {
        // The set is not sure of its children from then on.
        let child = "/api/v1/namespaces/default/configmaps/home";
        let world = page_after(vec![Rule::new(Fault::LoseReply).method(Method::PATCH).path(child)]).await;
        let mut page = page_of(&json!({
            "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "other"},
        }));
        page.metadata_mut().insert_annotation("policy.kro.run/max-deletes", "1");
        world.admin().apply(&page).expect("a definition");
        world.sleep(Duration::from_mins(5)).await;
        assert!(is_there(&world, "other"));
        assert!(!is_there(&world, "home"));
    });
}

/// A child that is let go of changes at that moment: it is let go of all the same, and the instance waits for that.
#[test]
fn a_child_that_changes_is_let_go_of_later() {
    run(async {
        let mut world = World::new(&WorldOptions::default());
        world.start();
        let mut page = page();
        page.metadata_mut().insert_annotation("policy.kro.run/deletion.child", "orphan");
        world.admin().apply(&page).expect("a definition");
        world.sleep(Duration::from_secs(10)).await;
        world.admin().apply(&home("hello")).expect("an instance");
        world.settle().await.expect("all is well");
        let map = "/api/v1/namespaces/default/configmaps/home";
        world.faults().script(Rule::new(Fault::Conflict).method(Method::PATCH).path(map));
        let pages = world.admin().resource(&Gvk::new("kro.run", "v1alpha1", "Page")).expect("served");
        let key = ObjectKey::namespaced("default", "home");
        world.admin().delete(&pages, &key).expect("there");
        world.sleep(Duration::from_mins(1)).await;
        assert_eq!(world.faults().injected().len(), 1, "nothing came between");
        assert_eq!(world.admin().get(&pages, &key), None);
        let maps = world.admin().all("", "ConfigMap");
        let child = maps.iter().find(|map| map.key() == key).expect("it stays");
        assert_eq!(child.metadata().label("applyset.kubernetes.io/part-of"), None);
    });
}
