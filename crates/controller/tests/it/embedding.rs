//! The two ways to embed, as the README of this crate shows them.

use crate::world::{
    CHAIN, VirtualClock, World, config_maps, definition, definitions, is_active, shop, shops,
};
use kro_api::ResourceGraphDefinition;
use kro_apply::{ApplySet, Contact, Item, Membership, SharedFields};
use kro_cluster::{ApplyOptions, Clock, Cluster, Query};
use kro_controller::{Controller, Options};
use kro_graph::{CompileOptions, Graph, Kinds};
use kro_object::{Gvk, Object, ResourceType, Scope};
use kro_plan::{Desired, NodeState, Observation, Plan, Planner, Step, Target};
use std::{future::Future, sync::Arc, time::Duration};

type Error = Box<dyn std::error::Error>;

// README: a controller of your own
/// The graph of a definition, compiled against what the cluster serves.
async fn graph(cluster: &Cluster, definition: &ResourceGraphDefinition) -> Result<Arc<Graph>, Error> {
    let source = kro_graph::lower(&definition.spec).into_result().map_err(|wrong| format!("{wrong:?}"))?;
    let mut kinds = Kinds::default();
    for (gvk, _) in kro_graph::required_kinds(&source) {
        kinds.insert(cluster.kind(&gvk).await?, cluster.schema(&gvk).await?);
    }
    let compiled = kro_graph::compile(&source, &kinds, &CompileOptions::default());
    Ok(Arc::new(compiled.into_result().map_err(|wrong| format!("{wrong:?}"))?))
}

/// One pass over one instance: reads what the planner asks for and applies what it says, wave by wave.
async fn reconcile(cluster: &Cluster, graph: &Arc<Graph>, instance: Object) -> Result<Plan, Error> {
    let (resource, key) = (&graph.instance.resource, instance.key());
    let id = kro_apply::id(&resource.gvk.group_kind(), &key);
    let home = key.namespace.clone();
    let set = ApplySet { id: id.clone().into(), home, manager: "shop/children", concurrency: 8 };
    let mut record = Membership::of_parent(&instance)?;
    let mut planner = Planner::new(Arc::clone(graph), instance);
    loop {
        match planner.poll() {
            Step::Read(reads) => {
                for read in reads {
                    let found = match &read.target {
                        Target::Named(key) => cluster.get(&read.resource, key).await?.into_iter().collect(),
                        Target::Selected { namespace, selector } => {
                            let query = Query::all().within(namespace.as_deref()).selected(selector);
                            cluster.list(&read.resource, &query).await?
                        }
                    };
                    let named = matches!(read.target, Target::Named(_)) && found.is_empty();
                    let seen = if named { Observation::Missing } else { Observation::Found(found) };
                    planner.observe(read.id, seen);
                }
            }
            Step::Apply(wave) => {
                let mut items = Vec::new();
                for Desired { resource, object, .. } in &wave {
                    record.insert(resource, &object.key(), set.home.as_deref());
                    let (resource, object) = (Arc::new(resource.clone()), object.clone());
                    let shared = SharedFields::default();
                    items.push(Item { resource, object, contact: Contact::Unknown, shared });
                }
                // The record comes first: whatever happens next, it covers everything that may exist.
                let mut parent = Object::new(&resource.gvk, &key);
                record.write(&mut parent, &id, "shop/1.0");
                cluster.apply(resource, &parent, &ApplyOptions::force("shop/parent")).await?;
                for (desired, answer) in wave.iter().zip(set.apply(cluster, items).await) {
                    let answer = answer.map_err(|error| error.to_string());
                    planner.applied(&desired.node, desired.item.map(|item| item.index), answer);
                }
            }
            Step::Done(plan) => return Ok(plan),
        }
    }
}
// README: end

// README: the whole controller
async fn run(client: kube_client::Client, clock: Arc<dyn Clock>, shutdown: impl Future<Output = ()> + Send) {
    let mut options = Options::new(clock);
    options.instances = 8;
    Controller::new(client, options).run(shutdown).await;
}
// README: end

#[tokio::test(start_paused = true)]
async fn a_controller_of_your_own() {
    let world = World::without_controller().await;
    let object = Object::from_value(definition(&CHAIN)).expect("an object");
    let definition = ResourceGraphDefinition::decode(object).into_result().expect("a definition");
    let graph = graph(&world.cluster, &definition).await.expect("a graph");
    let crds = Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let crds = ResourceType::new(crds, "customresourcedefinitions", Scope::Cluster);
    world.cluster.create(&crds, &graph.crd).await.expect("a CRD");
    world.apply(&shops(), shop("x")).await;
    let instance = world.get(&shops(), "mine").await.expect("it is there");
    let plan = reconcile(&world.cluster, &graph, instance).await.expect("a plan");
    assert!(plan.nodes.values().all(|state| *state == NodeState::Ready), "{:?}", plan.nodes);
    let last = world.get(&config_maps(), "mine-c").await.expect("applied");
    assert_eq!(last.as_map()["data"]["v"], "x");
    let parent = world.get(&shops(), "mine").await.expect("it is there");
    assert_eq!(parent.metadata().annotation(kro_apply::GROUP_KINDS), Some("ConfigMap"));
}

#[tokio::test(start_paused = true)]
async fn the_whole_controller() {
    let world = World::without_controller().await;
    let clock = Arc::new(VirtualClock(tokio::time::Instant::now()));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let client = kube_client::Client::new(world.server.clone(), "default");
    let task = tokio::spawn(run(client, clock, async { drop(stopped.await) }));
    world.apply(&definitions(), definition(&CHAIN)).await;
    world.until(&definitions(), "shop", is_active).await;
    drop(stop);
    tokio::time::timeout(Duration::from_secs(5), task).await.expect("it ends").expect("cleanly");
}

#[test]
fn the_readme_shows_what_is_tested() {
    let (source, readme) = (include_str!("embedding.rs"), include_str!("../../README.md"));
    for part in source.split("// README: ").skip(1).filter(|part| !part.starts_with("end")) {
        let Some((title, code)) = part.split_once('\n') else { continue };
        if !code.contains("async fn") || title.starts_with('"') {
            continue;
        }
        assert!(code.lines().count() < 60, "{title}");
        assert!(readme.contains(&format!("```rust\n{}\n```", code.trim())), "the README lacks: {title}");
    }
}
