//! Asking the API server what we may do. Refuses to conclude it from roles: other authorizers have a say too.

use crate::{Cluster, Error};
use kro_object::{Gvk, Gvr, Object, ResourceType, Scope};
use serde_json::{Value, json};

/// Something we may want to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access<'a> {
    /// The verb of RBAC, such as `patch`.
    pub verb: &'a str,
    /// The resource; a subresource stands behind a slash.
    pub resource: &'a Gvr,
    /// The namespace; `None` for all of them, or for what has none.
    pub namespace: Option<&'a str>,
    /// The name; `None` for any.
    pub name: Option<&'a str>,
}

impl Cluster {
    /// Whether we may: one `SelfSubjectAccessReview`.
    pub async fn may(&self, access: Access<'_>) -> Result<bool, Error> {
        let Access { verb, resource: Gvr { group, version, resource }, namespace, name } = access;
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "metadata": {},
            "spec": {"resourceAttributes": {
                "verb": verb, "group": group, "version": version, "resource": resource, "subresource": subresource,
                "namespace": namespace.unwrap_or_default(), "name": name.unwrap_or_default(),
            }},
        });
        let review = Object::from_value(review).expect("invariant: built as an object");
        let answer = self.create(&reviews(), &review).await?;
        let allowed = answer.as_map().get("status").and_then(|status| status.get("allowed"));
        allowed
            .and_then(Value::as_bool)
            .ok_or_else(|| Error::Protocol("an access review without an answer".to_owned()))
    }
}

fn reviews() -> ResourceType {
    let gvk = Gvk::new("authorization.k8s.io", "v1", "SelfSubjectAccessReview");
    ResourceType::new(gvk, "selfsubjectaccessreviews", Scope::Cluster)
}
