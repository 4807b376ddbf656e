//! JSON patch (RFC 6902) with the liberties of the API server: negative indices, `replace` of what is not there,
//! `test` of a missing member against null. Whatever cannot be carried out gets one bare answer, and so does what would
//! lie deeper than a body may.

use crate::{
    core::{
        metadata::json_type,
        object::{MAX_DEPTH, height},
    },
    status::Status,
};
use serde_json::{Map, Value};

/// The fields of an operation.
const FIELDS: [&str; 4] = ["op", "path", "from", "value"];

/// The most operations a patch may have.
const MAX_OPERATIONS: usize = 10_000;

/// The most bytes that all `copy` operations of a patch may make.
const MAX_COPIED: usize = 3 * 1024 * 1024;

/// Applies a JSON patch: the patched value, the target as it was if anything fails.
pub(crate) fn apply(target: &Value, patch: &Value) -> Result<Value, Status> {
    let operations = decode(patch)?;
    if operations.len() > MAX_OPERATIONS {
        let count = operations.len();
        return Err(Status::too_large(format!(
            "The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {count}"
        )));
    }
    let mut copied = 0;
    let mut document = target.clone();
    for operation in &operations {
        operation.perform(&mut document, &mut copied).ok_or_else(refused)?;
    }
    Ok(document)
}

/// What strict decoding objects to in a patch that is a list of operations: fields that an operation does not have.
pub(crate) fn unknown_fields(patch: &Value) -> Vec<String> {
    let operations = patch.as_array().into_iter().flatten().enumerate();
    let fields = operations.flat_map(|(at, operation)| {
        operation.as_object().into_iter().flat_map(Map::keys).map(move |field| (at, field))
    });
    fields
        .filter(|(_, field)| !FIELDS.contains(&field.as_str()))
        .map(|(at, field)| format!("[{at}].{field}"))
        .collect()
}

fn refused() -> Status {
    let message = "the server rejected our request due to an error in our request";
    Status { details: Some(Box::default()), ..Status::unprocessable(message) }
}

#[derive(Debug)]
struct Operation<'a> {
    op: &'a str,
    path: Option<&'a str>,
    from: Option<&'a str>,
    value: Option<&'a Value>,
}

fn decode(patch: &Value) -> Result<Vec<Operation<'_>>, Status> {
    let refuse = |value: &Value, into: &str| {
        let kind = json_type(value);
        Status::bad_request(format!("error decoding patch: json: cannot unmarshal {kind} into Go {into}"))
    };
    let operations = match patch {
        Value::Null => &[][..],
        Value::Array(operations) => operations,
        other => return Err(refuse(other, "value of type []handlers.jsonPatchOp")),
    };
    let decode = |operation: &'_ Value| {
        let fields = match operation {
            Value::Object(fields) => fields,
            // An operation without anything, which cannot be carried out.
            Value::Null => return Ok(()),
            other => return Err(refuse(other, "value of type handlers.jsonPatchOp")),
        };
        for name in ["op", "path", "from"] {
            if let Some(value) = fields.get(name).filter(|value| !value.is_string() && !value.is_null()) {
                return Err(refuse(value, &format!("struct field jsonPatchOp.{name} of type string")));
            }
        }
        Ok(())
    };
    operations
        .iter()
        .map(|operation| {
            decode(operation)?;
            let text = |name: &str| operation.get(name).and_then(Value::as_str);
            Ok(Operation {
                op: text("op").unwrap_or_default(),
                path: text("path"),
                from: text("from"),
                // A null is as good as no value.
                value: operation.get("value").filter(|value| !value.is_null()),
            })
        })
        .collect()
}

