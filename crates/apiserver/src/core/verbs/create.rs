//! A new object from a body.

use super::Request;
use crate::{
    core::{
        Core, Reply, metadata, negotiate, object,
        options::{self, DeleteOptions},
        write::{Writer, seconds_after},
    },
    status::Status,
};
use serde_json::{Value, json};

impl Core {
    pub(super) fn create_verb(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        if request.subresource.is_some() {
            return self.create_subresource(request);
        }
        let served = request.served.clone();
        let (value, writer) = self.open(request, options::CREATE)?;
        self.check_escalation(&request.user, &served, &value)?;
        let created = self.create(&served, value, &writer)?;
        request.answer_written(201, created)
    }

    /// What creates and updates begin with: the object in the namespace of the request, and who writes it.
    pub(super) fn open(
        &self,
        request: &mut Request<'_>,
        options: &'static str,
    ) -> Result<(Value, Writer), Status> {
        let (options, mut value) = request.object(&self.registry, options)?;
        settle_namespace(request, &mut value)?;
        request.warnings.extend(owners_warning(&metadata::unite_owners(&mut value), ""));
        Ok((value, request.writer(&options.field_manager, options.dry_run)))
    }

    /// Creations below an object: tokens of service accounts, evictions and bindings of pods.
    fn create_subresource(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        let key = request.key();
        let served = request.served.clone();
        if self.store.get(&served.storage, &key).is_none() {
            return Err(Status::not_found(served.named(), &key.name));
        }
        let format = negotiate::body_format(&request.call.content_type)?;
        let sent = request.body.read(format).map_err(Status::bad_request)?.value;
        match request.subresource.as_deref() {
            Some("token") => {
                let lifetime =
                    sent.pointer("/spec/expirationSeconds").and_then(Value::as_i64).unwrap_or(3600);
                let audiences =
                    sent.pointer("/spec/audiences").cloned().unwrap_or_else(|| json!(["kubernetes"]));
                let token = format!("{}.{}", self.ids.uid(), self.ids.uid());
                let answer = json!({
                    "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
                    "metadata": {"name": &*key.name, "namespace": &*key.namespace},
                    "spec": {"audiences": audiences, "expirationSeconds": lifetime, "boundObjectRef": null},
                    "status": {"token": token, "expirationTimestamp": seconds_after(request.now, lifetime)},
                });
                request.answer(201, answer)
            }
            Some("eviction") => {
                let options = sent.get("deleteOptions").cloned().unwrap_or_else(|| json!({}));
                self.delete(&served, &key, &DeleteOptions::from_value(&options)?, request.now)?;
                Ok(Reply::value(201, request.output.format, &created_status()))
            }
            Some("binding") => {
                let node = sent.pointer("/target/name").cloned().unwrap_or_default();
                let writer = request.writer("", false);
                self.update(&served, &key, &writer, &mut |_, old| {
                    let mut new = old.cloned().unwrap_or_default();
                    object::child_mut(&mut new, "spec").insert("nodeName".into(), node.clone());
                    Ok(new)
                })?;
                Ok(Reply::value(201, request.output.format, &created_status()))
            }
            _ => Err(Status::method_not_allowed()),
        }
    }
}

/// The answer to what is done but not stored.
fn created_status() -> Value {
    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201})
}

/// The warning about repeated owner references; `when` says when they were noticed.
pub(super) fn owners_warning(repeated: &[String], when: &str) -> Option<String> {
    (!repeated.is_empty()).then(|| {
        format!(
            ".metadata.ownerReferences contains duplicate entries{when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {}",
            repeated.join(", ")
        )
    })
}

/// Gives the object the namespace of the path, which a body may repeat but not contradict.
pub(super) fn settle_namespace(request: &Request<'_>, value: &mut Value) -> Result<(), Status> {
    let wanted = request.namespace.as_deref().unwrap_or_default();
    if !request.served.is_namespaced() {
        object::set_meta(value, "namespace", None);
        return Ok(());
    }
    let given = object::namespace(value);
    if !given.is_empty() && given != wanted {
        return Err(Status::bad_request(
            "the namespace of the provided object does not match the namespace sent on the request",
        ));
    }
    object::set_meta(value, "namespace", Some(wanted.into()));
    Ok(())
}
