//! `managedFields` of every write. The seam to structured merge: verbs call these and nothing else.

use super::{registry::Served, strategy, write::Writer};
use crate::status::Status;
use serde_json::Value;

/// Records who owns what after a create, update or patch other than apply. `new` arrives with whatever
/// `managedFields` the client sent and leaves with what is to be stored.
pub(crate) fn update(old: Option<&Value>, new: &mut Value, served: &Served, writer: &Writer) {
    let _not_yet = (&writer.manager, strategy::reset_fields(served, writer.subresource.as_deref()));
    match old {
        Some(old) => super::object::copy_meta(old, new, "managedFields"),
        None => super::object::set_meta(new, "managedFields", None),
    }
}

/// Server-side apply: the merged object with its `managedFields`, or who is in the way.
pub(crate) fn apply(
    live: Option<&Value>,
    applied: &Value,
    _served: &Served,
    _writer: &Writer,
    _force: bool,
) -> Result<Value, Status> {
    let mut out = live.cloned().unwrap_or_else(|| Value::Object(serde_json::Map::new()));
    super::patch::merge::apply(&mut out, applied);
    Ok(out)
}
