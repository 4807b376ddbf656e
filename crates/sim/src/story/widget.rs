//! A kind of somebody else, whose CRD comes, changes and goes while definitions use it.

use kro_object::{Gvk, Object, ObjectKey, ResourceType, Scope};
use serde_json::json;

/// Its group and version.
pub(super) const API_VERSION: &str = "example.org/v1";
/// The kind.
pub(super) const KIND: &str = "Widget";

/// How the CRD is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WidgetForm {
    /// With the fields that nodes write.
    Plain,
    /// With one more, which has a default.
    Colored,
    /// Without one of the fields: definitions that write it are wrong.
    Unmarked,
}

/// The CRD.
pub(super) fn crd(form: WidgetForm) -> Object {
    let mut fields = json!({"value": {"type": "string"}, "mark": {"type": "string"}});
    match form {
        WidgetForm::Plain => {}
        WidgetForm::Colored => fields["color"] = json!({"type": "string", "default": "red"}),
        WidgetForm::Unmarked => drop(fields.as_object_mut().and_then(|fields| fields.remove("mark"))),
    }
    let value = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": crd_key().name},
        "spec": {
            "group": "example.org", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": KIND, "listKind": "WidgetList"},
            "versions": [{
                "name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "properties": {
                    "spec": {"type": "object", "properties": fields},
                }}},
            }],
        },
    });
    Object::from_value(value).expect("invariant: written as an object")
}

/// Its name.
pub(super) fn crd_key() -> ObjectKey {
    ObjectKey::cluster("widgets.example.org")
}

/// The resource.
pub(super) fn resource() -> ResourceType {
    ResourceType::new(Gvk::new("example.org", "v1", KIND), "widgets", Scope::Namespaced)
}

/// The resource of CRDs.
pub(super) fn crds() -> ResourceType {
    let gvk = Gvk::new("apiextensions.k8s.io", "v1", "CustomResourceDefinition");
    ResourceType::new(gvk, "customresourcedefinitions", Scope::Cluster)
}
