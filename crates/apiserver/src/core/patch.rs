//! The four kinds of patches, each a function from the present object to the wanted one.

pub(crate) mod json;
pub(crate) mod merge;
pub(crate) mod strategic;

use serde_json::Value;
use std::fmt;

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
