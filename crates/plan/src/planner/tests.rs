use super::*;
use crate::{NodeState, Problem, explain};
use indexmap::IndexMap;
use kro_cel_k8s::{SchemaTypes, UnknownFields};
use kro_graph::{Instance, Template};
use kro_object::{Gvk, ResourceType, Scope};
use kro_schema::Schema;
use proptest::prelude::*;
use serde_json::json;

/// A graph without expressions: each node's name, kind and dependencies, dependencies first.
fn graph(nodes: &[(&str, NodeKind, &[&str])]) -> Arc<Graph> {
    let resource = ResourceType::new(Gvk::new("", "v1", "ConfigMap"), "configmaps", Scope::Namespaced);
    let schema = Arc::new(Schema::open_object());
    let nodes: IndexMap<NodeId, Node> = nodes
        .iter()
        .map(|(id, kind, dependencies)| {
            let base = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": id } });
            let node = Node {
                id: NodeId::new(*id),
                kind: kind.clone(),
                resource: resource.clone(),
                schema: Arc::clone(&schema),
                template: Template { base: Object::from_value(base).expect("an object"), holes: Vec::new() },
                dependencies: dependencies.iter().map(|id| NodeId::new(*id)).collect(),
                wave: 1,
                include_when: Vec::new(),
                ready_when: Vec::new(),
            };
            (NodeId::new(*id), node)
        })
        .collect();
    Arc::new(Graph {
        instance: Instance {
            resource: resource.clone(),
            schema: Arc::clone(&schema),
            view: schema,
            status: Vec::new(),
            conditions: None,
            dependencies: Vec::new(),
        },
        order: nodes.keys().cloned().collect(),
        waves: vec![nodes.keys().cloned().collect()],
        nodes,
        crd: Object::from_value(json!({})).expect("an object"),
        types: Arc::new(SchemaTypes::new([], UnknownFields::Dynamic)),
    })
}

fn instance() -> Object {
    let value =
        json!({ "metadata": { "name": "web", "namespace": "shop", "uid": "u-1" }, "status": { "x": 1 } });
    Object::from_value(value).expect("an object")
}

/// A cluster of names: which exist, which are being deleted, which refuse an apply.
#[derive(Debug, Default)]
struct Cluster {
    existing: Vec<&'static str>,
    leaving: Vec<&'static str>,
    refused: Vec<&'static str>,
}

/// Runs a pass. Returns the steps, one a line, and the plan.
fn run(nodes: &[(&str, NodeKind, &[&str])], cluster: &Cluster) -> (Vec<String>, Plan) {
    let mut planner = Planner::new(graph(nodes), instance());
    let mut log = Vec::new();
    loop {
        match planner.poll() {
            Step::Read(reads) => {
                let names: Vec<_> = reads.iter().map(|read| read.node.as_str()).collect();
                log.push(format!("read {}", names.join(" ")));
                for read in reads {
                    let Target::Named(key) = &read.target else { panic!("no collections here") };
                    assert_eq!(key.namespace.as_deref(), Some("shop"));
                    let found = cluster.existing.contains(&&*key.name);
                    let mut object = Object::new(&read.resource.gvk, key);
                    if cluster.leaving.contains(&&*key.name) {
                        object.metadata_mut().insert("deletionTimestamp", "2026-01-01T00:00:00Z");
                    }
                    let answer = if found { Observation::Found(vec![object]) } else { Observation::Missing };
                    planner.observe(read.id, answer);
                }
            }
            Step::Apply(wave) => {
                let names: Vec<_> = wave.iter().map(|desired| desired.node.as_str()).collect();
                log.push(format!("apply {}", names.join(" ")));
                for desired in wave {
                    let refused = cluster.refused.contains(&desired.node.as_str());
                    let answer = if refused { Err("denied".to_owned()) } else { Ok(desired.object.clone()) };
                    planner.applied(&desired.node, desired.item.map(|item| item.index), answer);
                }
            }
            Step::Done(plan) => return (log, plan),
        }
    }
}

const RESOURCE: NodeKind = NodeKind::Resource;

#[track_caller]
fn check(nodes: &[(&str, NodeKind, &[&str])], cluster: &Cluster, expected: &[&str]) -> Plan {
    let (log, plan) = run(nodes, cluster);
    assert_eq!(log, expected);
    plan
}

#[test]
fn a_chain_is_done_in_one_pass() {
    let nodes =
        [("a", RESOURCE, &[][..]), ("b", RESOURCE, &["a"]), ("c", RESOURCE, &["b"]), ("d", RESOURCE, &[])];
    let plan = check(
        &nodes,
        &Cluster::default(),
        &["read a d", "apply a d", "read b", "apply b", "read c", "apply c"],
    );
    assert!(plan.is_complete());
    assert_eq!(plan.problem(), None);
}

#[test]
fn what_is_there_is_read_at_once_and_applied_in_order() {
    let nodes = [("a", RESOURCE, &[][..]), ("b", RESOURCE, &["a"]), ("c", RESOURCE, &["a", "b"])];
    let cluster = Cluster { existing: vec!["a", "b", "c"], ..Cluster::default() };
    check(&nodes, &cluster, &["read a", "read b", "read c", "apply a", "apply b", "apply c"]);
}

