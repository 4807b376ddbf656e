//! Worlds of one seed: alike, right in the end, and right after the mistakes that were found this way.

mod determinism;
mod scenario;

use kro_apiserver::fault::{Fault, Rule};
use kro_object::{Object, ObjectKey};
use kro_sim::{World, WorldOptions, exhaustive, run, story};
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
fn a_crash_at_any_step_of_defining_changes_nothing_in_the_end() {
    let stories = exhaustive::stories();
    let (_, define) = stories.iter().find(|(name, _)| *name == "define").expect("a story");
    let report = exhaustive::explore(define, 12);
    assert_eq!(report.runs, 12);
    assert!(report.wrong.is_empty(), "{:#?}", report.wrong);
}

fn object(value: serde_json::Value) -> Object {
    Object::from_value(value).expect("an object")
}

fn page() -> Object {
    object(json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition", "metadata": {"name": "page"},
        "spec": {
            "schema": {"apiVersion": "v1alpha1", "kind": "Page", "spec": {"text": "string"}},
            "resources": [{"id": "map", "template": {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "${schema.metadata.name}"}, "data": {"text": "${schema.spec.text}"},
            }}],
        },
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
        let home = json!({
            "apiVersion": "kro.run/v1alpha1", "kind": "Page",
            "metadata": {"name": "home", "namespace": "default"}, "spec": {"text": "hello"},
        });
        world.admin().apply(&object(home)).expect("an instance");
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
