//! A life as the scenario that `kro test` plays.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use kro_graph::NodeKind;
use kro_object::Object;
use kro_sim::scenario::API_VERSION;
use serde_json::{Value, json};

use super::life::{Event, Life};
use super::render::Rendered;
use super::{Instances, LIMITS};
use crate::commands::test::load::objects;
use crate::input::Input;
use crate::output::Advice;

/// More objects than this are no longer a matter of what an instance asks for.
const MANY: usize = 1000;

/// The files that are there from the start of every life.
#[derive(Debug)]
pub(super) struct Given {
    /// Their objects, by the name that the scenario has for them.
    pub(super) files: BTreeMap<String, Vec<Object>>,
}

impl Given {
    /// Reads what the user named. Names are as seen from the folder of the scenario, if it is kept in a file.
    pub(super) fn read(input: &Input, kept: Option<&Path>) -> anyhow::Result<Self> {
        let folder = kept.and_then(Path::parent).filter(|folder| !folder.as_os_str().is_empty());
        let mut files = BTreeMap::new();
        for path in input.paths() {
            if path.as_os_str() == "-" {
                return Err(Advice::new(
                    "a scenario cannot name the standard input",
                    "give the definition as a file, or only render it: `--render`",
                )
                .into());
            }
            let name = match folder {
                Some(folder) => seen_from(folder, path)?,
                None => path.clone(),
            };
            files.insert(name.display().to_string(), objects(path)?);
        }
        Ok(Self { files })
    }

    fn has(&self, object: &Object) -> bool {
        let is_same = |other: &Object| other.key() == object.key() && other.gvk().ok() == object.gvk().ok();
        self.files.values().flatten().any(is_same)
    }
}

/// A path, relative to a folder.
fn seen_from(folder: &Path, path: &Path) -> anyhow::Result<PathBuf> {
    let real = |path: &Path| path.canonicalize().with_context(|| format!("cannot find {}", path.display()));
    let (folder, path) = (real(folder)?, real(path)?);
    let common = folder.components().zip(path.components()).take_while(|(one, other)| one == other).count();
    let up = folder.components().skip(common).map(|_| Component::ParentDir);
    Ok(up.chain(path.components().skip(common)).collect())
}

/// The scenario of a life.
pub(super) fn document(
    life: &Life,
    given: &Given,
    instances: &Instances,
    rendered: impl Fn(&Value) -> Rendered,
) -> Value {
    let mut around: Vec<Value> = given.files.keys().map(|name| name.as_str().into()).collect();
    let mut current = &life.instance;
    let mut children = rendered(current);
    let mut foreign = std::mem::take(&mut children.foreign);
    let mut steps = vec![json!({"apply": current})];
    for event in &life.events {
        match event {
            Event::Change(instance) if may_follow(instances, current, instance) => {
                current = instance;
                children = rendered(current);
                foreign.append(&mut children.foreign);
                steps.push(json!({"apply": current}));
            }
            // The server would refuse it.
            Event::Change(_) => {}
            Event::Lose(_) if children.made.is_empty() => {}
            Event::Lose(number) => {
                let child = &children.made[usize::from(*number) % children.made.len()];
                steps.push(json!({"expect": {"settled": true}}));
                steps.push(json!({"delete": reference(&child.to_value())}));
            }
            Event::CrashAfter(count) => steps.push(json!({"crashAfter": count})),
            Event::Wait(seconds) => steps.push(json!({"wait": format!("{seconds}s")})),
        }
    }
    let mut expect = json!({"settled": true, "that": [format!("size(objects) < {MANY}")]});
    if must_be_ready(instances) {
        let mut ready = current.clone();
        if let Some(ready) = ready.as_object_mut() {
            ready.remove("spec");
        }
        ready["status"] = json!({"state": "ACTIVE"});
        expect["objects"] = json!([ready]);
    }
    steps.push(json!({"expect": expect}));
    let itself = reference(current);
    steps.push(json!({"delete": itself}));
    steps.push(json!({"expect": {"settled": true, "absent": [itself]}}));

    let mut seen = BTreeSet::new();
    for object in foreign.iter().filter(|object| !given.has(object)) {
        if seen.insert((object.gvk().ok(), object.key())) {
            around.extend(namespace(object, &mut seen));
            around.push(without_uid(object));
        }
    }
    let kind = &instances.graph.instance.resource.gvk.kind;
    json!({
        "apiVersion": API_VERSION, "kind": "Scenario", "name": format!("a {kind} lives well"),
        "given": around, "faults": life.faults, "seed": life.seed, "steps": steps,
    })
}

/// Whether the author's rules about changes allow one.
fn may_follow(instances: &Instances, old: &Value, new: &Value) -> bool {
    let (old, new) = (instances.stored(old), instances.stored(new));
    instances.rules.validate(&new, Some(&old), LIMITS).violations.is_empty()
}

/// Whether the embedded cluster brings everything that is made to an end, so that the instance must become ready:
/// other people's controllers are not in it, and their objects are made up.
fn must_be_ready(instances: &Instances) -> bool {
    instances.graph.nodes.values().all(|node| match node.kind {
        NodeKind::Resource | NodeKind::Collection { .. } => {
            kro_k8s_schemas::resource(&node.resource.gvk).is_some()
        }
        NodeKind::External | NodeKind::ExternalCollection => node.ready_when.is_empty(),
    })
}

fn reference(object: &Value) -> Value {
    let mut reference = json!({
        "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
    });
    if let Some(namespace) = object["metadata"].get("namespace") {
        reference["namespace"] = namespace.clone();
    }
    reference
}

/// The namespace of an object, if clusters do not have it from the start.
fn namespace(
    object: &Object,
    seen: &mut BTreeSet<(Option<kro_object::Gvk>, kro_object::ObjectKey)>,
) -> Option<Value> {
    let name = object.key().namespace?;
    let value = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": *name}});
    let made = Object::from_value(value.clone()).ok()?;
    let is_new = &*name != "default" && seen.insert((made.gvk().ok(), made.key()));
    is_new.then_some(value)
}

/// As it is applied: the server gives the uid.
fn without_uid(object: &Object) -> Value {
    let mut value = object.to_value();
    if let Some(metadata) = value["metadata"].as_object_mut() {
        metadata.remove("uid");
    }
    value
}
