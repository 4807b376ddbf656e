//! Worlds of one seed: alike, right in the end, and right after the mistakes that were found this way.

mod candidates;
mod determinism;
mod embedding;
mod gaps;
mod pruning;
mod scenario;
mod settled;
mod strangers;
mod takeover;
mod unanswered;

use kro_apiserver::fault::{Fault, Rule};
use kro_object::{Object, ObjectKey};
use kro_sim::{
    World, WorldOptions,
    exhaustive::{self, Point, Trouble},
    run, story,
};
use serde_json::json;
use std::time::Duration;

#[test]
fn stories_end_well() {
    for seed in 0..12 {
        let outcome = story::play(&story::of_seed(seed), false);
        assert!(outcome.wrong.is_empty(), "seed {seed}: {:#?}", outcome.wrong);
        assert!(outcome.requests > 0, "seed {seed}: the operator did nothing");
    }
}

#[test]
fn what_goes_wrong_at_a_step_changes_nothing_in_the_end() {
    let stories = exhaustive::stories();
    for story in &stories[..2] {
        let steps = story.steps();
        assert!(steps > 40, "{} steps: {}", story.name, steps);
        for (trouble, step) in
            [(Trouble::Crash, 7), (Trouble::Crash, 20), (Trouble::Loss, 8), (Trouble::Loss, 21)]
        {
            let point = Point { story, trouble, step };
            let outcome = point.play();
            assert!(outcome.wrong.is_empty(), "{point}: {:#?}", outcome.wrong);
            assert_eq!(outcome.deaths, u64::from(trouble == Trouble::Crash), "{point}");
        }
    }
}

fn object(value: serde_json::Value) -> Object {
    Object::from_value(value).expect("an object")
}

/// A definition of pages with this resource alone.
fn page_of_resource(resource: &serde_json::Value) -> Object {
    object(json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition", "metadata": {"name": "page"},
        "spec": {
            "schema": {"apiVersion": "v1alpha1", "kind": "Page", "spec": {"text": "string"}},
            "resources": [resource],
        },
    }))
}

/// A definition of pages with this child.
fn page_of(child: &serde_json::Value) -> Object {
    page_of_resource(&json!({"id": "child", "template": child}))
}

/// A definition of pages whose child is a config map with this text.
fn page_with(text: &str) -> Object {
    page_of(&json!({
        "apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "${schema.metadata.name}"},
        "data": {"text": text},
    }))
}

fn page() -> Object {
    page_with("${schema.spec.text}")
}

/// The page `default/home`.
fn home(text: &str) -> Object {
    object(json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "Page",
        "metadata": {"name": "home", "namespace": "default"}, "spec": {"text": text},
    }))
}

/// The reply to the apply of a child is lost, its watch is late, and the instance goes: the child goes too.
#[test]
fn a_child_whose_apply_was_not_answered_is_no_orphan() {
    run(async {
        let mut world = World::new(&WorldOptions::default());
        let faults = world.faults().clone();
        faults
            .script(Rule::new(Fault::DelayWatch(Duration::from_mins(1))).path("/api/v1/configmaps").times(9));
        world.start();
        world.admin().apply(&page()).expect("a definition");
        world.sleep(Duration::from_secs(10)).await;
        faults.script(Rule::new(Fault::LoseReply).path("/api/v1/namespaces/default/configmaps/home"));
        world.admin().apply(&home("hello")).expect("an instance");
        world.sleep(Duration::from_secs(1)).await;
        let pages =
            world.admin().resource(&kro_object::Gvk::new("kro.run", "v1alpha1", "Page")).expect("served");
        let key = ObjectKey::namespaced("default", "home");
        assert!(world.admin().all("", "ConfigMap").iter().any(|map| map.key() == key), "the child is there");
        world.admin().delete(&pages, &key).expect("deleted");
        world.sleep(Duration::from_secs(1)).await;
        world.settle().await.expect("no orphan");
        assert_eq!(world.admin().get(&pages, &key), None);
    });
}
