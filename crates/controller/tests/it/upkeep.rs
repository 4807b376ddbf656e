//! What happens to instances over time: drift, restarts, edits of the definition, deletion.

use crate::world::{
    CHAIN, World, config_maps, definition, definitions, is_active, options, served, shop, shops,
};
use kro_cluster::{Part, Precondition, Query};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use serde_json::json;
use std::time::Duration;

async fn a_restart_writes_nothing(world: &mut World) {
    let mark = world.mark();
    world.restart().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let writes: Vec<String> =
        world.requests(mark).into_iter().filter(|asked| !asked.starts_with("GET")).collect();
    assert_eq!(writes, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn drift_is_repaired_by_watch_and_a_restart_writes_nothing() {
    let mut world = served().await;
    let key = ObjectKey::namespaced("default", "mine-c");
    let edited = json!({"data": {"v": "edited"}});
    world.cluster.merge(&config_maps(), &key, Part::Main, &edited).await.expect("edited");
    tokio::time::sleep(Duration::from_millis(200)).await;
    let value = |object: Object| object.as_map()["data"]["v"].clone();
    assert_eq!(value(world.get(&config_maps(), "mine-c").await.expect("it is there")), "x");
    world.cluster.delete(&config_maps(), &key, Precondition::default()).await.expect("deleted");
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(world.get(&config_maps(), "mine-c").await.is_some(), "made anew");

    a_restart_writes_nothing(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn a_node_that_leaves_is_pruned_and_a_bad_edit_changes_nothing() {
    let world = served().await;
    world.apply(&definitions(), definition(&CHAIN[..2])).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(world.get(&config_maps(), "mine-c").await.is_none(), "pruned");
    world.apply(&definitions(), definition(&[("a", "${nonsense.field}")])).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let definition = world.get(&definitions(), "shop").await.expect("it is there");
    assert_eq!(definition.as_map()["status"]["state"], "Inactive");
    // The last good revision still runs.
    world.apply(&shops(), shop("y")).await;
    tokio::time::sleep(Duration::from_secs(3)).await;
    let b = world.get(&config_maps(), "mine-b").await.expect("still there");
    assert_eq!(b.as_map()["data"]["v"], "y");

    world
        .cluster
        .delete(&shops(), &ObjectKey::namespaced("default", "mine"), Precondition::default())
        .await
        .expect("deleted");
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert!(
        world.get(&shops(), "mine").await.is_none() && world.get(&config_maps(), "mine-a").await.is_none()
    );
}

#[tokio::test(start_paused = true)]
async fn a_new_revision_reads_more_of_what_is_there_without_writing_it() {
    let world = World::new().await;
    let mut before = definition(&[("a", "${schema.spec.v}")]);
    before["spec"]["resources"][0]["template"]["data"]["w"] = "unread so far".into();
    world.apply(&definitions(), before.clone()).await;
    world.until(&definitions(), "shop", is_active).await;
    world.apply(&shops(), shop("x")).await;
    world.until(&shops(), "mine", is_active).await;
    let mark = world.mark();
    let mut after = definition(&[("a", "${schema.spec.v}"), ("b", "${a.data.w}")]);
    after["spec"]["resources"][0] = before["spec"]["resources"][0].clone();
    world.apply(&definitions(), after).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    let b = world.get(&config_maps(), "mine-b").await.expect("made");
    assert_eq!(b.as_map()["data"]["v"], "unread so far");
    let written = world
        .requests(mark)
        .into_iter()
        .filter(|asked| asked.ends_with("mine-a") && asked.starts_with("PATCH"));
    assert_eq!(written.count(), 0);
}

/// Two definitions whose children are of one kind: the second is served when the children have long been listed.
#[tokio::test(start_paused = true)]
async fn a_restart_with_two_definitions_writes_nothing() {
    let mut world = served().await;
    let mut second = definition(&CHAIN);
    second["metadata"]["name"] = "kiosk".into();
    second["spec"]["schema"]["kind"] = "Kiosk".into();
    world.apply(&definitions(), second).await;
    world.until(&definitions(), "kiosk", is_active).await;
    let kiosks = ResourceType::new(Gvk::new("kro.run", "v1alpha1", "Kiosk"), "kiosks", Scope::Namespaced);
    let kiosk = json!({"apiVersion": "kro.run/v1alpha1", "kind": "Kiosk",
        "metadata": {"name": "other", "namespace": "default"}, "spec": {"v": "z"}});
    world.apply(&kiosks, kiosk).await;
    world.until(&kiosks, "other", is_active).await;
    a_restart_writes_nothing(&mut world).await;
}

#[tokio::test(start_paused = true)]
async fn who_fights_over_a_field_is_named() {
    let world = served().await;
    let events = ResourceType::new(Gvk::new("", "v1", "Event"), "events", Scope::Namespaced);
    for round in 0..10 {
        let key = ObjectKey::namespaced("default", "mine-c");
        let edited = json!({"data": {"v": format!("theirs-{round}")}});
        world.cluster.merge(&config_maps(), &key, Part::Main, &edited).await.expect("edited");
        tokio::time::sleep(Duration::from_millis(200)).await;
        let c = world.get(&config_maps(), "mine-c").await.expect("it is there");
        assert_eq!(c.as_map()["data"]["v"], "x", "repaired");
    }
    let told = world.cluster.list(&events, &Query::all()).await.expect("a list");
    let told: Vec<&Object> =
        told.iter().filter(|event| event.as_map()["reason"] == "FieldConflict").collect();
    assert_eq!(world.metric("kro_fights_total"), Some(1.0));
    assert_eq!(told.len(), 1, "once");
    let message = told[0].as_map()["message"].as_str().expect("a text");
    assert!(message.contains("ConfigMap default/mine-c") && message.contains(".data.v"), "{message}");
    assert!(message.contains("\"kro\""), "the other manager: {message}");
}

#[tokio::test(start_paused = true)]
async fn conditions_that_change_are_told_as_events_if_that_is_wanted() {
    let mut world = World::without_controller().await;
    let mut options = options();
    options.gates.instance_condition_events = true;
    world.restart_with(options).await;
    world.apply(&definitions(), definition(&CHAIN)).await;
    world.until(&definitions(), "shop", is_active).await;
    world.apply(&shops(), shop("x")).await;
    world.until(&shops(), "mine", is_active).await;
    let events = ResourceType::new(Gvk::new("", "v1", "Event"), "events", Scope::Namespaced);
    let told = world.cluster.list(&events, &Query::all()).await.expect("a list");
    let mut told: Vec<String> = told
        .iter()
        .map(|event| format!("{} {}", event.as_map()["reason"], event.as_map()["message"]).replace('"', ""))
        .collect();
    told.sort();
    let wanted = [
        "GraphResolved none -> True: Resolved",
        "InstanceManaged none -> True: Managed",
        "Ready none -> True: Ready",
        "ResourcesReady none -> True: AllResourcesReady",
    ];
    assert_eq!(told, wanted);
}
