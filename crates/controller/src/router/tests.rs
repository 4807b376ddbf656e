use super::*;
use proptest::prelude::*;

fn gvr(n: u8) -> Gvr {
    Gvr { group: "".into(), version: "v1".into(), resource: format!("kind{n}s").into() }
}

fn key(n: u8) -> ObjectKey {
    ObjectKey { namespace: Some(format!("ns{}", n % 2).into()), name: format!("object{}", n / 2).into() }
}

fn selector(n: u8) -> Selector {
    let labels = if n == 0 { serde_json::json!({}) } else { serde_json::json!({"app": format!("a{n}")}) };
    Selector::from_value(&serde_json::json!({"matchLabels": labels})).expect("a valid selector")
}

fn interest() -> impl Strategy<Value = Interest> {
    let target = prop_oneof![
        (0..6_u8).prop_map(|n| Target::Named(key(n))),
        (0..3_u8, 0..3_u8, proptest::collection::btree_set((0..6_u8).prop_map(key), 0..2)).prop_map(
            |(namespace, n, seen)| Target::Selected {
                namespace: (namespace < 2).then(|| format!("ns{namespace}").into()),
                selector: selector(n),
                seen,
            }
        ),
    ];
    (0..3_u8, target).prop_map(|(resource, target)| Interest { resource: gvr(resource), target })
}

fn wants(interest: &Interest, resource: &Gvr, key: &ObjectKey, labels: &Labels) -> bool {
    interest.resource == *resource
        && match &interest.target {
            Target::Named(name) => name == key,
            Target::Selected { namespace, selector, seen } => {
                (namespace.is_none() || *namespace == key.namespace)
                    && (selector.matches(labels) || seen.contains(key))
            }
        }
}

proptest! {
    #[test]
    fn agrees_with_a_scan_of_the_last_declarations(
        declarations in proptest::collection::vec((0..4_u8, proptest::collection::vec(interest(), 0..4)), 0..20),
        events in proptest::collection::vec((0..3_u8, 0..6_u8, 0..3_u8), 1..10),
    ) {
        let mut router = Router::default();
        let mut model: BTreeMap<u8, Vec<Interest>> = BTreeMap::new();
        for (parent, interests) in declarations {
            router.declare(&parent, interests.clone());
            model.insert(parent, interests);
        }
        for (resource, name, label) in events {
            let (resource, key) = (gvr(resource), key(name));
            let labels = Labels::from([("app".to_owned(), format!("a{label}"))]);
            let naive: BTreeSet<u8> = model
                .iter()
                .filter(|(_, interests)| interests.iter().any(|interest| wants(interest, &resource, &key, &labels)))
                .map(|(parent, _)| *parent)
                .collect();
            prop_assert_eq!(router.route(&resource, &key, &labels), naive);
        }
        let resources: BTreeSet<Gvr> = model.values().flatten().map(|interest| interest.resource.clone()).collect();
        prop_assert_eq!(router.resources(), resources);
        for parent in model.keys() {
            router.forget(parent);
        }
        prop_assert!(router.by_name.is_empty() && router.by_selector.is_empty() && router.interests.is_empty());
    }
}
