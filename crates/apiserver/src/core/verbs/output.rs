//! Answers in the form the client asked for: objects, partial metadata or tables.

use super::{Request, list::Rest};
use crate::{
    core::{
        Reply,
        negotiate::{Form, Format},
        object,
        registry::Served,
        stored::Stored,
        table::{self, IncludeObject},
        write::Written,
    },
    encode,
    status::Status,
};
use serde_json::{Map, Value, json};

impl Request<'_> {
    /// An object after a write. What has been stored is not encoded again.
    pub(super) fn answer_written(&self, code: u16, written: Written) -> Result<Reply, Status> {
        match written.json {
            Some(json) if self.is_verbatim() => Ok(Reply::json(code, json)),
            _ => self.answer(code, written.object),
        }
    }

    /// One object.
    pub(in crate::core) fn answer(&self, code: u16, object: Value) -> Result<Reply, Status> {
        let body = match &self.output.form {
            Form::Object => object,
            Form::Partial(version) => partial(&object, version),
            Form::PartialList(_) => {
                return Err(wrong_form(
                    "PartialObjectMetadataList",
                    "not a list",
                    &go_type(&self.served, ""),
                ));
            }
            Form::Table(version) => {
                let table = table::table(
                    &self.served,
                    version,
                    std::slice::from_ref(&object),
                    include(self)?,
                    self.now,
                );
                of_revision(table, &object)
            }
        };
        Ok(Reply::value(code, self.output.format, &body))
    }

    /// A `Scale`, which is of another kind than the resource.
    pub(super) fn answer_scale(&self, scale: Value) -> Result<Reply, Status> {
        let Form::Table(version) = &self.output.form else { return self.answer(200, scale) };
        let table = of_revision(table::scale(version, &scale, include(self)?, self.now), &scale);
        Ok(Reply::value(200, self.output.format, &table))
    }

    /// Whether the stored JSON is the answer as it is.
    pub(super) fn is_verbatim(&self) -> bool {
        self.output.format == Format::Json
            && self.output.form == Form::Object
            && self.served.is_stored_verbatim()
    }

    /// A whole list of a builtin kind, from the stored JSON.
    pub(super) fn answer_verbatim<'a>(
        &self,
        items: impl Iterator<Item = &'a Stored>,
        revision: u64,
    ) -> Reply {
        // Members in the order of their names: apiVersion, items, kind, metadata.
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(b"{\"apiVersion\":");
        encode::append(&mut out, &self.served.api_version().into());
        out.extend_from_slice(b",\"items\":[");
        for (at, item) in items.enumerate() {
            if at > 0 {
                out.push(b',');
            }
            item.write_untyped(&mut out);
        }
        out.extend_from_slice(b"],\"kind\":");
        encode::append(&mut out, &(&*self.served.list_kind).into());
        out.extend_from_slice(b",\"metadata\":");
        encode::append(&mut out, &json!({"resourceVersion": revision.to_string()}));
        out.push(b'}');
        Reply::json(200, out)
    }

    /// A list.
    pub(super) fn answer_list(
        &self,
        mut items: Vec<Value>,
        revision: u64,
        rest: Option<&Rest>,
    ) -> Result<Reply, Status> {
        let served = &self.served;
        let mut meta = Map::new();
        meta.insert("resourceVersion".into(), revision.to_string().into());
        if let Some(rest) = rest {
            meta.insert("continue".into(), rest.token.as_str().into());
            if let Some(remaining) = rest.remaining {
                meta.insert("remainingItemCount".into(), remaining.into());
            }
        }
        let body = match &self.output.form {
            Form::Object => {
                if served.is_builtin() {
                    for item in &mut items {
                        let map = object::as_map_mut(item);
                        map.remove("kind");
                        map.remove("apiVersion");
                    }
                } else {
                    meta.entry("continue").or_insert_with(|| "".into());
                }
                json!({
                    "kind": &*served.list_kind, "apiVersion": served.api_version(), "metadata": meta, "items": items,
                })
            }
            Form::PartialList(version) => {
                let items: Vec<Value> = items.iter().map(|item| partial(item, version)).collect();
                json!({
                    "kind": "PartialObjectMetadataList",
                    "apiVersion": format!("meta.k8s.io/{version}"),
                    "metadata": meta,
                    // As Go writes a list that nothing was appended to.
                    "items": if items.is_empty() { Value::Null } else { items.into() },
                })
            }
            Form::Partial(_) => {
                return Err(wrong_form("PartialObjectMetadata", "a list", &go_type(served, "List")));
            }
            Form::Table(version) => {
                let mut table = table::table(served, version, &items, include(self)?, self.now);
                table["metadata"] = Value::Object(meta);
                table
            }
        };
        Ok(Reply::value(200, self.output.format, &body))
    }
}

/// A table of one object, which has the version of the object.
fn of_revision(mut table: Value, object: &Value) -> Value {
    if let Some(revision) = object::meta(object, "resourceVersion") {
        table["metadata"] = json!({"resourceVersion": revision});
    }
    table
}

/// What the rows of a table carry.
pub(super) fn include(request: &Request<'_>) -> Result<IncludeObject, Status> {
    match request.call.param("includeObject") {
        "" | "Metadata" => Ok(IncludeObject::Metadata),
        "None" => Ok(IncludeObject::None),
        "Object" => Ok(IncludeObject::Object),
        other => Err(Status::bad_request(format!("unrecognized includeObject value: {other:?}"))),
    }
}

/// Only the metadata of an object.
pub(crate) fn partial(object: &Value, version: &str) -> Value {
    json!({
        "kind": "PartialObjectMetadata",
        "apiVersion": format!("meta.k8s.io/{version}"),
        "metadata": object.get("metadata").cloned().unwrap_or_else(|| json!({})),
    })
}

fn wrong_form(asked: &str, is: &str, go_type: &str) -> Status {
    Status {
        code: 406,
        reason: "NotAcceptable",
        message: format!("you requested {asked}, but the requested object is {is} ({go_type})"),
        details: None,
    }
}

/// The Go type of an answer, as some messages tell it.
fn go_type(served: &Served, suffix: &str) -> String {
    if served.is_builtin() {
        let package =
            if served.group.is_empty() { "core" } else { served.group.split('.').next().unwrap_or_default() };
        format!("*{package}.{}{suffix}", served.kind)
    } else if suffix.is_empty() {
        "*unstructured.Unstructured".into()
    } else {
        "*unstructured.UnstructuredList".into()
    }
}
