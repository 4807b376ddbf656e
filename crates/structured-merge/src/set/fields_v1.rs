//! The wire form of a set, `fieldsV1`, as `metadata.managedFields` carries it. Written byte for byte as the Go library does.

use std::fmt;
use std::ops::Range;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use crate::element::{Element, Writer, encode};

use super::{FieldSet, HEADER, Nodes, algebra, close_node, mark_node, open_node, parse, read_header};

/// Why a text is no fieldsV1.
#[derive(Debug, thiserror::Error)]
#[error("invalid fieldsV1")]
pub struct ParseFieldsV1Error(#[from] serde_json::Error);

impl FieldSet {
    /// Reads a JSON text such as `{"f:spec":{"f:replicas":{}}}`.
    ///
    /// Kinds of elements that are not known are dropped, with what lies below them; `null` reads as `{}`.
    /// Numbers are doubles. Text may be nested 128 levels deep.
    pub fn from_fields_v1(text: &str) -> Result<Self, ParseFieldsV1Error> {
        match parse::canonical(text) {
            Some(bytes) => Ok(Self { bytes }),
            None => Ok(serde_json::from_str(text)?),
        }
    }

    /// Reads a parsed value.
    pub fn from_fields_v1_value(value: &Value) -> Result<Self, ParseFieldsV1Error> {
        Ok(Self::deserialize(value)?)
    }

    /// The JSON text, without white space.
    pub fn to_fields_v1(&self) -> String {
        let capacity = self.bytes.len() + self.bytes.len() / 4 + 16;
        let text = self.write(Writer::quick(capacity)).or_else(|| self.write(Writer::careful(capacity)));
        text.expect("invariant: a careful writer writes everything")
    }

    fn write(&self, mut text: Writer) -> Option<String> {
        text.put(b"{");
        write(&self.bytes, 0..self.bytes.len(), &mut text);
        text.put(b"}");
        text.finish()
    }

    /// The parsed value.
    pub fn to_fields_v1_value(&self) -> Value {
        to_value(self.nodes(), false)
    }
}

/// Appends the siblings that stand at these places of a set. What stands behind them is for whoever copies blocks.
fn write(set: &[u8], siblings: Range<usize>, text: &mut Writer) {
    let mut at = siblings.start;
    while let Some(header) = set[at..siblings.end].first_chunk::<HEADER>() {
        let (children, element, member) = read_header(*header);
        text.element(&set[at + HEADER..], element);
        let below = at + HEADER + element;
        at = below + children;
        if children == 0 {
            text.put_escapes(b"\":{},", 1);
            continue;
        }
        if member {
            text.put_escapes(b"\":{\".\":{},", 3);
        } else {
            text.put_escapes(b"\":{", 1);
        }
        write(set, below..at, text);
        text.put(b"},");
    }
    if !siblings.is_empty() {
        text.pop();
    }
}

fn to_value(nodes: Nodes<'_>, itself: bool) -> Value {
    let mut out = serde_json::Map::new();
    if itself && !nodes.is_empty() {
        out.insert(".".to_owned(), Value::Object(serde_json::Map::new()));
    }
    for node in nodes {
        let mut name = String::with_capacity(node.element.0.len() + 1);
        node.element.write(&mut name);
        out.insert(name, to_value(node.children(), node.member));
    }
    Value::Object(out)
}

impl Serialize for FieldSet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Level(self.nodes(), false).serialize(serializer)
    }
}

/// The siblings below a node, and whether the node is itself a member.
struct Level<'a>(Nodes<'a>, bool);

impl Serialize for Level<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if self.1 && !self.0.is_empty() {
            map.serialize_entry(".", &Level(Nodes::default(), false))?;
        }
        let mut name = String::new();
        for node in self.0 {
            name.clear();
            node.element.write(&mut name);
            map.serialize_entry(&name, &Level(node.children(), node.member))?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for FieldSet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut bytes = Vec::new();
        Siblings(&mut bytes).deserialize(deserializer)?;
        bytes.shrink_to_fit();
        Ok(Self { bytes })
    }
}

