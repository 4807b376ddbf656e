//! OpenAPI documents: the index with hashes and one document per group and version.
//! Refuses the paths of version 2: clients read the schemas there, and paths in version 3.

mod custom;
mod gnostic;
mod v2;

use super::{Core, Reply, negotiate::Format, registry::Served, request::Call};
use crate::encode::hex;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use std::{collections::BTreeMap, sync::Arc};

/// Documents of custom resources as they were written last, by path.
#[derive(Debug, Default)]
pub(super) struct Documents(BTreeMap<String, Written>);

#[derive(Debug)]
struct Written {
    /// What it is about, and right for as long as that is served.
    about: Vec<Arc<Served>>,
    hash: String,
    body: Vec<u8>,
}

impl Core {
    /// Everything below `/openapi`.
    pub(super) fn openapi(&mut self, call: &Call, rest: &[&str]) -> Reply {
        match rest {
            ["v3"] => self.openapi_index(),
            ["v3", path @ ..] => self.openapi_document(call, &path.join("/")),
            ["v2"] => self.openapi_v2(call),
            _ => Reply::not_found_page(),
        }
    }

    /// Version 2: the schemas of all documents in one.
    fn openapi_v2(&mut self, call: &Call) -> Reply {
        let mut definitions = Map::new();
        for path in self.document_paths() {
            let document: Value = serde_json::from_slice(&self.document(&path)).unwrap_or_default();
            v2::add_definitions(&document, &mut definitions);
        }
        if gnostic::is_wanted(&call.accept) {
            return Reply::full(200, gnostic::CONTENT_TYPE, gnostic::document(&definitions));
        }
        let document = json!({
            "swagger": "2.0",
            "info": {"title": "Kubernetes", "version": kro_k8s_schemas::VERSION},
            "paths": {},
            "definitions": definitions,
        });
        Reply::value(200, Format::Json, &document)
    }

    /// Paths of documents, `api/v1` and the like.
    fn document_paths(&self) -> Vec<String> {
        let mut out = vec!["api".to_owned(), "apis".to_owned(), "version".to_owned()];
        for (name, group) in self.registry.groups() {
            if !name.is_empty() {
                out.push(format!("apis/{name}"));
            }
            for version in group.versions() {
                out.push(if name.is_empty() {
                    format!("api/{version}")
                } else {
                    format!("apis/{name}/{version}")
                });
            }
        }
        out
    }

    fn openapi_index(&mut self) -> Reply {
        let known = self.document_paths();
        self.documents.0.retain(|path, _| known.contains(path));
        let mut paths = Map::new();
        for path in known {
            let hash = self.document_hash(&path);
            paths.insert(
                path.clone(),
                json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")}),
            );
        }
        let body = Format::Json.encode(&json!({ "paths": paths }));
        Reply::full(200, "text/plain; charset=utf-8", body)
    }

    fn openapi_document(&mut self, call: &Call, path: &str) -> Reply {
        if !self.document_paths().iter().any(|known| known == path) {
            return Reply::empty(404);
        }
        let hash = self.document_hash(path);
        let etag = format!("\"{hash}\"");
        let asked = call.param("hash");
        let mut reply = if !asked.is_empty() && asked != hash {
            let mut moved = Reply::full(301, "application/json", Vec::new());
            moved.headers.push(("location", format!("/openapi/v3/{path}?hash={hash}")));
            moved
        } else if call.if_none_match.as_deref() == Some(&etag) {
            Reply::empty(304)
        } else {
            Reply::full(200, "application/json", self.document(path))
        };
        reply.headers.push(("etag", etag));
        reply
    }

    /// Builtin documents change with the recorded version alone; those of custom resources with their content.
    fn document_hash(&mut self, path: &str) -> String {
        match self.custom_document(path) {
            Some(written) => written.hash.clone(),
            None => hex(&Sha256::digest(format!("{}/{path}", kro_k8s_schemas::VERSION))),
        }
    }

    fn document(&mut self, path: &str) -> Vec<u8> {
        if let Some(written) = self.custom_document(path) {
            return written.body.clone();
        }
        match kro_k8s_schemas::document(path) {
            Some(document) => document.into_bytes(),
            None => Format::Json.encode(&json!({
                "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": kro_k8s_schemas::VERSION}, "paths": {},
            })),
        }
    }

    /// A document about custom resources; `None` for a builtin one.
    fn custom_document(&mut self, path: &str) -> Option<&Written> {
        let about = self.custom_resources(path);
        if about.is_empty() {
            self.documents.0.remove(path);
            return None;
        }
        let is_known = self.documents.0.get(path).is_some_and(|written| {
            written.about.len() == about.len()
                && written.about.iter().zip(&about).all(|(one, other)| Arc::ptr_eq(one, other))
        });
        if !is_known {
            let body = Format::Json.encode(&custom::document(&about));
            let hash = hex(&Sha256::digest(&body));
            self.documents.0.insert(path.to_owned(), Written { about, hash, body });
        }
        self.documents.0.get(path)
    }

    /// The custom resources a document is about.
    fn custom_resources(&self, path: &str) -> Vec<Arc<Served>> {
        let Some((group, version)) = path.strip_prefix("apis/").and_then(|rest| rest.split_once('/')) else {
            return Vec::new();
        };
        let group = self.registry.group(group);
        let resources = group.into_iter().flat_map(|group| group.resources(version));
        resources.filter(|served| served.custom.is_some()).cloned().collect()
    }
}
