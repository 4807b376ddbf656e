//! What definitions resolve to, with real expressions, against a cluster that takes nothing in.

use kro_api::ResourceGraphDefinition;
use kro_graph::{CompileOptions, Graph, Kinds, compile, lower, required_kinds};
use kro_object::Object;
use kro_plan::{Budget, NodeState, Observation, Plan, Planner, Step};
use serde_json::{Value, json};
use std::sync::Arc;

fn graph(resources: &Value, status: &Value) -> Arc<Graph> {
    let definition = json!({
        "apiVersion": "kro.run/v1alpha1",
        "kind": "ResourceGraphDefinition",
        "metadata": { "name": "shop" },
        "spec": {
            "schema": {
                "apiVersion": "v1alpha1",
                "kind": "Shop",
                "spec": { "name": "string", "count": "integer", "tags": "[]string" },
                "status": status,
            },
            "resources": resources,
        },
    });
    let definition = ResourceGraphDefinition::decode(Object::from_value(definition).expect("an object"));
    let source = lower(&definition.value.expect("a valid definition").spec).value.expect("valid templates");
    let mut kinds = Kinds::default();
    for (gvk, _) in required_kinds(&source) {
        let builtin = kro_k8s_schemas::resource(&gvk).expect("a built-in kind");
        kinds.insert(builtin.resource.clone(), kro_k8s_schemas::schema(&gvk).expect("its schema"));
    }
    let compiled = compile(&source, &kinds, &CompileOptions { omit: true, ..CompileOptions::default() });
    let found: Vec<String> = compiled.diagnostics.iter().map(ToString::to_string).collect();
    Arc::new(compiled.value.unwrap_or_else(|| panic!("{found:#?}")))
}

/// A resource: a config map of that name and data.
fn map(id: &str, name: &str, data: &Value) -> Value {
    let metadata = json!({ "name": name });
    json!({ "id": id, "template": { "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data } })
}

/// The same with further fields of the resource.
fn with(mut resource: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().into_iter().flatten() {
        resource[name] = value.clone();
    }
    resource
}

/// A pass over an instance; `observed` holds the config maps in the cluster by name, with their data.
fn resolve(resources: &Value, status: &Value, spec: &Value, observed: &Value) -> Plan {
    resolve_within(Budget::default(), resources, status, spec, observed)
}

fn resolve_within(budget: Budget, resources: &Value, status: &Value, spec: &Value, observed: &Value) -> Plan {
    let instance = json!({
        "apiVersion": "kro.run/v1alpha1",
        "kind": "Shop",
        "metadata": { "name": "books", "namespace": "town", "uid": "u-1" },
        "spec": spec,
    });
    let existing: Vec<Object> = observed
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, data)| {
            let metadata = json!({ "name": name, "namespace": "town" });
            let object =
                json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data });
            Object::from_value(object).expect("an object")
        })
        .collect();
    let mut planner =
        Planner::new(graph(resources, status), Object::from_value(instance).expect("an object"))
            .with_budget(budget);
    loop {
        match planner.poll() {
            Step::Read(reads) => {
                for read in reads {
                    let named = |object: &&Object| match &read.target {
                        kro_plan::Target::Named(key) => object.key() == *key,
                        kro_plan::Target::Selected { .. } => true,
                    };
                    let found = existing.iter().filter(named).cloned().collect();
                    planner.observe(read.id, Observation::Found(found));
                }
            }
            Step::Apply(wave) => {
                for desired in wave {
                    if let Some(live) = desired.live {
                        planner.applied(&desired.node, desired.item.map(|item| item.index), Ok(live));
                    }
                }
            }
            Step::Done(plan) => return plan,
        }
    }
}

fn word(state: &NodeState) -> &'static str {
    match state {
        NodeState::Excluded { .. } => "excluded",
        NodeState::Pending { .. } => "pending",
        NodeState::Deleting { .. } => "deleting",
        NodeState::Unready { .. } => "unready",
        NodeState::Ready => "ready",
        NodeState::Failed { .. } => "failed",
    }
}

/// Checks where nodes stand and the data they should hold, in the order of evaluation.
#[track_caller]
fn check(resources: &Value, spec: &Value, observed: &Value, expected: &[(&str, &str, Value)]) {
    let plan = resolve(resources, &json!({}), spec, observed);
    let found: Vec<(&str, &str, Value)> = plan
        .nodes
        .iter()
        .map(|(id, state)| {
            let data = |object: &Object| object.as_value_at("data").cloned();
            (id.as_str(), word(state), plan.desired(id).iter().map(data).collect())
        })
        .collect();
    assert_eq!(found, expected, "{:#?}", plan.nodes);
}

#[test]
fn missing_data_is_waited_for_and_a_mistake_is_not() {
    let resources =
        |expression: &str| json!([map("a", "a", &json!({})), map("b", "b", &json!({ "k": expression }))]);
    let there = json!({ "a": { "n": "7" } });
    for (expression, a, b, data) in [
        ("${a.data.n}", "ready", "pending", json!([{ "k": "7" }])),
        ("${a.data.m}", "ready", "pending", json!([])),
        ("${a.data.?m.orValue('none')}", "ready", "pending", json!([{ "k": "none" }])),
        ("${string(schema.spec.count)}", "ready", "pending", json!([])),
        // A mistake ends the pass before anything is applied.
        ("${string(int(a.data.n) / 0)}", "pending", "failed", json!([])),
    ] {
        check(&resources(expression), &json!({}), &there, &[("a", a, json!([{}])), ("b", b, data)]);
    }
}

