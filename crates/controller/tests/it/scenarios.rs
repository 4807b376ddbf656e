//! `fixtures/scenarios`: what each option of the policy does, step by step, on the embedded server in virtual time.
//!
//! A file has `about`, `policy` (the operator's profile), `operator` (who it is, if it has not all rights) and `steps`. A step does one thing (`apply` objects as a user;
//! `merge` or `status`: a patch of an object; `delete` one; `restart` the operator), lets `wait` seconds pass (2 unless
//! said otherwise) during which the operator makes at most so many `requests`, and then `expect`s objects. What is written of an object must be there: of maps these keys, where
//! null means none; of lists these elements, in any order. `absent: true` means no such object.

use crate::world::{World, options};
use kro_api::Profile;
use kro_apiserver::core::Identity;
use kro_cluster::{ApplyOptions, Part, Precondition};
use kro_controller::Options;
use kro_object::{Object, ResourceType};
use serde_json::{Value, json};
use std::{fs, path::Path, time::Duration};

/// The object that a step speaks of, with the namespace `default` unless it has another.
async fn target(world: &World, value: &Value) -> (ResourceType, Object) {
    let mut object = Object::from_value(value.clone()).expect("an object");
    let gvk = object.gvk().expect("a kind");
    let resource = world.cluster.kind(&gvk).await.expect("a served kind");
    if resource.is_namespaced() && object.metadata().namespace().is_none() {
        object.metadata_mut().insert("namespace", "default");
    }
    (resource, object)
}

/// Why `found` lacks something of `wanted`.
fn lacks(wanted: &Value, found: &Value, at: &str) -> Option<String> {
    match (wanted, found) {
        (Value::Object(wanted), Value::Object(found)) => wanted.iter().find_map(|(key, wanted)| {
            let found = found.get(key).unwrap_or(&Value::Null);
            lacks(wanted, found, &format!("{at}/{key}"))
        }),
        (Value::Object(wanted), Value::Null) if !wanted.is_empty() => lacks(&json!(wanted), &json!({}), at),
        (Value::Array(wanted), Value::Array(found)) => wanted.iter().find_map(|wanted| {
            let same = found.iter().any(|found| lacks(wanted, found, at).is_none());
            (!same).then(|| format!("{at}: no element has {wanted}"))
        }),
        (Value::String(wanted), Value::String(found)) if wanted.starts_with('~') => (!found
            .contains(&wanted[1..]))
        .then(|| format!("{at}: {found:?} does not contain {:?}", &wanted[1..])),
        _ => (wanted != found).then(|| format!("{at}: {found} is not {wanted}")),
    }
}

async fn expect(world: &World, wanted: &Value, place: &str) {
    let mut wanted = wanted.clone();
    let absent = wanted.as_object_mut().and_then(|wanted| wanted.remove("absent")).is_some();
    let (resource, object) = target(world, &wanted).await;
    let key = object.key();
    let found = world.cluster.get(&resource, &key).await.expect("an answer");
    match found {
        None => assert!(absent, "{place}: {} {key} is not there", resource.gvk.kind),
        Some(found) => {
            let found = found.into_value();
            assert!(!absent, "{place}: {} {key} is there", resource.gvk.kind);
            let lacks = lacks(&wanted, &found, "");
            assert_eq!(lacks, None, "{place}: {} {key}: {found:#}", resource.gvk.kind);
        }
    }
}

async fn act(world: &mut World, step: &Value, start: &Options) {
    if step.get("restart").is_some() {
        world.restart_with(start.clone()).await;
    }
    for object in step["apply"].as_array().into_iter().flatten() {
        let (resource, object) = target(world, object).await;
        let options = ApplyOptions::force("user");
        world.cluster.apply(&resource, &object, &options).await.expect("applied");
        // A new kind is served a moment later.
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    for (action, part) in [("merge", Part::Main), ("status", Part::Status)] {
        if let Some(patch) = step.get(action) {
            let (resource, object) = target(world, patch).await;
            let mut patch = patch.clone();
            for field in ["apiVersion", "kind"] {
                patch.as_object_mut().expect("an object").remove(field);
            }
            world.cluster.merge(&resource, &object.key(), part, &patch).await.expect("patched");
        }
    }
    if let Some(object) = step.get("delete") {
        let (resource, object) = target(world, object).await;
        world.cluster.delete(&resource, &object.key(), Precondition::default()).await.expect("deleted");
    }
    let wait = step["wait"].as_u64().unwrap_or(2);
    let mark = world.mark();
    tokio::time::sleep(Duration::from_secs(wait)).await;
    if let Some(most) = step["requests"].as_u64() {
        let made = world.requests(mark);
        assert!(made.len() as u64 <= most, "{} requests: {made:#?}", made.len());
    }
}

async fn play(path: &Path) {
    let text = fs::read_to_string(path).expect("a file");
    let scenario: Value = serde_saphyr::from_str(&text).expect("YAML");
    let profile =
        scenario["policy"].as_str().map_or(Some(Profile::Upstream), Profile::parse).expect("a profile");
    let mut world = World::without_controller().await;
    let mut start = options();
    start.profile = profile;
    if let Some(user) = scenario["operator"].as_str() {
        world.operator = Identity { user: user.to_owned(), groups: Vec::new() };
    }
    act(&mut world, &json!({"restart": true}), &start).await;
    for (number, step) in (1..).zip(scenario["steps"].as_array().expect("steps")) {
        act(&mut world, step, &start).await;
        for wanted in step["expect"].as_array().into_iter().flatten() {
            expect(&world, wanted, &format!("{}, step {number}", path.display())).await;
        }
    }
}

/// One test for each file, so that a missing one is noticed too.
macro_rules! scenarios {
    ($($name:ident)*) => {
        $(
            #[tokio::test(start_paused = true)]
            async fn $name() {
                let name = stringify!($name).replace('_', "-");
                play(&folder().join(format!("{name}.yaml"))).await;
            }
        )*

        #[test]
        fn every_scenario_is_played() {
            let names = [$(stringify!($name)),*].map(|name| format!("{}.yaml", name.replace('_', "-")));
            for file in fs::read_dir(folder()).expect("a folder") {
                let name = file.expect("an entry").file_name().into_string().expect("text");
                assert!(name == "README.md" || names.contains(&name), "{name} is not played");
            }
        }
    };
}

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/scenarios")
}

scenarios! {
    readiness_kstatus
    existing_adopt
    existing_refuse
    deletion_retain_and_orphan
    deletion_retained_until_told
    max_deletes
    create_only
    ignore
    inventory_and_progress
    instances_refuse
    instances_cascade
    access_check
    service_account
    unreadable_policy
    revision_pinned
    revision_pinned_by_instance
    revision_last_good
    revision_none_good
    kind_vanishes
}
