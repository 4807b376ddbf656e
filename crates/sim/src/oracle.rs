//! What must be there in the end, computed from what people asked for by compile and plan alone: no operator, no
//! history. An object is right when it has everything its template says.

use crate::{
    Admin,
    scenario::{Lists, difference},
    snapshot::{Snapshot, crds},
    story::is_member,
};
use kro_api::{
    ResourceGraphDefinition,
    names::{self, labels},
};
use kro_diagnostic::Severity;
use kro_graph::{CompileOptions, Graph, GraphSource, lower};
use kro_object::{GroupKind, Object};
use kro_plan::{Observation, Planner, Step, Target};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Compiles definitions once and judges worlds.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    graphs: BTreeMap<(String, i64), Option<Arc<Graph>>>,
}

impl Oracle {
    /// Everything that is not as it should be.
    pub(crate) fn judge(&mut self, now: &Snapshot, admin: &Admin) -> Vec<String> {
        let mut wrong = Vec::new();
        let mut living = BTreeSet::new();
        let mut defined = BTreeSet::new();
        for definition in now.all(&GroupKind::new(names::GROUP, "ResourceGraphDefinition")) {
            let name = definition.key().name;
            if definition.metadata().is_deleting() {
                wrong.push(format!("definition {name} is still being deleted"));
                continue;
            }
            let Some(graph) = self.graph(now, definition) else {
                wrong.push(format!("definition {name} does not compile"));
                continue;
            };
            let kind = graph.instance.resource.gvk.group_kind();
            defined.insert(kind.clone());
            if definition.as_value_at("status").map(|status| &status["state"]) != Some(&"Active".into()) {
                wrong.push(format!("definition {name} is not active: {}", reasons(definition)));
            }
            for instance in now.all(&kind) {
                living.insert(kro_apply::id(&kind, &instance.key()));
                judge_instance(now, admin, &graph, instance, &mut wrong);
            }
        }
        // Instances whose definition is gone keep their children, as upstream's do.
        for crd in now.all(&crds()).filter(|crd| crd.metadata().label(labels::OWNED).is_some()) {
            let spec = crd.as_value_at("spec").unwrap_or(&Value::Null);
            let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let kind = GroupKind::new(text("/group"), text("/names/kind"));
            if !defined.contains(&kind) {
                living.extend(now.all(&kind).map(|instance| kro_apply::id(&kind, &instance.key())));
            }
        }
        for object in now.everything().filter(|object| is_member(object)) {
            if let Some(set) = object.metadata().label(labels::APPLYSET_PART_OF)
                && !living.contains(set)
            {
                wrong.push(format!("orphan: {} of a set that has no parent", shown(object)));
            }
        }
        wrong
    }

    /// The graph of a definition; `None` when it does not compile.
    fn graph(&mut self, now: &Snapshot, definition: &Object) -> Option<Arc<Graph>> {
        let metadata = definition.metadata();
        let id = (metadata.uid().unwrap_or_default().to_owned(), metadata.generation().unwrap_or_default());
        if let Some(known) = self.graphs.get(&id) {
            return known.clone();
        }
        let graph = compile(now, definition);
        self.graphs.insert(id, graph.clone());
        graph
    }
}

