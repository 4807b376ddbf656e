//! JSON patch (RFC 6902) with the liberties of the API server.

use crate::status::Status;
use serde_json::Value;

/// Applies a JSON patch.
pub(crate) fn apply(_target: &Value, _patch: &Value) -> Result<Value, Status> {
    Err(Status::unprocessable("the server rejected our request due to an error in our request"))
}
