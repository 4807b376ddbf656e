//! The four kinds of patches, each a function from the present object to the wanted one.

pub(crate) mod json;
pub(crate) mod merge;
pub(crate) mod strategic;

use super::negotiate;
use crate::status::Status;
use serde_json::{Map, Value};
use std::fmt;

const FOR_CUSTOM: &str =
    "application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml";

/// How a patch is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PatchKind {
    Json,
    Merge,
    Strategic,
    Apply,
}

impl PatchKind {
    /// From the content type of a request.
    pub(crate) fn of(content_type: &str, is_builtin: bool) -> Result<Self, Status> {
        match negotiate::media_type(content_type) {
            "application/json-patch+json" => Ok(Self::Json),
            "application/merge-patch+json" => Ok(Self::Merge),
            "application/strategic-merge-patch+json" if is_builtin => Ok(Self::Strategic),
            "application/apply-patch+yaml" => Ok(Self::Apply),
            _ if is_builtin => Err(Status::unsupported_media_type_route()),
            _ => Err(Status::unsupported_media_type(FOR_CUSTOM)),
        }
    }

    /// The objects that a patch looks into, nested as in the document. Their fields are sorted afterwards.
    pub(crate) fn touched(self, patch: &Value) -> Value {
        match (self, patch) {
            (Self::Json, Value::Array(operations)) => {
                let paths = operations.iter().flat_map(|operation| [&operation["path"], &operation["from"]]);
                let mut out = Map::new();
                for path in paths.filter_map(Value::as_str) {
                    let mut at = &mut out;
                    let steps: Vec<&str> = path.split('/').skip(1).collect();
                    for step in steps.iter().rev().skip(1).rev() {
                        let next = at.entry(json::unescape(step)).or_insert_with(|| Map::new().into());
                        let Value::Object(next) = next else { break };
                        at = next;
                    }
                }
                Value::Object(out)
            }
            _ => patch.clone(),
        }
    }
}

/// A value as Go's `%v` prints it.
pub(crate) struct GoValue<'a>(pub &'a Value);

impl fmt::Display for GoValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let space = |at: usize| if at > 0 { " " } else { "" };
        match self.0 {
            Value::Null => f.write_str("<nil>"),
            Value::String(text) => f.write_str(text),
            Value::Array(items) => {
                f.write_str("[")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{}", space(at), GoValue(item))?;
                }
                f.write_str("]")
            }
            Value::Object(members) => {
                f.write_str("map[")?;
                for (at, (key, value)) in members.iter().enumerate() {
                    write!(f, "{}{key}:{}", space(at), GoValue(value))?;
                }
                f.write_str("]")
            }
            value => value.fmt(f),
        }
    }
}
