//! Which kinds the server knows: aggregated discovery, cached, refreshed on a miss.
//! A group that cannot be read now (a broken aggregated API) costs that group alone: its last answer stays.
//! Refuses servers without aggregated discovery (before Kubernetes 1.27).

use crate::{Cluster, Error};
use kro_object::{GroupKind, Gvk, ResourceType, Scope};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Mutex, atomic::Ordering},
};
use tokio::time::Instant;

const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
                      application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

#[derive(Debug, Default)]
pub(crate) struct KindCache {
    known: Mutex<Known>,
    /// Held while asking, so that concurrent misses ask once.
    asking: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Known {
    kinds: BTreeMap<Gvk, ResourceType>,
    /// The version a group's server prefers for a kind.
    preferred: BTreeMap<GroupKind, Gvk>,
    asked: Option<Instant>,
}

impl Cluster {
    /// The served resource of a kind. A miss asks the server, but not more often than
    /// [`crate::Options::discovery_interval`].
    pub async fn kind(&self, gvk: &Gvk) -> Result<ResourceType, Error> {
        self.find(|known| known.kinds.get(gvk).cloned()).await?.ok_or_else(|| Error::UnknownKind(gvk.clone()))
    }

    /// The served resource of a group and kind in the version its server prefers; `None` when not served.
    pub async fn preferred(&self, kind: &GroupKind) -> Result<Option<ResourceType>, Error> {
        self.find(|known| known.kinds.get(known.preferred.get(kind)?).cloned()).await
    }

    /// Forget what is known of a group: one of its CRDs came, changed or went.
    pub fn forget_group(&self, group: &str) {
        let mut known = self.known();
        known.kinds.retain(|gvk, _| &*gvk.group != group);
        known.preferred.retain(|kind, _| &*kind.group != group);
        drop(known);
        self.ask_again();
    }

    /// Ask for kinds and schemas again at the next need, however young the last answer is: a CRD changed.
    pub fn ask_again(&self) {
        self.known().asked = None;
        self.inner.schemas.stale.store(true, Ordering::Relaxed);
    }

    async fn find(
        &self,
        look: impl Fn(&Known) -> Option<ResourceType>,
    ) -> Result<Option<ResourceType>, Error> {
        if let Some(found) = look(&self.known()) {
            return Ok(Some(found));
        }
        let _asking = self.inner.kinds.asking.lock().await;
        // Somebody else may have asked while we waited for our turn.
        if let Some(found) = look(&self.known()) {
            return Ok(Some(found));
        }
        let interval = self.inner.options.discovery_interval;
        if self.known().asked.is_some_and(|asked| asked.elapsed() < interval) {
            return Ok(None);
        }
        let core: Groups = self.send(discovery("/api")).await?;
        let groups: Groups = self.send(discovery("/apis")).await?;
        let mut known = self.known();
        known.replace(core.items.into_iter().chain(groups.items));
        Ok(look(&known))
    }

    fn known(&self) -> std::sync::MutexGuard<'_, Known> {
        self.inner.kinds.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Known {
    fn replace(&mut self, groups: impl Iterator<Item = Group>) {
        let mut served = BTreeMap::new();
        let mut preferred = BTreeMap::new();
        let mut stale = BTreeSet::new();
        for Group { metadata, versions } in groups {
            for version in versions {
                if version.freshness.as_deref() == Some("Stale") {
                    stale.insert((metadata.name.clone(), version.name.clone()));
                }
                for resource in version.resources {
                    let Some(kind) = resource.response_kind.kind else { continue };
                    let gvk = Gvk {
                        group: metadata.name.as_str().into(),
                        version: version.name.as_str().into(),
                        kind: kind.into(),
                    };
                    let scope =
                        if resource.scope == "Namespaced" { Scope::Namespaced } else { Scope::Cluster };
                    preferred.entry(gvk.group_kind()).or_insert_with(|| gvk.clone());
                    let plural = resource.plural.into();
                    served.entry(gvk.clone()).or_insert(ResourceType { gvk, plural, scope });
                }
            }
        }
        for (gvk, resource) in &self.kinds {
            if stale.contains(&(gvk.group.to_string(), gvk.version.to_string())) {
                preferred.entry(gvk.group_kind()).or_insert_with(|| gvk.clone());
                served.entry(gvk.clone()).or_insert_with(|| resource.clone());
            }
        }
        *self = Self { kinds: served, preferred, asked: Some(Instant::now()) };
    }
}

fn discovery(path: &str) -> Result<http::Request<Vec<u8>>, kube_client::core::request::Error> {
    http::Request::get(path)
        .header(http::header::ACCEPT, ACCEPT)
        .body(Vec::new())
        .map_err(kube_client::core::request::Error::BuildRequest)
}

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    items: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    metadata: GroupMetadata,
    #[serde(default)]
    versions: Vec<Version>,
}

#[derive(Default, Deserialize)]
struct GroupMetadata {
    #[serde(default)]
    name: String,
}

#[derive(Deserialize)]
struct Version {
    #[serde(rename = "version")]
    name: String,
    #[serde(default)]
    resources: Vec<Resource>,
    freshness: Option<String>,
}

#[derive(Deserialize)]
struct Resource {
    #[serde(rename = "resource")]
    plural: String,
    #[serde(default, rename = "responseKind")]
    response_kind: ResponseKind,
    #[serde(default)]
    scope: String,
}

#[derive(Default, Deserialize)]
struct ResponseKind {
    kind: Option<String>,
}
