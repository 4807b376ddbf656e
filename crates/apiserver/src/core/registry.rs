//! What is served: builtin kinds and the versions of custom resource definitions, by path.
//! Refuses to hold objects.

pub(crate) mod builtin;

use super::{custom::Custom, managed::Ownership, store::ResourceId, typed::SchemaDefaults};
use crate::status::Named;
use base64::Engine as _;
use kro_k8s_schemas::GoName;
use kro_object::{Gvk, Scope};
use kro_schema::Schema;
use sha2::{Digest as _, Sha256};
use std::{
    cmp::Ordering,
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

/// One resource in one version.
#[derive(Debug)]
pub(crate) struct Served {
    pub group: Arc<str>,
    pub version: Arc<str>,
    pub plural: Arc<str>,
    pub singular: Arc<str>,
    pub kind: Arc<str>,
    pub list_kind: Arc<str>,
    pub scope: Scope,
    pub short_names: Vec<Arc<str>>,
    pub categories: Vec<Arc<str>>,
    pub verbs: Vec<&'static str>,
    pub subresources: Vec<Subresource>,
    /// The version objects are stored in.
    pub storage_version: Arc<str>,
    /// What objects are stored under; several served resources may share it.
    pub storage: Arc<ResourceId>,
    /// Schema and more, for custom resources only.
    pub custom: Option<Arc<Custom>>,
    /// What the storage version says of custom resources, if that is another one.
    pub stored_as: Option<Arc<Custom>>,
    /// What ownership of fields needs to know, made when first asked for.
    pub ownership: Ownership,
    /// What the schema of a builtin kind fills in, gathered when first asked for.
    pub defaults: OnceLock<SchemaDefaults>,
}

/// A subresource as discovery tells it.
#[derive(Debug, Clone)]
pub(crate) struct Subresource {
    pub name: Arc<str>,
    pub group: Arc<str>,
    pub version: Arc<str>,
    pub kind: Arc<str>,
    pub verbs: Vec<&'static str>,
}

impl Subresource {
    /// Whether its bodies are of the group and version it is served in.
    pub(crate) fn is_of_version(&self, served: &Served) -> bool {
        (&self.group, &self.version) == (&served.group, &served.version)
    }
}

impl Served {
    /// `apps/v1`, or `v1` for the core group.
    pub(crate) fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    pub(crate) fn named(&self) -> Named<'_> {
        Named { group: &self.group, plural: &self.plural }
    }

    /// The schema of a builtin kind.
    pub(crate) fn schema(&self) -> Option<Arc<Schema>> {
        if self.custom.is_some() {
            return None;
        }
        kro_k8s_schemas::schema(&self.gvk())
    }

    /// What the schema of a builtin kind fills in; nothing for others.
    pub(crate) fn schema_defaults(&self) -> &SchemaDefaults {
        let gathered = || self.schema().map(|schema| SchemaDefaults::new(&schema));
        self.defaults.get_or_init(|| gathered().unwrap_or_default())
    }

    /// The Go struct of a builtin kind.
    pub(crate) fn go_kind(&self) -> Option<GoName> {
        self.is_builtin().then(|| kro_k8s_schemas::go_kind(&self.gvk())).flatten()
    }

    fn gvk(&self) -> Gvk {
        Gvk { group: (*self.group).into(), version: (*self.version).into(), kind: (*self.kind).into() }
    }

    pub(crate) fn is_builtin(&self) -> bool {
        self.custom.is_none()
    }

    pub(crate) fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }

    pub(crate) fn subresource(&self, name: &str) -> Option<&Subresource> {
        self.subresources.iter().find(|sub| &*sub.name == name)
    }

    /// Whether the status is written through an endpoint of its own.
    pub(crate) fn has_status(&self) -> bool {
        self.subresource("status").is_some()
    }

    /// Whether this is the given resource of a group.
    pub(crate) fn is(&self, group: &str, plural: &str) -> bool {
        &*self.group == group && &*self.plural == plural
    }

    /// Whether objects are custom resource definitions.
    pub(crate) fn is_crd(&self) -> bool {
        self.is("apiextensions.k8s.io", "customresourcedefinitions")
    }

    /// Whether objects are questions, answered and not stored.
    pub(crate) fn is_review(&self) -> bool {
        matches!(&*self.group, "authentication.k8s.io" | "authorization.k8s.io")
    }

    /// What discovery calls `storageVersionHash`.
    pub(crate) fn storage_version_hash(&self) -> String {
        // Kept in etcd as v1beta1 to this day, though served as v1 alone.
        let version = if self.is("apiextensions.k8s.io", "customresourcedefinitions") {
            "v1beta1"
        } else {
            &self.storage_version
        };
        let text = format!("{}/{version}/{}", self.group, self.kind);
        base64::engine::general_purpose::STANDARD.encode(&Sha256::digest(text.as_bytes())[..8])
    }
}

/// `group/version`, or the version alone for the core group.
pub(crate) fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

/// All that is served, by group, version and plural name.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    groups: BTreeMap<Arc<str>, Group>,
}

