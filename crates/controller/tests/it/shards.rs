//! Several replicas that share the instances: each writes its own only, and takes over from those that end or die.

use crate::world::{
    CHAIN, VirtualClock, World, config_maps, definition, definitions, is_active, options, shop, shops,
};
use kro_apiserver::core::Identity;
use kro_cluster::{Clock, Cluster, LeaseTimes, Part, Replica, Share};
use kro_controller::Controller;
use kro_object::{Gvk, ObjectKey, ResourceType, Scope};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{oneshot, watch},
    task::JoinHandle,
};
use tower::ServiceExt as _;

const SHARDS: u32 = 6;
const INSTANCES: usize = 24;

/// A replica at work. Aborting it is a crash, dropping the sender a signal.
struct Started {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

fn start(world: &World, name: &str, count: u32) -> Started {
    let operator = Arc::new(Identity { user: name.into(), groups: vec!["system:masters".into()] });
    let service =
        world.server.clone().map_request(move |mut request: http::Request<kube_client::client::Body>| {
            request.extensions_mut().insert(Arc::clone(&operator));
            request
        });
    let client = kube_client::Client::new(service, "default");
    let controller = Controller::new(client.clone(), options());
    let clock: Arc<dyn Clock> = Arc::new(VirtualClock(tokio::time::Instant::now()));
    let cluster = Cluster::new(client, kro_cluster::Options::default());
    let lease = ObjectKey::namespaced("default", "controller.kro.run");
    let mut replica = Replica::new(cluster, &lease, name, count, LeaseTimes::default(), &clock);
    let (may, allowed) = watch::channel(Share::none(count));
    let (busy, worked) = watch::channel(BTreeSet::new());
    let (stop, stopped) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        tokio::select! {
            biased;
            () = controller.run_shared(allowed, busy, async { drop(stopped.await) }) => replica.release().await,
            lost = replica.run(&may, &worked) => panic!("{lost}"),
        }
    });
    Started { stop, task }
}

/// Replicas of these names, and instances that all are ready.
async fn shared(names: &[&str]) -> (World, Vec<Started>) {
    let world = World::without_controller().await;
    let started: Vec<Started> = names.iter().map(|name| start(&world, name, SHARDS)).collect();
    tokio::time::sleep(Duration::from_secs(10)).await;
    world.apply(&definitions(), definition(&CHAIN)).await;
    world.until(&definitions(), "shop", is_active).await;
    for number in 0..INSTANCES {
        let shop = json!({"apiVersion": "kro.run/v1alpha1", "kind": "Shop",
            "metadata": {"name": format!("s{number}"), "namespace": "default"}, "spec": {"v": "x"}});
        world.apply(&shops(), shop).await;
    }
    for number in 0..INSTANCES {
        world.until(&shops(), &format!("s{number}"), is_active).await;
    }
    (world, started)
}

/// Who wrote children since the mark, by child.
fn writers(world: &World, mark: usize) -> BTreeMap<String, BTreeSet<String>> {
    let mut writers: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for record in &world.server.audit()[mark..] {
        if matches!(&*record.verb, "PATCH" | "DELETE")
            && let Some((_, name)) = record.path.split_once("/configmaps/")
            && record.user.starts_with("replica")
        {
            writers.entry(name.to_owned()).or_default().insert(record.user.to_string());
        }
    }
    writers
}

/// Changes a child of every instance, so that its owner must repair it.
async fn meddle(world: &World) {
    for number in 0..INSTANCES {
        let key = ObjectKey::namespaced("default", &format!("s{number}-b"));
        let edit = json!({"data": {"v": "edited"}});
        world.cluster.merge(&config_maps(), &key, Part::Main, &edit).await.expect("edited");
    }
}

/// The children that are not as they should be.
async fn wrong(world: &World) -> Vec<usize> {
    let mut wrong = Vec::new();
    for number in 0..INSTANCES {
        let child = world.get(&config_maps(), &format!("s{number}-b")).await.expect("it is there");
        if child.as_map()["data"]["v"] != "x" {
            wrong.push(number);
        }
    }
    wrong
}

fn leases() -> ResourceType {
    ResourceType::new(Gvk::new("coordination.k8s.io", "v1", "Lease"), "leases", Scope::Namespaced)
}

/// The shards of each replica, by what the leases say.
async fn held(world: &World) -> BTreeMap<String, usize> {
    let mut held: BTreeMap<String, usize> = BTreeMap::new();
    for shard in 0..SHARDS {
        let lease = world.get(&leases(), &format!("controller.kro.run-shard-{shard}")).await;
        let holder =
            lease.and_then(|lease| Some(lease.as_map()["spec"]["holderIdentity"].as_str()?.to_owned()));
        *held.entry(holder.unwrap_or_default()).or_default() += 1;
    }
    held
}

