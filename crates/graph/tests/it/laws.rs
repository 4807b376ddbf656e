//! What holds for every definition.

use crate::{compiled, definition, widget};
use proptest::prelude::*;
use serde_json::{Value, json};

/// Expressions over the names of the definition, right and wrong.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("${schema.spec.name}".to_owned()),
        Just("${schema.spec.count}".to_owned()),
        Just("${a.spec.title}".to_owned()),
        Just("${b.status.ready}".to_owned()),
        Just("${c.spec.tags.map(t, t + 'x')}".to_owned()),
        "[${}\"'a-c. ]{0,12}",
    ];
    prop::collection::vec(part, 0..3).prop_map(|parts| parts.concat())
}

fn resources() -> impl Strategy<Value = Vec<Value>> {
    let one = (text(), text(), prop::option::of(text()));
    prop::collection::vec(one, 3).prop_map(|parts| {
        let build = |(id, (title, count, include)): (&str, (String, String, Option<String>))| {
            let mut resource = widget(id, json!({"title": title, "count": count}));
            resource["includeWhen"] = include.into_iter().collect();
            resource
        };
        ["a", "b", "c"].into_iter().zip(parts).map(build).collect()
    })
}

proptest! {
    #[test]
    fn compiling_is_total_and_deterministic(resources in resources()) {
        let spec = definition(resources);
        let shown = |spec: &Value| match compiled(spec) {
            Ok(graph) => format!("{:?}", graph.order),
            Err(found) => format!("{found:?}"),
        };
        prop_assert_eq!(shown(&spec), shown(&spec));
    }

    #[test]
    fn the_order_of_resources_changes_no_meaning(links in prop::collection::vec((0usize..6, 0usize..6), 0..8), seed in 0usize..6) {
        let ids = ["a", "b", "c", "d", "e", "f"];
        let resource = |index: usize| {
            let tags: Vec<String> = links
                .iter()
                .filter(|(from, on)| *from == index && on < from)
                .map(|(_, on)| format!("${{{}.spec.title}}", ids[*on]))
                .collect();
            widget(ids[index], json!({"tags": tags}))
        };
        let plain: Vec<Value> = (0..6).map(resource).collect();
        let mut turned = plain.clone();
        turned.rotate_left(seed);
        let (one, other) = (compiled(&definition(plain)).unwrap(), compiled(&definition(turned)).unwrap());
        prop_assert_eq!(&one.crd, &other.crd);
        for (id, node) in &one.nodes {
            prop_assert_eq!(&node.dependencies, &other.nodes[id].dependencies);
            prop_assert_eq!(node.wave, other.nodes[id].wave);
        }
    }
}