#[test]
fn exclusion_is_contagious() {
    let resources = json!([
        with(map("a", "a", &json!({})), &json!({ "includeWhen": ["${schema.spec.count > 1}"] })),
        map("b", "b", &json!({ "k": "${a.metadata.name}" })),
    ]);
    let excluded = [("a", "excluded", json!([])), ("b", "excluded", json!([]))];
    check(&resources, &json!({ "count": 1 }), &json!({}), &excluded);
    let included = [("a", "pending", json!([{}])), ("b", "pending", json!([]))];
    check(&resources, &json!({ "count": 2 }), &json!({}), &included);
}

#[test]
fn a_node_waits_until_what_it_needs_is_ready() {
    let resources = json!([
        with(map("a", "a", &json!({})), &json!({ "readyWhen": ["${a.data.up == 'yes'}"] })),
        map("b", "b", &json!({ "k": "${a.metadata.name}" })),
    ]);
    let waits = [("a", "unready", json!([{}])), ("b", "pending", json!([]))];
    check(&resources, &json!({}), &json!({ "a": { "up": "no" } }), &waits);
    let goes_on = [("a", "ready", json!([{}])), ("b", "ready", json!([{ "k": "a" }]))];
    check(&resources, &json!({}), &json!({ "a": { "up": "yes" }, "b": {} }), &goes_on);
}

#[test]
fn a_collection_has_an_object_for_each_element_of_the_product() {
    let items = map("shelf", "${x}-${y}", &json!({ "k": "${x}", "o": "${x == 'a' ? omit() : y}" }));
    let dimensions = json!([{ "x": "${schema.spec.tags}" }, { "y": "${['1', '2']}" }]);
    let resources = json!([with(items, &json!({ "forEach": dimensions }))]);
    let data = json!([{ "k": "a" }, { "k": "a" }, { "k": "b", "o": "1" }, { "k": "b", "o": "2" }]);
    let live = json!({ "a-1": {}, "a-2": {}, "b-1": {}, "b-2": {} });
    check(&resources, &json!({ "tags": ["a", "b"] }), &live, &[("shelf", "ready", data)]);
    check(&resources, &json!({ "tags": [] }), &json!({}), &[("shelf", "ready", json!([]))]);
    check(&resources, &json!({ "tags": ["a", "a"] }), &json!({}), &[("shelf", "failed", json!([]))]);
}

#[test]
fn status_and_conditions_hold_what_is_known() {
    let status = json!({
        "up": "${a.data.up}",
        "later": "${a.data.later}",
        "conditions": [
            "${runtime.newCondition({type: 'Up', status: a.data.up == 'yes' ? 'True' : 'False'})}",
            "${runtime.newCondition({type: 'Later', status: a.data.later})}",
            "${runtime.newCondition({type: a.data.kind, status: 'True'})}",
            "${runtime.newCondition({type: a.data.kind + '', status: 'False'})}",
        ],
    });
    let plan = resolve(
        &json!([map("a", "a", &json!({}))]),
        &status,
        &json!({}),
        &json!({ "a": { "up": "yes", "kind": "Twice" } }),
    );
    assert_eq!(plan.status().map(Value::Object), Ok(json!({ "up": "yes" })));
    let authored = plan.conditions(&json!([])).expect("the definition has conditions");
    let kinds: Vec<(&str, &str)> =
        authored.conditions.iter().map(|it| (it.kind.as_str(), it.status.as_str())).collect();
    assert_eq!(kinds, [("Up", "True")]);
    assert!(authored.incomplete);
    assert_eq!(
        authored.problem.as_deref(),
        Some("author condition evaluation degraded: duplicate condition type(s) [Twice] dropped")
    );
}

#[test]
fn what_costs_too_much_fails_with_node_expression_and_cost() {
    let tags = vec!["tag"; 100];
    let spec = json!({ "name": "x", "count": 1, "tags": tags });
    let dear = "${string(schema.spec.tags.map(a, schema.spec.tags.filter(b, a == b).size()).size())}";
    let resources = json!([
        map("cheap", "a", &json!({ "v": "${schema.spec.name}" })),
        map("dear", "b", &json!({ "v": dear }))
    ]);
    let within = |expression, pass| {
        let budget = Budget { expression, pass };
        resolve_within(budget, &resources, &json!({}), &spec, &json!({}))
    };
    let message = |plan: &Plan| match &plan.nodes["dear"] {
        NodeState::Failed { message } => message.clone(),
        other => panic!("{other:?}"),
    };
    let plan = within(1000, 1_000_000);
    let said = message(&plan);
    assert!(said.contains("node \"dear\"") && said.contains("schema.spec.tags.map"), "{said}");
    assert!(said.contains("cost limit exceeded (1000 units, the limit of one expression)"), "{said}");
    assert!(plan.spent().exceeded && plan.spent().cost > 1000, "{:?}", plan.spent());

    let plan = within(1_000_000, 2000);
    assert!(message(&plan).contains("what was left of the pass"), "{}", message(&plan));
    let plan = within(1_000_000, 10_000_000);
    assert!(!plan.spent().exceeded && plan.spent().evaluations >= 2, "{:?}", plan.spent());
}
