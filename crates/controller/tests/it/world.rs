//! A server with kro's CRDs, a controller at work on it, and what tests do with both.

use kro_apiserver::{ApiServer, AuditRecord, Authorization, Behaviors, core::Identity};
use kro_cluster::{ApplyOptions, Clock, Cluster};
use kro_controller::{Compute, Controller, Metrics, Options};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope, Timestamp};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::{sync::oneshot, task::JoinHandle};
use tower::ServiceExt as _;

#[derive(Debug)]
pub(crate) struct VirtualClock(pub(crate) tokio::time::Instant);

impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000, 0).saturating_add(self.0.elapsed())
    }
}

/// A server with kro's CRDs and a controller at work on it.
pub(crate) struct World {
    pub(crate) server: ApiServer,
    pub(crate) cluster: Cluster,
    controller: Option<Running>,
    /// Whose rights the controller has; an administrator's by default.
    pub(crate) operator: Identity,
}

impl World {
    pub(crate) async fn new() -> Self {
        let mut world = Self::without_controller().await;
        world.restart().await;
        world
    }

    pub(crate) async fn without_controller() -> Self {
        let server =
            ApiServer::builder().behaviors(Behaviors::none()).authorization(Authorization::Rbac).build();
        let cluster = Cluster::new(
            kube_client::Client::new(server.clone(), "default"),
            kro_cluster::Options::default(),
        );
        let crds = Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
        let crds = ResourceType::new(crds, "customresourcedefinitions", Scope::Cluster);
        for crd in kro_api::manifests() {
            cluster.create(&crds, &crd).await.expect("a CRD of kro's");
        }
        Self { server, cluster, controller: None, operator: Identity::admin() }
    }

    /// Stops the controller as a signal would.
    pub(crate) async fn stop(&mut self) {
        if let Some((stop, task, _)) = self.controller.take() {
            drop(stop);
            task.await.expect("a clean end");
        }
    }

    /// Stops the controller and starts another.
    pub(crate) async fn restart(&mut self) {
        self.restart_with(options()).await;
    }

    pub(crate) async fn restart_with(&mut self, options: Options) {
        self.stop().await;
        self.controller = Some(start_as(&self.server, options, self.operator.clone()));
    }

    pub(crate) async fn apply(&self, resource: &ResourceType, value: Value) {
        let object = Object::from_value(value).expect("an object");
        self.cluster.apply(resource, &object, &ApplyOptions::force("user")).await.expect("applied");
    }

    pub(crate) async fn get(&self, resource: &ResourceType, name: &str) -> Option<Object> {
        let namespace = resource.is_namespaced().then(|| "default".into());
        let key = ObjectKey { namespace, name: name.into() };
        self.cluster.get(resource, &key).await.expect("an answer")
    }

    /// Waits until an object looks like this, and everything is quiet.
    pub(crate) async fn until(&self, resource: &ResourceType, name: &str, holds: impl Fn(&Object) -> bool) {
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
    pub(crate) fn requests(&self, mark: usize) -> Vec<String> {
        let said = |record: &AuditRecord| format!("{} {}", record.verb, record.path);
        self.server.audit()[mark..].iter().filter(|record| &*record.verb != "WATCH").map(said).collect()
    }

    /// The value of the first series whose name and labels begin so.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let text = self.rendered();
        let line = text.lines().find(|line| line.starts_with(series))?;
        line.split(' ').next_back()?.parse().ok()
    }

    /// All metrics of the controller.
    pub(crate) fn rendered(&self) -> String {
        self.controller.as_ref().map_or_else(String::new, |(_, _, metrics)| metrics.render())
    }

    pub(crate) fn mark(&self) -> usize {
        self.server.audit().len()
    }
}

/// A controller that runs until the sender is dropped.
pub(crate) type Running = (oneshot::Sender<()>, JoinHandle<()>, Arc<Metrics>);

pub(crate) fn options() -> Options {
    let mut options = Options::new(Arc::new(VirtualClock(tokio::time::Instant::now())));
    options.compute = Compute::Inline;
    options
}

pub(crate) fn start(server: &ApiServer, options: Options) -> Running {
    start_as(server, options, Identity::admin())
}

fn start_as(server: &ApiServer, options: Options, operator: Identity) -> Running {
    let operator = Arc::new(operator);
    let service = server.clone().map_request(move |mut request: http::Request<kube_client::client::Body>| {
        request.extensions_mut().insert(Arc::clone(&operator));
        request
    });
    let controller = Controller::new(kube_client::Client::new(service, "default"), options);
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { drop(stopped.await) };
    let metrics = controller.metrics();
    (stop, tokio::spawn(controller.run(shutdown)), metrics)
}

pub(crate) fn definitions() -> ResourceType {
    let gvk = Gvk::new("kro.run", "v1alpha1", "ResourceGraphDefinition");
    ResourceType::new(gvk, "resourcegraphdefinitions", Scope::Cluster)
}

pub(crate) fn shops() -> ResourceType {
    ResourceType::new(Gvk::new("kro.run", "v1alpha1", "Shop"), "shops", Scope::Namespaced)
}

pub(crate) fn config_maps() -> ResourceType {
    ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced)
}

/// Three objects, each with a value of the one before.
pub(crate) fn definition(nodes: &[(&str, &str)]) -> Value {
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

pub(crate) const CHAIN: [(&str, &str); 3] =
    [("a", "${schema.spec.v}"), ("b", "${a.data.v}"), ("c", "${b.data.v}")];

pub(crate) fn shop(v: &str) -> Value {
    json!({"apiVersion": "kro.run/v1alpha1", "kind": "Shop",
        "metadata": {"name": "mine", "namespace": "default"}, "spec": {"v": v}})
}

pub(crate) fn is_active(object: &Object) -> bool {
    object.as_map().get("status").is_some_and(|status| {
        let ready = |condition: &Value| condition["type"] == "Ready" && condition["status"] == "True";
        status["state"].as_str().is_some_and(|state| state.eq_ignore_ascii_case("active"))
            && status["conditions"].as_array().is_some_and(|list| list.iter().any(ready))
    })
}

pub(crate) async fn served() -> World {
    let world = World::new().await;
    world.apply(&definitions(), definition(&CHAIN)).await;
    world.until(&definitions(), "shop", is_active).await;
    world.apply(&shops(), shop("x")).await;
    world.until(&shops(), "mine", is_active).await;
    world
}
