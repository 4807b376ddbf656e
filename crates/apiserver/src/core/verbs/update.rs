//! A new state of an object from a body.

use super::{
    Request,
    create::{settle_namespace, unite_owners},
};
use crate::{
    core::{Core, Reply, object, options},
    status::Status,
};

impl Core {
    pub(super) fn update_verb(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        let served = request.served.clone();
        let (options, mut value) = request.object(&self.registry, options::UPDATE)?;
        settle_namespace(request, &mut value)?;
        unite_owners(request, &mut value);
        let key = request.key();
        let given = object::name(&value);
        if given != &*key.name {
            return Err(Status::bad_request(if given.is_empty() {
                "name must be provided".to_owned()
            } else {
                format!("the name of the object ({given}) does not match the name on the URL ({})", key.name)
            }));
        }
        self.check_escalation(&request.user, &served, &value)?;
        let writer = request.writer(&options.field_manager, options.dry_run);
        let updated = self.update(&served, &key, &writer, &mut |_, _| Ok(value.clone()))?;
        request.answer(200, updated)
    }
}
