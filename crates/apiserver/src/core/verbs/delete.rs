//! The end of one object, or of all that a selector names.

use super::{Request, list::check_fields};
use crate::{
    core::{
        Core, Reply, decode,
        deletion::{Deleted, deleted_status},
        negotiate::{self, BodyFormat},
        object,
        options::{DeleteOptions, ListOptions},
        registry::Served,
        store::Key,
        strategy, typed,
    },
    status::Status,
};
use serde_json::Value;

impl Core {
    pub(super) fn delete_verb(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        let options = delete_options(request)?;
        let served = request.served.clone();
        self.warn_of_orphans(&served, &options);
        match self.delete(&served, &request.key(), &options, request.now)? {
            Deleted::Gone(last) if !strategy::answers_object(&served) => {
                Ok(Reply::value(200, request.output.format, &deleted_status(&served, &last)))
            }
            Deleted::Gone(object) | Deleted::Pending(object) => request.answer(200, object),
        }
    }

    pub(super) fn delete_collection(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        let options = delete_options(request)?;
        let list = ListOptions::parse(request.call)?;
        let served = request.served.clone();
        self.warn_of_orphans(&served, &options);
        check_fields(&served, &list.selectors.fields)?;
        let revision = self.store.revision();
        let selected: Vec<(Key, Value)> = self
            .store
            .list(&served.storage, request.namespace.as_deref())
            .map(|(key, stored)| (key.clone(), served.present(stored)))
            .filter(|(_, object)| list.selectors.matches(object))
            .collect();
        let mut out = Vec::with_capacity(selected.len());
        for (key, object) in selected {
            match self.delete(&served, &key, &options, request.now) {
                Ok(_) => out.push(object),
                Err(status) if status.reason == "NotFound" => {}
                Err(status) => return Err(status),
            }
        }
        request.answer_list(out, revision, None)
    }
}

impl Core {
    /// Jobs leave their pods behind unless told otherwise, which surprises many.
    fn warn_of_orphans(&mut self, served: &Served, options: &DeleteOptions) {
        if served.is("batch", "jobs") && options.propagation.is_none() {
            self.warnings.push("child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning".into());
        }
    }
}

const DELETE_OPTIONS: &str = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions";

/// The options of a deletion; a body takes the place of the query.
fn delete_options(request: &mut Request<'_>) -> Result<DeleteOptions, Status> {
    if request.body.bytes().is_empty() {
        return DeleteOptions::from_query(request.call);
    }
    let format = negotiate::body_format(&request.call.content_type)?;
    let read = request.body.read(format).map_err(|why| {
        Status::bad_request(if format == BodyFormat::Yaml {
            format!("couldn't get version/kind: {why}")
        } else {
            why
        })
    })?;
    decode::check_header(&read.value, BodyFormat::Json).map_err(Status::bad_request)?;
    let kind = read.value.get("kind").and_then(Value::as_str).unwrap_or("DeleteOptions");
    let version = read.value.get("apiVersion").and_then(Value::as_str).unwrap_or("v1");
    if kind != "DeleteOptions" {
        return Err(Status::bad_request(format!(
            "no kind {kind:?} is registered for version {version:?} in scheme \"pkg/runtime/scheme.go:111\""
        )));
    }
    let mut options = read.value;
    object::as_map_mut(&mut options);
    let go_type = kro_k8s_schemas::go_type(DELETE_OPTIONS);
    let go_type = go_type.expect("invariant: the table holds what endpoints read");
    typed::decode(go_type, &mut options, &mut Vec::new()).map_err(Status::bad_request)?;
    DeleteOptions::from_value(&options)
}
