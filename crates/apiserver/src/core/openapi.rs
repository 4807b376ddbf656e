//! OpenAPI documents: the index with hashes and one document per group and version.

use super::{Core, Reply, discovery::hex, negotiate::Format, request::Call};
use crate::status::Status;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

impl Core {
    /// Everything below `/openapi`.
    pub(super) fn openapi(&self, call: &Call, rest: &[&str]) -> Result<Reply, Status> {
        match rest {
            ["v3"] => Ok(self.openapi_index()),
            ["v3", path @ ..] => Ok(self.openapi_document(call, &path.join("/"))),
            ["v2"] => Ok(Reply::value(200, Format::Json, &self.swagger())),
            _ => Ok(Reply::not_found_page()),
        }
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

    fn openapi_index(&self) -> Reply {
        let mut paths = Map::new();
        for path in self.document_paths() {
            let hash = hash(&Format::Json.encode(&self.document(&path)));
            paths.insert(
                path.clone(),
                json!({"serverRelativeURL": format!("/openapi/v3/{path}?hash={hash}")}),
            );
        }
        let body = Format::Json.encode(&json!({ "paths": paths }));
        Reply::full(200, "text/plain; charset=utf-8", body)
    }

    fn openapi_document(&self, call: &Call, path: &str) -> Reply {
        if !self.document_paths().iter().any(|known| known == path) {
            return Reply::empty(404);
        }
        let bytes = Format::Json.encode(&self.document(path));
        let hash = hash(&bytes);
        let etag = format!("\"{hash}\"");
        let asked = call.param("hash");
        let mut reply = if !asked.is_empty() && asked != hash {
            let mut moved = Reply::full(301, "application/json", Vec::new());
            moved.headers.push(("location", format!("/openapi/v3/{path}?hash={hash}")));
            moved
        } else if call.if_none_match.as_deref() == Some(&etag) {
            Reply::empty(304)
        } else {
            Reply::full(200, "application/json", bytes)
        };
        reply.headers.push(("etag", etag));
        reply
    }

    fn document(&self, path: &str) -> Value {
        let mut schemas = Map::new();
        if let Some((group, version)) = path.strip_prefix("apis/").and_then(|rest| rest.split_once('/'))
            && let Some(found) = self.registry.group(group)
        {
            for served in found.resources(version) {
                if let Some(custom) = &served.custom {
                    schemas.insert(served.kind.to_string(), custom.raw.clone());
                }
            }
        }
        json!({
            "openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "1.36"}, "paths": {},
            "components": {"schemas": schemas},
        })
    }

    fn swagger(&self) -> Value {
        json!({"swagger": "2.0", "info": {"title": "Kubernetes", "version": "v1.36.3"}, "paths": {}, "definitions": {}})
    }
}

fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}
