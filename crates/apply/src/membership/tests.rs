use super::*;
use kro_object::Gvk;
use proptest::prelude::*;

fn parent() -> Object {
    let gvk = Gvk { group: "kro.run".into(), version: "v1alpha1".into(), kind: "DeleteManyWaves".into() };
    let key = ObjectKey { namespace: Some("delete-many-waves".into()), name: "one".into() };
    Object::new(&gvk, &key)
}

fn parent_id() -> String {
    let parent = parent();
    id(&parent.gvk().expect("a kind").group_kind(), &parent.key())
}

fn membership(kinds: &[(&str, &str)], namespaces: &[&str]) -> Membership {
    Membership {
        kinds: kinds
            .iter()
            .map(|(group, kind)| GroupKind { group: (*group).into(), kind: (*kind).into() })
            .collect(),
        namespaces: namespaces.iter().map(|namespace| (*namespace).into()).collect(),
    }
}

/// Recorded from the reference operator.
#[test]
fn id_and_hash_are_those_of_the_reference() {
    assert_eq!(parent_id(), "applyset-bk7bZFedsHjUDyCI_hlD1u6HjuydgBA7pWjRlTMcgiE-v1");
    let membership = membership(&[("", "ConfigMap"), ("", "Secret"), ("", "ServiceAccount")], &[]);
    assert_eq!(membership.hash(&parent_id()), "sha256:tJLC2Welf50OLTl1N64lnnw-wTryQYwn1_s8bnVOATY");
}

#[test]
fn a_record_must_be_whole_and_intact() {
    let (id, tooling) = (parent_id(), "kro/1.0");
    let written = membership(&[("apps", "Deployment"), ("", "Service")], &["other"]);
    let mut good = parent();
    written.write(&mut good, &id, tooling);
    assert_eq!(Membership::validated(&good, &id, "kro"), Ok(written.clone()));
    assert!(written.is_written(&good, &id, "kro"));
    assert_eq!(good.metadata().annotation(GROUP_KINDS), Some("Deployment.apps,Service"));

    let spoil = |annotation: &str, value: &str| {
        let mut object = good.clone();
        object.metadata_mut().insert_annotation(annotation, value);
        Membership::validated(&object, &id, "kro")
    };
    assert_eq!(spoil(GROUP_KINDS, "Service"), Err(InventoryError::Hash));
    assert!(matches!(spoil(GROUP_KINDS, "Service,,Pod"), Err(InventoryError::Entry { .. })));
    assert!(matches!(spoil(GROUP_KINDS, "Service.Bad_Group"), Err(InventoryError::Entry { .. })));
    assert!(matches!(spoil(NAMESPACES, "Not a namespace"), Err(InventoryError::Entry { .. })));
    assert!(matches!(spoil(TOOLING, "kubectl/1.30"), Err(InventoryError::Tooling { .. })));
    assert!(matches!(spoil(TOOLING, "kroxy/1.0"), Err(InventoryError::Tooling { .. })));
    assert!(matches!(Membership::validated(&parent(), &id, "kro"), Err(InventoryError::Id { .. })));
    assert!(!Membership::is_recorded(&parent()) && Membership::is_recorded(&good));
}

proptest! {
    #[test]
    fn what_is_written_is_read_back(
        kinds in proptest::collection::btree_set(("([a-z]{1,5}\\.)?[a-z]{1,5}", "[A-Z][a-z]{0,6}"), 0..5),
        namespaces in proptest::collection::btree_set("[a-z]([a-z-]{0,5}[a-z])?", 0..4),
    ) {
        let membership = Membership {
            kinds: kinds.into_iter().map(|(group, kind)| GroupKind { group: group.into(), kind: kind.into() }).collect(),
            namespaces: namespaces.into_iter().map(Into::into).collect(),
        };
        let mut object = parent();
        membership.write(&mut object, &parent_id(), "kro/x");
        prop_assert_eq!(Membership::of_parent(&object), Ok(membership.clone()));
        prop_assert_eq!(Membership::validated(&object, &parent_id(), "kro"), Ok(membership.clone()));
        prop_assert!(membership.union(&Membership::default()) == membership && membership.covers(&membership));
    }
}
