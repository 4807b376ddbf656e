//! Controllers that are not kro's live in a world too: the same faults, and a judgement in their own words.

use futures_util::{FutureExt as _, StreamExt as _};
use k8s_openapi::api::core::v1::ConfigMap;
use kro_apiserver::fault::Rates;
use kro_object::{Object, ObjectKey};
use kro_sim::{Admin, Effect, Host, World, WorldOptions, run};
use kube_client::{
    Api, Error, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams},
};
use kube_runtime::{Controller, controller::Action, watcher::Config};
use serde_json::json;
use std::{sync::Arc, time::Duration};

const MIRRORED: &str = "mirror=yes";

/// Applies what a mirrored map's copy should be.
async fn copy(source: &ConfigMap, maps: &Api<ConfigMap>) -> Result<(), Error> {
    let name = format!("{}-copy", source.name_any());
    let copy =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": source.data});
    maps.patch(&name, &PatchParams::apply("mirror").force(), &Patch::Apply(&copy)).await.map(drop)
}

/// A controller as kube-runtime makes them.
async fn mirror(host: Host) {
    let maps: Api<ConfigMap> = Api::namespaced(host.client, "default");
    let reconcile = |source: Arc<ConfigMap>, maps: Arc<Api<ConfigMap>>| async move {
        copy(&source, &maps).await.map(|()| Action::await_change())
    };
    Controller::new(maps.clone(), Config::default().labels(MIRRORED))
        .graceful_shutdown_on(host.shutdown)
        .run(reconcile, |_, _: &Error, _| Action::requeue(Duration::from_secs(3)), Arc::new(maps))
        .for_each(|_| std::future::ready(()))
        .await;
}

/// A loop written by hand.
async fn mirror_by_hand(host: Host) {
    let maps: Api<ConfigMap> = Api::namespaced(host.client, "default");
    let mut shutdown = host.shutdown.fuse();
    loop {
        if let Ok(sources) = maps.list(&ListParams::default().labels(MIRRORED)).await {
            for source in sources {
                // A failure is for the next turn.
                let _ = copy(&source, &maps).await;
            }
        }
        tokio::select! {
            biased;
            () = &mut shutdown => return,
            () = tokio::time::sleep(Duration::from_secs(10)) => {}
        }
    }
}

/// Copies once and never looks again.
async fn mirror_once(host: Host) {
    let maps: Api<ConfigMap> = Api::namespaced(host.client, "default");
    for source in maps.list(&ListParams::default().labels(MIRRORED)).await.into_iter().flatten() {
        let _ = copy(&source, &maps).await;
    }
    host.shutdown.await;
}

/// Takes everything for its own.
async fn sweep(host: Host) {
    let maps: Api<ConfigMap> = Api::namespaced(host.client, "default");
    let _ = maps.delete("tide", &DeleteParams::default()).await;
    host.shutdown.await;
}

fn tide(level: &str) -> Object {
    Object::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"level": level},
        "metadata": {"name": "tide", "namespace": "default", "labels": {"mirror": "yes"}},
    }))
    .expect("an object")
}

fn is_mirrored(admin: &Admin) -> Result<(), String> {
    let maps = admin.all("", "ConfigMap");
    let data = |name: &str| {
        let key = ObjectKey::namespaced("default", name);
        maps.iter().find(|map| map.key() == key).and_then(|map| map.as_value_at("data"))
    };
    let (source, copy) = (data("tide"), data("tide-copy"));
    if source == copy { Ok(()) } else { Err(format!("the copy of {source:?} is {copy:?}")) }
}

#[test]
fn a_controller_of_kube_runtime_survives_a_crash_at_each_step() {
    for step in 0..30 {
        run(async {
            let options = WorldOptions { seed: step, rates: Some(Rates::mild()), ..WorldOptions::default() };
            let mut world = World::without_kro(&options);
            world.host("mirror", mirror);
            world.eventually(is_mirrored);
            world.start();
            world.crash_after("mirror", step);
            for level in ["low", "high"] {
                world.admin().apply(&tide(level)).expect("a map");
                world.sleep(Duration::from_secs(20)).await;
                world.start();
            }
            world.settle().await.unwrap_or_else(|wrong| panic!("killed at step {step}: {wrong:?}"));
        });
    }
}

#[test]
fn a_loop_written_by_hand_converges_beside_kro() {
    run(async {
        let mut world = World::new(&WorldOptions { rates: Some(Rates::rough()), ..WorldOptions::default() });
        world.host("mirror", mirror_by_hand);
        world.eventually(is_mirrored);
        world.start();
        world.admin().apply(&tide("low")).expect("a map");
        world.sleep(Duration::from_mins(1)).await;
        world.stop("mirror").await;
        world.admin().apply(&tide("high")).expect("a map");
        world.converge().await.expect("mirrored");
        assert!(world.settle().await.is_err_and(|wrong| wrong[0].starts_with("not quiet")), "it goes on");
    });
}

#[test]
fn what_never_becomes_right_is_told_in_the_words_of_the_wish() {
    run(async {
        let mut world = World::without_kro(&WorldOptions::default());
        world.admin().apply(&tide("low")).expect("a map");
        world.host("mirror", mirror_once);
        world.eventually(is_mirrored);
        world.settle().await.expect("the first copy");
        world.admin().apply(&tide("high")).expect("a map");
        let wrong = world.settle().await.expect_err("nobody copies");
        assert!(wrong[0].contains("the copy of"), "{wrong:?}");
    });
}

#[test]
fn what_must_never_happen_is_seen_when_it_does() {
    run(async {
        let mut world = World::without_kro(&WorldOptions::default());
        world.admin().apply(&tide("low")).expect("a map");
        world.always(|request, before, after| match (request.effect, before) {
            (Some(Effect::Deleted), Some(map)) if map.metadata().label("mirror").is_some() => {
                Err(format!("{} deleted {}, gone: {}", request.client, map.key(), after.is_none()))
            }
            _ => Ok(()),
        });
        world.host("sweep", sweep);
        let wrong = world.settle().await.expect_err("it deletes the source");
        assert_eq!(wrong, ["sweep deleted default/tide, gone: true"]);
    });
}
