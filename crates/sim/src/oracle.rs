//! What must be there in the end, computed from what people asked for by compile and plan alone: no operator, no
//! history but that of policies. An object is right when it has everything its template says.

mod instance;

use crate::{
    Admin,
    policies::{Policies, kind_of},
    snapshot::{Snapshot, crds},
    story::is_member,
};
use instance::judge_instance;
use kro_api::{
    ResourceGraphDefinition,
    names::{self, labels},
    policy::{Deletion, WithInstances},
};
use kro_diagnostic::Severity;
use kro_graph::{CompileOptions, Graph, GraphSource, lower};
use kro_object::{GroupKind, Object};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Compiles definitions once and judges worlds.
#[derive(Debug, Default)]
pub(crate) struct Oracle {
    graphs: BTreeMap<Id, Compiled>,
}

/// Uid and generation.
type Id = (String, i64);

/// What a definition compiled to.
#[derive(Debug)]
struct Compiled {
    /// Among these CRDs.
    crds: Vec<Id>,
    graph: Option<Arc<Graph>>,
}

/// How a world is.
#[derive(Debug, Default)]
pub(crate) struct Judgement {
    /// Everything that is not as it should be.
    pub(crate) wrong: Vec<String>,
    /// How many definitions and instances are right as they are and still ask again and again, since nobody tells them
    /// of what they wait for.
    pub(crate) waiting: u64,
}

impl Oracle {
    /// Judges what is stored now.
    pub(crate) fn judge(&mut self, now: &Snapshot, admin: &Admin, policies: &Policies) -> Judgement {
        let mut judgement = Judgement::default();
        let mut living = BTreeSet::new();
        let mut defined = BTreeSet::new();
        for definition in now.all(&GroupKind::new(names::GROUP, "ResourceGraphDefinition")) {
            let name = definition.key().name;
            let kind = kind_of(definition);
            let sets = now.all(&kind).map(|instance| kro_apply::id(&kind, &instance.key()));
            if definition.metadata().is_deleting() {
                let stays = policies.of(definition).with_instances == WithInstances::Refuse;
                let count = sets.count() as u64;
                if stays && count > 0 {
                    judgement.waiting += 1 + count;
                } else {
                    judgement.wrong.push(format!("definition {name} is still being deleted"));
                }
                continue;
            }
            let former = living.len();
            living.extend(sets);
            let count = (living.len() - former) as u64;
            defined.insert(kind.clone());
            let Some(graph) = self.graph(now, definition) else {
                // It goes on as it was compiled before, or in an older form, or not at all: that depends on what happened.
                judgement.waiting += 1 + count;
                let deleting = now.all(&kind).filter(|instance| instance.metadata().is_deleting());
                judgement.wrong.extend(deleting.map(|it| format!("{} is still being deleted", shown(it))));
                continue;
            };
            if !is_active(definition) {
                judgement.wrong.push(format!("definition {name} is not active: {}", reasons(definition)));
            }
            for instance in now.all(&kind) {
                judge_instance(now, admin, &graph, &policies.of(definition), instance, &mut judgement);
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
                && !policies.ever(object).iter().any(|policy| policy.deletion == Deletion::Retain)
            {
                judgement.wrong.push(format!("orphan: {} of a set that has no parent", shown(object)));
            }
        }
        judgement
    }

    /// The graph of a definition; `None` when it does not compile.
    fn graph(&mut self, now: &Snapshot, definition: &Object) -> Option<Arc<Graph>> {
        let id = id_of(definition);
        let crds: Vec<Id> = now.all(&crds()).map(id_of).collect();
        if let Some(known) = self.graphs.get(&id).filter(|known| known.crds == crds) {
            return known.graph.clone();
        }
        let graph = compile(now, definition);
        self.graphs.insert(id, Compiled { crds, graph: graph.clone() });
        graph
    }
}

fn id_of(object: &Object) -> Id {
    let metadata = object.metadata();
    (metadata.uid().unwrap_or_default().to_owned(), metadata.generation().unwrap_or_default())
}

/// Whether the status says that the present generation is served.
fn is_active(definition: &Object) -> bool {
    let Some(status) = definition.as_value_at("status") else { return false };
    let mut conditions = status["conditions"].as_array().into_iter().flatten();
    let ready = conditions.find(|condition| condition["type"] == "Ready");
    let is_present = ready.is_some_and(|ready| {
        ready["status"] == "True"
            && ready["observedGeneration"].as_i64() == definition.metadata().generation()
    });
    status["state"] == "Active" && is_present
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
