//! An object as it is kept: canonical JSON, packed, beside the few facts that are asked for without unpacking.
//! Refuses to be changed: a write makes a new one.

use super::{object, owner_reference::OwnerReference, store::ResourceId};
use crate::{Outcome, encode};
use lz4_flex::block::{CompressTable, compress_into_with_table, get_maximum_output_size};
use serde_json::Value;
use std::{borrow::Cow, cell::RefCell, ops::Range};

/// Below this length packing gains nothing.
const PACK_FROM: usize = 256;

/// A stored object.
#[derive(Debug)]
pub(crate) struct Stored {
    form: Form,
    is_deleting: bool,
    outcome: Option<Outcome>,
    uid: Box<str>,
    owners: Box<[OwnerReference]>,
    subjects: Box<[Box<str>]>,
    /// What the object takes that no other one can have: addresses and ports of services.
    claims: Box<[Box<str>]>,
    /// Where `apiVersion` and `kind` stand in the JSON, with a comma: items of lists go without.
    type_meta: [Range<u32>; 2],
}

#[derive(Debug)]
enum Form {
    /// LZ4 of JSON of this length.
    Packed(Box<[u8]>, u32),
    Plain(Box<[u8]>),
    /// Read at nearly every request, or too deep for the JSON reader.
    Tree(Box<Value>),
}

impl Stored {
    /// The object as stored, and the canonical JSON that has been packed.
    pub(crate) fn new(resource: &ResourceId, object: &Value) -> (Self, Vec<u8>) {
        let (json, type_meta, height) = canonical(object);
        let form = if is_hot(resource) || height > object::MAX_DEPTH {
            Form::Tree(Box::new(object.clone()))
        } else {
            pack(&json)
        };
        let stored = Self {
            form,
            is_deleting: object::is_deleting(object),
            outcome: outcome(object),
            uid: object::meta_text(object, "uid").into(),
            owners: OwnerReference::all(object),
            subjects: subjects(resource, object),
            claims: claims(resource, object),
            type_meta,
        };
        (stored, json)
    }

    /// The object.
    pub(crate) fn value(&self) -> Cow<'_, Value> {
        match &self.form {
            Form::Tree(tree) => Cow::Borrowed(tree),
            Form::Packed(..) | Form::Plain(_) => Cow::Owned(
                serde_json::from_slice(&self.json()).expect("invariant: stored as JSON by this module"),
            ),
        }
    }

    /// The object, to be changed.
    pub(crate) fn to_value(&self) -> Value {
        self.value().into_owned()
    }

    /// The canonical JSON.
    pub(crate) fn json(&self) -> Cow<'_, [u8]> {
        match &self.form {
            Form::Packed(packed, length) => Cow::Owned(
                lz4_flex::block::decompress(packed, *length as usize)
                    .expect("invariant: packed by this module"),
            ),
            Form::Plain(json) => Cow::Borrowed(json),
            Form::Tree(tree) => Cow::Owned(encode::to_vec(tree)),
        }
    }

    /// The form to save: bytes, and the length of the JSON they unpack to; 0 if they are JSON.
    #[cfg(feature = "disk")]
    pub(crate) fn saved(&self) -> (Cow<'_, [u8]>, u32) {
        match &self.form {
            Form::Packed(packed, length) => (Cow::Borrowed(packed), *length),
            Form::Plain(_) | Form::Tree(_) => (self.json(), 0),
        }
    }

    /// Appends the canonical JSON without `apiVersion` and `kind`.
    pub(crate) fn write_untyped(&self, out: &mut Vec<u8>) {
        let json = self.json();
        let mut from = 0;
        for skipped in &self.type_meta {
            out.extend_from_slice(&json[from..skipped.start as usize]);
            from = skipped.end as usize;
        }
        out.extend_from_slice(&json[from..]);
    }

    pub(crate) fn is_deleting(&self) -> bool {
        self.is_deleting
    }

    /// The outcome that an annotation tells.
    pub(crate) fn outcome(&self) -> Option<Outcome> {
        self.outcome
    }

    pub(crate) fn uid(&self) -> &str {
        &self.uid
    }

    pub(crate) fn owners(&self) -> &[OwnerReference] {
        &self.owners
    }

    /// Whom a binding grants something, as [`subject`] names them.
    pub(crate) fn subjects(&self) -> &[Box<str>] {
        &self.subjects
    }

    pub(crate) fn claims(&self) -> &[Box<str>] {
        &self.claims
    }
}

fn outcome(object: &Value) -> Option<Outcome> {
    object::meta(object, "annotations")?.get(Outcome::ANNOTATION)?.as_str()?.parse().ok()
}

/// The JSON behind what [`Stored::saved`] has told; nothing if these bytes are something else.
#[cfg(feature = "disk")]
pub(crate) fn unsaved(bytes: &[u8], length: u32) -> Option<Cow<'_, [u8]>> {
    /// LZ4 makes of a byte at most this many.
    const MOST: usize = 255;
    match length as usize {
        0 => Some(Cow::Borrowed(bytes)),
        length if length > bytes.len() * MOST => None,
        length => lz4_flex::block::decompress(bytes, length).ok().map(Cow::Owned),
    }
}

