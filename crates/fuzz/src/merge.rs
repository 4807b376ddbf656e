//! Structured merge on any JSON: writes of several managers, and the text that tells what they own.

use std::borrow::Cow;

use kro_structured_merge::{Duplicates, FieldSet, MergeSchema, OnConflict, Ownership, Updater};
use serde_json::Value;

use crate::text_of;

/// The kind of the laws of structured merge, with every relation.
fn schema() -> MergeSchema {
    let model = include_str!("../../structured-merge/src/tests/model.json");
    let model = serde_json::from_str(model).expect("invariant: it is JSON");
    MergeSchema::from_model(&model, "root").expect("invariant: the model is right")
}

/// Each line is an object that the next of three managers applies, or with a `!` before it updates. Whatever comes of
/// it, what is owned survives being written and read, and a schema reads the result as it wrote it.
pub(crate) fn merge(data: &[u8]) {
    let text = text_of(data);
    for schema in [schema(), MergeSchema::deduced()] {
        let (mut live, mut owners) = (Value::Null, Ownership::new());
        for (at, line) in text.lines().take(16).enumerate() {
            let (is_update, json) = line.strip_prefix('!').map_or((false, line), |json| (true, json));
            let Ok(object) = serde_json::from_str::<Value>(json) else { continue };
            if !object.is_object() {
                continue;
            }
            let (updater, manager) = (Updater::new(&schema), format!("m{}", at % 3));
            if is_update {
                match updater.update(&live, &object, "v1", owners.clone(), &manager) {
                    Ok(updated) => (live, owners) = (object, updated),
                    Err(refused) => assert!(!refused.to_string().is_empty(), "a refusal says why"),
                }
                continue;
            }
            match updater.apply(&live, &object, "v1", owners.clone(), &manager, OnConflict::Force) {
                Ok(applied) => {
                    let merged = applied.object.map_or_else(|| live.clone(), Cow::into_owned);
                    (live, owners) = (merged, applied.owners);
                }
                Err(refused) => assert!(!refused.to_string().is_empty(), "a refusal says why"),
            }
            for owner in owners.values() {
                check(&owner.fields);
            }
        }
        check(&schema.field_set(&live));
        assert!(schema.compare(&live, &live).is_same(), "{live} differs from itself");
        let _ = schema.check(&live, Duplicates::Refuse);
    }
}

/// A text that is read is written in one form, which reads as the same set; reading it fast or with care is the same.
pub(crate) fn fields_v1(data: &[u8]) {
    let text = text_of(data);
    let (fast, careful) = (FieldSet::from_fields_v1(&text), serde_json::from_str::<FieldSet>(&text));
    assert_eq!(fast.is_ok(), careful.is_ok(), "{text}");
    let (Ok(fast), Ok(careful)) = (fast, careful) else { return };
    assert_eq!(fast, careful, "{text}");
    check(&fast);
    assert_eq!(fast.union(&fast), fast);
    assert!(fast.difference(&fast).is_empty());
    let leaves = fast.leaves();
    assert!(leaves.is_subset(&fast), "{leaves:?} of {fast:?}");
    assert_eq!(fast.difference(&leaves).union(&leaves), fast);
}

/// Numbers are read as doubles, so the first reading may round them; from then on nothing changes.
fn check(set: &FieldSet) {
    let text = set.to_fields_v1();
    let value: Value = serde_json::from_str(&text).expect("it is JSON");
    assert_eq!(serde_json::to_value(set).expect("it is written"), value);
    assert_eq!(set.to_fields_v1_value(), value);
    let read = FieldSet::from_fields_v1(&text).expect("what was written is read");
    let again = FieldSet::from_fields_v1(&read.to_fields_v1()).expect("what was written is read");
    assert_eq!(again, read, "{text}");
}
