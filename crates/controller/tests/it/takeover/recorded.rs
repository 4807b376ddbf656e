//! Clusters that upstream kro ran, as they were recorded. Read by the tests of the simulation too.

use kro_object::Object;
use serde_json::Value;
use std::{fs, path::PathBuf};

pub(crate) fn gold() -> Option<PathBuf> {
    let default = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared"));
    let folder = std::env::var_os("KRO_GOLD_DIR").map_or_else(default, PathBuf::from);
    folder.is_dir().then_some(folder)
}

/// The objects of all recorded clusters, in an order in which they can be stored.
pub(crate) fn recorded() -> Option<Vec<Object>> {
    let mut objects = Vec::new();
    for file in fs::read_dir(gold()?.join("upstream-state")).expect("a folder") {
        let path = file.expect("an entry").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let state: Value = serde_json::from_slice(&fs::read(path).expect("a file")).expect("JSON");
            let all = state["objects"].as_array().expect("a list").clone();
            objects.extend(all.into_iter().map(|object| Object::from_value(object).expect("an object")));
        }
    }
    let rank = |object: &Object| match kind(object).as_str() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        // Owners before what they own.
        "ResourceGraphDefinition" => 2,
        _ => 3,
    };
    objects.sort_by_key(rank);
    Some(objects)
}

/// The kinds of other operators that the recorded definitions use.
pub(crate) fn stand_ins() -> Vec<Object> {
    let path = gold().expect("gold data").join("scenarios/stand-ins.crds.yaml");
    let text = fs::read_to_string(path).expect("a file");
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).expect("YAML");
    documents.into_iter().map(|object| Object::from_value(object).expect("an object")).collect()
}

pub(crate) fn kind(object: &Object) -> String {
    object.as_map()["kind"].as_str().unwrap_or_default().to_owned()
}
