//! OpenAPI v3 documents as served below `/openapi/v3`: finding kinds, resolving references on demand.

mod resources;
mod select;

use crate::{ParseError, Schema, parse::Refs};
use kro_object::{FieldPath, Gvk};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// How often a definition may contain itself before what is below it holds anything.
const MAX_RECURSION: usize = 2;

/// One document, usually that of a group and version. Schemas are made when first asked for and then shared.
pub struct Document {
    root: Arc<Value>,
    kinds: BTreeMap<Gvk, Arc<str>>,
    resolved: Mutex<Resolved>,
}

/// Components by name and by how often they contain themselves already.
type Resolved = BTreeMap<(Arc<str>, usize), Arc<Schema>>;

impl Document {
    /// A document; only its index of kinds is read now.
    pub fn parse(root: Arc<Value>) -> Result<Self, ParseError> {
        let error = |message: &str| ParseError {
            path: FieldPath::root().join("components").join("schemas"),
            message: message.to_owned(),
        };
        let mut kinds = BTreeMap::new();
        match root.pointer("/components/schemas") {
            None => {}
            Some(Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    for gvk in kinds_of(schema) {
                        kinds.entry(gvk).or_insert_with(|| Arc::from(name.as_str()));
                    }
                }
            }
            Some(_) => return Err(error("must be an object")),
        }
        Ok(Self { root, kinds, resolved: Mutex::default() })
    }

    /// The part of a document that these kinds need, from its JSON text. Of a large document that part is all that
    /// is ever built. Kinds it does not declare are absent.
    pub fn select(text: &str, kinds: &BTreeSet<Gvk>) -> Result<Self, ParseError> {
        let selected = select::select(text, kinds)
            .map_err(|error| ParseError { path: FieldPath::root(), message: error.to_string() })?;
        Self::parse(Arc::new(selected))
    }

    /// The kinds the document declares by `x-kubernetes-group-version-kind`.
    pub fn kinds(&self) -> impl Iterator<Item = &Gvk> {
        self.kinds.keys()
    }

    /// The schema of a kind.
    pub fn kind(&self, gvk: &Gvk) -> Option<Result<Arc<Schema>, ParseError>> {
        self.kinds.get(gvk).map(|name| self.resolve(name))
    }

    /// The schema of a component, `io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta`.
    pub fn component(&self, name: &str) -> Option<Result<Arc<Schema>, ParseError>> {
        self.raw(name).map(|_| self.resolve(name))
    }

    fn raw(&self, name: &str) -> Option<&Value> {
        self.root.get("components")?.get("schemas")?.get(name)
    }

    fn resolve(&self, name: &str) -> Result<Arc<Schema>, ParseError> {
        Resolver { document: self, stack: Vec::new() }
            .component(name)
            .map_err(|message| ParseError { path: FieldPath::root(), message })
    }
}

impl fmt::Debug for Document {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document").field("kinds", &self.kinds.keys()).finish_non_exhaustive()
    }
}

struct Resolver<'d> {
    document: &'d Document,
    stack: Vec<Arc<str>>,
}

impl Resolver<'_> {
    fn component(&mut self, name: &str) -> Result<Arc<Schema>, String> {
        let depth = self.stack.iter().filter(|one| ***one == *name).count();
        if depth >= MAX_RECURSION {
            return Ok(Arc::new(Schema::open_object()));
        }
        let key = (Arc::<str>::from(name), depth);
        if let Some(known) = self.resolved().get(&key) {
            return Ok(known.clone());
        }
        let raw = self.document.raw(name).ok_or_else(|| format!("there is no component {name:?}"))?;
        self.stack.push(key.0.clone());
        let schema = if is_free_form(name) {
            Ok(free_form(raw))
        } else {
            Schema::from_json_with(raw, self).map_err(|error| format!("in component {name:?}: {error}"))
        };
        self.stack.pop();
        let schema = Arc::new(schema?);
        self.resolved().insert(key, schema.clone());
        Ok(schema)
    }

    fn resolved(&self) -> std::sync::MutexGuard<'_, Resolved> {
        // A cache of finished schemas is sound whoever panicked while holding it.
        self.document.resolved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refs for Resolver<'_> {
    fn resolve(&mut self, reference: &str) -> Result<Arc<Schema>, String> {
        match reference.strip_prefix(select::LOCAL) {
            Some(name) => self.component(name),
            None => Err(format!("cannot follow reference {reference:?}")),
        }
    }
}

