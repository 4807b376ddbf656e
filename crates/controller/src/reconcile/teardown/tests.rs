use super::*;
use crate::{Controller, Options};
use kro_api::Profile;
use kro_apiserver::{ApiServer, Behaviors};
use kro_apply::{Contact, Item, SharedFields};
use kro_cluster::{ApplyOptions, Query};
use kro_object::{Gvk, ObjectKey, ResourceType, Scope, Timestamp};
use std::sync::Arc;

#[derive(Debug)]
struct Fixed;

impl kro_cluster::Clock for Fixed {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix(1_800_000_000, 0)
    }
}

/// A kind without nodes: taking down needs none.
fn served() -> Served {
    let spec =
        json!({"schema": {"kind": "Shop", "apiVersion": "v1", "group": "test.example"}, "resources": []});
    let spec = kro_api::ResourceGraphDefinitionSpec::decode(&spec, kro_object::FieldPath::default());
    let source = kro_graph::lower(&spec.into_result().expect("a spec")).into_result().expect("a source");
    let graph =
        kro_graph::compile(&source, &kro_graph::Kinds::default(), &kro_graph::CompileOptions::default());
    let graph = graph.into_result().expect("a graph");
    Served::new(
        "shop".into(),
        "uid".into(),
        Arc::new(graph),
        Policy::new(Profile::Upstream),
        tokio::time::Instant::now().into_std(),
    )
}

/// A world with one instance that is being deleted, and its children by wave.
struct World {
    shared: Arc<Shared>,
    served: Served,
    instance: Object,
}

impl World {
    async fn new(children: &[(&str, u32, Option<&str>)]) -> Self {
        let options =
            kro_apiserver::Options { behaviors: Behaviors::none(), ..kro_apiserver::Options::default() };
        let client = kube_client::Client::new(ApiServer::new(options), "default");
        let shared = Controller::new(client, Options::new(Arc::new(Fixed))).shared();
        let (cluster, served) = (&shared.cluster, served());
        cluster.create(&crate::crd::resource(), &served.graph.crd).await.expect("a CRD");
        let key = ObjectKey::namespaced("default", "mine");
        let mut instance = Object::new(&served.resource.gvk, &key);
        let set = set_of(&shared, &served, &instance);
        let mut scope = Membership::default();
        scope.kinds.insert(GroupKind::new("", "ConfigMap"));
        scope.write(&mut instance, &set.id, "kro/test");
        instance.metadata_mut().add_finalizer(FINALIZER);
        cluster.create(&served.resource, &instance).await.expect("an instance");
        for (name, wave, finalizer) in children {
            let gvk = Gvk::new("", "v1", "ConfigMap");
            let resource = Arc::new(ResourceType::new(gvk, "configmaps", Scope::Namespaced));
            let mut object = Object::new(&resource.gvk, &ObjectKey::namespaced("default", name));
            object.metadata_mut().insert_annotation(kro_apply::APPLY_ORDER, &wave.to_string());
            if let Some(finalizer) = finalizer {
                object.metadata_mut().add_finalizer(finalizer);
            }
            let item = Item { resource, object, contact: Contact::First, shared: SharedFields::default() };
            set.apply(cluster, vec![item]).await.remove(0).expect("a child");
        }
        cluster.delete(&served.resource, &key, kro_cluster::Precondition::default()).await.expect("deleting");
        let instance =
            cluster.get(&served.resource, &key).await.expect("an answer").expect("it has a finalizer");
        Self { shared, served, instance }
    }

    async fn step(&mut self) -> Outcome {
        let report = reconcile(&self.shared, &self.served, self.instance.clone()).await;
        if let Some(instance) = self.live().await {
            self.instance = instance;
        }
        report.outcome
    }

    async fn live(&self) -> Option<Object> {
        self.shared.cluster.get(&self.served.resource, &self.instance.key()).await.expect("an answer")
    }

    async fn children(&self) -> Vec<String> {
        let resource = ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced);
        let query = Query::all().labelled(kro_apply::PART_OF);
        let objects = self.shared.cluster.list(&resource, &query).await.expect("a list");
        objects.iter().map(|object| object.key().name.to_string()).collect()
    }

    fn progress(&self) -> (&str, String) {
        let status = &self.instance.as_map()["status"];
        let conditions = status["conditions"].as_array().expect("conditions");
        let progress = conditions.iter().find(|condition| condition["type"] == "ResourcesReady");
        let message = progress.expect("progress")["message"].as_str().unwrap_or_default();
        (status["state"].as_str().unwrap_or_default(), message.to_owned())
    }
}

#[tokio::test]
async fn waves_go_one_after_the_other_and_wait_for_finalizers() {
    let mut world = World::new(&[("base", 1, None), ("held", 2, Some("test/hold")), ("top", 3, None)]).await;
    // Not watched here, so it looks again by itself.
    assert_eq!(world.step().await, Outcome::Again(world.shared.options.retry_interval));
    assert_eq!(world.children().await, ["base", "held"], "the last wave is gone, the next one waits");
    assert_eq!(world.progress(), ("DELETING", "deleting apply-order wave 2".to_owned()));
    assert!(matches!(world.step().await, Outcome::Again(_)));
    assert_eq!(world.children().await, ["base", "held"]);

    let resource = ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced);
    let released = json!({"metadata": {"finalizers": null}});
    let key = ObjectKey::namespaced("default", "held");
    world.shared.cluster.merge(&resource, &key, Part::Main, &released).await.expect("released");
    assert_eq!(world.step().await, Outcome::Done);
    assert!(world.children().await.is_empty() && world.live().await.is_none());
}

#[tokio::test]
async fn a_record_edited_by_hand_blocks() {
    let mut world = World::new(&[("a", 1, None)]).await;
    let mut patch = Object::new(&world.served.resource.gvk, &world.instance.key());
    patch.metadata_mut().insert_annotation(kro_apply::GROUP_KINDS, "Secret");
    let cluster = &world.shared.cluster;
    cluster.apply(&world.served.resource, &patch, &ApplyOptions::force("user")).await.expect("edited");
    world.instance = world.live().await.expect("it is there");
    assert_eq!(world.step().await, Outcome::Retry);
    assert_eq!(world.children().await, ["a"]);
    let (state, message) = world.progress();
    assert_eq!(state, "DELETING");
    assert!(message.starts_with("deletion blocked: validate deletion inventory: "), "{message}");
}