#[tokio::test(start_paused = true)]
async fn every_instance_has_one_writer_and_one_replica_leads() {
    let names = ["replica-a", "replica-b", "replica-c"];
    let (world, _started) = shared(&names).await;
    let even = names.map(|name| (name.to_owned(), 2));
    assert_eq!(held(&world).await, BTreeMap::from(even));
    let writers = writers(&world, 0);
    assert_eq!(writers.len(), 3 * INSTANCES);
    assert!(writers.values().all(|users| users.len() == 1), "{writers:?}");
    let all: BTreeSet<&String> = writers.values().flatten().collect();
    assert_eq!(all.len(), 3, "each has its part");
    let issuers: BTreeSet<Box<str>> = world
        .server
        .audit()
        .into_iter()
        .filter(|record| &*record.verb != "GET" && &*record.verb != "WATCH" && record.code < 300)
        .filter(|record| record.path.contains("graphrevisions") || record.path.contains("definitions/"))
        .map(|record| record.user)
        .filter(|user| user.starts_with("replica"))
        .collect();
    assert_eq!(issuers.len(), 1, "{issuers:?}");

    // Nothing but leases while nothing changes.
    let mark = world.mark();
    tokio::time::sleep(Duration::from_mins(1)).await;
    let asked = world.requests(mark);
    assert!(asked.iter().all(|asked| asked.contains("/leases")), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_a_dead_replica_had_is_taken_over_and_the_leader_replaced() {
    let names = ["replica-a", "replica-b", "replica-c"];
    let (world, mut started) = shared(&names).await;
    let lease = world.get(&leases(), "controller.kro.run").await.expect("somebody leads");
    let leader = lease.as_map()["spec"]["holderIdentity"].as_str().expect("a name").to_owned();
    let dead = names.iter().position(|name| *name == leader).expect("one of them");
    started.remove(dead).task.abort();
    let mark = world.mark();
    meddle(&world).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let left = wrong(&world).await;
    assert!(!left.is_empty() && left.len() < INSTANCES, "the others repair theirs at once: {left:?}");
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(wrong(&world).await, [0; 0], "within the duration of a lease");
    let writers = writers(&world, mark);
    assert!(writers.values().all(|users| users.len() == 1), "{writers:?}");
    assert!(writers.values().flatten().all(|user| *user != leader));
    // Another leads.
    world.apply(&definitions(), definition(&CHAIN[..2])).await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    for number in 0..INSTANCES {
        assert!(world.get(&config_maps(), &format!("s{number}-c")).await.is_none(), "pruned");
    }
    // What it left is cleared away in the end.
    tokio::time::sleep(Duration::from_mins(2)).await;
    let query = kro_cluster::Query::all().within(Some("default"));
    let names = world.cluster.list(&leases(), &query).await.expect("an answer");
    let replicas = names.iter().filter(|lease| lease.key().name.contains("-replica-")).count();
    assert_eq!(replicas, 2);
}

#[tokio::test(start_paused = true)]
async fn a_new_replica_gets_its_part_and_one_that_ends_gives_it_back() {
    let (world, mut started) = shared(&["replica-a"]).await;
    assert_eq!(held(&world).await, BTreeMap::from([("replica-a".to_owned(), 6)]));
    let mark = world.mark();
    started.push(start(&world, "replica-b", SHARDS));
    tokio::time::sleep(Duration::from_secs(10)).await;
    let halves = [("replica-a".to_owned(), 3), ("replica-b".to_owned(), 3)];
    assert_eq!(held(&world).await, BTreeMap::from(halves));
    assert_eq!(writers(&world, mark), BTreeMap::new(), "taking over writes nothing");
    meddle(&world).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(wrong(&world).await, [0; 0]);
    let both: BTreeSet<String> = writers(&world, mark).into_values().flatten().collect();
    assert_eq!(both.len(), 2);

    let first = started.remove(0);
    drop(first.stop);
    first.task.await.expect("a clean end");
    let mark = world.mark();
    meddle(&world).await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    assert_eq!(wrong(&world).await, [0; 0], "leases given back are free at once");
    assert!(writers(&world, mark).values().flatten().all(|user| user == "replica-b"));
    assert_eq!(held(&world).await, BTreeMap::from([("replica-b".to_owned(), 6)]));
}

#[tokio::test(start_paused = true)]
async fn a_replica_that_counts_otherwise_waits_until_the_others_are_gone() {
    let (world, mut started) = shared(&["replica-a"]).await;
    let other = start(&world, "replica-b", 4);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(held(&world).await, BTreeMap::from([("replica-a".to_owned(), 6)]));
    let first = started.remove(0);
    drop(first.stop);
    first.task.await.expect("a clean end");
    tokio::time::sleep(Duration::from_secs(30)).await;
    meddle(&world).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(wrong(&world).await, [0; 0]);
    drop(other.stop);
    other.task.await.expect("a clean end");
}

#[tokio::test(start_paused = true)]
async fn nobody_works_while_a_stranger_leads() {
    let world = World::without_controller().await;
    let now = || VirtualClock(tokio::time::Instant::now()).now().to_rfc3339_micro();
    let lease = json!({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
        "metadata": {"name": "controller.kro.run", "namespace": "default"},
        "spec": {"holderIdentity": "stranger", "leaseDurationSeconds": 15, "renewTime": now()}});
    world.apply(&leases(), lease).await;
    let _started = start(&world, "replica-a", SHARDS);
    for second in 0..10 {
        let renewed: Value = json!({"spec": {"renewTime": format!("2027-01-15T09:00:{second:02}.000000Z")}});
        let key = ObjectKey::namespaced("default", "controller.kro.run");
        world.cluster.merge(&leases(), &key, Part::Main, &renewed).await.expect("renewed");
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(held(&world).await, BTreeMap::from([(String::new(), SHARDS as usize)]));
    }
    // It is gone without a word.
    tokio::time::sleep(Duration::from_secs(20)).await;
    assert_eq!(held(&world).await, BTreeMap::from([("replica-a".to_owned(), SHARDS as usize)]));
}

#[tokio::test(start_paused = true)]
async fn of_one_shard_one_replica_has_all() {
    let world = World::without_controller().await;
    let _started = ["replica-a", "replica-b"].map(|name| start(&world, name, 1));
    tokio::time::sleep(Duration::from_secs(10)).await;
    world.apply(&definitions(), definition(&CHAIN)).await;
    world.until(&definitions(), "shop", is_active).await;
    world.apply(&shops(), shop("x")).await;
    world.until(&shops(), "mine", is_active).await;
    let all: BTreeSet<String> = writers(&world, 0).into_values().flatten().collect();
    assert_eq!(all.len(), 1, "{all:?}");
}
