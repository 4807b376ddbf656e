//! Schemas of served kinds from `/openapi/v3`, kept by the document's hash. Documents are large and are
//! dropped once the wanted kinds are taken out; several kinds of one document are best asked for together.

use crate::{Cluster, Error};
use kro_object::Gvk;
use kro_schema::{Schema, openapi::Document};
use serde::Deserialize;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tokio::time::Instant;

#[derive(Default)]
pub(crate) struct SchemaCache {
    /// Held while fetching: concurrent callers fetch each document once.
    state: tokio::sync::Mutex<State>,
    /// The index is to be asked for again at the next need.
    pub(crate) stale: AtomicBool,
}

#[derive(Default)]
struct State {
    /// Path of a group version (`apis/apps/v1`) → URL of its document, which carries the hash.
    index: BTreeMap<String, String>,
    asked: Option<Instant>,
    schemas: BTreeMap<Gvk, Kept>,
}

struct Kept {
    url: String,
    schema: Arc<Schema>,
}

impl Cluster {
    /// The schema of one kind.
    pub async fn schema(&self, gvk: &Gvk) -> Result<Arc<Schema>, Error> {
        let mut schemas = self.schemas(std::iter::once(gvk.clone())).await?;
        schemas.remove(gvk).ok_or_else(|| Error::UnknownKind(gvk.clone()))
    }

    /// The schemas of several kinds, each document fetched at most once. Kinds without one are absent.
    pub async fn schemas(
        &self,
        kinds: impl IntoIterator<Item = Gvk>,
    ) -> Result<BTreeMap<Gvk, Arc<Schema>>, Error> {
        let mut state = self.inner.schemas.state.lock().await;
        let stale = self.inner.schemas.stale.swap(false, Ordering::Relaxed);
        if stale || state.asked.is_none_or(|asked| asked.elapsed() >= self.inner.options.discovery_interval) {
            let index: Index = self.send(get("/openapi/v3")).await?;
            state.index = index.paths.into_iter().map(|(path, entry)| (path, entry.url)).collect();
            state.asked = Some(Instant::now());
        }
        let mut found = BTreeMap::new();
        let mut missing: BTreeMap<String, BTreeSet<Gvk>> = BTreeMap::new();
        for gvk in kinds {
            let Some(url) = state.index.get(&path_of(&gvk)) else { continue };
            match state.schemas.get(&gvk) {
                Some(kept) if kept.url == *url => {
                    found.insert(gvk, Arc::clone(&kept.schema));
                }
                _ => {
                    missing.entry(url.clone()).or_default().insert(gvk);
                }
            }
        }
        for (url, kinds) in missing {
            let text = self.send_text(get(&url)).await?;
            let unreadable = |error: kro_schema::ParseError| Error::Protocol(error.to_string());
            let document = Document::select(&text, &kinds).map_err(unreadable)?;
            drop(text);
            for gvk in kinds {
                let Some(schema) = document.kind(&gvk).transpose().map_err(unreadable)? else { continue };
                state.schemas.insert(gvk.clone(), Kept { url: url.clone(), schema: Arc::clone(&schema) });
                found.insert(gvk, schema);
            }
        }
        Ok(found)
    }
}

fn path_of(gvk: &Gvk) -> String {
    match &*gvk.group {
        "" => format!("api/{}", gvk.version),
        group => format!("apis/{group}/{}", gvk.version),
    }
}

fn get(path: &str) -> Result<http::Request<Vec<u8>>, kube_client::core::request::Error> {
    http::Request::get(path).body(Vec::new()).map_err(kube_client::core::request::Error::BuildRequest)
}

#[derive(Deserialize)]
struct Index {
    paths: BTreeMap<String, IndexEntry>,
}

#[derive(Deserialize)]
struct IndexEntry {
    #[serde(rename = "serverRelativeURL")]
    url: String,
}