fn kinds_of(schema: &Value) -> impl Iterator<Item = Gvk> {
    schema.get("x-kubernetes-group-version-kind").into_iter().flat_map(kinds_in)
}

/// The entries of an `x-kubernetes-group-version-kind`.
fn kinds_in(list: &Value) -> impl Iterator<Item = Gvk> {
    list.as_array().into_iter().flatten().filter_map(gvk)
}

fn gvk(entry: &Value) -> Option<Gvk> {
    let text = |field: &str| entry.get(field).and_then(Value::as_str);
    Some(Gvk::new(text("group")?, text("version")?, text("kind")?))
}

/// Types that are written as plain objects, or as nothing, and hold any JSON.
fn is_free_form(name: &str) -> bool {
    const NAMES: [&str; 3] = [
        "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1",
        "io.k8s.apimachinery.pkg.runtime.RawExtension",
        "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON",
    ];
    NAMES.contains(&name)
}

fn free_form(raw: &Value) -> Schema {
    if raw.get("type").is_some() {
        return Schema::open_object();
    }
    let mut schema = Schema::default();
    schema.other.insert(crate::schema::PRESERVE_UNKNOWN.into(), Value::Bool(true));
    schema
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn root() -> Value {
        json!({"openapi": "3.0.0", "paths": {"/x": {"$ref": "#/components/schemas/Broken"}}, "components": {"schemas": {
            "Pod": {
                "type": "object",
                "x-kubernetes-group-version-kind": [{"group": "", "version": "v1", "kind": "Pod"}],
                "properties": {"spec": {"allOf": [{"$ref": "#/components/schemas/Spec"}], "default": {}}},
            },
            "Spec": {"type": "object", "properties": {
                "self": {"$ref": "#/components/schemas/Spec"},
                "port": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
            }},
            "Broken": {"type": "object", "properties": {"x": {"$ref": "#/components/schemas/None"}}},
        }}})
    }

    fn document() -> Document {
        Document::parse(Arc::new(root())).unwrap()
    }

    #[test]
    fn references_are_followed_and_keep_what_stands_beside_them() {
        let pod = document().kind(&Gvk::new("", "v1", "Pod")).unwrap().unwrap();
        let spec = pod.property("spec").unwrap();
        assert_eq!(spec.default, Some(json!({})));
        assert_eq!(spec.property("port").unwrap().kind, crate::Kind::IntOrString);
    }

    #[test]
    fn a_selection_has_the_same_schemas_and_nothing_else() {
        let pod = Gvk::new("", "v1", "Pod");
        let selected = Document::select(&root().to_string(), &BTreeSet::from([pod.clone()])).unwrap();
        assert_eq!(selected.kind(&pod).unwrap().unwrap(), document().kind(&pod).unwrap().unwrap());
        assert!(selected.component("Spec").is_some() && selected.component("Broken").is_none());
        let none = Document::select(&root().to_string(), &BTreeSet::new()).unwrap();
        assert_eq!(none.kinds().count(), 0);
    }

    #[test]
    fn text_that_is_no_document_is_an_error_and_not_an_empty_one() {
        for text in ["", "{", "[]", r#"{"components": []}"#, r#"{"components": {"schemas": 1}}"#, "{} x"] {
            assert!(Document::select(text, &BTreeSet::new()).is_err(), "{text:?}");
        }
    }

    #[test]
    fn recursion_ends_in_anything() {
        let pod = document().kind(&Gvk::new("", "v1", "Pod")).unwrap().unwrap();
        let deep = pod.at(&"spec.self.self".parse().unwrap()).unwrap();
        assert!(deep.preserves_unknown());
    }

    #[test]
    fn a_missing_component_is_an_error_with_its_place() {
        let error = document().component("Broken").unwrap().unwrap_err();
        assert!(error.to_string().contains("there is no component \"None\""), "{error}");
        assert!(document().kind(&Gvk::new("", "v1", "None")).is_none());
    }
}
