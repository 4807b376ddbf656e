//! A new state of an object from a body; of some kinds a new object, too.

use super::{
    Request,
    patch::{check_name, check_version},
};
use crate::{
    core::{Core, Reply, options, strategy},
    status::Status,
};

impl Core {
    pub(super) fn update_verb(&mut self, request: &mut Request<'_>) -> Result<Reply, Status> {
        let served = request.served.clone();
        let (value, writer) = self.open(request, options::UPDATE)?;
        let key = request.key();
        check_name(&key.name, &value)?;
        self.check_escalation(&request.user, &served, &value)?;
        if strategy::is_created_by_update(&served) && self.store.get(&served.storage, &key).is_none() {
            let created = self.create(&served, value, &writer)?;
            return request.answer_written(201, created);
        }
        let mut value = Some(value);
        let updated = self.update(&served, &key, &writer, &mut |_, _| {
            let value = value.take().unwrap_or_default();
            check_version(&value)?;
            Ok(value)
        })?;
        request.answer_written(200, updated)
    }
}
