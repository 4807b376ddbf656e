//! The program itself, started against a server over HTTP: what its endpoints say, and how it ends.
#![expect(clippy::disallowed_methods, reason = "a program runs in real time")]

use http::StatusCode;
use hyper::server::conn::http1;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use kro_apiserver::{
    ApiServer, Behaviors,
    fault::{Fault, Faults, Rule},
};
use kro_cluster::Cluster;
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use serde_json::{Value, json};
use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};
use tower_layer::Layer as _;

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);
const CHILDREN: &str = "/api/v1/namespaces/default/configmaps";

/// An embedded server that listens, and a client that no fault meets.
struct World {
    faults: Faults,
    cluster: Cluster,
    address: SocketAddr,
}

impl World {
    async fn new() -> Self {
        let server = ApiServer::builder().behaviors(Behaviors::none()).build();
        server.load(kro_api::manifests()).expect("kro's CRDs");
        let client = kube_client::Client::new(server.clone(), "default");
        let faults = Faults::none();
        let service = faults.layer("operator").layer(server);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let service = TowerToHyperService::new(service.clone());
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { faults, cluster: Cluster::new(client, kro_cluster::Options::default()), address }
    }

    async fn create(&self, resource: &ResourceType, object: Value) {
        let object = Object::from_value(object).expect("an object");
        for _ in 0..600 {
            match self.cluster.create(resource, &object).await {
                Err(error) if error.is_not_found() => tokio::time::sleep(Duration::from_millis(50)).await,
                created => return drop(created.expect("created")),
            }
        }
        panic!("{} is never served", resource.plural);
    }

    async fn get(&self, resource: &ResourceType, name: &str) -> Value {
        let key = ObjectKey::namespaced("default", name);
        self.cluster.get(resource, &key).await.expect("an answer").map(Object::into_value).unwrap_or_default()
    }

    /// Has the operator make an instance of one object whose apply takes `delay`; returns while it is on its way.
    async fn slow_instance(&self, delay: Duration) -> ResourceType {
        self.faults.script(Rule::new(Fault::Delay(delay)).method(http::Method::PATCH).path(CHILDREN));
        let definitions = kind("ResourceGraphDefinition", "resourcegraphdefinitions", Scope::Cluster);
        let child = json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "${schema.metadata.name}"}, "data": {"v": "${schema.spec.v}"}});
        let definition = json!({"apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition",
            "metadata": {"name": "shop"}, "spec": {
                "schema": {"apiVersion": "v1alpha1", "kind": "Shop", "spec": {"v": "string"}},
                "resources": [{"id": "one", "template": child}]}});
        self.create(&definitions, definition).await;
        let shops = kind("Shop", "shops", Scope::Namespaced);
        let shop = json!({"apiVersion": "kro.run/v1alpha1", "kind": "Shop",
            "metadata": {"name": "one", "namespace": "default"}, "spec": {"v": "x"}});
        self.create(&shops, shop).await;
        until("the apply is on its way", || {
            self.faults.injected().iter().any(|fault| fault.what.starts_with("PATCH"))
        })
        .await;
        shops
    }
}

