//! Laws, on values and schemas of every shape.

use std::borrow::Cow;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::*;

/// A kind with every relation: a struct, a free map, a set, a list with two keys, something atomic and a recursion.
fn schema() -> MergeSchema {
    let model = serde_json::from_str(include_str!("tests/model.json")).unwrap();
    MergeSchema::from_model(&model, "root").unwrap()
}

fn word() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["a", "b", "c", "\"<\n"]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        word().prop_map(Value::from),
        (0..3_i64).prop_map(Value::from),
        any::<bool>().prop_map(Value::from)
    ]
}

/// A list without duplicates.
fn set() -> impl Strategy<Value = Value> {
    prop::collection::vec(scalar(), 0..4).prop_map(|items| {
        let mut unique: Vec<Value> = Vec::new();
        for item in items {
            if !unique.contains(&item) {
                unique.push(item);
            }
        }
        Value::Array(unique)
    })
}

fn items() -> impl Strategy<Value = Value> {
    let item = (
        word(),
        prop::option::of(prop::sample::select(vec![80, 443])),
        prop::option::of(set()),
        prop::option::of(scalar()),
    );
    prop::collection::vec(item, 0..4).prop_map(|items| {
        let mut unique: Vec<((String, i32), Value)> = Vec::new();
        for (name, port, set, value) in items {
            let key = (name.clone(), port.unwrap_or(80));
            let mut item = json!({ "name": name });
            let fields = [("port", port.map(Value::from)), ("set", set), ("value", value)];
            for (field, value) in fields.into_iter().filter_map(|(field, value)| Some((field, value?))) {
                item[field] = value;
            }
            if unique.iter().all(|(other, _)| *other != key) {
                unique.push((key, item));
            }
        }
        unique.into_iter().map(|(_, item)| item).collect()
    })
}

/// An object that fits the schema.
fn object() -> impl Strategy<Value = Value> {
    let leaf = Just(json!({})).boxed();
    leaf.prop_recursive(2, 16, 2, |inner| {
        let labels = prop::collection::btree_map(word(), word(), 0..3).prop_map(|labels| json!(labels));
        let fields = (
            prop::option::of(word()),
            prop::option::of(labels),
            prop::option::of(set()),
            prop::option::of(items()),
            prop::option::of(inner.clone()),
            prop::option::of(inner),
        );
        fields.prop_map(|(text, labels, set, items, atomic, child)| {
            let fields = [
                ("text", text.map(Value::from)),
                ("labels", labels),
                ("set", set),
                ("items", items),
                ("atomic", atomic),
                ("child", child),
            ];
            fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
        })
    })
}

fn field_set() -> impl Strategy<Value = FieldSet> {
    object().prop_map(|object| schema().field_set(&object))
}

fn apply(
    live: &Value,
    owners: Ownership,
    manager: &str,
    config: &Value,
    on_conflict: OnConflict,
) -> (Value, Ownership) {
    let schema = schema();
    let applied =
        Updater::new(&schema).apply(live, config, "v1", owners, &manager.to_owned(), on_conflict).unwrap();
    (applied.object.map_or_else(|| live.clone(), Cow::into_owned), applied.owners)
}

/// Some writes by three managers.
fn history() -> impl Strategy<Value = (Value, Ownership)> {
    prop::collection::vec((0..3_usize, any::<bool>(), object()), 0..4).prop_map(|writes| {
        let schema = schema();
        let (mut live, mut owners) = (Value::Null, Ownership::new());
        for (manager, is_apply, object) in writes {
            let manager = format!("m{manager}");
            if is_apply {
                (live, owners) = apply(&live, owners, &manager, &object, OnConflict::Force);
            } else {
                owners = Updater::new(&schema).update(&live, &object, "v1", owners, &manager).unwrap();
                live = object;
            }
        }
        (live, owners)
    })
}

/// Without maps and lists that hold nothing.
fn without_empties(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_empties).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (name.clone(), without_empties(value)))
            .filter(|(_, value)| *value != json!([]) && *value != json!({}))
            .collect(),
        value => value.clone(),
    }
}

