//! One object.

use super::Request;
use crate::{
    core::{Core, Reply, options::parse_version},
    status::Status,
};

impl Core {
    pub(super) fn get(&self, request: &Request<'_>) -> Result<Reply, Status> {
        let served = &request.served;
        let wanted = parse_version(request.call.param("resourceVersion")).map_err(Status::unexpected)?;
        if wanted > self.store.revision() {
            return Ok(self.not_yet(wanted));
        }
        let key = request.key();
        let stored = self
            .store
            .get(&served.storage, &key)
            .ok_or_else(|| Status::not_found(served.named(), &key.name))?;
        if request.is_verbatim() {
            return Ok(Reply::json(200, stored.json().into_owned()));
        }
        request.answer(200, served.present(stored))
    }
}
