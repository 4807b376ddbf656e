//! The documents of unaggregated discovery. They are structs because clients show them as they come, with the fields in
//! the order of Go's structs.

use crate::core::{
    Reply,
    negotiate::Format,
    registry::{Group, Served, Subresource, api_version},
};
use serde::Serialize;

/// `/apis`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiGroupList<'a> {
    pub kind: &'static str,
    pub api_version: &'static str,
    pub groups: Vec<ApiGroup<'a>>,
}

/// A group, in a list or of its own.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiGroup<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'static str>,
    name: &'a str,
    versions: Vec<Version<'a>>,
    preferred_version: Option<Version<'a>>,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Version<'a> {
    group_version: String,
    version: &'a str,
}

/// The resources of a version.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiResourceList<'a> {
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_version: Option<&'static str>,
    pub group_version: String,
    pub resources: Vec<ApiResource<'a>>,
}

/// A resource or subresource.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ApiResource<'a> {
    name: String,
    singular_name: &'a str,
    namespaced: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    group: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    kind: &'a str,
    verbs: &'a [&'static str],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    short_names: Vec<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    categories: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_version_hash: Option<String>,
}

/// A document as an answer.
pub(super) fn reply(format: Format, document: &impl Serialize) -> Reply {
    let written = match format {
        Format::Json => serde_json::to_vec(document).map(|mut text| {
            text.push(b'\n');
            text
        }),
        Format::Yaml => serde_json::to_value(document).map(|value| format.encode(&value)),
    };
    Reply::full(200, format.content_type(), written.expect("invariant: texts and flags always serialize"))
}

pub(super) fn group<'a>(name: &'a str, group: &'a Group) -> ApiGroup<'a> {
    let version = |version| Version { group_version: api_version(name, version), version };
    let versions: Vec<Version<'_>> = group.versions().into_iter().map(version).collect();
    ApiGroup { kind: None, api_version: None, name, preferred_version: versions.first().cloned(), versions }
}

impl ApiGroup<'_> {
    /// The group as a document.
    pub(super) fn of_its_own(mut self) -> Self {
        (self.kind, self.api_version) = (Some("APIGroup"), Some("v1"));
        self
    }
}

pub(super) fn resource(served: &Served) -> ApiResource<'_> {
    let is_stored = served.verbs.contains(&"get") && served.verbs.contains(&"create");
    ApiResource {
        name: served.plural.to_string(),
        singular_name: &served.singular,
        namespaced: served.is_namespaced(),
        group: None,
        version: None,
        kind: &served.kind,
        verbs: &served.verbs,
        short_names: served.short_names.iter().map(AsRef::as_ref).collect(),
        categories: served.categories.iter().map(AsRef::as_ref).collect(),
        storage_version_hash: is_stored.then(|| served.storage_version_hash()),
    }
}

pub(super) fn subresource<'a>(served: &'a Served, sub: &'a Subresource) -> ApiResource<'a> {
    let is_other = !sub.is_of_version(served);
    ApiResource {
        name: format!("{}/{}", served.plural, sub.name),
        singular_name: "",
        namespaced: served.is_namespaced(),
        group: is_other.then_some(&*sub.group),
        version: is_other.then_some(&*sub.version),
        kind: &sub.kind,
        verbs: &sub.verbs,
        short_names: Vec::new(),
        categories: Vec::new(),
        storage_version_hash: None,
    }
}
