//! Access rules and diagrams of a small graph.

use crate::{compiled, definition, widget};
use kro_api::{Policy, Profile};
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
fn an_account_writes_and_the_operator_watches() {
    let object = serde_json::from_value(json!({"metadata": {"name": "app", "annotations": {
        "policy.kro.run/service-account": "team/deployer", "policy.kro.run/instances": "cascade",
    }}}));
    let policy = Policy::of(Profile::Upstream, &object.unwrap());
    let needs = access::needs(&compiled(&definition(vec![widget("a", json!({}))])).unwrap(), &policy);
    let shown = |rules: &[access::AccessRule]| rules.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        shown(&needs.operator),
        [
            "delete, get, list, patch, watch of apps.kro.run",
            "patch of apps/status.kro.run",
            "list, watch of widgets.test.dev",
            r#"impersonate of serviceaccounts "deployer" in namespace team"#,
        ]
    );
    assert_eq!(shown(&needs.account), ["create, delete, get, patch of widgets.test.dev"]);
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
