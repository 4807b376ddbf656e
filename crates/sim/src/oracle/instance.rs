//! One instance: the children it must have, those it may keep, and what its status says of them.

use super::{Judgement, shown};
use crate::{
    Admin,
    scenario::{Lists, difference},
    snapshot::Snapshot,
    story::is_member,
};
use kro_api::{
    Policy,
    names::{labels, managers},
    policy::{Deletion, Existing, NodePolicy, Readiness},
};
use kro_graph::{Graph, Node};
use kro_object::Object;
use kro_plan::{Desired, Observation, Planner, Read, Step, Target};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

pub(super) fn judge_instance(
    now: &Snapshot,
    admin: &Admin,
    graph: &Arc<Graph>,
    policy: &Policy,
    instance: &Object,
    judgement: &mut Judgement,
) {
    let name = shown(instance);
    if instance.metadata().is_deleting() {
        judgement.wrong.push(format!("{name} is still being deleted"));
        return;
    }
    if kro_api::is_suspended(instance) {
        return;
    }
    let set = kro_apply::id(&graph.instance.resource.gvk.group_kind(), &instance.key());
    let kstatus = graph.nodes.values().filter(|node| {
        node.ready_when.is_empty() && policy.node(node.id.as_str()).readiness == Readiness::Kstatus
    });
    let kstatus = kstatus.map(|node| node.id.clone()).collect();
    let mut planner = Planner::new(Arc::clone(graph), instance.clone()).with_kstatus(Arc::new(kstatus));
    let mut wanted = BTreeSet::new();
    let mut in_the_way = false;
    let plan = loop {
        match planner.poll() {
            Step::Read(reads) => {
                for read in reads {
                    let answer = answer(now, graph, &read);
                    planner.observe(read.id, answer);
                }
            }
            Step::Apply(wave) => {
                for desired in wave {
                    let index = desired.item.map(|item| item.index);
                    wanted.insert((desired.resource.gvk.group_kind(), desired.object.key()));
                    let live = now.get(&desired.resource, &desired.object.key());
                    let outcome = match live {
                        Some(live) if is_left_alone(admin, policy, &desired, live, &set) => {
                            in_the_way = true;
                            Err(format!("{} is somebody else's", shown(live)))
                        }
                        live => judge_child(admin, policy.node(desired.node.as_str()), &desired, live, &set)
                            .map_err(|what| format!("{name}: {what}"))
                            .inspect_err(|what| judgement.wrong.push(what.clone())),
                    };
                    planner.applied(&desired.node, index, outcome);
                }
            }
            Step::Done(plan) => break plan,
        }
    };
    judgement.waiting += u64::from(in_the_way);
    let mut is_blocked = false;
    if plan.is_complete() && !in_the_way {
        let members = now.labelled(labels::APPLYSET_PART_OF, &set).filter(|object| is_member(object));
        let unwanted: Vec<&Object> = members
            .filter(|member| {
                let kind = member.gvk().map(|gvk| gvk.group_kind());
                !kind.is_ok_and(|kind| wanted.contains(&(kind, member.key())))
            })
            .filter(|member| {
                let node = member.metadata().label(labels::NODE_ID).unwrap_or_default();
                policy.node(node).deletion != Deletion::Retain
            })
            .collect();
        let goes = |member: &&&Object| {
            let node = member.metadata().label(labels::NODE_ID).unwrap_or_default();
            policy.node(node).deletion == Deletion::Delete && !member.metadata().is_deleting()
        };
        is_blocked = policy.max_deletes.is_some_and(|most| unwanted.iter().filter(goes).count() > most);
        if !is_blocked {
            let lines = unwanted.iter().map(|it| format!("{name}: {} is no longer wanted", shown(it)));
            judgement.wrong.extend(lines);
        }
    }
    let status = instance.as_value_at("status").cloned().unwrap_or_default();
    let is_ready = plan.problem().is_none() && !is_blocked;
    if (status["state"] == "ACTIVE") != is_ready {
        let problem = plan.problem();
        judgement.wrong.push(format!("{name}: state is {} while {problem:?}", status["state"]));
    }
    if let (Ok(fields), Value::Object(mut written)) = (plan.status(), status) {
        written.remove("state");
        written.remove("conditions");
        let nodes = written.remove("nodes");
        if nodes.is_some() != policy.inventory {
            judgement
                .wrong
                .push(format!("{name}: its inventory is {nodes:?}, which the policy says otherwise"));
        }
        if written != fields {
            let (fields, written) = (Value::Object(fields), Value::Object(written));
            judgement.wrong.push(format!("{name}: status is {written}, expected {fields}"));
        }
    }
}

/// What the server would say. An object that is not kro's says nothing of a child.
fn answer(now: &Snapshot, graph: &Graph, read: &Read) -> Observation {
    match &read.target {
        Target::Named(key) => {
            let is_managed = graph.nodes.get(&read.node).is_some_and(Node::is_managed);
            let counts = |object: &&Object| !is_managed || object.metadata().label(labels::NODE_ID).is_some();
            match now.get(&read.resource, key).filter(counts) {
                Some(object) => Observation::Found(vec![object.clone()]),
                None => Observation::Missing,
            }
        }
        Target::Selected { namespace, selector } => {
            let fits = |object: &&Object| {
                (namespace.is_none() || *namespace == object.key().namespace)
                    && selector.matches(object.metadata().labels().cloned())
            };
            Observation::Found(now.all(&read.resource.gvk.group_kind()).filter(fits).cloned().collect())
        }
    }
}

/// Whether an object is in the way of a child and stays as it is.
fn is_left_alone(admin: &Admin, policy: &Policy, desired: &Desired, live: &Object, set: &str) -> bool {
    let is_ours = live.metadata().label(labels::APPLYSET_PART_OF) == Some(set);
    !is_ours
        && match policy.node(desired.node.as_str()).existing {
            Existing::Force => false,
            Existing::Adopt => admin.would_conflict(managers::APPLYSET, &desired.object),
            Existing::Refuse => true,
        }
}

/// The child as it is, or what is wrong about it.
fn judge_child(
    admin: &Admin,
    policy: &NodePolicy,
    desired: &Desired,
    live: Option<&Object>,
    set: &str,
) -> Result<Object, String> {
    let Some(live) = live else { return Err(format!("{} is missing", shown(&desired.object))) };
    // What is left to others may have any value.
    let mut wanted = desired.object.to_value();
    for path in policy.create_only.iter().chain(&policy.ignore) {
        path.remove(&mut wanted);
    }
    if let Some(what) = difference(&wanted, &live.to_value(), "", Lists::Whole)
        && !is_written_otherwise(admin, &desired.object, live)
    {
        return Err(format!("{}: {what}", shown(live)));
    }
    if live.metadata().label(labels::APPLYSET_PART_OF) != Some(set) {
        return Err(format!("{} is not in its set", shown(live)));
    }
    Ok(live.clone())
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
