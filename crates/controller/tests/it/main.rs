//! The whole controller on the embedded API server, in virtual time.

use kro_apiserver::{ApiServer, AuditRecord, Behaviors};
use kro_cluster::{ApplyOptions, Clock, Cluster, Part, Precondition};
use kro_controller::{Compute, Controller, Options};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope, Timestamp};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinHandle};

#[derive(Debug)]
struct VirtualClock(tokio::time::Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000, 0).saturating_add(self.0.elapsed())
    }
}

/// A server with kro's CRDs and a controller at work on it.
struct World {
    server: ApiServer,
    cluster: Cluster,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl World {
    async fn new() -> Self {
        let options =
            kro_apiserver::Options { behaviors: Behaviors::None, ..kro_apiserver::Options::default() };
        let server = ApiServer::new(options);
        let cluster = Cluster::new(
            kube_client::Client::new(server.clone(), "default"),
            kro_cluster::Options::default(),
        );
        let crds = Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
        let crds = ResourceType::new(crds, "customresourcedefinitions", Scope::Cluster);
        for crd in kro_api::manifests() {
            cluster.create(&crds, &crd).await.expect("a CRD of kro's");
        }
        let (stop, task) = start(&server);
        Self { server, cluster, stop: Some(stop), task }
    }

    /// Stops the controller as a signal would, and starts another.
    async fn restart(&mut self) {
        drop(self.stop.take());
        let (stop, task) = start(&self.server);
        std::mem::replace(&mut self.task, task).await.expect("a clean end");
        self.stop = Some(stop);
    }

    async fn apply(&self, resource: &ResourceType, value: Value) {
        let object = Object::from_value(value).expect("an object");
        self.cluster.apply(resource, &object, &ApplyOptions::force("user")).await.expect("applied");
    }

    async fn get(&self, resource: &ResourceType, name: &str) -> Option<Object> {
        let namespace = resource.is_namespaced().then(|| "default".into());
        let key = ObjectKey { namespace, name: name.into() };
        self.cluster.get(resource, &key).await.expect("an answer")
    }

    /// Waits until an object looks like this, and everything is quiet.
    async fn until(&self, resource: &ResourceType, name: &str, holds: impl Fn(&Object) -> bool) {
        for _ in 0..200 {
            if self.get(resource, name).await.is_some_and(|object| holds(&object)) {
                tokio::time::sleep(Duration::from_secs(1)).await;
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} never came to it: {:#?}", self.get(resource, name).await);
    }

    /// What others than this test asked since the mark, but watches.
    fn requests(&self, mark: usize) -> Vec<String> {
        let said = |record: &AuditRecord| format!("{} {}", record.verb, record.path);
        self.server.audit()[mark..].iter().filter(|record| &*record.verb != "WATCH").map(said).collect()
    }

    fn mark(&self) -> usize {
        self.server.audit().len()
    }
}

fn start(server: &ApiServer) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let mut options = Options::new(Arc::new(VirtualClock(tokio::time::Instant::now())));
    options.compute = Compute::Inline;
    let controller = Controller::new(kube_client::Client::new(server.clone(), "default"), options);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { drop(stopped.await) };
    (stop, tokio::spawn(controller.run(shutdown)))
}

fn definitions() -> ResourceType {
    let gvk = Gvk::new("kro.run", "v1alpha1", "ResourceGraphDefinition");
    ResourceType::new(gvk, "resourcegraphdefinitions", Scope::Cluster)
}

fn shops() -> ResourceType {
    ResourceType::new(Gvk::new("kro.run", "v1alpha1", "Shop"), "shops", Scope::Namespaced)
}

fn config_maps() -> ResourceType {
    ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced)
}

/// Three objects, each with a value of the one before.
fn definition(nodes: &[(&str, &str)]) -> Value {
    let resources: Vec<Value> = nodes
        .iter()
        .map(|(id, value)| {
            json!({"id": id, "template": {
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": format!("${{schema.metadata.name}}-{id}")}, "data": {"v": value},
            }})
        })
        .collect();
    json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition", "metadata": {"name": "shop"},
        "spec": {
            "schema": {"kind": "Shop", "apiVersion": "v1alpha1", "spec": {"v": "string"}},
            "resources": resources,
        },
    })
}

const CHAIN: [(&str, &str); 3] = [("a", "${schema.spec.v}"), ("b", "${a.data.v}"), ("c", "${b.data.v}")];

fn shop(v: &str) -> Value {
    json!({"apiVersion": "kro.run/v1alpha1", "kind": "Shop",
        "metadata": {"name": "mine", "namespace": "default"}, "spec": {"v": v}})
}

fn is_active(object: &Object) -> bool {
    object.as_map().get("status").is_some_and(|status| {
        let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
        status["state"].as_str().is_some_and(|state| state.eq_ignore_ascii_case("active"))
            && status["conditions"].as_array().is_some_and(|list| list.iter().any(ready))
    })
}

async fn served() -> World {
    let world = World::new().await;
    world.apply(&definitions(), definition(&CHAIN)).await;
    world.until(&definitions(), "shop", is_active).await;
    world.apply(&shops(), shop("x")).await;
    world.until(&shops(), "mine", is_active).await;
    world
}

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

    let mark = world.mark();
    world.restart().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let writes: Vec<String> =
        world.requests(mark).into_iter().filter(|asked| !asked.starts_with("GET")).collect();
    assert_eq!(writes, [""; 0]);
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
