use super::*;
use crate::ResourceGraphDefinition;
use serde_json::{Value, json};

fn definition(annotations: Value) -> Object {
    let mut definition = json!({
        "apiVersion": "kro.run/v1alpha1", "kind": "ResourceGraphDefinition",
        "metadata": {"name": "web"},
        "spec": {
            "schema": {"kind": "Web", "apiVersion": "v1alpha1"},
            "resources": [{"id": "app", "template": {}}, {"id": "db", "template": {}}],
        },
    });
    definition["metadata"]["annotations"] = annotations;
    Object::from_value(definition).expect("an object")
}

fn found(annotations: Value) -> Vec<String> {
    let checked = ResourceGraphDefinition::decode(definition(annotations));
    checked.diagnostics.iter().map(ToString::to_string).collect()
}

#[test]
fn a_node_has_its_own_and_else_what_holds_for_all() {
    let definition = definition(json!({
        "policy.kro.run/deletion.db": "retain",
        "policy.kro.run/timeout": "2h",
        "policy.kro.run/existing": "refuse",
        "policy.kro.run/existing.app": "force",
        "policy.kro.run/create-only.app": "spec.replicas, metadata.labels.team",
        "policy.kro.run/max-deletes": "3",
        "policy.kro.run/inventory": "off",
        "unrelated": "x",
    }));
    let policy = Policy::of(Profile::Safe, &definition);
    let (app, db, other) = (policy.node("app"), policy.node("db"), policy.node("other"));
    assert_eq!(
        (app.deletion, db.deletion, other.deletion),
        (Deletion::Delete, Deletion::Retain, Deletion::Delete)
    );
    assert_eq!((app.existing, db.existing), (Existing::Force, Existing::Refuse));
    assert_eq!(db.timeout, Some(Duration::from_hours(2)));
    assert_eq!(app.create_only.len(), 2);
    assert!(app.shares_fields() && !db.shares_fields());
    assert_eq!((policy.max_deletes, policy.inventory, policy.progress), (Some(3), false, true));
    assert_eq!(Policy::of(Profile::Upstream, &self::definition(json!({}))), Policy::new(Profile::Upstream));
    assert_eq!(
        found(definition.metadata().annotations().cloned().map(Value::Object).unwrap_or_default()),
        [""; 0]
    );
}

#[test]
fn what_cannot_be_read_is_told_and_counts_as_the_most_careful() {
    let annotations = json!({
        "policy.kro.run/deletion.db": "keep",
        "policy.kro.run/existing": "",
        "policy.kro.run/max-deletes": "-1",
        "policy.kro.run/create-only": "spec.replicas",
        "policy.kro.run/inventory.app": "on",
        "policy.kro.run/deletoin": "retain",
        "policy.kro.run/ignore.app": "spec.list[0]",
        "policy.kro.run/timeout.dv": "1m",
        "policy.kro.run/revision": "last",
    });
    let said = found(annotations.clone());
    let wanted = [
        ("KRO0108", "holds for one node"),
        ("KRO0108", "\"deletion\" has no such value"),
        ("KRO0108", "no policy \"deletoin\""),
        ("KRO0108", "\"existing\" has no such value"),
        ("KRO0108", "\"ignore\" has no such value"),
        ("KRO0108", "holds for the whole definition"),
        ("KRO0108", "\"max-deletes\" has no such value"),
        ("KRO0108", "\"revision\" has no such value"),
        ("KRO1111", "no resource has the id \"dv\""),
    ];
    assert_eq!(said.len(), wanted.len(), "{said:#?}");
    for (code, text) in wanted {
        assert!(
            said.iter().any(|line| line.contains(code) && line.contains(text)),
            "{code} {text}: {said:#?}"
        );
    }
    let policy = Policy::of(Profile::Upstream, &definition(annotations));
    assert_eq!(policy.node("db").deletion, Deletion::Retain);
    assert_eq!(policy.node("app").existing, Existing::Refuse);
    assert_eq!(policy.max_deletes, Some(0));
}

#[test]
fn the_reference_is_up_to_date() {
    let page =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/policy.md"));
    let table = reference();
    assert!(page.expect("the page").contains(&table), "docs/reference/policy.md must contain:\n{table}");
}
