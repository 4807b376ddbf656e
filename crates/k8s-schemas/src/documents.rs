//! The OpenAPI v3 documents: as text to serve, and as schemas, read when first asked for.

use crate::generated::SOURCES;
use kro_object::Gvk;
use kro_schema::{Schema, openapi::Document};
use std::sync::{Arc, LazyLock, OnceLock};

/// One recorded document in two parts: schemas are needed often, paths only to serve the whole.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) path: &'static str,
    pub(crate) components: &'static str,
    pub(crate) paths: &'static str,
}

/// The parsed documents in the order of [`SOURCES`].
static PARSED: LazyLock<Vec<OnceLock<Document>>> =
    LazyLock::new(|| SOURCES.iter().map(|_| OnceLock::new()).collect());

/// The paths of all documents below `/openapi/v3`: `api/v1`, `apis/apps/v1` …
pub fn documents() -> impl Iterator<Item = &'static str> {
    SOURCES.iter().map(|source| source.path)
}

/// The JSON text of the document at a path such as `apis/apps/v1`.
pub fn document(path: &str) -> Option<String> {
    let source = SOURCES.iter().find(|source| source.path == path)?;
    Some(format!(
        "{{\"openapi\":\"3.0.0\",\"info\":{{\"title\":\"Kubernetes\",\"version\":\"{}\"}},\
         \"paths\":{},\"components\":{}}}",
        crate::VERSION,
        source.paths,
        source.components
    ))
}

/// What documents of custom resources are made of, as JSON text with descriptions: `schemas` of metadata and of scales,
/// and `parameters` by action (`list`, `post`, `put`, `patch`, `delete`) and of the `path`.
pub fn custom_parts() -> &'static str {
    include_str!("../data/custom.json")
}

/// The schema of a built-in kind, references resolved and shared.
pub fn schema(gvk: &Gvk) -> Option<Arc<Schema>> {
    let path = match &*gvk.group {
        "" => format!("api/{}", gvk.version),
        group => format!("apis/{group}/{}", gvk.version),
    };
    let schema = parsed(&path)?.kind(gvk)?;
    Some(schema.expect("invariant: a test reads every recorded schema"))
}

/// The schema of `metadata`.
pub fn object_meta() -> Arc<Schema> {
    let name = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";
    parsed("api/v1")
        .and_then(|core| core.component(name))
        .and_then(Result::ok)
        .expect("invariant: a test reads the schema of metadata")
}

fn parsed(path: &str) -> Option<&'static Document> {
    let index = SOURCES.iter().position(|source| source.path == path)?;
    Some(PARSED[index].get_or_init(|| {
        let text = format!("{{\"components\":{}}}", SOURCES[index].components);
        let value = serde_json::from_str(&text).expect("invariant: the data was written by us");
        Document::parse(Arc::new(value)).expect("invariant: the data was written by us")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds;

    #[test]
    fn every_kind_has_a_schema() {
        for kind in kinds() {
            let schema = schema(&kind.gvk).unwrap_or_else(|| panic!("{} has no schema", kind.gvk));
            assert_eq!(schema.type_name(), "object", "{}", kind.gvk);
        }
    }

    #[test]
    fn metadata_merges_as_recorded() {
        let meta = object_meta();
        let owners = meta.property("ownerReferences").unwrap();
        assert_eq!(owners.list_map_keys().unwrap().iter().map(|key| &**key).collect::<Vec<_>>(), ["uid"]);
    }

    #[test]
    fn documents_are_json_and_without_descriptions() {
        for path in documents() {
            let text = document(path).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(value["paths"].is_object() && value["components"]["schemas"].is_object(), "{path}");
            assert!(!value["components"].to_string().contains("\"description\":\""), "{path}");
        }
        assert_eq!(document("apis/none/v1"), None);
    }
}
