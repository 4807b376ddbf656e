//! Clusters that upstream kro ran are taken over on a bad day and with an operator that dies: nothing that was found is
//! deleted, made anew or changed. Recorded in the gold data (`upstream-state`); without it nothing is looked at.

#[path = "../../../controller/tests/it/takeover/recorded.rs"]
mod recorded;

use kro_apiserver::{core::ResourceId, fault::Rates};
use kro_object::Object;
use kro_sim::{OPERATOR, World, WorldOptions, run};
use serde_json::Value;
use std::{collections::BTreeMap, time::Duration};

/// All of an object but what tells of waiting, and of who wrote it.
fn bare(object: &Object) -> Value {
    let mut value = object.to_value();
    if let Some(map) = value.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
        metadata.remove("managedFields");
    }
    value
}

async fn take_over(seed: u64, objects: &[Object]) -> Result<(), Vec<String>> {
    let rates = (seed % 2 == 1).then(Rates::rough);
    let mut world = World::new(&WorldOptions { seed, rates, ..WorldOptions::default() });
    for crd in recorded::stand_ins() {
        world.admin().apply(&crd).expect("a CRD");
    }
    // Where they were recorded nobody rolls out.
    world.server().hold(&ResourceId { group: "apps".into(), plural: "deployments".into() }, None);
    world.server().restore(objects.to_vec()).expect("restored");
    world.sleep(Duration::from_secs(2)).await;
    let uid = |object: &Object| object.metadata().uid().unwrap_or_default().to_owned();
    let found: BTreeMap<String, Value> =
        world.admin().everything().iter().map(|object| (uid(object), bare(object))).collect();
    assert!(objects.iter().all(|object| found.contains_key(&uid(object))), "everything is stored");
    world.always(move |request, before, after| {
        let Some(before) = before.filter(|before| found.contains_key(&uid(before))) else { return Ok(()) };
        if request.verb == "DELETE" && request.code < 300 {
            return Err(format!("deleted {}", request.path));
        }
        match after {
            Some(after) if bare(after) == bare(before) => Ok(()),
            Some(_) => Err(format!("changed {}", request.path)),
            None => Err(format!("made {} go", request.path)),
        }
    });
    world.start();
    world.crash_after(OPERATOR, seed * 17);
    world.sleep(Duration::from_secs(30)).await;
    world.settle().await.map(drop)
}

#[test]
fn nothing_that_was_found_is_touched() {
    let Some(objects) = recorded::recorded() else { return };
    for seed in 0..12 {
        run(take_over(seed, &objects)).unwrap_or_else(|wrong| panic!("seed {seed}: {wrong:#?}"));
    }
}
