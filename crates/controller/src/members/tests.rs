use super::*;
use kro_object::{Gvk, Scope};
use serde_json::json;
use std::time::Duration;

fn resource() -> Arc<ResourceType> {
    Arc::new(ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced))
}

/// A child in the set `set` as the server has it, with `data.v` owned by us and `data.other` by somebody else.
fn child(name: &str, version: u64, set: &str, v: &str, other: &str) -> Object {
    Object::from_value(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {
            "name": name, "namespace": "default", "uid": format!("uid-{name}"),
            "resourceVersion": version.to_string(),
            "labels": {labels::NODE_ID: "node", kro_apply::PART_OF: set},
            "managedFields": [{
                "manager": managers::APPLYSET, "operation": "Apply",
                "fieldsV1": {"f:data": {"f:v": {}}},
            }],
        },
        "data": {"v": v, "other": other},
    }))
    .expect("an object")
}

fn wanted(name: &str, v: &str) -> Fingerprint {
    let object =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"v": v}});
    let mut object = Object::from_value(object).expect("an object");
    object.as_map_mut().remove("metadata");
    Fingerprint::of_applied(&object)
}

#[expect(clippy::disallowed_methods, reason = "an arbitrary origin; only differences matter")]
fn now() -> Instant {
    Instant::now()
}

fn woken(parents: &[&str]) -> Wake {
    parents.iter().map(|parent| (*parent).into()).collect()
}

#[test]
fn only_what_matters_wakes_the_parent() {
    let (resource, mut members) = (resource(), Members::default());
    let (nothing, all) = (Arc::new(Reads::Nothing), Arc::new(Reads::All));
    members.listing(&resource);
    let first = child("a", 1, "p", "x", "y");
    assert_eq!(members.observe(&resource, &first, &nothing), woken(&["p"]));
    assert_eq!(members.synced(&resource.gvr()), woken(&[]));

    // A field of somebody else, which no expression reads.
    assert_eq!(members.observe(&resource, &child("a", 2, "p", "x", "z"), &nothing), woken(&[]));
    // The same field, read by an expression.
    let read = child("a", 3, "p", "x", "z");
    assert_eq!(members.observe(&resource, &read, &all), woken(&["p"]));
    let again = child("a", 4, "p", "x", "z");
    assert_eq!(members.observe(&resource, &again, &all), woken(&[]), "a version alone");
    // Our own field.
    let drifted = child("a", 5, "p", "drift", "z");
    assert_eq!(members.observe(&resource, &drifted, &all), woken(&["p"]));
    // Old news.
    assert_eq!(members.observe(&resource, &first, &nothing), woken(&[]));
    // A change of hands concerns both.
    assert_eq!(members.observe(&resource, &child("a", 6, "q", "drift", "z"), &nothing), woken(&["p", "q"]));
    assert_eq!((members.of_set("p").count(), members.of_set("q").count()), (0, 1));
    assert_eq!(members.remove(&resource.gvr(), &child("a", 7, "q", "drift", "z")), woken(&["q"]));
    assert_eq!(members.len(), 0);
}

#[test]
fn our_own_writes_are_recognised_and_never_sent_twice() {
    let (resource, mut members) = (resource(), Members::default());
    let nothing = Arc::new(Reads::Nothing);
    let applied = wanted("a", "x");
    let answer = child("a", 10, "p", "x", "");
    members.wrote(&resource, &answer, &nothing, applied, now());
    assert_eq!(members.observe(&resource, &answer, &nothing), woken(&[]), "the echo");
    let known = members.child(&resource.gvr(), &answer.key()).expect("known");
    assert!(known.has(applied) && !known.has(wanted("a", "y")));

    // What the server writes in another form is known to be what was sent.
    let sent = wanted("a", "1000m");
    members.wrote(&resource, &child("a", 11, "p", "1", ""), &nothing, sent, now());
    assert!(members.child(&resource.gvr(), &answer.key()).expect("known").has(sent));
    assert_eq!(members.observe(&resource, &child("a", 12, "p", "2", ""), &nothing), woken(&["p"]));
    assert!(!members.child(&resource.gvr(), &answer.key()).expect("known").has(sent), "drifted since");
}

#[test]
fn what_a_new_list_does_not_mention_is_gone() {
    let (resource, mut members) = (resource(), Members::default());
    let nothing = Arc::new(Reads::Nothing);
    members.listing(&resource);
    members.observe(&resource, &child("a", 1, "p", "x", ""), &nothing);
    members.observe(&resource, &child("b", 2, "q", "x", ""), &nothing);
    members.synced(&resource.gvr());
    assert!(members.is_synced(&resource.gvr()));
    members.listing(&resource);
    members.observe(&resource, &child("b", 2, "q", "x", ""), &nothing);
    assert_eq!(members.synced(&resource.gvr()), woken(&["p"]));
    assert_eq!(members.of_set("q").count(), 1);
    members.forget(|_| true);
    assert!(members.len() == 0 && !members.is_synced(&resource.gvr()) && members.of_set("q").count() == 0);
}

#[test]
fn more_is_read_again_and_less_is_forgotten() {
    let (resource, mut members) = (resource(), Members::default());
    let paths = |path: &str| Arc::new(Reads::paths(vec![path.parse().expect("a path")]));
    let (v, other, all) = (paths("data.v"), paths("data.other"), Arc::new(Reads::All));
    let object = child("a", 1, "p", "x", "y");
    let (gvr, key) = (resource.gvr(), object.key());
    members.observe(&resource, &object, &all);
    let View::Seen(seen) = members.view(&gvr, &key, &v) else { panic!("everything is known") };
    assert_eq!(seen.as_map()["data"], json!({"v": "x"}));
    assert!(matches!(members.view(&gvr, &key, &other), View::Unread), "it was forgotten");
    assert_eq!(members.items("p", "node", &other), None);
    assert_eq!(members.observe(&resource, &object, &other), woken(&[]), "read in the same version");
    let View::Seen(seen) = members.view(&gvr, &key, &other) else { panic!("it was read again") };
    assert_eq!(seen.as_map()["data"], json!({"other": "y"}));
    assert_eq!(members.items("p", "node", &other).map(|items| items.len()), Some(1));
    assert!(matches!(members.view(&gvr, &ObjectKey::namespaced("default", "b"), &v), View::Absent));
}

#[test]
fn the_same_repair_over_and_over_is_a_fight() {
    let (resource, mut members) = (resource(), Members::default());
    let (nothing, applied, start) = (Arc::new(Reads::Nothing), wanted("a", "x"), now());
    let (gvr, key) = (resource.gvr(), ObjectKey::namespaced("default", "a"));
    let mut version = 0;
    let mut fights = |pause: Duration| {
        members.wrote(&resource, &child("a", 1, "p", "x", ""), &nothing, applied, start);
        let (mut time, mut said) = (start, Vec::new());
        for round in 1..=12 {
            version += 2;
            members.observe(&resource, &child("a", version, "p", "theirs", ""), &nothing);
            if members.is_fight(&gvr, &key, applied, time) {
                said.push(round);
            }
            members.wrote(&resource, &child("a", version + 1, "p", "x", ""), &nothing, applied, time);
            time += pause;
        }
        said
    };
    assert_eq!(fights(Duration::from_secs(1)), [5]);
    assert_eq!(fights(Duration::from_mins(2)), [0; 0]);
    assert!(!members.is_fight(&gvr, &key, wanted("a", "y"), start), "another wish is no repair");
}
