//! What an instance can cost at most.

use crate::{compiled, definition, widget};
use kro_graph::{
    Limits,
    bounds::{Bounds, Ceilings, Count, LARGEST_OBJECT, bounds},
};
use serde_json::json;

fn many(list: &str) -> serde_json::Value {
    let mut many = widget("many", json!({}));
    many["forEach"] = json!([{"tag": list}]);
    many["template"]["metadata"]["name"] = json!("x-${tag}");
    many
}

#[test]
fn objects_follow_from_the_limits_of_lists() {
    for (tags, list, expected) in [
        ("[]string | maxItems=7", "${schema.spec.tags}", Count { most: 7, declared: true }),
        ("[]string", "${schema.spec.tags}", Count { most: 1000, declared: false }),
        ("[]string | maxItems=5000", "${schema.spec.tags}", Count { most: 1000, declared: false }),
        ("[]string", "${['a', 'b']}", Count { most: 2, declared: true }),
        ("[]string | maxItems=7", "${schema.spec.tags.map(t, t)}", Count { most: 1000, declared: false }),
    ] {
        let mut spec = definition(vec![widget("one", json!({})), many(list)]);
        spec["schema"]["spec"]["tags"] = json!(tags);
        let found = bounds(&compiled(&spec).unwrap(), Limits::default());
        assert_eq!(found.objects[0].1, Count { most: 1, declared: true });
        assert_eq!(found.objects[1].1, expected, "{tags} {list}");
        assert_eq!((found.writes, found.total_objects()), (expected.most + 2, expected.most + 1));
    }
}

#[test]
fn chains_are_as_long_as_their_references() {
    let nodes = vec![
        widget("a", json!({})),
        widget("b", json!({"title": "${a.spec.title}"})),
        widget("c", json!({"title": "${b.spec.title}"})),
    ];
    assert_eq!(bounds(&compiled(&definition(nodes)).unwrap(), Limits::default()).longest_chain, 3);
}

/// The bounds of a definition whose spec has these fields, with a list of text and a text.
fn of(tags: &str, title: &str, nodes: Vec<serde_json::Value>) -> Bounds {
    let mut spec = definition(nodes);
    spec["schema"]["spec"]["tags"] = json!(tags);
    spec["schema"]["spec"]["title"] = json!(title);
    bounds(&compiled(&spec).expect("a graph"), Limits::default())
}

#[test]
fn expressions_cost_what_the_limits_of_their_data_allow() {
    let one = |expression: &str| {
        let node = widget("one", json!({"title": expression}));
        let found = of("[]string | maxItems=4", "string | maxLength=20", vec![node]);
        cost_of_title(&found)
    };
    for (expression, cost) in [
        // A name and two fields.
        ("${schema.spec.title}", Some(3)),
        // 20 characters and one: read once.
        ("x${schema.spec.title}", Some(3 + 3)),
        ("${schema.spec.title.contains('abc') ? 'a' : 'b'}", Some(3 + 2)),
        // Four rounds of a name, twelve units for collecting, and a comparison that reads at most one character.
        ("${string(schema.spec.tags.filter(tag, tag == 'a').size())}", Some(3 + 10 + 4 * 15 + 1 + 1 + 1)),
        ("${schema.spec.?title.orValue('')}", Some(4)),
        ("${json.marshal(schema.spec) + 'a'}", None),
    ] {
        assert_eq!(one(expression), cost, "{expression}");
    }
    // Without a limit: as long as a request.
    let node = widget("one", json!({"title": "${schema.spec.title + 'a'}"}));
    let found = of("[]string", "string", vec![node]);
    assert_eq!(cost_of_title(&found), Some(3 + 314_573));
    // Names have at most 253 characters in Kubernetes.
    let node = widget("one", json!({"title": "${schema.metadata.name + 'a'}"}));
    assert_eq!(cost_of_title(&of("[]string", "string", vec![node])), Some(3 + 26));
}

fn cost_of_title(found: &Bounds) -> Option<u64> {
    let title = found.expressions.iter().find(|one| one.locus.path.to_string().ends_with("spec.title"));
    title.expect("an expression for the title").cost
}

#[test]
fn what_differs_between_objects_runs_for_each() {
    let mut many = many("${schema.spec.tags}");
    many["includeWhen"] = json!(["${schema.spec.title != ''}"]);
    many["readyWhen"] = json!(["${each.spec.title == tag1()}".replace("tag1()", "'a'")]);
    let found = of("[]string | maxItems=7", "string | maxLength=5", vec![many]);
    let times: Vec<u64> = found.expressions.iter().map(|expression| expression.times).collect();
    assert_eq!(times[..2], [1, 1], "conditions and lists once");
    assert!(times[2..].iter().all(|times| *times == 7), "{times:?}");
    let sum = found.expressions.iter().map(|expression| expression.total().unwrap()).sum();
    assert_eq!(found.cost(), Some(sum));
}

#[test]
fn a_ceiling_blames_the_dearest_expression() {
    let nodes = || {
        vec![
            widget("cheap", json!({"title": "${schema.metadata.name}"})),
            widget("dear", json!({"title": "${schema.spec.tags.join('-')}"})),
        ]
    };
    let found = of("[]string | maxItems=10", "string", nodes());
    assert_eq!(found.exceeding(Ceilings { cost: found.cost(), ..Ceilings::default() }), []);
    let [warning] = &found.exceeding(Ceilings { cost: Some(100), ..Ceilings::default() })[..] else {
        panic!("one warning")
    };
    assert!(warning.primary.path.to_string().contains("resources[1].template.spec.title"), "{warning:?}");
    assert!(warning.message.ends_with("more than 100; this one most"), "{}", warning.message);
    let node = widget("open", json!({"title": "${json.marshal(schema.spec) + 'a'}"}));
    let found = of("[]string", "string", vec![node]);
    assert_eq!(found.cost(), None);
    let warnings = found.exceeding(Ceilings { cost: Some(u64::MAX), ..Ceilings::default() });
    assert!(warnings[0].message.starts_with("nothing limits what this expression can cost"));
}

#[test]
fn the_status_is_as_large_as_its_schemas_allow() {
    let mut spec = definition(vec![widget("one", json!({}))]);
    spec["schema"]["spec"]["name"] = json!("string | maxLength=10 required=true");
    spec["schema"]["spec"]["list"] = json!("[]integer | maxItems=3 required=true");
    spec["schema"]["status"] = json!({
        "name": "${schema.spec.name}",
        "list": "${schema.spec.list}",
        "size": "${size(schema.spec.name)}",
        "ready": "${one.status.ready}",
        "title": "${one.spec.title}",
        "text": "${schema.spec.name + 'x'}",
    });
    let found = bounds(&compiled(&spec).unwrap(), Limits::default());
    let of = |name: &str| {
        let field = found.status.iter().find(|(path, _)| path.to_string() == format!("status.{name}"));
        field.filter(|(_, count)| count.declared).map(|(_, count)| count.most)
    };
    // The name of the field in quotes, a colon and a comma, besides the value.
    assert_eq!(of("name"), Some(8 + 10 * 6 + 2));
    assert_eq!(of("list"), Some(8 + 3 * 21 + 2));
    assert_eq!(of("size"), Some(8 + 20));
    assert_eq!(of("ready"), Some(9 + 5));
    assert_eq!((of("title"), of("text")), (None, None));
    assert!(!found.status_size().declared && found.status_size().most == LARGEST_OBJECT);
}