fn kind(kind: &str, plural: &str, scope: Scope) -> ResourceType {
    ResourceType::new(Gvk::new("kro.run", "v1alpha1", kind), plural, scope)
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The running program; killed with the value.
struct Operator {
    child: Child,
    health: SocketAddr,
    metrics: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Operator {
    fn start(world: &World, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let kubeconfig = folder.path().join("kubeconfig");
        let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": format!("http://{}", world.address)}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": ""}}]});
        fs::write(&kubeconfig, config.to_string()).expect("a kubeconfig");
        let (health, metrics) = (free_address(), free_address());
        let child = Command::new(env!("CARGO_BIN_EXE_kro-operator"))
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .arg(format!("--health-probe-bind-address={health}"))
            .arg(format!("--metrics-bind-address={metrics}"))
            .args(flags)
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts");
        Self { child, health, metrics, _folder: folder }
    }

    fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        assert!(sent.expect("kill").success());
    }

    /// How it ended, and the last of what it said.
    async fn ended(mut self) -> (ExitStatus, String) {
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().expect("a child");
            status.is_some()
        })
        .await;
        let mut said = String::new();
        self.child.stderr.take().expect("piped").read_to_string(&mut said).expect("text");
        (status.expect("it has ended"), said)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// Status and body of an answer; `None` while nobody listens.
fn ask(address: SocketAddr, path: &str) -> Option<(StatusCode, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

fn says(address: SocketAddr, path: &str) -> Option<StatusCode> {
    ask(address, path).map(|(status, _)| status)
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints() {
    let world = World::new().await;
    let crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    world.faults.script(Rule::new(Fault::Unavailable).path(crds).times(u32::MAX));
    let operator = Operator::start(&world, &[]);
    until("it is alive", || says(operator.health, "/healthz") == Some(StatusCode::OK)).await;
    until("it has asked", || !world.faults.injected().is_empty()).await;
    assert_eq!(says(operator.health, "/readyz"), Some(StatusCode::SERVICE_UNAVAILABLE));
    world.faults.heal();
    until("it is ready", || says(operator.health, "/readyz") == Some(StatusCode::OK)).await;
    assert_eq!(says(operator.health, "/metrics"), Some(StatusCode::NOT_FOUND));
    let (status, metrics) = ask(operator.metrics, "/metrics").expect("an answer");
    assert_eq!(status, StatusCode::OK);
    assert!(metrics.contains("dynamic_controller_watch_count") && metrics.ends_with("# EOF\n"), "{metrics}");
    operator.terminate();
    let (status, said) = operator.ended().await;
    assert!(status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signal_lets_work_end_and_gives_the_lease_back() {
    let world = World::new().await;
    let operator = Operator::start(&world, &["--leader-elect", "--leader-election-namespace=default"]);
    let shops = world.slow_instance(Duration::from_secs(2)).await;
    let leases = Gvk::new("coordination.k8s.io", "v1", "Lease");
    let leases = ResourceType::new(leases, "leases", Scope::Namespaced);
    let holder = async || world.get(&leases, "controller.kro.run").await["spec"]["holderIdentity"].clone();
    assert_ne!(holder().await, "");
    operator.terminate();
    let (status, said) = operator.ended().await;
    assert!(status.success(), "{said}");
    assert_eq!(world.get(&shops, "one").await["status"]["state"], "ACTIVE", "{said}");
    assert_eq!(holder().await, "");
}

/// Two programs share two instances; one is killed, and the other does what was its part.
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_replica_is_replaced() {
    let world = World::new().await;
    let flags = [
        "--shards=8",
        "--leader-election-namespace=default",
        "--leader-election-lease-duration=2s",
        "--leader-election-renew-deadline=1500ms",
        "--leader-election-retry-period=200ms",
    ];
    let first = Operator::start(&world, &flags);
    let shops = world.slow_instance(Duration::ZERO).await;
    let second = Operator::start(&world, &flags);
    let leases =
        ResourceType::new(Gvk::new("coordination.k8s.io", "v1", "Lease"), "leases", Scope::Namespaced);
    let holders = async || {
        let mut holders = BTreeSet::new();
        for shard in 0..8 {
            let lease = world.get(&leases, &format!("controller.kro.run-shard-{shard}")).await;
            holders.insert(lease["spec"]["holderIdentity"].to_string());
        }
        holders
    };
    let start = Instant::now();
    while holders().await.len() < 2 {
        assert!(start.elapsed() < PATIENCE, "the second gets its part");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    drop(first);
    for name in ["two", "three", "four", "five"] {
        let shop = json!({"apiVersion": "kro.run/v1alpha1", "kind": "Shop",
            "metadata": {"name": name, "namespace": "default"}, "spec": {"v": "x"}});
        world.create(&shops, shop).await;
    }
    for name in ["two", "three", "four", "five"] {
        while world.get(&shops, name).await["status"]["state"] != "ACTIVE" {
            assert!(start.elapsed() < PATIENCE * 2, "{name} is looked after");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
    // Shards without an instance may be taken over last.
    while holders().await.len() > 1 {
        assert!(start.elapsed() < PATIENCE * 2, "the second gets everything");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    second.terminate();
    let (status, said) = second.ended().await;
    assert!(status.success(), "{said}");
    assert_eq!(holders().await, BTreeSet::from(["\"\"".to_owned()]), "given back: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_does_not_end_is_cut_off() {
    let world = World::new().await;
    let operator = Operator::start(&world, &["--graceful-shutdown-timeout=1s"]);
    world.slow_instance(Duration::from_mins(10)).await;
    operator.terminate();
    let (status, said) = operator.ended().await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.ends_with("error: reconciles in flight did not end within 1 s\n"), "{said}");
}
