use serde_json::json;

use super::*;
use crate::types::MergeSchema;

/// One object in time, written to by requests.
struct World {
    schema: MergeSchema,
    live: Option<Value>,
    now: i64,
}

impl World {
    fn new() -> Self {
        Self { schema: MergeSchema::deduced(), live: None, now: 1 }
    }

    fn with<T>(&self, write: impl FnOnce(FieldManager<'_>) -> T) -> T {
        write(FieldManager {
            versions: &self.schema,
            api_version: "v1",
            kind: "ConfigMap",
            subresource: "",
            empty: &json!({"apiVersion": "v1", "kind": "ConfigMap"}),
            now: Timestamp::from_unix(self.now, 0),
        })
    }

    fn object(data: &Value) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data})
    }

    fn update(&mut self, manager: &str, data: &Value) {
        let mut object = Self::object(data);
        self.with(|fields| fields.update(self.live.as_ref(), &mut object, manager));
        self.live = Some(object);
    }

    fn apply(&mut self, manager: &str, data: &Value, on_conflict: OnConflict) -> Result<(), String> {
        let config = Self::object(data);
        let applied = self.with(|fields| fields.apply(self.live.as_ref(), &config, manager, on_conflict));
        self.live = Some(applied.map_err(|error| error.to_string())?);
        Ok(())
    }

    /// The entries, one a line.
    fn entries(&self) -> String {
        let entries = self.live.as_ref().and_then(|live| live.pointer("/metadata/managedFields"));
        let entries = entries.and_then(Value::as_array).cloned().unwrap_or_default();
        let text = |entry: &Value, field: &str| entry[field].as_str().unwrap_or("-").to_owned();
        let line = |entry: &Value| {
            let time = text(entry, "time").replace("1970-01-01T", "");
            format!("{} {} {time} {}", text(entry, "manager"), text(entry, "operation"), entry["fieldsV1"])
        };
        entries.iter().map(line).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn updates_are_joined_by_manager_and_times_move_with_changes() {
    let mut world = World::new();
    world.update("a", &json!({"x": "1"}));
    world.now = 5;
    world.update("a", &json!({"x": "1", "y": "1"}));
    world.now = 9;
    world.update("a", &json!({"x": "1", "y": "1"}));
    insta::assert_snapshot!(world.entries(), @r#"a Update 00:00:05Z {"f:data":{".":{},"f:x":{},"f:y":{}}}"#);
    world.update("b", &json!({"x": "2"}));
    insta::assert_snapshot!(world.entries(), @r#"
    a Update 00:00:05Z {"f:data":{}}
    b Update 00:00:09Z {"f:data":{"f:x":{}}}
    "#);
}

#[test]
fn conflicts_name_their_owners() {
    let mut world = World::new();
    world.apply("alice", &json!({"x": "1"}), OnConflict::Report).unwrap();
    world.update("ctl", &json!({"x": "1", "y": "1"}));
    let refused = world.apply("bob", &json!({"x": "2", "y": "2"}), OnConflict::Report);
    insta::assert_snapshot!(refused.unwrap_err(), @r#"
    Apply failed with 2 conflicts: conflicts with "alice":
    - .data.x
    conflicts with "ctl" using v1:
    - .data.y
    "#);
    world.apply("bob", &json!({"x": "2", "y": "2"}), OnConflict::Force).unwrap();
    insta::assert_snapshot!(world.entries(), @r#"
    alice Apply 00:00:01Z {"f:data":{}}
    bob Apply 00:00:01Z {"f:data":{".":{},"f:x":{},"f:y":{}}}
    "#);
}

#[test]
fn an_apply_that_changes_only_ownership_has_no_time() {
    let mut world = World::new();
    world.apply("alice", &json!({"x": "1"}), OnConflict::Report).unwrap();
    world.apply("bob", &json!({"x": "1"}), OnConflict::Report).unwrap();
    insta::assert_snapshot!(world.entries(), @r#"
    bob Apply - {"f:data":{".":{},"f:x":{}}}
    alice Apply 00:00:01Z {"f:data":{".":{},"f:x":{}}}
    "#);
}

#[test]
fn untracked_objects_get_an_entry_at_the_first_apply() {
    let mut world = World::new();
    world.live = Some(World::object(&json!({"x": "1"})));
    world.update("a", &json!({"x": "1", "y": "1"}));
    assert_eq!(world.entries(), "");
    world.apply("bob", &json!({"z": "1"}), OnConflict::Report).unwrap();
    insta::assert_snapshot!(world.entries(), @r#"
    bob Apply 00:00:01Z {"f:data":{".":{},"f:z":{}}}
    before-first-apply Update 00:00:01Z {"f:data":{".":{},"f:x":{},"f:y":{}}}
    "#);
}

#[test]
fn old_updates_are_joined_beyond_the_limit() {
    let mut world = World::new();
    let mut data = json!({});
    for at in 0..12 {
        world.now = at + 1;
        data[format!("k{at:02}")] = "x".into();
        world.update(&format!("m{at:02}"), &data);
    }
    let entries = world.entries();
    assert_eq!(entries.lines().count(), MAX_UPDATE_MANAGERS);
    insta::assert_snapshot!(entries.lines().next().unwrap_or_default(), @r#"ancient-changes Update 00:00:03Z {"f:data":{".":{},"f:k00":{},"f:k01":{},"f:k02":{}}}"#);
}

#[test]
fn clients_may_reset_and_rewrite_entries() {
    let mut world = World::new();
    world.update("a", &json!({"x": "1"}));
    let mut object = world.live.clone().unwrap_or_default();
    object["metadata"]["managedFields"] = json!([{}]);
    world.with(|fields| fields.update(world.live.as_ref(), &mut object, "a"));
    assert_eq!(object.pointer("/metadata/managedFields"), None);

    let entry = json!([{"manager": "z", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {"f:x": {}}}}]);
    object["metadata"]["managedFields"] = entry.clone();
    world.with(|fields| fields.update(world.live.as_ref(), &mut object, "a"));
    assert_eq!(object["metadata"]["managedFields"], entry);
}

#[test]
fn times_alone_are_no_change() {
    let mut world = World::new();
    world.apply("alice", &json!({"x": "1"}), OnConflict::Report).unwrap();
    let old = world.live.clone().unwrap_or_default();
    let mut new = old.clone();
    new["metadata"]["managedFields"][0]["time"] = "1970-01-01T01:00:00Z".into();
    keep_times(&old, &mut new);
    assert_eq!(new, old);
}

#[test]
fn kubectl_takes_over_what_the_annotation_records() {
    let mut world = World::new();
    let mut object = World::object(&json!({"x": "1"}));
    object["metadata"]["annotations"] =
        json!({"kubectl.kubernetes.io/last-applied-configuration": object.to_string()});
    world.with(|fields| fields.update(None, &mut object, "kubectl-client-side-apply"));
    world.live = Some(object);
    world.apply("kubectl", &json!({"x": "2"}), OnConflict::Report).unwrap();
    let live = world.live.clone().unwrap_or_default();
    assert_eq!(live["data"]["x"], "2");
    let annotation = live["metadata"]["annotations"].as_object().and_then(|all| all.values().next()).cloned();
    assert_eq!(annotation, Some(format!("{}\n", World::object(&json!({"x": "2"}))).into()));
}

#[test]
fn scale_shows_the_owners_of_the_replicas() {
    let path = Path::from_iter(["spec", "size"]);
    let paths = ReplicasPaths::from([("v1".to_owned(), Some(path.clone()))]);
    let entries = json!([{"manager": "a", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:size": {}, "f:x": {}}}}]);
    let managed = ManagedFields::read(&entries).unwrap();
    let mut scale = managed.to_scale(&paths);
    assert_eq!(scale.write().unwrap()[0]["fieldsV1"], json!({"f:spec": {"f:replicas": {}}}));
    assert_eq!(managed.with_scale(scale.clone(), "v1", &paths), managed);

    let owner = scale.owners.pop_first().map(|(_, owner)| owner).unwrap();
    let other = Manager {
        name: "b".into(),
        operation: Operation::Update,
        api_version: Some("autoscaling/v1".into()),
        subresource: "scale".into(),
    };
    scale.owners.insert(other.clone(), owner);
    let stolen = managed.with_scale(scale, "v1", &paths);
    assert!(stolen.owners[&other].fields.contains(&path));
    assert_eq!(stolen.owners.len(), 2);
}
