//! Resource types from the paths of an OpenAPI v3 document: plural and scope of each kind that it serves.

use super::Document;
use kro_object::{Gvk, ResourceType, Scope};
use serde_json::Value;
use std::collections::BTreeMap;

impl Document {
    /// The kinds that the document's paths serve, by name. Subresources are no kinds of their own.
    pub fn resources(&self) -> Vec<ResourceType> {
        let mut found: BTreeMap<Gvk, ResourceType> = BTreeMap::new();
        let paths = self.root.get("paths").and_then(Value::as_object);
        for (url, item) in paths.into_iter().flatten() {
            let Some((plural, scope)) = resource(url) else { continue };
            let operations = item.as_object().into_iter().flatten().map(|(_, operation)| operation);
            for gvk in operations.filter_map(|it| super::gvk(it.get("x-kubernetes-group-version-kind")?)) {
                let resource = ResourceType { gvk: gvk.clone(), plural: plural.into(), scope };
                let known = found.entry(gvk).or_insert_with(|| resource.clone());
                if scope == Scope::Namespaced {
                    *known = resource;
                }
            }
        }
        found.into_values().collect()
    }
}

/// Plural and scope of `/apis/apps/v1/namespaces/{namespace}/deployments` or `…/deployments/{name}`.
fn resource(url: &str) -> Option<(&str, Scope)> {
    let rest =
        url.strip_prefix("/api/").or_else(|| url.strip_prefix("/apis/")?.split_once('/').map(|it| it.1))?;
    let (_, rest) = rest.split_once('/')?;
    let (rest, scope) = match rest.strip_prefix("namespaces/{namespace}/") {
        Some(rest) => (rest, Scope::Namespaced),
        None => (rest, Scope::Cluster),
    };
    let plural = rest.strip_suffix("/{name}").unwrap_or(rest);
    (!plural.is_empty() && !plural.contains('/')).then_some((plural, scope))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for (url, expected) in [
            ("/api/v1/pods", Some(("pods", Scope::Cluster))),
            ("/api/v1/namespaces/{namespace}/pods/{name}", Some(("pods", Scope::Namespaced))),
            ("/apis/apps/v1/namespaces/{namespace}/deployments", Some(("deployments", Scope::Namespaced))),
            ("/api/v1/namespaces/{namespace}/pods/{name}/log", None),
            ("/api/v1/namespaces/{name}", Some(("namespaces", Scope::Cluster))),
            ("/api/v1/watch/pods", None),
            ("/api/v1/", None),
            ("/version", None),
        ] {
            assert_eq!(resource(url), expected, "{url}");
        }
    }
}
