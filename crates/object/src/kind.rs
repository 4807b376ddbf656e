//! Names of kinds and resource types. Knows no discovery: which kinds exist is told by others.

use std::fmt;

/// Group, version and kind: what `apiVersion` and `kind` of an object say. The core group is the empty string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvk {
    /// API group, empty for the core group.
    pub group: Box<str>,
    /// Version within the group, `v1`.
    pub version: Box<str>,
    /// Kind, `Deployment`.
    pub kind: Box<str>,
}

/// A kind whatever its version: identity of a kind across versions.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupKind {
    /// API group, empty for the core group.
    pub group: Box<str>,
    /// Kind, `Deployment`.
    pub kind: Box<str>,
}

/// Group, version and plural resource name: what a request path says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Gvr {
    /// API group, empty for the core group.
    pub group: Box<str>,
    /// Version within the group.
    pub version: Box<str>,
    /// Plural, lower-case resource name, `deployments`.
    pub resource: Box<str>,
}

/// Whether objects of a kind live in a namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// One per cluster.
    Cluster,
    /// One per namespace.
    Namespaced,
}

/// One served kind: what a `RESTMapping` is in Go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResourceType {
    /// The kind.
    pub gvk: Gvk,
    /// Plural resource name, `deployments`.
    pub plural: Box<str>,
    /// Scope of its objects.
    pub scope: Scope,
}

/// `apiVersion` or `kind` is missing or malformed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseGvkError {
    /// The field is absent, not a string or empty.
    #[error("{0} is not set")]
    Missing(&'static str),
    /// More than one slash, or nothing around it.
    #[error("unexpected GroupVersion string: {0}")]
    ApiVersion(String),
}

impl Gvk {
    /// A kind from its parts.
    pub fn new(group: &str, version: &str, kind: &str) -> Self {
        Self { group: group.into(), version: version.into(), kind: kind.into() }
    }

    /// From `apiVersion` (`v1`, `apps/v1`) and `kind`.
    pub fn from_api_version(api_version: &str, kind: &str) -> Result<Self, ParseGvkError> {
        if api_version.is_empty() {
            return Err(ParseGvkError::Missing("apiVersion"));
        }
        if kind.is_empty() {
            return Err(ParseGvkError::Missing("kind"));
        }
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        if version.is_empty() || version.contains('/') {
            return Err(ParseGvkError::ApiVersion(api_version.to_owned()));
        }
        Ok(Self::new(group, version, kind))
    }

    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// The kind without its version.
    pub fn group_kind(&self) -> GroupKind {
        GroupKind { group: self.group.clone(), kind: self.kind.clone() }
    }

    /// The resource of this group and version with the given plural.
    pub fn with_plural(&self, plural: &str) -> Gvr {
        Gvr { group: self.group.clone(), version: self.version.clone(), resource: plural.into() }
    }
}

impl GroupKind {
    /// A kind from its parts.
    pub fn new(group: &str, kind: &str) -> Self {
        Self { group: group.into(), kind: kind.into() }
    }

    /// The kind in a version.
    pub fn with_version(&self, version: &str) -> Gvk {
        Gvk { group: self.group.clone(), version: version.into(), kind: self.kind.clone() }
    }
}

impl Gvr {
    /// A resource from its parts.
    pub fn new(group: &str, version: &str, resource: &str) -> Self {
        Self { group: group.into(), version: version.into(), resource: resource.into() }
    }

    /// `v1` or `apps/v1`.
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }
}

impl ResourceType {
    /// A served kind from its parts.
    pub fn new(gvk: Gvk, plural: &str, scope: Scope) -> Self {
        Self { gvk, plural: plural.into(), scope }
    }

    /// Group, version and plural.
    pub fn gvr(&self) -> Gvr {
        self.gvk.with_plural(&self.plural)
    }

    /// Whether objects live in a namespace.
    pub fn is_namespaced(&self) -> bool {
        self.scope == Scope::Namespaced
    }
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

impl fmt::Display for Gvk {
    /// `apps/v1 Deployment`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.api_version(), self.kind)
    }
}

impl fmt::Display for GroupKind {
    /// `Deployment.apps`, as kubectl writes it; `Pod` in the core group.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.group.is_empty() {
            f.write_str(&self.kind)
        } else {
            write!(f, "{}.{}", self.kind, self.group)
        }
    }
}

impl fmt::Display for Gvr {
    /// `deployments.v1.apps`, as kubectl writes it; `pods.v1` in the core group.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.resource, self.version)?;
        if self.group.is_empty() { Ok(()) } else { write!(f, ".{}", self.group) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_versions() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let parsed = Gvk::from_api_version(text, "K").ok();
            assert_eq!(parsed.as_ref().map(|g| (&*g.group, &*g.version)), expected, "{text}");
            if let Some(gvk) = parsed {
                assert_eq!(gvk.api_version(), text.trim_start_matches('/'));
            }
        };
        check("v1", Some(("", "v1")));
        check("apps/v1", Some(("apps", "v1")));
        check("/v1", Some(("", "v1")));
        check("a/b/c", None);
        check("apps/", None);
        check("", None);
    }

    #[test]
    fn names_read_as_in_kubectl() {
        let deployment = Gvk::new("apps", "v1", "Deployment");
        assert_eq!(deployment.to_string(), "apps/v1 Deployment");
        assert_eq!(deployment.group_kind().to_string(), "Deployment.apps");
        assert_eq!(deployment.with_plural("deployments").to_string(), "deployments.v1.apps");
        assert_eq!(Gvr::new("", "v1", "pods").to_string(), "pods.v1");
    }
}
