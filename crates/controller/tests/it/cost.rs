//! What things cost: requests for a chain, for short and long waits, and none afterwards.

use crate::world::{CHAIN, World, config_maps, definition, definitions, is_active, shop, shops};
use kro_cluster::Part;
use kro_object::ObjectKey;
use serde_json::{Value, json};
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn a_chain_costs_three_writes_more_than_it_has_objects_and_nothing_afterwards() {
    let world = World::new().await;
    world.apply(&definitions(), definition(&CHAIN)).await;
    world.until(&definitions(), "shop", is_active).await;
    let mark = world.mark();
    world.apply(&shops(), shop("x")).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let asked = world.requests(mark);
    let instance = "PATCH /apis/kro.run/v1alpha1/namespaces/default/shops/mine";
    let child = "PATCH /api/v1/namespaces/default/configmaps/mine-";
    let wanted = [
        instance.to_owned(),
        instance.to_owned(),
        format!("{child}a"),
        format!("{child}b"),
        format!("{child}c"),
        format!("{instance}/status"),
    ];
    assert_eq!(asked[1..], wanted, "after the user's own");
    assert!(is_active(&world.get(&shops(), "mine").await.expect("it is there")));

    let mark = world.mark();
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(world.requests(mark), [""; 0]);
}

/// An object that others make ready, and one of another kind that waits for it.
fn waiting() -> Value {
    let mut definition = definition(&[("a", "${schema.spec.v}")]);
    definition["spec"]["resources"][0]["readyWhen"] = json!(["${a.data.?go.orValue('') == 'yes'}"]);
    let secret = json!({"id": "s", "template": {
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "${a.metadata.name}"}, "stringData": {"v": "${a.data.v}"},
    }});
    definition["spec"]["resources"].as_array_mut().expect("a list").push(secret);
    definition
}

/// An instance of it whose wait lasts `wait`. Returns what was asked, but our own requests.
async fn wait_for(world: &World, wait: Duration) -> Vec<String> {
    world.apply(&definitions(), waiting()).await;
    world.until(&definitions(), "shop", is_active).await;
    let mark = world.mark();
    world.apply(&shops(), shop("x")).await;
    tokio::time::sleep(wait).await;
    let key = ObjectKey::namespaced("default", "mine-a");
    let ready = json!({"data": {"go": "yes"}});
    world.cluster.merge(&config_maps(), &key, Part::Main, &ready).await.expect("edited");
    world.until(&shops(), "mine", is_active).await;
    let (mut asked, ours) = (world.requests(mark), ["mine-a", "shops/mine"]);
    asked.retain(|one| one.starts_with("PATCH"));
    for own in ours {
        let at = asked.iter().position(|one| one.starts_with("PATCH") && one.ends_with(own));
        asked.remove(at.expect("our own request"));
    }
    asked
}

const RECORD: &str = "applyset.kubernetes.io/contains-group-kinds";

#[tokio::test(start_paused = true)]
async fn a_short_wait_costs_nothing() {
    let world = World::new().await;
    let asked = wait_for(&world, Duration::from_millis(20)).await;
    assert_eq!(asked.len(), 2 + 3, "two objects and three more: {asked:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_wait_is_told_with_a_record_of_what_is_there() {
    let world = World::new().await;
    let asked = tokio::select! {
        biased;
        asked = wait_for(&world, Duration::from_secs(5)) => asked,
        () = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            let instance = world.get(&shops(), "mine").await.expect("it is there");
            let status = &instance.as_map()["status"];
            assert_eq!(status["state"], "IN_PROGRESS");
            assert!(status.to_string().contains("waiting for node"), "{status}");
            assert_eq!(instance.metadata().annotation(RECORD), Some("ConfigMap"));
            std::future::pending::<()>().await;
        } => unreachable!("it never ends"),
    };
    // The record is made smaller while it waits and larger again; the status is written twice.
    assert_eq!(asked.len(), 2 + 3 + 3, "{asked:#?}");
    let instance = world.get(&shops(), "mine").await.expect("it is there");
    assert_eq!(instance.metadata().annotation(RECORD), Some("ConfigMap,Secret"));
}
