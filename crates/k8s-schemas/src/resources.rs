//! The table of built-in resource types, as discovery tells it.

use kro_object::{Gvk, ResourceType, Scope};
use serde_json::Value;
use std::sync::LazyLock;

/// A built-in resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    /// Kind, plural and scope.
    pub resource: ResourceType,
    /// Name of one object, `deployment`.
    pub singular: Box<str>,
    /// Names kubectl takes as well, `deploy`.
    pub short_names: Vec<Box<str>>,
    /// Groups kubectl takes as well, `all`.
    pub categories: Vec<Box<str>>,
    /// Verbs, sorted: `create`, `delete`, `deletecollection`, `get`, `list`, `patch`, `update`, `watch`.
    pub verbs: Vec<Box<str>>,
    /// Subresources, sorted by name.
    pub subresources: Vec<Subresource>,
}

/// A part of a resource with its own endpoint, `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subresource {
    /// Name, `scale`.
    pub name: Box<str>,
    /// Kind of its bodies, `Scale` of `autoscaling/v1`.
    pub gvk: Gvk,
    /// Verbs, sorted; `connect` stands for all methods of a proxy.
    pub verbs: Vec<Box<str>>,
}

static RESOURCES: LazyLock<Vec<Resource>> = LazyLock::new(|| {
    let table: Value = serde_json::from_str(include_str!("../data/resources.json"))
        .expect("invariant: the data was written by us");
    table.as_array().into_iter().flatten().map(read).collect()
});

static KINDS: LazyLock<Vec<ResourceType>> =
    LazyLock::new(|| RESOURCES.iter().map(|resource| resource.resource.clone()).collect());

/// All built-in resources, by group, newest version first, then plural.
pub fn resources() -> &'static [Resource] {
    &RESOURCES
}

/// The kinds of [`resources`], in the same order.
pub fn kinds() -> &'static [ResourceType] {
    &KINDS
}

/// The resource of a kind.
pub fn resource(gvk: &Gvk) -> Option<&'static Resource> {
    RESOURCES.iter().find(|resource| resource.resource.gvk == *gvk)
}

fn read(entry: &Value) -> Resource {
    let scope = if entry["namespaced"] == true { Scope::Namespaced } else { Scope::Cluster };
    Resource {
        resource: ResourceType { gvk: gvk(entry), plural: text(&entry["plural"]), scope },
        singular: text(&entry["singular"]),
        short_names: texts(&entry["shortNames"]),
        categories: texts(&entry["categories"]),
        verbs: texts(&entry["verbs"]),
        subresources: entry["subresources"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|entry| Subresource {
                name: text(&entry["name"]),
                gvk: gvk(entry),
                verbs: texts(&entry["verbs"]),
            })
            .collect(),
    }
}

fn gvk(entry: &Value) -> Gvk {
    Gvk { group: text(&entry["group"]), version: text(&entry["version"]), kind: text(&entry["kind"]) }
}

fn text(value: &Value) -> Box<str> {
    value.as_str().unwrap_or_default().into()
}

fn texts(value: &Value) -> Vec<Box<str>> {
    value.as_array().into_iter().flatten().map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facts() {
        let check = |group: &str, version: &str, kind: &str, plural: &str, scope: Scope| {
            let found =
                resource(&Gvk::new(group, version, kind)).unwrap_or_else(|| panic!("{kind} is missing"));
            assert_eq!((&*found.resource.plural, found.resource.scope), (plural, scope));
        };
        check("", "v1", "ConfigMap", "configmaps", Scope::Namespaced);
        check("", "v1", "Namespace", "namespaces", Scope::Cluster);
        check("", "v1", "Endpoints", "endpoints", Scope::Namespaced);
        check("apps", "v1", "Deployment", "deployments", Scope::Namespaced);
        check("networking.k8s.io", "v1", "Ingress", "ingresses", Scope::Namespaced);
        check(
            "apiextensions.k8s.io",
            "v1",
            "CustomResourceDefinition",
            "customresourcedefinitions",
            Scope::Cluster,
        );
    }

    #[test]
    fn subresources() {
        let deployment = resource(&Gvk::new("apps", "v1", "Deployment")).unwrap();
        let names: Vec<_> = deployment.subresources.iter().map(|sub| &*sub.name).collect();
        assert_eq!(names, ["scale", "status"]);
        assert_eq!(deployment.subresources[0].gvk, Gvk::new("autoscaling", "v1", "Scale"));
        assert_eq!(deployment.verbs.join(" "), "create delete deletecollection get list patch update watch");
    }
}