proptest! {
    #[test]
    fn sets_form_an_algebra(a in field_set(), b in field_set(), c in field_set()) {
        prop_assert_eq!(a.union(&b), b.union(&a));
        prop_assert_eq!(a.union(&b).union(&c), a.union(&b.union(&c)));
        prop_assert_eq!(a.intersection(&b), b.intersection(&a));
        prop_assert_eq!(a.intersection(&b.union(&c)), a.intersection(&b).union(&a.intersection(&c)));
        prop_assert_eq!(a.difference(&b).union(&a.intersection(&b)), a.clone());
        prop_assert!(a.difference(&b).intersection(&b).is_empty());
        prop_assert!(a.without(&b).is_subset(&a.difference(&b)));
        prop_assert!(a.intersection(&b).is_subset(&a));
        prop_assert_eq!(a.is_subset(&b), a.union(&b) == b);
        prop_assert_eq!(a.intersects(&b), !a.intersection(&b).is_empty());
        prop_assert_eq!(a.len(), a.paths().len());
        prop_assert!(a.paths().iter().all(|path| a.contains(path)));
        prop_assert_eq!(a.paths().into_iter().collect::<FieldSet>(), a);
    }

    #[test]
    fn fields_v1_reads_back(set in field_set()) {
        let text = set.to_fields_v1();
        let read = FieldSet::from_fields_v1(&text).unwrap();
        prop_assert_eq!(&read, &set);
        prop_assert_eq!(read.to_fields_v1(), text.clone());
        prop_assert_eq!(serde_json::to_string(&set).unwrap(), text);
        prop_assert_eq!(FieldSet::from_fields_v1_value(&set.to_fields_v1_value()).unwrap(), set);
    }

    #[test]
    fn fields_v1_never_panics(text in "[{}\":,.fvki0-9a-e\\[\\] ]{0,40}") {
        let _ = FieldSet::from_fields_v1(&text);
    }

    #[test]
    fn comparison_is_symmetric(a in object(), b in object()) {
        let (there, back) = (schema().compare(&a, &b), schema().compare(&b, &a));
        prop_assert_eq!(there.added, back.removed);
        prop_assert_eq!(there.modified, back.modified);
        prop_assert_eq!(there.removed, back.added);
        prop_assert!(schema().compare(&a, &a).is_same());
    }

    #[test]
    fn fields_complete_themselves_on_the_way(value in object()) {
        let (schema, nothing) = (schema(), FieldSet::new());
        let completed = schema.with_named_fields(&schema.field_set(&value));
        prop_assert_eq!(schema.named_fields_without(&value, &nothing), completed);
    }

    #[test]
    fn merging_holds_the_configuration(live in object(), config in object()) {
        let schema = schema();
        let merged = schema.merge(&live, &config).unwrap().unwrap_or(live);
        let changes = schema.compare(&merged, &config);
        prop_assert!(changes.added.is_empty(), "everything of the configuration is there: {changes:?}");
        prop_assert_eq!(schema.merge(&merged, &config).unwrap(), None);
    }

    #[test]
    fn applying_twice_changes_nothing((live, owners) in history(), config in object()) {
        let config = without_empties(&config);
        let (once, owners) = apply(&live, owners, "m0", &config, OnConflict::Force);
        let (twice, again) = apply(&once, owners.clone(), "m0", &config, OnConflict::Report);
        prop_assert!(twice == once || config == json!({}), "{twice} after {once}");
        prop_assert_eq!(again, owners);
    }

    #[test]
    fn an_applier_owns_what_it_applied((live, owners) in history(), config in object()) {
        let (_, owners) = apply(&live, owners, "m0", &config, OnConflict::Force);
        let fields = owners.get("m0").map(|owner| owner.fields.clone()).unwrap_or_default();
        prop_assert_eq!(fields, schema().field_set(&config));
    }

    #[test]
    fn letting_go_of_everything_leaves_what_others_own((live, owners) in history(), config in object()) {
        let (_, before) = apply(&live, owners.clone(), "m9", &json!({}), OnConflict::Report);
        let (live, owners) = apply(&live, owners, "m9", &config, OnConflict::Force);
        let (_, owners) = apply(&live, owners, "m9", &json!({}), OnConflict::Report);
        prop_assert!(!owners.contains_key("m9"));
        // What others still own was theirs before.
        for (manager, owner) in &owners {
            prop_assert!(owner.fields.is_subset(&before[manager].fields), "{manager}");
        }
    }

    #[test]
    fn appliers_of_disjoint_fields_commute(text in word(), labels in word(), set in set()) {
        let (a, b) = (json!({"text": text, "set": set}), json!({"labels": {"k": labels}}));
        let one = |first: &Value, second: &Value, names: [&str; 2]| {
            let (live, owners) = apply(&Value::Null, Ownership::new(), names[0], first, OnConflict::Report);
            apply(&live, owners, names[1], second, OnConflict::Report)
        };
        prop_assert_eq!(one(&a, &b, ["a", "b"]), one(&b, &a, ["b", "a"]));
    }
}

#[test]
fn deep_values_are_refused_and_harmless() {
    let mut deep = json!(1);
    for _ in 0..1_000 {
        deep = json!({ "a": deep });
    }
    let schema = MergeSchema::deduced();
    assert!(schema.check(&deep, Duplicates::Allow).is_err());
    let fields = schema.field_set(&deep);
    assert!(schema.compare(&deep, &deep).is_same());
    let mut rest = deep.clone();
    schema.remove(&mut rest, &fields);
    assert_eq!(rest, Value::Null);
}
