//! Expressions that cost too much, and what the metrics say.

use crate::world::{CHAIN, World, definition, definitions, is_active, options, served, shop, shops};
use kro_object::Object;
use serde_json::{Value, json};
use std::{fs, time::Duration};

fn message(instance: &Object) -> String {
    let conditions = instance.as_map()["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let ready = conditions.into_iter().find(|condition| condition["type"] == "Ready").unwrap_or(Value::Null);
    ready["message"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test(start_paused = true)]
async fn an_expression_that_costs_too_much_hurts_its_instance_alone_and_is_not_tried_again() {
    let mut world = World::without_controller().await;
    let mut options = options();
    options.budget.expression = 1000;
    world.restart_with(options).await;
    let dear = "${string(schema.spec.v.split(',').map(a, schema.spec.v.split(',').filter(b, a == b).size()).size())}";
    world.apply(&definitions(), definition(&[("a", dear)])).await;
    world.until(&definitions(), "shop", is_active).await;
    world.apply(&shops(), shop(&vec!["x"; 100].join(","))).await;
    let mut other = shop("x,y");
    other["metadata"]["name"] = "other".into();
    world.apply(&shops(), other).await;
    world.until(&shops(), "other", is_active).await;
    world.until(&shops(), "mine", |mine| mine.as_map().contains_key("status")).await;
    let mine = world.get(&shops(), "mine").await.expect("it is there");
    assert_eq!(mine.as_map()["status"]["state"], "ERROR");
    let said = message(&mine);
    assert!(said.contains("node \"a\"") && said.contains("split") && said.contains("1000 units"), "{said}");

    let passes = world.metric("instance_reconcile_total");
    tokio::time::sleep(Duration::from_mins(10)).await;
    assert_eq!(world.metric("instance_reconcile_total"), passes, "not tried again");
    world.apply(&shops(), shop("x")).await;
    world.until(&shops(), "mine", is_active).await;
}

#[tokio::test(start_paused = true)]
async fn metrics_have_upstreams_names_and_are_all_in_the_reference() {
    let mut world = served().await;
    let mut options = options();
    options.gates.instance_condition_metrics = true;
    world.restart_with(options).await;
    tokio::time::sleep(Duration::from_secs(40)).await;
    let series = [
        ("dynamic_controller_reconcile_total{gvr=\"kro.run/v1alpha1/shops\"}", 1.0),
        ("instance_reconcile_total{gvr=\"kro.run/v1alpha1, Resource=shops\"}", 1.0),
        (
            "dynamic_controller_informer_events_total{gvr=\"kro.run/v1alpha1, Resource=shops\",event_type=\"add\"}",
            1.0,
        ),
        ("dynamic_controller_handler_count_total{type=\"parent\"}", 1.0),
        ("graph_revision_registry_entries{state=\"active\"}", 1.0),
        ("rgd_graph_revision_resolution_total{result=\"serve\"}", 1.0),
        ("graph_revision_compile_total{result=\"success\"}", 1.0),
        ("kro_children", 3.0),
    ];
    for (series, value) in series {
        assert_eq!(world.metric(series), Some(value), "{series}");
    }
    let held = world.metric("instance_condition_current_status_seconds{").expect("a condition");
    assert!(held >= 30.0, "{held}");
    assert_eq!(world.metric("instance_reconcile_errors_total{"), None, "nothing failed");

    world.apply(&definitions(), definition(&[("a", "${nonsense.field}")])).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let changed = "rgd_state_transitions_total{name=\"shop\",from=\"Active\",to=\"Inactive\"}";
    assert_eq!(world.metric(changed), Some(1.0));
    assert!(world.metric("rgd_graph_build_errors_total{name=\"shop\"}") >= Some(1.0));
    world.apply(&definitions(), definition(&CHAIN)).await;

    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/metrics.md"));
    let page = page.expect("the reference");
    let text = world.rendered();
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let missing: Vec<String> = names
        .map(|(name, kind)| if kind == "counter" { format!("{name}_total") } else { name.to_owned() })
        .filter(|name| !page.contains(&format!("`{name}`")))
        .collect();
    assert_eq!(json!(missing), json!([]));
}