impl Operation<'_> {
    /// `None` if the operation cannot be carried out.
    fn perform(&self, document: &mut Value, copied: &mut usize) -> Option<()> {
        let value = || self.value.cloned().unwrap_or_default();
        match self.op {
            "add" => Place::find(document, self.path?)?.add(value()),
            "remove" => Place::find(document, self.path?)?.remove().map(drop),
            "replace" if self.path?.is_empty() => {
                self.value.filter(|value| value.is_object() || value.is_array())?;
                *document = value();
                Some(())
            }
            "replace" => Place::find(document, self.path?)?.set(value()),
            "test" if self.path?.is_empty() => (Some(&*document) == self.value).then_some(()),
            "test" => {
                let found = Place::find(document, self.path?)?.get()?;
                (found == self.value.unwrap_or(&Value::Null)).then_some(())
            }
            "move" => {
                let value = Place::find(document, self.from?)?.remove()?;
                Place::find(document, self.path?)?.add(value)
            }
            "copy" => {
                let value = Place::find(document, self.from?)?.get()?.clone();
                let place = Place::find(document, self.path?)?;
                *copied += value.to_string().len();
                if *copied > MAX_COPIED {
                    return None;
                }
                place.add(value)
            }
            _ => None,
        }
    }
}

/// A member of a container that exists; the member itself need not.
struct Place<'a> {
    container: &'a mut Value,
    key: String,
    /// How many values lie around the member.
    depth: usize,
}

impl<'a> Place<'a> {
    /// What stands before the first `/` does not matter.
    fn find(document: &'a mut Value, path: &str) -> Option<Self> {
        let (_, path) = path.split_once('/')?;
        let (parents, key) =
            path.rsplit_once('/').map_or((None, path), |(parents, key)| (Some(parents), key));
        let mut container = document;
        let mut depth = 1;
        for parent in parents.into_iter().flat_map(|parents| parents.split('/')) {
            let key = unescape(parent);
            depth += 1;
            container = match container {
                Value::Object(members) => members.get_mut(&key)?,
                Value::Array(items) => {
                    let index = index(&key, items.len())?;
                    items.get_mut(index)?
                }
                _ => return None,
            };
        }
        (container.is_object() || container.is_array()).then(|| Place {
            container,
            key: unescape(key),
            depth,
        })
    }

    /// Null for a member that an object lacks; an item of a list must be there.
    fn get(self) -> Option<&'a Value> {
        match self.container {
            Value::Object(members) => Some(members.get(&self.key).unwrap_or(&Value::Null)),
            Value::Array(items) => items.get(index(&self.key, items.len())?),
            _ => None,
        }
    }

    /// Whether the value may become this member.
    fn fits(&self, value: &Value) -> bool {
        self.depth + height(value) <= MAX_DEPTH
    }

    fn set(self, value: Value) -> Option<()> {
        if !self.fits(&value) {
            return None;
        }
        match self.container {
            Value::Object(members) => {
                members.insert(self.key, value);
            }
            Value::Array(items) => {
                let index = index(&self.key, items.len())?;
                *items.get_mut(index)? = value;
            }
            _ => return None,
        }
        Some(())
    }

    fn add(self, value: Value) -> Option<()> {
        if !self.fits(&value) {
            return None;
        }
        match self.container {
            Value::Array(items) if self.key == "-" => items.push(value),
            Value::Array(items) => {
                let index = index(&self.key, items.len() + 1).filter(|&index| index <= items.len())?;
                items.insert(index, value);
            }
            _ => return self.set(value),
        }
        Some(())
    }

    fn remove(self) -> Option<Value> {
        match self.container {
            Value::Object(members) => members.remove(&self.key),
            Value::Array(items) => {
                let index = index(&self.key, items.len()).filter(|&index| index < items.len())?;
                Some(items.remove(index))
            }
            _ => None,
        }
    }
}

/// An index as Go reads integers; a negative one counts from the end.
fn index(key: &str, length: usize) -> Option<usize> {
    let index: isize = key.parse().ok()?;
    if index < 0 { length.checked_add_signed(index) } else { usize::try_from(index).ok() }
}