#[test]
fn an_object_on_its_way_out_stops_everything() {
    let nodes = [("a", RESOURCE, &[][..]), ("b", RESOURCE, &[])];
    let cluster = Cluster { existing: vec!["b"], leaving: vec!["b"], ..Cluster::default() };
    let plan = check(&nodes, &cluster, &["read a b"]);
    assert!(!plan.is_complete());
    assert!(matches!(plan.problem(), Some(Problem::Deleting(message)) if message.contains("shop/b")));
}

#[test]
fn a_refusal_holds_up_its_dependents_only() {
    let nodes =
        [("a", RESOURCE, &[][..]), ("b", RESOURCE, &["a"]), ("c", RESOURCE, &["b"]), ("d", RESOURCE, &[])];
    let cluster = Cluster { refused: vec!["a"], ..Cluster::default() };
    let plan = check(&nodes, &cluster, &["read a d", "apply a d"]);
    assert_eq!(plan.nodes["a"], NodeState::Failed { message: "denied".to_owned() });
    assert_eq!(plan.nodes["d"], NodeState::Ready);
    assert_eq!(plan.problem(), Some(Problem::Failed("denied".to_owned())));
    let chain: Vec<_> = explain(&plan, &NodeId::new("c")).iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(chain, ["c", "b", "a"]);
}

#[test]
fn a_missing_external_object_is_waited_for() {
    let nodes = [("e", NodeKind::External, &[][..]), ("a", RESOURCE, &["e"]), ("b", RESOURCE, &[])];
    let plan = check(&nodes, &Cluster::default(), &["read e b", "apply b"]);
    assert!(!plan.is_complete(), "a is pending");
    assert!(matches!(&plan.nodes["e"], NodeState::Unready { message } if message.contains("no such object")));
    let there = Cluster { existing: vec!["e"], ..Cluster::default() };
    assert!(check(&nodes, &there, &["read e b", "read a", "apply a b"]).is_complete());
}

#[test]
fn what_waits_is_foreseen_unless_it_may_never_come() {
    let collection = NodeKind::Collection { dimensions: Vec::new() };
    let nodes = [
        ("e", NodeKind::External, &[][..]),
        ("a", RESOURCE, &[]),
        ("b", RESOURCE, &["a"]),
        ("c", RESOURCE, &["b"]),
        ("d", RESOURCE, &["e", "a"]),
        ("l", collection, &["a"]),
    ];
    let foreseen = |there: bool| {
        let mut planner = Planner::new(graph(&nodes), instance());
        let Step::Read(reads) = planner.poll() else { panic!("it reads first") };
        for read in reads {
            let found = there && read.node.as_str() == "e";
            let Target::Named(key) = &read.target else { panic!("by name") };
            let object = Object::new(&read.resource.gvk, key);
            planner.observe(
                read.id,
                if found { Observation::Found(vec![object]) } else { Observation::Missing },
            );
        }
        planner.poll();
        planner.foreseen().map(|node| node.id.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(foreseen(true), "a b c d");
    assert_eq!(foreseen(false), "a b c");
}

#[test]
fn a_pass_that_ends_early_knows_what_it_knows() {
    let plan = Planner::new(graph(&[("a", RESOURCE, &[])]), instance()).finish();
    assert!(matches!(plan.nodes["a"], NodeState::Pending { .. }));
    assert_eq!(plan.status(), Ok(serde_json::Map::new()));
}

proptest! {
    /// Whatever exists and whatever is refused: dependencies are applied first, each object at most once, and what
    /// is ready was applied.
    #[test]
    fn waves_respect_dependencies(
        edges in prop::collection::vec(any::<bool>(), 15),
        existing in prop::sample::subsequence(vec!["a", "b", "c", "d", "e", "f"], 0..=6),
        refused in prop::sample::subsequence(vec!["a", "b", "c", "d", "e", "f"], 0..=2),
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let mut edges = edges.into_iter();
        let mut dependencies: Vec<Vec<&str>> = Vec::new();
        for index in 0..names.len() {
            dependencies.push(names[..index].iter().copied().filter(|_| edges.next().unwrap_or(false)).collect());
        }
        let nodes: Vec<(&str, NodeKind, &[&str])> =
            names.iter().zip(&dependencies).map(|(name, on)| (*name, RESOURCE, on.as_slice())).collect();
        let (log, plan) = run(&nodes, &Cluster { existing, leaving: Vec::new(), refused: refused.clone() });
        let applied: Vec<&str> = log.iter().filter_map(|line| line.strip_prefix("apply ")).collect();
        let wave = |name: &str| applied.iter().position(|line| line.split(' ').any(|other| other == name));
        for (name, on) in names.iter().zip(&dependencies) {
            let count = applied.iter().flat_map(|line| line.split(' ')).filter(|other| other == name).count();
            prop_assert!(count <= 1);
            if count == 1 {
                prop_assert!(on.iter().all(|on| wave(on).is_some() && wave(on) < wave(name)));
            }
            let ready = plan.nodes[*name] == NodeState::Ready;
            prop_assert_eq!(ready, count == 1 && !refused.contains(name));
        }
        prop_assert_eq!(plan.is_complete(), applied.iter().flat_map(|line| line.split(' ')).count() == 6 && refused.is_empty());
    }
}
