//! Server and controller in one process, as in `kro dev`: what an instance costs in time and in requests.
//! The server's audit log is the witness.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use kro_apiserver::core::{Key, ResourceId};
use kro_apiserver::{ApiServer, AuditRecord};
use kro_cluster::{ApplyOptions, Cluster, Error};
use kro_controller::Controller;
use kro_object::{Gvk, Object, ObjectKey, ResourceType};
use kro_operator::SystemClock;
use tokio::runtime::Runtime;
use tokio::time::sleep;

/// Nothing here takes longer on a machine that works.
const PATIENCE: Duration = Duration::from_mins(1);
/// Our name among the field managers.
const FIELD_MANAGER: &str = "bench";

/// What was measured.
#[derive(Debug, Default)]
pub(super) struct Measured {
    /// From the answer to the create until every child exists, for each instance.
    pub(super) all_children_exist: Vec<Duration>,
    /// From the answer to the create until the instance is ready.
    pub(super) ready: Vec<Duration>,
    /// Children of one instance.
    pub(super) children: usize,
    /// Writes of the operator until an instance is ready, on average.
    pub(super) writes: f64,
    /// Reads of the operator until an instance is ready, on average.
    pub(super) reads: f64,
    /// Requests until an instance is ready on average, ours among them, by method and resource.
    pub(super) requests: Vec<(String, f64)>,
    /// Reads in the idle time.
    pub(super) idle_reads: usize,
    /// Writes in the idle time.
    pub(super) idle_writes: usize,
}

/// Creates instances one after the other, then watches an idle controller.
pub(super) fn measure(example: &Path, instances: usize, idle: Duration) -> anyhow::Result<Measured> {
    runtime()?.block_on(async {
        let server = ApiServer::new(kro_apiserver::Options::default());
        let client = kube_client::Client::new(server.clone(), "default");
        let cluster = Cluster::new(client.clone(), kro_cluster::Options::default());
        prepare(&cluster, example).await?;
        let controller = Controller::new(client, kro_controller::Options::new(Arc::new(SystemClock)));
        let operator = tokio::spawn(controller.run(std::future::pending()));
        let kind = wait_for_kind(&cluster, example).await?;

        let mut measured = Measured::default();
        let mut requests = Requests::default();
        for number in 0..=instances {
            let instance = numbered(example, number)?;
            let before = server.audit().len();
            let start = Instant::now();
            cluster.apply(&kind, &instance, &ApplyOptions::force(FIELD_MANAGER)).await?;
            let exist = until(|| children(&server, &instance) == CHILDREN).await.context("children")?;
            let key = instance.key();
            until(|| is_ready(&server, &kind, &key)).await.context("ready")?;
            // The first one warms discovery and connections.
            if number > 0 {
                measured.all_children_exist.push(exist.duration_since(start));
                measured.ready.push(start.elapsed());
                requests.add(&server.audit()[before..]);
            }
        }
        measured.children = CHILDREN;
        // Our own apply is one of the writes.
        measured.writes = requests.writes as f64 / instances as f64 - 1.0;
        measured.reads = requests.reads as f64 / instances as f64;
        measured.requests =
            requests.kinds.into_iter().map(|(kind, count)| (kind, count as f64 / instances as f64)).collect();

        sleep(Duration::from_secs(2)).await;
        let before = server.audit().len();
        sleep(idle).await;
        let mut quiet = Requests::default();
        quiet.add(&server.audit()[before..]);
        (measured.idle_reads, measured.idle_writes) = (quiet.reads, quiet.writes);
        operator.abort();
        Ok(measured)
    })
}

/// Installs kro's kinds and the example's definition on a served API server.
pub(super) fn install(address: &str, example: &Path) -> anyhow::Result<()> {
    runtime()?.block_on(async { prepare(&cluster_at(address)?, example).await })
}

/// Applies the example's instance once its kind is served, and tells whether it is ready.
pub(super) fn is_ready_at(address: &str, example: &Path) -> anyhow::Result<bool> {
    runtime()?.block_on(async {
        let cluster = cluster_at(address)?;
        let instance = read(example, "instance.yaml")?;
        let kind = match cluster.kind(&gvk(&instance)?).await {
            Err(Error::UnknownKind(_)) => return Ok(false),
            kind => kind?,
        };
        let live = cluster.apply(&kind, &instance, &ApplyOptions::force(FIELD_MANAGER)).await?;
        Ok(says_ready(&live))
    })
}

/// Deployment, ConfigMap, Service, HorizontalPodAutoscaler, Ingress.
const CHILDREN: usize = 5;

#[derive(Debug, Default)]
struct Requests {
    reads: usize,
    writes: usize,
    /// By method and what was asked for.
    kinds: BTreeMap<String, usize>,
}