pub(crate) fn unescape(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// What a patch makes of a small document; the code where it is refused.
    fn patched(patch: &Value) -> Result<Value, u16> {
        let target = json!({"a": 1, "list": ["x", "y"], "m": {"b": null, "c~/": 2}});
        apply(&target, patch).map_err(|status| status.code)
    }

    #[test]
    fn operations() {
        let rest = |list: Value| json!({"a": 1, "list": list, "m": {"b": null, "c~/": 2}});
        for (patch, expected) in [
            (json!([{"op": "add", "path": "/list/1", "value": "z"}]), Some(rest(json!(["x", "z", "y"])))),
            (json!([{"op": "add", "path": "/list/-", "value": "z"}]), Some(rest(json!(["x", "y", "z"])))),
            (json!([{"op": "add", "path": "/list/-1", "value": "z"}]), Some(rest(json!(["x", "y", "z"])))),
            (json!([{"op": "add", "path": "/list/3", "value": "z"}]), None),
            (json!([{"op": "replace", "path": "/list/-1", "value": "z"}]), Some(rest(json!(["x", "z"])))),
            (json!([{"op": "replace", "path": "/list/2", "value": "z"}]), None),
            (json!([{"op": "replace", "path": "/list/-3", "value": "z"}]), None),
            (json!([{"op": "remove", "path": "/list/0"}]), Some(rest(json!(["y"])))),
            (json!([{"op": "remove", "path": "/list/-"}]), None),
            (json!([{"op": "remove", "path": "/none"}]), None),
            (json!([{"op": "move", "from": "/list/0", "path": "/list/1"}]), Some(rest(json!(["y", "x"])))),
            (json!([{"op": "test", "path": "/m/b"}]), Some(rest(json!(["x", "y"])))),
            (json!([{"op": "test", "path": "/m/none", "value": null}]), Some(rest(json!(["x", "y"])))),
            (json!([{"op": "test", "path": "/none/deep", "value": null}]), None),
            (json!([{"op": "test", "path": "/m/c~0~1", "value": 2}]), Some(rest(json!(["x", "y"])))),
            (json!([{"op": "replace", "path": "", "value": {"n": 1}}]), Some(json!({"n": 1}))),
            (json!([{"op": "replace", "path": "", "value": 1}]), None),
            (json!([{"op": "frobnicate", "path": "/a"}]), None),
            (json!([null]), None),
            (json!([]), Some(rest(json!(["x", "y"])))),
        ] {
            assert_eq!(patched(&patch), expected.ok_or(422), "{patch}");
        }
    }

    #[test]
    fn fields_that_no_operation_has() {
        let patch = json!([{"op": "test", "a": 1, "path": "/a", "value": {"b": 1}}, null, {"OP": "add"}]);
        assert_eq!(unknown_fields(&patch), ["[0].a", "[2].OP"]);
    }

    #[test]
    fn depth_has_an_end() {
        // Each copy doubles the depth.
        let copy =
            |depth: usize| json!({"op": "copy", "from": "/m", "path": format!("/m{}", "/b".repeat(depth))});
        let copies = |count: u32| (0..count).map(|times| copy(1 << times)).collect::<Value>();
        let made = patched(&copies(6)).expect("64 levels below /m");
        assert_eq!(height(&made), 65);
        assert_eq!(patched(&copies(7)), Err(422));
        let deep = (0..MAX_DEPTH).fold(json!(1), |inner, _| json!([inner]));
        assert_eq!(patched(&json!([{"op": "add", "path": "/a", "value": deep}])), Err(422));
        assert!(patched(&json!([{"op": "add", "path": "/a", "value": deep[0]}])).is_ok());
    }

    #[test]
    fn patches_that_are_none() {
        assert_eq!(patched(&json!({"a": 1})), Err(400));
        assert_eq!(patched(&json!(["text"])), Err(400));
        assert_eq!(patched(&json!([{"op": 1, "path": "/a"}])), Err(400));
        assert_eq!(
            patched(&Value::from(vec![json!({"op": "test", "path": "/a", "value": 1}); 10_001])),
            Err(413)
        );
    }
}
