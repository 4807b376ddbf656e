//! What an instance can cost at most.

use crate::{compiled, definition, widget};
use kro_graph::{
    Limits,
    bounds::{Count, bounds},
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
