//! A cluster that upstream kro runs is taken over in place: nothing is deleted, made anew or even written, and what
//! was found is kept up from then on. The clusters are recorded (`upstream-state` of the gold data); without it the
//! tests pass without looking. The second test runs on a real API server where `KUBEBUILDER_ASSETS` names one.

mod recorded;

use crate::world::{VirtualClock, World, start};
use kro_cluster::{Clock, Cluster, Part, Precondition};
use kro_controller::{Controller, Options};
use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use recorded::{gold, kind, recorded, stand_ins};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

async fn install(cluster: &Cluster, crds: impl IntoIterator<Item = Object>) {
    let kind = Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    let resource = ResourceType::new(kind, "customresourcedefinitions", Scope::Cluster);
    for crd in crds {
        cluster.create(&resource, &crd).await.expect("a CRD");
    }
}

async fn resource(cluster: &Cluster, object: &Object) -> ResourceType {
    let gvk = object.gvk().expect("a kind");
    for _ in 0..100 {
        if let Ok(resource) = cluster.kind(&gvk).await {
            return resource;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} is not served", gvk.kind);
}

/// Every recorded object as it is now, by kind and name.
async fn snapshot(cluster: &Cluster, objects: &[Object]) -> BTreeMap<String, Option<Object>> {
    let mut now = BTreeMap::new();
    for object in objects {
        let live = cluster.get(&resource(cluster, object).await, &object.key()).await.expect("an answer");
        now.insert(format!("{} {}", kind(object), object.key()), live);
    }
    now
}

/// What was written between two snapshots, or is gone.
fn differences(
    before: &BTreeMap<String, Option<Object>>,
    after: &BTreeMap<String, Option<Object>>,
) -> Vec<String> {
    let value = |object: &Option<Object>| object.as_ref().map_or(Value::Null, Object::to_value);
    let mut found = Vec::new();
    for (name, old) in before {
        let (mut old, mut new) = (value(old), value(&after[name]));
        if old["status"]["state"] == "IN_PROGRESS" {
            // What is waited for is said in other words.
            for object in [&mut old, &mut new] {
                for condition in object["status"]["conditions"].as_array_mut().into_iter().flatten() {
                    condition["message"].take();
                }
                object["metadata"]["resourceVersion"].take();
                object["metadata"]["managedFields"].take();
            }
        }
        compare(name, &old, &new, &mut found);
    }
    found
}

/// Names the places at which two values differ.
fn compare(at: &str, old: &Value, new: &Value, found: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for key in old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))) {
                let get = |map: &serde_json::Map<String, Value>| map.get(key).cloned().unwrap_or_default();
                compare(&format!("{at}/{key}"), &get(old), &get(new), found);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                compare(&format!("{at}/{index}"), old, new, found);
            }
        }
        _ if old != new => found.push(format!("{at}: {old} became {new}")),
        _ => {}
    }
}

async fn eventually(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..200 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what}");
}

