//! What is made of a graph for people and for clusters.

use crate::{compiled, definition, widget};
use kro_graph::{access, render, sample};
use serde_json::{Value, json};

fn graph() -> kro_graph::Graph {
    let mut one = widget("one", json!({}));
    one["template"]["metadata"] = json!({"name": "one", "namespace": "shop"});
    let mut two = widget("two", json!({"title": "${one.spec.title}"}));
    two["includeWhen"] = json!(["${schema.spec.on}"]);
    let three = widget("three", json!({"title": "${one.spec.title + two.spec.title}"}));
    let mut many = widget("many", json!({"title": "${tag}"}));
    many["template"]["metadata"]["name"] = json!("x-${tag}");
    many["forEach"] = json!([{"tag": "${schema.spec.tags}"}]);
    let zone = json!({ "id": "zone", "externalRef": {
        "apiVersion": "test.dev/v1", "kind": "Zone", "metadata": { "name": "z" },
    } });
    compiled(&definition(vec![one, two, three, many, zone])).expect("a valid definition")
}

#[test]
fn roles() {
    let roles = access::manifests("kro:app", &access::rules(&graph()));
    let shown: Vec<String> = roles.into_iter().map(|role| role.into_value().to_string()).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_reference_page() {
    insta::assert_snapshot!(render::reference(&graph()));
}

/// The numbers in an attribute of every element of a kind.
fn numbers(svg: &str, element: &str, attribute: &str) -> Vec<f64> {
    let lines = svg.lines().filter(|line| line.starts_with(&format!("<{element} ")));
    let number = |line: &str| line.split_once(&format!(" {attribute}=\""))?.1.split('"').next()?.parse().ok();
    lines.filter_map(number).collect()
}

#[test]
fn a_picture() {
    let graph = graph();
    let svg = render::svg(&graph);
    let (x, y) = (numbers(&svg, "rect", "x"), numbers(&svg, "rect", "y"));
    // A list has a second box behind the first.
    assert_eq!((x.len(), y.len()), (graph.nodes.len() + 1, graph.nodes.len() + 1));
    assert_eq!(svg.matches("class=\"edge optional\"").count(), 1);
    assert_eq!(svg.matches("class=\"edge\"").count(), 2);
    let width = numbers(&svg, "svg", "width")[0];
    assert!(x.iter().all(|x| *x >= 0.0 && x + 180.0 <= width), "{svg}");
    let mut boxes: Vec<(i64, i64)> = x.iter().zip(&y).map(|(x, y)| (*x as i64, *y as i64)).collect();
    boxes.sort_unstable();
    boxes.dedup();
    assert_eq!(boxes.len(), x.len(), "no two boxes at one place");
}

#[test]
fn a_sample_fits_the_schema() {
    let graph = graph();
    for seed in 0..20 {
        let sample = sample(&graph, seed).into_value();
        assert_eq!(kro_schema::validate::validate(&graph.instance.schema, &sample), [], "{sample:#}");
        assert_eq!(sample["spec"]["count"], Value::from(1), "the default");
    }
}
