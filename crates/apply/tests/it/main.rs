//! Sets at work on the embedded API server.

use kro_apiserver::{ApiServer, Behaviors, Options as ServerOptions};
use kro_apply::{
    ApplyError, ApplySet, Contact, Fingerprint, Item, Member, Membership, Removal, SharedFields, Veto,
};
use kro_cluster::{ApplyOptions, Cluster, Options, Part};
use kro_object::{GroupKind, Gvk, Object, ObjectKey, ResourceType, Scope};
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::Arc};

const MANAGER: &str = "test/applyset";

fn cluster() -> Cluster {
    let server = ApiServer::new(ServerOptions { behaviors: Behaviors::none(), ..ServerOptions::default() });
    Cluster::new(kube_client::Client::new(server, "default"), Options::default())
}

fn set(parent: &str) -> ApplySet {
    let key = ObjectKey::namespaced("default", parent);
    let id = kro_apply::id(&GroupKind::new("test", "Parent"), &key);
    ApplySet { id: id.into(), home: key.namespace, manager: MANAGER, concurrency: 4 }
}

fn config_maps() -> Arc<ResourceType> {
    Arc::new(ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced))
}

fn config_map(name: &str, data: &Value) -> Object {
    let value = json!({"apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "default"}, "data": data});
    Object::from_value(value).expect("an object")
}

fn item(name: &str, data: &Value, contact: Contact) -> Item {
    Item { resource: config_maps(), object: config_map(name, data), contact, shared: SharedFields::default() }
}

async fn apply(set: &ApplySet, cluster: &Cluster, item: Item) -> Result<Object, ApplyError> {
    set.apply(cluster, vec![item]).await.remove(0)
}

#[tokio::test]
async fn what_was_applied_is_recognised() {
    let (cluster, set) = (cluster(), set("one"));
    let wanted = config_map("a", &json!({"v": "1"}));
    let live = apply(&set, &cluster, item("a", &json!({"v": "1"}), Contact::First)).await.expect("created");
    let mut sent = wanted;
    sent.metadata_mut().insert_label(kro_apply::PART_OF, &set.id);
    assert_eq!(Fingerprint::of_owned(&live, MANAGER), Some(Fingerprint::of_applied(&sent)));

    let key = live.key();
    let foreign = json!({"data": {"other": "x"}});
    let live = cluster.merge(&config_maps(), &key, Part::Main, &foreign).await.expect("patched");
    assert_eq!(Fingerprint::of_owned(&live, MANAGER), Some(Fingerprint::of_applied(&sent)));
    let drift = json!({"data": {"v": "2"}});
    let live = cluster.merge(&config_maps(), &key, Part::Main, &drift).await.expect("patched");
    assert_ne!(Fingerprint::of_owned(&live, MANAGER), Some(Fingerprint::of_applied(&sent)));
    // Repaired by force, with the field of somebody else left alone.
    let live = apply(&set, &cluster, item("a", &json!({"v": "1"}), Contact::Member)).await.expect("repaired");
    assert_eq!(live.as_map()["data"], json!({"v": "1", "other": "x"}));
}

#[tokio::test]
async fn an_object_of_another_set_is_refused_and_one_of_nobody_adopted() {
    let cluster = cluster();
    let (ours, theirs) = (set("ours"), set("theirs"));
    apply(&theirs, &cluster, item("taken", &json!({"v": "theirs"}), Contact::First)).await.expect("created");
    let refused = apply(&ours, &cluster, item("taken", &json!({"v": "ours"}), Contact::Unknown)).await;
    let error = refused.expect_err("it is theirs").to_string();
    assert!(error.contains("belongs to a different ApplySet: default/taken (v1, Kind=ConfigMap)"), "{error}");

    let user = ApplyOptions::polite("user");
    cluster.apply(&config_maps(), &config_map("free", &json!({"v": "user"})), &user).await.expect("created");
    let live =
        apply(&ours, &cluster, item("free", &json!({"v": "ours"}), Contact::First)).await.expect("adopted");
    assert_eq!(live.as_map()["data"]["v"], "ours");
}

#[tokio::test]
async fn only_proven_members_in_scope_are_deleted() {
    let (cluster, set) = (cluster(), set("one"));
    for name in ["a", "b"] {
        apply(&set, &cluster, item(name, &json!({"v": "1"}), Contact::First)).await.expect("created");
    }
    // Somebody labels an object as a member that we never applied.
    let mut planted = config_map("planted", &json!({}));
    planted.metadata_mut().insert_label(kro_apply::PART_OF, &set.id);
    cluster.create(&config_maps(), &planted).await.expect("created");

    let mut scope = Membership::default();
    assert!(
        set.members(&cluster, &scope, &BTreeSet::new()).await.expect("a list").is_empty(),
        "out of scope"
    );
    scope.kinds.insert(GroupKind::new("", "ConfigMap"));
    scope.kinds.insert(GroupKind::new("gone.example", "Gone"));
    let members = set.members(&cluster, &scope, &BTreeSet::new()).await.expect("a list");
    let find = |name: &str| members.iter().find(|member| *member.key.name == *name).expect("listed").clone();
    assert_eq!(members.len(), 3);

    // A version that moved on is looked at again; a namesake that came later is left alone.
    let moved = find("a");
    cluster
        .merge(&config_maps(), &moved.key, Part::Main, &json!({"data": {"x": "y"}}))
        .await
        .expect("patched");
    let other = Member { uid: "another".into(), ..find("b") };
    let planted = find("planted");
    let removals = set.delete_all(&cluster, vec![moved, other, planted]).await;
    let removals: Vec<Removal> =
        removals.into_iter().map(|(_, removal)| removal.expect("an answer")).collect();
    assert_eq!(removals, [Removal::Gone, Removal::Gone, Removal::Vetoed(Veto::NeverApplied)]);
    let left = cluster
        .list(&config_maps(), &kro_cluster::Query::all().within(Some("default")))
        .await
        .expect("a list");
    assert_eq!(left.iter().map(|object| object.key().name.to_string()).collect::<Vec<_>>(), ["b", "planted"]);
}