fn judge_instance(
    now: &Snapshot,
    admin: &Admin,
    graph: &Arc<Graph>,
    instance: &Object,
    wrong: &mut Vec<String>,
) {
    let name = shown(instance);
    if instance.metadata().is_deleting() {
        wrong.push(format!("{name} is still being deleted"));
        return;
    }
    if kro_api::is_suspended(instance) {
        return;
    }
    let set = kro_apply::id(&graph.instance.resource.gvk.group_kind(), &instance.key());
    let state = instance.as_value_at("status").cloned().unwrap_or_default();
    let mut planner = Planner::new(Arc::clone(graph), instance.clone());
    let mut wanted = BTreeSet::new();
    let plan = loop {
        match planner.poll() {
            Step::Read(reads) => {
                for read in reads {
                    let found: Vec<Object> = match &read.target {
                        Target::Named(key) => now.get(&read.resource, key).cloned().into_iter().collect(),
                        Target::Selected { namespace, selector } => {
                            let fits = |object: &&Object| {
                                (namespace.is_none() || *namespace == object.key().namespace)
                                    && selector.matches(object.metadata().labels().cloned())
                            };
                            now.all(&read.resource.gvk.group_kind()).filter(fits).cloned().collect()
                        }
                    };
                    let is_missing = found.is_empty() && matches!(read.target, Target::Named(_));
                    let answer = if is_missing { Observation::Missing } else { Observation::Found(found) };
                    planner.observe(read.id, answer);
                }
            }
            Step::Apply(wave) => {
                for desired in wave {
                    let index = desired.item.map(|item| item.index);
                    wanted.insert((desired.resource.gvk.group_kind(), desired.object.key()));
                    let outcome = match now.get(&desired.resource, &desired.object.key()) {
                        None => Err(format!("{name}: {} is missing", shown(&desired.object))),
                        Some(live) => {
                            match difference(&desired.object.to_value(), &live.to_value(), "", Lists::Whole) {
                                Some(what) if !is_written_otherwise(admin, &desired.object, live) => {
                                    Err(format!("{name}: {}: {what}", shown(live)))
                                }
                                _ if live.metadata().label(labels::APPLYSET_PART_OF) != Some(&set) => {
                                    Err(format!("{name}: {} is not in its set", shown(live)))
                                }
                                _ => Ok(live.clone()),
                            }
                        }
                    };
                    if let Err(what) = &outcome {
                        wrong.push(what.clone());
                    }
                    planner.applied(&desired.node, index, outcome);
                }
            }
            Step::Done(plan) => break plan,
        }
    };
    if plan.is_complete() {
        for member in now.labelled(labels::APPLYSET_PART_OF, &set).filter(|object| is_member(object)) {
            let kind = member.gvk().map(|gvk| gvk.group_kind());
            if !kind.is_ok_and(|kind| wanted.contains(&(kind, member.key()))) {
                wrong.push(format!("{name}: {} is no longer wanted", shown(member)));
            }
        }
    }
    let is_ready = plan.problem().is_none();
    if (state["state"] == "ACTIVE") != is_ready {
        wrong.push(format!("{name}: state is {} while {:?}", state["state"], plan.problem()));
    }
    if let (Ok(fields), Value::Object(mut written)) = (plan.status(), state) {
        written.remove("state");
        written.remove("conditions");
        if written != fields {
            let (fields, written) = (Value::Object(fields), Value::Object(written));
            wrong.push(format!("{name}: status is {written}, expected {fields}"));
        }
    }
}

/// Whether the server has an object as it is asked for, in other words than those it is asked in: it drops what is
/// empty, moves the texts of a Secret, writes quantities its own way. Somebody who asks for it would change nothing.
fn is_written_otherwise(admin: &Admin, desired: &Object, live: &Object) -> bool {
    let bare = |object: &Object| {
        let mut value = object.to_value();
        if let Some(metadata) = value["metadata"].as_object_mut() {
            for field in ["managedFields", "resourceVersion", "generation"] {
                metadata.remove(field);
            }
        }
        value
    };
    admin.would_become(desired).is_ok_and(|becomes| bare(&becomes) == bare(live))
}

fn compile(now: &Snapshot, definition: &Object) -> Option<Arc<Graph>> {
    let definition = ResourceGraphDefinition::decode(definition.clone()).value?;
    let source: GraphSource = lower(&definition.spec).value?;
    let kinds = now.catalog().kinds_for(&source);
    let compiled = kro_graph::compile(&source, &kinds, &CompileOptions::default());
    let failed = compiled.diagnostics.iter().any(|found| found.severity == Severity::Error);
    compiled.value.filter(|_| !failed).map(Arc::new)
}

/// The conditions that do not hold, in a few words.
fn reasons(object: &Object) -> String {
    let status = object.as_value_at("status").unwrap_or(&Value::Null);
    let conditions = status["conditions"].as_array().into_iter().flatten();
    let open = conditions.filter(|condition| condition["status"] != "True");
    let open = open.map(|it| format!("{} {} {}: {}", it["type"], it["status"], it["reason"], it["message"]));
    format!("{} {}", status["state"], open.collect::<Vec<_>>().join("; "))
}

/// Kind and name.
pub(crate) fn shown(object: &Object) -> String {
    let kind = object.gvk().map(|gvk| gvk.kind).unwrap_or_default();
    format!("{kind} {}", object.key())
}
