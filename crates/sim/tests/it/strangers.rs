//! What others have put where a child will be is no child, even before the watch has told of it.

use crate::{home, object};
use kro_api::Profile;
use kro_apiserver::fault::{Fault, Rule};
use kro_object::{Gvk, ObjectKey};
use kro_sim::{OPERATOR, World, WorldOptions, run};
use serde_json::{Value, json};
use std::time::Duration;

fn map(name: &str, text: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"text": text}})
}

#[test]
fn no_child_gets_a_value_from_a_stranger() {
    run(async {
        let options = WorldOptions { profile: Profile::Safe, ..WorldOptions::default() };
        let mut world = World::new(&options);
        // The watch of config maps begins late; each of them can be read.
        let late = Rule::new(Fault::Delay(Duration::from_mins(2))).path("/api/v1/configmaps").times(u32::MAX);
        world.faults().script(late.client(OPERATOR));
        world.start();
        let apply = |value| world.admin().apply(&object(value)).expect("valid");
        apply(json!({
            "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition", "metadata": {"name": "page"},
            "spec": {
                "schema": {"apiVersion": "v1alpha1", "kind": "Page", "spec": {"text": "string"}},
                "resources": [
                    {"id": "first", "template": map("first", "${schema.spec.text}")},
                    {"id": "second", "template": map("second", "${first.data.text}")},
                ],
            },
        }));
        world.sleep(Duration::from_secs(10)).await;
        apply(map("first", "a stranger's"));
        world.admin().apply(&home("ours")).expect("valid");
        world.sleep(Duration::from_mins(1)).await;
        let maps = world.admin().resource(&Gvk::new("", "v1", "ConfigMap")).expect("built in");
        let get = |name: &str| world.admin().get(&maps, &ObjectKey::namespaced("default", name));
        assert_eq!(get("second"), None);
        let first = get("first").expect("nobody deletes it");
        assert_eq!(first.as_value_at("data"), Some(&json!({"text": "a stranger's"})));
        let read =
            |request: &kro_sim::Request| request.verb == "GET" && request.path.ends_with("/configmaps/first");
        assert!(world.journal().iter().any(read), "the watch was there in time");
    });
}