fn pack(json: &[u8]) -> Form {
    thread_local! {
        static TABLE: RefCell<CompressTable> = RefCell::default();
    }
    if json.len() >= PACK_FROM {
        let mut packed = vec![0; get_maximum_output_size(json.len())];
        let length = TABLE.with_borrow_mut(|table| compress_into_with_table(json, &mut packed, table));
        let length = length.expect("invariant: there is room for what does not get shorter");
        if length < json.len() {
            return Form::Packed(packed[..length].into(), json.len() as u32);
        }
    }
    Form::Plain(json.into())
}

/// What the server itself reads at nearly every request.
fn is_hot(resource: &ResourceId) -> bool {
    matches!(
        (&*resource.group, &*resource.plural),
        ("rbac.authorization.k8s.io" | "admissionregistration.k8s.io", _) | ("", "namespaces")
    )
}

/// Canonical JSON, where `apiVersion` and `kind` stand in it, and how many values lie inside of each other.
fn canonical(object: &Value) -> (Vec<u8>, [Range<u32>; 2], usize) {
    let (mut places, mut height) = ([0..0, 0..0], 0);
    let Value::Object(map) = object else { return (encode::to_vec(object), places, height) };
    let mut out = Vec::with_capacity(1024);
    out.push(b'{');
    let last = map.len().saturating_sub(1);
    for (at, (name, member)) in map.iter().enumerate() {
        let start = out.len() as u32;
        encode::append_text(&mut out, name);
        out.push(b':');
        height = height.max(encode::append(&mut out, member));
        if at < last {
            out.push(b',');
        }
        let place = match name.as_str() {
            "apiVersion" => &mut places[0],
            "kind" => &mut places[1],
            _ => continue,
        };
        *place = start..out.len() as u32;
        if at == last {
            // Nothing follows that could take the comma along; such objects have no metadata and are never listed.
            *place = 0..0;
        }
    }
    out.push(b'}');
    places.sort_by_key(|place| place.start);
    (out, places, height + 1)
}

fn claims(resource: &ResourceId, object: &Value) -> Box<[Box<str>]> {
    if !resource.group.is_empty() || &*resource.plural != "services" {
        return Box::default();
    }
    let addresses = object::texts(object.pointer("/spec/clusterIPs")).into_iter();
    let addresses = addresses.filter(|address| *address != "None").map(address_claim);
    let ports = object.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
    let ports = ports.filter_map(|port| {
        let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or_default();
        Some(port_claim(protocol, port.get("nodePort")?.as_i64()?))
    });
    addresses.chain(ports).map(String::into_boxed_str).collect()
}

fn subjects(resource: &ResourceId, object: &Value) -> Box<[Box<str>]> {
    if &*resource.group != "rbac.authorization.k8s.io" {
        return Box::default();
    }
    let namespace = object::namespace(object);
    let subjects = object.get("subjects").and_then(Value::as_array).into_iter().flatten();
    let named = subjects.filter_map(|given| {
        let text = |field: &str| given.get(field).and_then(Value::as_str).unwrap_or_default();
        match text("kind") {
            kind @ ("User" | "Group") => Some(subject(namespace, kind, text("name"))),
            "ServiceAccount" => {
                let home = if text("namespace").is_empty() { namespace } else { text("namespace") };
                Some(subject(namespace, "User", &format!("system:serviceaccount:{home}:{}", text("name"))))
            }
            _ => None,
        }
    });
    named.map(String::into_boxed_str).collect()
}

/// A user or group as bindings of a namespace, or of the cluster with an empty one, refer to them.
pub(super) fn subject(namespace: &str, kind: &str, name: &str) -> String {
    format!("{kind} {namespace}/{name}")
}

/// What a service with this cluster address claims.
pub(super) fn address_claim(address: &str) -> String {
    format!("address {address}")
}

/// What a service with this node port claims.
pub(super) fn port_claim(protocol: &str, port: i64) -> String {
    format!("port {protocol} {port}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored(object: &Value) -> Stored {
        Stored::new(&ResourceId { group: "".into(), plural: "configmaps".into() }, object).0
    }

    #[test]
    fn what_is_stored_comes_back() {
        let long = "x".repeat(1000);
        for object in [
            json!({"apiVersion": "v1", "data": {"a": "ü\n\""}, "kind": "ConfigMap", "metadata": {"name": "a"}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": "u"}, "data": {"a": long}}),
            json!({"metadata": {"deletionTimestamp": "now"}, "number": 1.5}),
        ] {
            let stored = stored(&object);
            assert_eq!(*stored.value(), object);
            assert_eq!(*stored.json(), encode::to_vec(&object));
            let (bytes, length) = stored.saved();
            assert_eq!(unsaved(&bytes, length).expect("as saved"), stored.json());
            assert_eq!(unsaved(&bytes, u32::MAX), None);
            let mut untyped = Vec::new();
            stored.write_untyped(&mut untyped);
            let mut bare = object.clone();
            bare.as_object_mut().expect("an object").retain(|name, _| name != "apiVersion" && name != "kind");
            assert_eq!(serde_json::from_slice::<Value>(&untyped).expect("JSON"), bare);
            assert_eq!(stored.is_deleting(), object::is_deleting(&object));
        }
    }

    #[test]
    fn deep_objects_survive() {
        let mut deep = json!(1);
        for _ in 0..300 {
            deep = json!({ "a": deep });
        }
        let object = json!({"metadata": {"name": "a"}, "spec": deep});
        assert_eq!(*stored(&object).value(), object);
    }
}