impl Requests {
    fn add(&mut self, records: &[AuditRecord]) {
        for record in records {
            match &*record.verb {
                "GET" => self.reads += 1,
                _ => self.writes += 1,
            }
            *self.kinds.entry(format!("{} {}", record.verb, what(&record.path))).or_default() += 1;
        }
    }
}

/// The resource and subresource of a path, without names: `webapps/status`.
fn what(path: &str) -> String {
    let mut segments = path.split('/').skip(if path.starts_with("/apis/") { 4 } else { 3 }).peekable();
    if segments.peek() == Some(&"namespaces") && segments.clone().count() > 2 {
        segments.nth(1);
    }
    let resource = segments.next().unwrap_or(path);
    segments.nth(1).map_or_else(|| resource.to_owned(), |part| format!("{resource}/{part}"))
}

fn runtime() -> anyhow::Result<Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?)
}

fn cluster_at(address: &str) -> anyhow::Result<Cluster> {
    let config = kube_client::Config::new(format!("http://{address}").parse()?);
    Ok(Cluster::new(kube_client::Client::try_from(config)?, kro_cluster::Options::default()))
}

async fn prepare(cluster: &Cluster, example: &Path) -> anyhow::Result<()> {
    for manifest in kro_api::manifests() {
        put(cluster, &manifest).await?;
    }
    let definition = read(example, "definition.yaml")?;
    let start = Instant::now();
    while put(cluster, &definition).await.is_err() {
        ensure!(start.elapsed() < PATIENCE, "definitions are not served");
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

async fn put(cluster: &Cluster, object: &Object) -> anyhow::Result<Object> {
    let kind = cluster.kind(&gvk(object)?).await?;
    Ok(cluster.apply(&kind, object, &ApplyOptions::force(FIELD_MANAGER)).await?)
}

async fn wait_for_kind(cluster: &Cluster, example: &Path) -> anyhow::Result<ResourceType> {
    let wanted = gvk(&read(example, "instance.yaml")?)?;
    let start = Instant::now();
    loop {
        match cluster.kind(&wanted).await {
            Ok(kind) => return Ok(kind),
            Err(error) => ensure!(start.elapsed() < PATIENCE, "the kind is not served: {error}"),
        }
        sleep(Duration::from_millis(20)).await;
    }
}

async fn until(is_done: impl Fn() -> bool) -> anyhow::Result<Instant> {
    let start = Instant::now();
    while !is_done() {
        ensure!(start.elapsed() < PATIENCE, "nothing happened for {PATIENCE:?}");
        sleep(Duration::from_millis(1)).await;
    }
    Ok(Instant::now())
}

/// How many children of an instance the server holds.
fn children(server: &ApiServer, instance: &Object) -> usize {
    let name = instance.key().name;
    let resources = [
        ("apps", "deployments"),
        ("", "configmaps"),
        ("", "services"),
        ("autoscaling", "horizontalpodautoscalers"),
        ("networking.k8s.io", "ingresses"),
    ];
    resources.iter().filter(|(group, plural)| stored(server, group, plural, &name).is_some()).count()
}

fn is_ready(server: &ApiServer, kind: &ResourceType, key: &ObjectKey) -> bool {
    stored(server, &kind.gvk.group, &kind.plural, &key.name).is_some_and(|object| says_ready(&object))
}

fn stored(server: &ApiServer, group: &str, plural: &str, name: &str) -> Option<Object> {
    let resource = ResourceId { group: group.into(), plural: plural.into() };
    server.stored(&resource, &Key::new("default", name))
}

fn says_ready(object: &Object) -> bool {
    let conditions = object.as_map().get("status").and_then(|status| status.get("conditions"));
    let conditions = conditions.and_then(|list| list.as_array());
    conditions.into_iter().flatten().any(|condition| {
        condition.get("type").is_some_and(|t| t == "Ready")
            && condition.get("status").is_some_and(|s| s == "True")
    })
}

/// The example's instance under a name of its own.
fn numbered(example: &Path, number: usize) -> anyhow::Result<Object> {
    let mut value = read(example, "instance.yaml")?.into_value();
    let name = format!("app-{number}");
    value["metadata"]["name"] = name.clone().into();
    value["spec"]["name"] = name.into();
    Object::from_value(value).map_err(|_| anyhow::anyhow!("the instance is no object"))
}

fn read(example: &Path, file: &str) -> anyhow::Result<Object> {
    let path = example.join(file);
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let value: serde_json::Value = serde_saphyr::from_str(&text)?;
    Object::from_value(value).map_err(|_| anyhow::anyhow!("{} holds no object", path.display()))
}

fn gvk(object: &Object) -> anyhow::Result<Gvk> {
    object.gvk().context("no apiVersion and kind")
}
