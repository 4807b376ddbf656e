//! Fields of a member that are left to others, without losing their values. Pure.
//!
//! A field that an apply leaves out is removed by the server if nobody else owns it. So what we own is sent with the
//! value it has, and what others have taken is not sent at all; the version that was looked at goes along, so that
//! nobody's newer value is overwritten.

use kro_object::{FieldPath, Object};
use serde_json::Value;

/// Fields that are left to others. Paths consist of names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedFields {
    /// Sent when the object is made.
    pub create_only: Vec<FieldPath>,
    /// Not even then.
    pub ignore: Vec<FieldPath>,
}

impl SharedFields {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.create_only.is_empty() && self.ignore.is_empty()
    }

    /// The object as it is once all of them belong to others.
    pub fn without(&self, object: &Object) -> Object {
        without(object, self.create_only.iter().chain(&self.ignore))
    }

    /// The object to send, given the one that is there.
    pub(crate) fn yielding(&self, object: &Object, live: Option<&Object>, manager: &str) -> Object {
        let Some(live) = live else { return without(object, &self.ignore) };
        let mut value = object.to_value();
        for path in self.create_only.iter().chain(&self.ignore) {
            let kept = if owns(live, manager, path) { live.get(path) } else { None };
            match kept {
                // Its parents are in the template or in what we sent before.
                Some(kept) => drop(path.set(&mut value, kept.clone())),
                None => drop(path.remove(&mut value)),
            }
        }
        let mut object = Object::from_value(value).unwrap_or_else(|_| object.clone());
        if let Some(version) = live.metadata().resource_version() {
            object.metadata_mut().insert("resourceVersion", version);
        }
        object
    }
}

fn without<'p>(object: &Object, paths: impl IntoIterator<Item = &'p FieldPath>) -> Object {
    let mut value = object.to_value();
    for path in paths {
        path.remove(&mut value);
    }
    Object::from_value(value).unwrap_or_else(|_| object.clone())
}

/// Whether a manager owns a field by server-side apply, whole or in part.
fn owns(live: &Object, manager: &str, path: &FieldPath) -> bool {
    let Some(mut fields) = crate::fingerprint::applied_fields(live, manager) else { return false };
    for segment in path.segments() {
        let kro_object::Segment::Field(name) = segment else { return false };
        match fields.get(&format!("f:{name}")).and_then(Value::as_object) {
            Some(below) => fields = below,
            // A parent that is owned whole.
            None => return !fields.is_empty() && fields.keys().all(|key| key == "."),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(value: Value) -> Object {
        Object::from_value(value).expect("an object")
    }

    #[test]
    fn what_we_own_keeps_its_value_and_what_others_own_is_left_out() {
        let shared = SharedFields {
            create_only: vec!["spec.replicas".parse().expect("a path")],
            ignore: vec!["spec.paused".parse().expect("a path")],
        };
        let wanted =
            object(json!({"metadata": {"name": "a"}, "spec": {"replicas": 3, "paused": true, "image": "x"}}));
        let fresh = shared.yielding(&wanted, None, "us").into_value();
        assert_eq!(fresh["spec"], json!({"replicas": 3, "image": "x"}));
        let live = |fields: Value| {
            object(json!({"metadata": {"name": "a", "resourceVersion": "7", "managedFields": [
                {"manager": "us", "operation": "Apply", "fieldsV1": {"f:spec": fields}}]},
                "spec": {"replicas": 5, "image": "w"}}))
        };
        let ours = shared
            .yielding(&wanted, Some(&live(json!({"f:replicas": {}, "f:image": {}}))), "us")
            .into_value();
        assert_eq!(ours["spec"], json!({"replicas": 5, "image": "x"}));
        assert_eq!(ours["metadata"]["resourceVersion"], "7");
        let theirs = shared.yielding(&wanted, Some(&live(json!({"f:image": {}}))), "us").into_value();
        assert_eq!(theirs["spec"], json!({"image": "x"}));
        assert_eq!(shared.without(&wanted).into_value()["spec"], json!({"image": "x"}));
    }
}