/// Reads one level and appends its nodes; the result says whether `.` was there.
struct Siblings<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Siblings<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Siblings<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of path elements")
    }

    fn visit_unit<E>(self) -> Result<bool, E> {
        Ok(false)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let Self(bytes) = self;
        let start = bytes.len();
        let (mut itself, mut sorted, mut previous) = (false, true, None);
        loop {
            let at = bytes.len();
            match map.next_key_seed(Key(bytes))? {
                None => break,
                Some(KeyKind::Itself) => {
                    itself = true;
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Some(KeyKind::Unknown) => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
                Some(KeyKind::Element) => {}
            }
            let element = at + HEADER..bytes.len();
            let member = map.next_value_seed(Siblings(bytes))?;
            close_node(bytes, at);
            if member || bytes.len() == element.end {
                mark_node(bytes, at);
            }
            if let Some(before) = previous.replace(element.clone()) {
                sorted &= Element(&bytes[before]) < Element(&bytes[element]);
            }
        }
        if !sorted {
            algebra::normalize(bytes, start);
        }
        Ok(itself)
    }
}

/// Reads a key and appends header and element of its node.
struct Key<'a>(&'a mut Vec<u8>);

enum KeyKind {
    Element,
    Itself,
    Unknown,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = KeyKind;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<KeyKind, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = KeyKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a path element")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<KeyKind, E> {
        let Self(bytes) = self;
        if text == "." {
            return Ok(KeyKind::Itself);
        }
        let Some((kind, content)) = text.split_at_checked(2) else {
            return Err(E::custom("a key must be 2 characters long"));
        };
        let start = bytes.len();
        open_node(bytes, &[], false);
        match kind {
            "f:" => encode::field(bytes, content),
            "v:" => {
                encode::value_kind(bytes);
                read_json(Scalar(bytes), content)?;
            }
            "k:" => {
                encode::key(bytes);
                read_json(KeyFields(bytes), content)?;
            }
            "i:" => encode::index(bytes, content.parse().map_err(E::custom)?),
            _ if kind.ends_with(':') => {
                bytes.truncate(start);
                return Ok(KeyKind::Unknown);
            }
            _ => return Err(E::custom(format_args!("missing colon: {text}"))),
        }
        let length = (bytes.len() - start - HEADER) as u32;
        bytes[start + 4..start + HEADER].copy_from_slice(&(length << 1).to_le_bytes());
        Ok(KeyKind::Element)
    }
}

fn read_json<'de, E: de::Error>(seed: impl DeserializeSeed<'de>, text: &'de str) -> Result<(), E> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    seed.deserialize(&mut deserializer).map_err(E::custom)?;
    deserializer.end().map_err(E::custom)
}

/// Reads the object after `k:`; its fields are appended sorted by name.
struct KeyFields<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for KeyFields<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeyFields<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of key fields")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self(bytes) = self;
        let start = bytes.len();
        let mut fields = Vec::new();
        loop {
            let at = bytes.len();
            if map.next_key_seed(Text(bytes))?.is_none() {
                break;
            }
            let name = at + 4..bytes.len();
            map.next_value_seed(Scalar(bytes))?;
            fields.push((name, at..bytes.len()));
        }
        if !fields.is_sorted_by(|a, b| bytes[a.0.clone()] <= bytes[b.0.clone()]) {
            let unsorted = bytes[start..].to_vec();
            fields.sort_by(|a, b| bytes[a.0.clone()].cmp(&bytes[b.0.clone()]));
            bytes.truncate(start);
            for (_, field) in fields {
                bytes.extend_from_slice(&unsorted[field.start - start..field.end - start]);
            }
        }
        Ok(())
    }
}

/// Reads a string and appends it as text.
struct Text<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Text<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Text<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a key field")
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        encode::text(self.0, text);
        Ok(())
    }
}

/// Reads a JSON value and appends it as the content of an element. Every number becomes a double.
struct Scalar<'a>(&'a mut Vec<u8>);

impl<'de> DeserializeSeed<'de> for Scalar<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scalar<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        encode::null(self.0);
        Ok(())
    }

    fn visit_bool<E>(self, bool: bool) -> Result<(), E> {
        encode::bool(self.0, bool);
        Ok(())
    }

    fn visit_i64<E>(self, number: i64) -> Result<(), E> {
        encode::float(self.0, number as f64);
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        encode::float(self.0, number as f64);
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        encode::float(self.0, number);
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        encode::string(self.0, text);
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<(), A::Error> {
        let list = Value::deserialize(de::value::SeqAccessDeserializer::new(items))?;
        encode::content(self.0, &list);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<(), A::Error> {
        let map = Value::deserialize(de::value::MapAccessDeserializer::new(entries))?;
        encode::content(self.0, &map);
        Ok(())
    }
}
