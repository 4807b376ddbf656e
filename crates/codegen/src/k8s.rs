//! Writes the data of kro-k8s-schemas: documents without descriptions, resource types, their list as Rust.

use std::{fs, path::Path};

use anyhow::Context;
use serde_json::{Map, Value, json};

use crate::{resources, source::Recording};

/// Writes all files; returns how many.
pub(crate) fn generate(recording: &Recording, into: &Path) -> anyhow::Result<usize> {
    let data = into.join("data");
    clear(&data)?;
    let mut table = Vec::new();
    let mut list = Vec::new();
    for (path, document) in &recording.documents {
        let stem = path.replace('/', "__");
        let components = json!({"schemas": slim(&document["components"]["schemas"])});
        write(&data.join(format!("{stem}.components.json")), &components.to_string())?;
        write(&data.join(format!("{stem}.paths.json")), &slim(&document["paths"]).to_string())?;
        table.extend(resources::of(path, &document["paths"]));
        list.push(format!(
            "    Source {{\n        path: \"{path}\",\n        \
             components: include_str!(\"../data/{stem}.components.json\"),\n        \
             paths: include_str!(\"../data/{stem}.paths.json\"),\n    }},\n"
        ));
    }
    write(&data.join("custom.json"), &custom_parts(recording)?.to_string())?;
    resources::sort(&mut table);
    let lines: Vec<String> = table.iter().map(Value::to_string).collect();
    write(&data.join("resources.json"), &format!("[\n{}\n]\n", lines.join(",\n")))?;
    write(&data.join("NOTICE"), &notice(&recording.version))?;
    let version = &recording.version;
    let rust = format!(
        "//! Made by `cargo xtask codegen k8s`; do not edit.\n\nuse crate::documents::Source;\n\n\
         /// The version of Kubernetes the data was recorded from.\npub const VERSION: &str = \"{version}\";\n\n\
         pub(crate) const SOURCES: &[Source] = &[\n{}];\n",
        list.concat()
    );
    write(&into.join("src/generated.rs"), &rust)?;
    Ok(2 * recording.documents.len() + 4)
}

/// The groups and versions in which kube-apiserver 1.36 knows options of deletion, former versions included.
const OPTION_GROUPS: &[(&str, &str)] = &[
    ("", "v1"),
    ("admissionregistration.k8s.io", "v1 v1alpha1 v1beta1"),
    ("apps", "v1 v1beta1 v1beta2"),
    ("authentication.k8s.io", "v1 v1alpha1 v1beta1"),
    ("authorization.k8s.io", "v1 v1beta1"),
    ("autoscaling", "v1 v2"),
    ("batch", "v1 v1beta1"),
    ("certificates.k8s.io", "v1 v1alpha1 v1beta1"),
    ("coordination.k8s.io", "v1 v1alpha2 v1beta1"),
    ("discovery.k8s.io", "v1 v1beta1"),
    ("events.k8s.io", "v1 v1beta1"),
    ("extensions", "v1beta1"),
    ("flowcontrol.apiserver.k8s.io", "v1 v1beta1 v1beta2 v1beta3"),
    ("internal.apiserver.k8s.io", "v1alpha1"),
    ("networking.k8s.io", "v1 v1beta1"),
    ("node.k8s.io", "v1 v1alpha1 v1beta1"),
    ("policy", "v1 v1beta1"),
    ("rbac.authorization.k8s.io", "v1 v1alpha1 v1beta1"),
    ("resource.k8s.io", "v1 v1alpha3 v1beta1 v1beta2"),
    ("scheduling.k8s.io", "v1 v1alpha2 v1beta1"),
    ("storage.k8s.io", "v1 v1alpha1 v1beta1"),
    ("storagemigration.k8s.io", "v1beta1"),
];

/// What the documents of custom resources are made of, with descriptions, because nothing else describes them: the
/// schemas of metadata and of scales, and the parameters of each action.
fn custom_parts(recording: &Recording) -> anyhow::Result<Value> {
    const META: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.";
    const SCALE: &str = "io.k8s.api.autoscaling.v1.Scale";
    let document = |path: &str| {
        let found = recording.documents.iter().find(|(known, _)| *known == path);
        found.map(|(_, document)| document).with_context(|| format!("no document of {path}"))
    };
    let (plain, scaling) = (document("apis/coordination.k8s.io/v1")?, document("apis/apps/v1")?);
    let mut schemas = Map::new();
    for (from, prefix) in [(plain, META), (scaling, SCALE)] {
        let all = from["components"]["schemas"].as_object().context("a document without schemas")?;
        let wanted = |name: &str| {
            let of_discovery = ["APIResource", "APIResourceList", "MicroTime", "WatchEvent"];
            name.starts_with(prefix)
                && !of_discovery.iter().any(|other| name.strip_prefix(META) == Some(*other))
        };
        let found = all.iter().filter(|(name, _)| wanted(name));
        schemas.extend(found.map(|(name, schema)| (name.clone(), schema.clone())));
    }
    // Builtin documents name their own groups here; those of custom resources name all that the server knows.
    schemas[&format!("{META}DeleteOptions")]["x-kubernetes-group-version-kind"] = OPTION_GROUPS
        .iter()
        .flat_map(|(group, versions)| versions.split(' ').map(move |version| (group, version)))
        .map(|(group, version)| json!({"group": group, "kind": "DeleteOptions", "version": version}))
        .collect();
    let paths = &plain["paths"];
    let collection = &paths["/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases"];
    let item = &paths["/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases/{name}"];
    let parameters = json!({
        "list": collection["get"]["parameters"],
        "post": collection["post"]["parameters"],
        "put": item["put"]["parameters"],
        "patch": item["patch"]["parameters"],
        "delete": item["delete"]["parameters"],
        "path": collection["parameters"],
    });
    Ok(json!({"schemas": schemas, "parameters": parameters}))
}

/// A document without the descriptions of schemas and parameters; those of responses are required by OpenAPI.
fn slim(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| match (key.as_str(), value) {
                ("description", Value::String(_)) => None,
                ("responses", Value::Object(responses)) => Some((key.clone(), slim_responses(responses))),
                _ => Some((key.clone(), slim(value))),
            };
            Value::Object(map.iter().filter_map(entry).collect())
        }
        Value::Array(list) => list.iter().map(slim).collect(),
        other => other.clone(),
    }
}

fn slim_responses(responses: &Map<String, Value>) -> Value {
    let entry = |(code, response): (&String, &Value)| {
        let mut slimmed = slim(response);
        slimmed["description"] = response["description"].clone();
        (code.clone(), slimmed)
    };
    Value::Object(responses.iter().map(entry).collect())
}

fn notice(version: &str) -> String {
    format!(
        "The files in this folder are derived from the OpenAPI v3 documents that kube-apiserver {version} serves below\n\
         /openapi/v3, with descriptions removed, and (go-types.txt) from the field tags of its Go types.\n\n\
         Kubernetes\nCopyright 2014 The Kubernetes Authors\n\
         Licensed under the Apache License, Version 2.0\nhttps://github.com/kubernetes/kubernetes\n"
    )
}

/// Removes the JSON files of a former run; other data stays.
fn clear(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
