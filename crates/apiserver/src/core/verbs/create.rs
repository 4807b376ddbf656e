//! A new object from a body.

use super::Request;
use crate::{
    core::{
        Core, Reply, decode, object,
        options::{self, WriteOptions},
    },
    status::Status,
};
use serde_json::Value;

impl Core {
    pub(super) fn create_verb(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        if request.subresource.is_some() {
            return self.create_subresource(request);
        }
        let served = request.served.clone();
        let options = WriteOptions::parse(request.call, options::CREATE, false)?;
        let mut value = decode::object(
            &self.registry,
            &served,
            &request.call.body,
            &request.call.content_type,
            options.field_validation,
            &mut request.warnings,
        )?;
        settle_namespace(request, &mut value)?;
        let writer = request.writer(&options.field_manager, options.dry_run);
        let created = self.create(&served, value, &writer)?;
        self.answer_object(request, 201, created)
    }

    /// Creations below an object, such as evictions.
    fn create_subresource(&mut self, request: &Request<'_>) -> Result<Reply, Status> {
        let name = request.subresource.as_deref().unwrap_or_default();
        let why = format!("the subresource {name:?} is not simulated by this server");
        Err(Status::verb_not_supported(request.served.named(), "create").with_causes(vec![
            crate::status::Cause { reason: "NotSimulated", message: why, field: String::new() },
        ]))
    }
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
