//! Access rules and diagrams of a small graph.

use crate::{compiled, definition, widget};
use kro_graph::{access, render};
use serde_json::json;

#[test]
fn rules_name_what_is_constant() {
    let mut fixed = widget("a", json!({}));
    fixed["template"]["metadata"] = json!({"name": "one", "namespace": "shop"});
    let zone = json!({ "id": "zone", "externalRef": {
        "apiVersion": "test.dev/v1", "kind": "Zone", "metadata": { "selector": { "matchLabels": { "a": "b" } } },
    } });
    let rules = access::rules(&compiled(&definition(vec![fixed, zone])).unwrap());
    let shown: Vec<String> = rules.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "list, watch of widgets.test.dev",
            "create of widgets.test.dev in namespace shop",
            r#"delete, get, patch of widgets.test.dev "one" in namespace shop"#,
            "get, list, watch of zones.test.dev",
        ]
    );
}

#[test]
fn diagrams() {
    let mut second = widget("b", json!({"title": "${a.spec.title}"}));
    second["includeWhen"] = json!(["${schema.spec.on}"]);
    let graph = compiled(&definition(vec![widget("a", json!({})), second])).unwrap();
    insta::assert_snapshot!(render::mermaid(&graph), @r#"
    flowchart LR
      n_a["a<br/>Widget"]
      n_b["b<br/>Widget"]
      n_a -.-> n_b
    "#);
    insta::assert_snapshot!(render::dot(&graph), @r#"
    digraph App {
      rankdir=LR;
      n_a [shape=box, label="a\nWidget"];
      n_b [shape=box, label="b\nWidget"];
      n_a -> n_b [style=dashed];
    }
    "#);
}