/// One API group.
#[derive(Debug, Default)]
pub(crate) struct Group {
    versions: BTreeMap<Arc<str>, BTreeMap<Arc<str>, Arc<Served>>>,
    pub is_builtin: bool,
}

impl Registry {
    /// The builtin kinds.
    pub(crate) fn builtin() -> Self {
        let mut out = Self::default();
        for served in builtin::served() {
            let group = served.group.clone();
            out.insert(served);
            if let Some(group) = out.groups.get_mut(&group) {
                group.is_builtin = true;
            }
        }
        out
    }

    /// Serves a resource.
    pub(crate) fn insert(&mut self, served: Served) {
        self.groups
            .entry(served.group.clone())
            .or_default()
            .versions
            .entry(served.version.clone())
            .or_default()
            .insert(served.plural.clone(), Arc::new(served));
    }

    /// Stops serving a custom resource in all its versions.
    pub(crate) fn remove(&mut self, group: &str, plural: &str) {
        if let Some(found) = self.groups.get_mut(group) {
            for resources in found.versions.values_mut() {
                resources.remove(plural);
            }
            found.versions.retain(|_, resources| !resources.is_empty());
            if found.versions.is_empty() {
                self.groups.remove(group);
            }
        }
    }

    /// The resource at a path.
    pub(crate) fn get(&self, group: &str, version: &str, plural: &str) -> Option<&Arc<Served>> {
        self.groups.get(group)?.versions.get(version)?.get(plural)
    }

    /// The resource of a kind.
    pub(crate) fn kind(&self, group: &str, version: &str, kind: &str) -> Option<&Arc<Served>> {
        self.groups.get(group)?.versions.get(version)?.values().find(|served| &*served.kind == kind)
    }

    /// Any version of a resource: the storage version if it is served.
    pub(crate) fn stored(&self, id: &ResourceId) -> Option<&Arc<Served>> {
        let group = self.groups.get(&id.group)?;
        let mut found = None;
        for resources in group.versions.values() {
            if let Some(served) = resources.get(&id.plural) {
                if served.version == served.storage_version {
                    return Some(served);
                }
                found = Some(served);
            }
        }
        found
    }

    /// A group.
    pub(crate) fn group(&self, name: &str) -> Option<&Group> {
        self.groups.get(name)
    }

    /// The groups in the order of discovery: builtin ones first, the others by name.
    pub(crate) fn groups(&self) -> Vec<(&str, &Group)> {
        let mut out: Vec<(&str, &Group)> = self.groups.iter().map(|(name, group)| (&**name, group)).collect();
        out.sort_by_key(|(name, _)| {
            builtin::GROUP_ORDER.iter().position(|known| known == name).unwrap_or(builtin::GROUP_ORDER.len())
        });
        out
    }
}

impl Group {
    /// The versions, most preferred first.
    pub(crate) fn versions(&self) -> Vec<&str> {
        let mut out: Vec<&str> = self.versions.keys().map(|version| &**version).collect();
        out.sort_by(|a, b| compare_versions(a, b));
        out
    }

    /// The resources of a version by name.
    pub(crate) fn resources(&self, version: &str) -> impl Iterator<Item = &Arc<Served>> {
        self.versions.get(version).into_iter().flat_map(BTreeMap::values)
    }

    /// Whether the version is served.
    pub(crate) fn has(&self, version: &str) -> bool {
        self.versions.contains_key(version)
    }
}

/// Kubernetes version priority: GA before beta before alpha, higher first; other names last, by name.
pub(crate) fn compare_versions(a: &str, b: &str) -> Ordering {
    match (version_rank(a), version_rank(b)) {
        (Some(a), Some(b)) => b.cmp(&a),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => a.cmp(b),
    }
}

/// (stability, major, minor) of `v1`, `v2beta3` and the like.
fn version_rank(version: &str) -> Option<(u8, u32, u32)> {
    let rest = version.strip_prefix('v')?;
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let major = rest[..end].parse().ok()?;
    let suffix = &rest[end..];
    if suffix.is_empty() {
        return Some((2, major, 0));
    }
    let (stability, minor) = match (suffix.strip_prefix("beta"), suffix.strip_prefix("alpha")) {
        (Some(minor), _) => (1, minor),
        (_, Some(minor)) => (0, minor),
        _ => return None,
    };
    Some((stability, major, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn version_priority() {
        let mut versions = ["foo1", "v1alpha1", "v1", "v10", "v1beta2", "v1beta10"];
        versions.sort_by(|a, b| compare_versions(a, b));
        assert_eq!(versions, ["v10", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo1"]);
    }

    #[test]
    fn storage_version_hashes_are_those_of_kube_apiserver() {
        let registry = Registry::builtin();
        for (group, version, plural, hash) in [
            ("", "v1", "configmaps", "qFsyl6wFWjQ="),
            ("autoscaling", "v2", "horizontalpodautoscalers", "qwQve8ut294="),
            ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "jfWCUB31mvA="),
        ] {
            let served = registry.get(group, version, plural).expect("builtin");
            assert_eq!(served.storage_version_hash(), hash, "{plural}");
        }
    }
}
