//! The manifests of kro's own CRDs, as files and as objects.

use kro_object::Object;

/// `resourcegraphdefinitions.kro.run`, as YAML.
pub const DEFINITIONS_CRD: &str = include_str!("../crds/kro.run_resourcegraphdefinitions.yaml");
/// `graphrevisions.internal.kro.run`, as YAML.
pub const REVISIONS_CRD: &str = include_str!("../crds/internal.kro.run_graphrevisions.yaml");

/// Both CRDs, ready to be applied.
pub fn manifests() -> [Object; 2] {
    [DEFINITIONS_CRD, REVISIONS_CRD].map(|text| {
        let value = serde_saphyr::from_str(text).expect("invariant: our manifests are valid YAML");
        Object::from_value(value).expect("invariant: our manifests are objects")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn schema(manifest: &Object, pointer: &str) -> Value {
        let whole = Value::Object(manifest.as_map().clone());
        let root = whole.pointer("/spec/versions/0/schema/openAPIV3Schema").expect("a schema");
        root.pointer(pointer).expect("a field of the schema").clone()
    }

    #[test]
    fn a_snapshot_holds_the_spec_of_a_definition() {
        let [definitions, revisions] = manifests();
        assert_eq!(
            schema(&definitions, "/properties/spec"),
            schema(&revisions, "/properties/spec/properties/snapshot/properties/spec")
        );
        for list in ["topologicalOrder", "conditions", "resources"] {
            let pointer = format!("/properties/status/properties/{list}");
            assert_eq!(schema(&definitions, &pointer), schema(&revisions, &pointer));
        }
    }
}
