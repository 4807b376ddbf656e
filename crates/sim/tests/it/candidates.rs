//! Two operators of which one acts: whatever becomes of the leader, the other goes on, and never both write.

use crate::{home, page};
use kro_apiserver::fault::Rates;
use kro_object::{Gvk, ObjectKey};
use kro_sim::{Host, World, WorldOptions, run};
use std::{sync::Arc, time::Duration};

const NAMES: [&str; 2] = ["one", "two"];

/// What becomes of the leader.
#[derive(Debug, Clone, Copy)]
enum End {
    Killed,
    Stopped,
    CutOff,
}

async fn leader(world: &World) -> String {
    let leases = Gvk::new("coordination.k8s.io", "v1", "Lease");
    let leases = world.admin().resource(&leases).expect("built in");
    for _ in 0..600 {
        let lease = world.admin().get(&leases, &ObjectKey::namespaced("default", "controller.kro.run"));
        let holder =
            lease.and_then(|lease| Some(lease.as_value_at("spec")?["holderIdentity"].as_str()?.to_owned()));
        if let Some(holder) = holder.filter(|holder| NAMES.contains(&holder.as_str())) {
            return holder;
        }
        world.sleep(Duration::from_secs(1)).await;
    }
    panic!("nobody leads after ten minutes")
}

async fn play(seed: u64, end: End) -> Result<(), Vec<String>> {
    let rates = (seed % 2 == 1).then(Rates::mild);
    let mut world = World::with_candidates(&WorldOptions { seed, rates, ..WorldOptions::default() }, &NAMES);
    world.start();
    world.admin().apply(&page()).expect("a definition");
    let first = leader(&world).await;
    world.sleep(Duration::from_secs(20)).await;
    world.start();
    world.admin().apply(&home("hello")).expect("an instance");
    match end {
        End::Killed => {
            world.crash_after(&first, seed);
            world.sleep(Duration::from_secs(1)).await;
            world.crash(&first).await;
        }
        End::Stopped => world.stop(&first).await,
        End::CutOff => {
            // At some moment of its work.
            world.sleep(Duration::from_millis(seed * 37)).await;
            world.faults().partition(&first);
        }
    }
    world.admin().apply(&home("good bye")).expect("the instance");
    // A lease lasts a minute.
    world.sleep(Duration::from_secs(160)).await;
    let broken = world.take_broken();
    if !broken.is_empty() {
        return Err(broken);
    }
    assert_ne!(leader(&world).await, first, "seed {seed}, {end:?}: nobody took over");
    world.settle().await?;
    let pages = world.admin().resource(&Gvk::new("kro.run", "v1alpha1", "Page")).expect("served");
    let key = ObjectKey::namespaced("default", "home");
    world.admin().delete(&pages, &key).expect("deleted");
    world.settle().await?;
    assert_eq!(world.admin().get(&pages, &key), None);
    Ok(())
}

#[test]
fn the_other_operator_goes_on() {
    for end in [End::Killed, End::Stopped, End::CutOff] {
        for seed in 0..8 {
            run(play(seed, end)).unwrap_or_else(|wrong| panic!("seed {seed}, {end:?}: {wrong:?}"));
        }
    }
}

/// An operator that does not ask for the lease is noticed.
#[test]
fn a_second_writer_is_told() {
    run(async {
        let mut world = World::with_candidates(&WorldOptions::default(), &NAMES);
        world.start();
        let first = leader(&world).await;
        let other = if first == NAMES[0] { NAMES[1] } else { NAMES[0] };
        world.host(other, |host: Host| async move {
            let mut options = kro_controller::Options::new(Arc::new(host.clock));
            options.compute = kro_controller::Compute::Inline;
            kro_controller::Controller::new(host.client, options).run(host.shutdown).await;
        });
        world.start();
        world.admin().apply(&page()).expect("a definition");
        world.sleep(Duration::from_secs(20)).await;
        let broken = world.take_broken();
        let told = format!("{other} wrote ");
        assert!(
            broken.iter().any(|line| line.starts_with(&told) && line.contains("held the lease")),
            "{broken:?}"
        );
    });
}