/// What a controller must do once it has found such a cluster: keep up what it found, and take it down when asked.
async fn is_kept_up(cluster: &Cluster) {
    let config_maps = ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced);
    let key = ObjectKey::namespaced("simple-defaults", "one");
    let before = cluster.get(&config_maps, &key).await.expect("an answer").expect("a child");
    cluster.delete(&config_maps, &key, Precondition::default()).await.expect("deleted");
    eventually("the child is made anew", async || {
        let now = cluster.get(&config_maps, &key).await.expect("an answer");
        now.is_some_and(|now| now.metadata().uid() != before.metadata().uid())
    })
    .await;
    let edit = json!({"data": {"LOG_LEVEL": null}});
    let edited = ObjectKey::namespaced("platform-web-app", "shop-env");
    let before = cluster.get(&config_maps, &edited).await.expect("an answer").expect("a child");
    cluster.merge(&config_maps, &edited, Part::Main, &edit).await.expect("edited");
    eventually("drift is repaired", async || {
        let now = cluster.get(&config_maps, &edited).await.expect("an answer").expect("a child");
        now.as_map().get("data") == before.as_map().get("data")
    })
    .await;

    let kind = Gvk::new("kro.run", "v1alpha1", "CollectionObjects");
    let instances = ResourceType::new(kind, "collectionobjects", Scope::Namespaced);
    let instance = ObjectKey::namespaced("collection-objects", "one");
    cluster.delete(&instances, &instance, Precondition::default()).await.expect("deleted");
    eventually("the instance and its children go", async || {
        let mut left = cluster.get(&instances, &instance).await.expect("an answer").is_some();
        for name in ["one-ann", "one-bob"] {
            let key = ObjectKey::namespaced("collection-objects", name);
            left |= cluster.get(&config_maps, &key).await.expect("an answer").is_some();
        }
        !left
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn on_the_embedded_server() {
    let Some(objects) = recorded() else { return };
    let mut world = World::without_controller().await;
    install(&world.cluster, stand_ins()).await;
    world.server.restore(objects.clone()).expect("restored");
    let before = snapshot(&world.cluster, &objects).await;
    world.restart().await;
    tokio::time::sleep(Duration::from_secs(30)).await;
    let after = snapshot(&world.cluster, &objects).await;
    assert_eq!(differences(&before, &after), [""; 0]);
    is_kept_up(&world.cluster).await;

    // And back: who comes after us finds nothing to do either, whatever version it is.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let before = snapshot(&world.cluster, &objects).await;
    world.stop().await;
    let clock = Arc::new(VirtualClock(tokio::time::Instant::now()));
    let mut options = Options::new(clock);
    options.version = "devel".to_owned();
    let _running = start(&world.server, options);
    tokio::time::sleep(Duration::from_secs(30)).await;
    assert_eq!(differences(&before, &snapshot(&world.cluster, &objects).await), [""; 0]);
}

/// A real API server with etcd behind it, that ends with its value.
struct Real {
    folder: String,
    etcd: String,
    kubeconfig: PathBuf,
}

impl Real {
    fn start() -> Self {
        let scripts = gold().expect("gold data").join("real-apiserver");
        let output = Command::new(scripts.join("up.sh")).stderr(Stdio::inherit()).output().expect("up.sh");
        assert!(output.status.success(), "the server did not start");
        let text = String::from_utf8(output.stdout).expect("text");
        let value = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_else(|| panic!("no {name}")).trim_matches('"').to_owned()
        };
        let etcd = value("PIDS").split(' ').next_back().expect("a process").to_owned();
        let words = fs::read_to_string(format!("/proc/{etcd}/cmdline")).expect("a process");
        let mut words = words.split('\0').skip_while(|word| *word != "--listen-client-urls");
        Self {
            etcd: words.nth(1).expect("an address").to_owned(),
            folder: value("DIR"),
            kubeconfig: value("KUBECONFIG").into(),
        }
    }

    /// Stores an object where the API server keeps it. Only there can uids and managers be given.
    fn store(&self, resource: &ResourceType, object: &Object) {
        let mut object = object.clone();
        object.metadata_mut().remove("resourceVersion");
        let custom = resource.gvk.group.contains('.');
        let folder = match &*resource.gvk.group {
            group if custom => format!("{group}/{}", resource.plural),
            _ => resource.plural.to_string(),
        };
        let key = object.key();
        let place = key.namespace.map(|namespace| format!("{namespace}/")).unwrap_or_default();
        let key = format!("/registry/{folder}/{place}{}", key.name);
        let value = serde_json::to_vec(&object).expect("JSON");
        let request = json!({"key": base64(key.as_bytes()), "value": base64(&value)}).to_string();
        let mut curl = Command::new("curl")
            .args(["-sf", "-X", "POST", "--data-binary", "@-", &format!("{}/v3/kv/put", self.etcd)])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("curl");
        curl.stdin.take().expect("piped").write_all(request.as_bytes()).expect("written");
        assert!(curl.wait().expect("curl").success(), "etcd refused {key}");
    }
}

impl Drop for Real {
    fn drop(&mut self) {
        if let Some(gold) = gold() {
            let _ = Command::new(gold.join("real-apiserver/down.sh")).arg(&self.folder).status();
        }
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

#[derive(Debug)]
struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> kro_object::Timestamp {
        #[expect(clippy::disallowed_methods, reason = "a real server has real time")]
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        kro_object::Timestamp::from_unix(i64::try_from(now.as_secs()).unwrap_or_default(), 0)
    }
}

async fn client(kubeconfig: &PathBuf) -> kube_client::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let kubeconfig = kube_client::config::Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let options = kube_client::config::KubeConfigOptions::default();
    let config = kube_client::Config::from_custom_kubeconfig(kubeconfig, &options).await.expect("a context");
    kube_client::Client::try_from(config).expect("a client")
}

#[tokio::test]
async fn on_a_real_server() {
    let (Some(objects), Some(_)) = (recorded(), std::env::var_os("KUBEBUILDER_ASSETS")) else { return };
    let real = Real::start();
    let client = client(&real.kubeconfig).await;
    let cluster = Cluster::new(client.clone(), kro_cluster::Options::default());
    install(&cluster, kro_api::manifests().into_iter().chain(stand_ins())).await;
    for object in &objects {
        real.store(&resource(&cluster, object).await, object);
    }
    // The server's watch caches catch up with etcd.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let before = snapshot(&cluster, &objects).await;
    assert!(before.values().all(Option::is_some), "everything is stored");
    let controller = Controller::new(client, Options::new(Arc::new(WallClock)));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(controller.run(async { drop(stopped.await) }));
    tokio::time::sleep(Duration::from_secs(6)).await;
    let after = snapshot(&cluster, &objects).await;
    assert_eq!(differences(&before, &after), [""; 0]);
    is_kept_up(&cluster).await;
    drop(stop);
    task.await.expect("a clean end");
}
