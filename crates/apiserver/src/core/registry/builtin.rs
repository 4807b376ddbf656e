//! The kinds a Kubernetes 1.36 server serves without any CRD, as `kro-k8s-schemas` lists them.
//! Refuses to know more than that list does, but for what only a server knows: order of groups and storage.

use std::sync::{Arc, LazyLock, OnceLock};

use kro_k8s_schemas::Resource;
use kro_object::Scope;

use super::{Ownership, ResourceId, Served, Subresource};

/// The groups in the order discovery lists them.
pub(crate) const GROUP_ORDER: [&str; 23] = [
    "",
    "apiregistration.k8s.io",
    "apps",
    "events.k8s.io",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "networking.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "storage.k8s.io",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "scheduling.k8s.io",
    "coordination.k8s.io",
    "node.k8s.io",
    "discovery.k8s.io",
    "resource.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "internal.apiserver.k8s.io",
    "storagemigration.k8s.io",
];

/// Every builtin resource.
pub(super) fn served() -> impl Iterator<Item = Served> {
    kro_k8s_schemas::resources().iter().map(resource)
}

/// The kind that every `scale` speaks. It is no resource: nothing of it is stored.
pub(crate) static SCALE: LazyLock<Served> = LazyLock::new(|| Served {
    group: "autoscaling".into(),
    version: "v1".into(),
    plural: "scales".into(),
    singular: "scale".into(),
    kind: "Scale".into(),
    list_kind: "ScaleList".into(),
    scope: Scope::Namespaced,
    short_names: Vec::new(),
    categories: Vec::new(),
    verbs: Vec::new(),
    subresources: Vec::new(),
    storage_version: "v1".into(),
    storage: Arc::new(ResourceId { group: "autoscaling".into(), plural: "scales".into() }),
    custom: None,
    stored_as: None,
    ownership: Ownership::default(),
    defaults: OnceLock::new(),
});

fn resource(resource: &'static Resource) -> Served {
    let ty = &resource.resource;
    let (group, version) = (&*ty.gvk.group, &*ty.gvk.version);
    // Events are stored once, whichever of their two groups they came through.
    let storage_group = if &*ty.plural == "events" { "" } else { group };
    let storage_version = if &*ty.plural == "horizontalpodautoscalers" { "v2" } else { version };
    Served {
        group: group.into(),
        version: version.into(),
        plural: (&*ty.plural).into(),
        singular: (&*resource.singular).into(),
        kind: (&*ty.gvk.kind).into(),
        list_kind: format!("{}List", ty.gvk.kind).into(),
        scope: ty.scope,
        short_names: shared(&resource.short_names),
        categories: shared(&resource.categories),
        verbs: resource.verbs.iter().map(|verb| &**verb).collect(),
        subresources: resource.subresources.iter().map(subresource).collect(),
        storage_version: storage_version.into(),
        storage: Arc::new(ResourceId { group: storage_group.into(), plural: (&*ty.plural).into() }),
        custom: None,
        stored_as: None,
        ownership: Ownership::default(),
        defaults: OnceLock::new(),
    }
}

fn subresource(sub: &'static kro_k8s_schemas::Subresource) -> Subresource {
    Subresource {
        name: (&*sub.name).into(),
        group: (&*sub.gvk.group).into(),
        version: (&*sub.gvk.version).into(),
        kind: (&*sub.gvk.kind).into(),
        verbs: sub.verbs.iter().flat_map(|verb| methods(&sub.name, verb)).collect(),
    }
}

/// What discovery calls a verb: connections have the verbs of their methods.
fn methods(subresource: &str, verb: &'static str) -> Vec<&'static str> {
    match (verb, subresource) {
        ("connect", "proxy") => vec!["create", "delete", "get", "patch", "update"],
        ("connect", _) => vec!["create", "get"],
        (verb, _) => vec![verb],
    }
}

fn shared(texts: &[Box<str>]) -> Vec<Arc<str>> {
    texts.iter().map(|text| (&**text).into()).collect()
}
