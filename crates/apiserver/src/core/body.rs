//! Reading request bodies: JSON or YAML into a JSON value, and which fields stand twice.
//! Refuses to know kinds; `decode.rs` makes objects of what is read here.

use super::{negotiate::BodyFormat, typed::protobuf};
use crate::go_json;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::RefCell, fmt};

/// Bodies larger than this are refused, as etcd would.
pub(crate) const LIMIT: usize = 3 * 1024 * 1024;

/// A body as read.
#[derive(Debug, Default)]
pub(crate) struct Body {
    pub value: Value,
    /// What strict decoding objects to: duplicate fields, in the order found.
    pub problems: Vec<String>,
    /// Every field in document order, to sort later findings by.
    order: Vec<String>,
}

impl Body {
    /// Sorts findings about fields into the order of the document; `path` tells the field of a finding.
    pub(crate) fn position(&self, path: &str) -> usize {
        self.order.iter().position(|known| known == path).unwrap_or(self.order.len())
    }
}

/// Reads a body; the error is the text of Go's decoder.
pub(crate) fn read(bytes: &[u8], format: BodyFormat) -> Result<Body, String> {
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    match (format, first) {
        (BodyFormat::Json, _) => {
            read_json(bytes).map_err(|why| format!("couldn't get version/kind; json parse error: {why}"))
        }
        (BodyFormat::Protobuf, _) => protobuf::read(bytes).map(|value| Body { value, ..Body::default() }),
        (BodyFormat::Yaml, Some(b'{')) => read_json(bytes).or_else(|_| read_yaml(bytes)),
        (BodyFormat::Yaml, _) => read_yaml(bytes),
    }
}

fn read_json(bytes: &[u8]) -> Result<Body, String> {
    let tracker = Tracker::default();
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = tracker
        .seed("")
        .deserialize(&mut deserializer)
        .and_then(|value| deserializer.end().map(|()| value))
        .map_err(|error| go_json::error(bytes).unwrap_or_else(|| error.to_string()))?;
    Ok(tracker.finish(value, |path| format!("duplicate field {path:?}")))
}

fn read_yaml(bytes: &[u8]) -> Result<Body, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "yaml: invalid leading UTF-8 octet".to_owned())?;
    let tracker = Tracker::default();
    let options = serde_saphyr::options! {
        duplicate_keys: serde_saphyr::DuplicateKeyPolicy::LastWins,
        legacy_octal_numbers: true
    };
    let value = serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
        tracker.seed("").deserialize(deserializer)
    })
    .map_err(|error| {
        let line = error.location().map_or(0, |location| location.line());
        format!("yaml: line {line}: {}", error.without_snippet())
    })?;
    let mut body = tracker.finish(value, String::from);
    body.problems = duplicate_yaml_keys(text);
    Ok(body)
}

/// Keys that stand twice in a block mapping, worded as go-yaml does; found line by line, which is enough for
/// the block style people write.
fn duplicate_yaml_keys(text: &str) -> Vec<String> {
    let mut open: Vec<(usize, Vec<&str>)> = Vec::new();
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut content = line.trim_start();
        let mut indent = line.len() - content.len();
        if content.is_empty() || content.starts_with('#') {
            continue;
        }
        while let Some(item) = content.strip_prefix("- ") {
            open.retain(|(level, _)| *level <= indent);
            let inner = item.trim_start();
            indent += content.len() - inner.len();
            content = inner;
            open.retain(|(level, _)| *level < indent);
        }
        let Some((key, _)) = content.split_once(':') else { continue };
        open.retain(|(level, _)| *level <= indent);
        match open.iter_mut().find(|(level, _)| *level == indent) {
            Some((_, keys)) if keys.contains(&key) => {
                found.push(format!(
                    "yaml: unmarshal errors:\n  line {}: key {key:?} already set in map",
                    index + 1
                ));
            }
            Some((_, keys)) => keys.push(key),
            None => open.push((indent, vec![key])),
        }
    }
    found
}

/// Collects what is seen on the way.
#[derive(Debug, Default)]
struct Tracker {
    duplicates: RefCell<Vec<String>>,
    order: RefCell<Vec<String>>,
}

impl Tracker {
    fn seed(&self, path: &str) -> Seed<'_> {
        Seed { tracker: self, path: path.to_owned() }
    }

    fn finish(self, value: Value, word: impl Fn(String) -> String) -> Body {
        Body {
            value,
            problems: self.duplicates.into_inner().into_iter().map(word).collect(),
            order: self.order.into_inner(),
        }
    }
}

struct Seed<'t> {
    tracker: &'t Tracker,
    path: String,
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// Beyond int64 numbers are floats, as in Go.
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or_else(|_| Value::from(value as f64), Value::from))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut out = Vec::new();
        while let Some(item) =
            items.next_element_seed(self.tracker.seed(&format!("{}[{}]", self.path, out.len())))?
        {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let path = if self.path.is_empty() { key.clone() } else { format!("{}.{key}", self.path) };
            let value = members.next_value_seed(self.tracker.seed(&path))?;
            if out.insert(key, value).is_some() {
                self.tracker.duplicates.borrow_mut().push(path);
            } else {
                self.tracker.order.borrow_mut().push(path);
            }
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_duplicates_are_told_and_the_last_wins() {
        let body = read(br#"{"data":{"a":"1","a":"2"}}"#, BodyFormat::Json).expect("reads");
        assert_eq!(body.value, json!({"data": {"a": "2"}}));
        assert_eq!(body.problems, ["duplicate field \"data.a\""]);
    }

    #[test]
    fn yaml_is_version_1_1() {
        let body =
            read(b"a: y\nb: on\nc: 'y'\nd: 010\ne:\n  x: 1\n  x: 2\n", BodyFormat::Yaml).expect("reads");
        assert_eq!(body.value, json!({"a": true, "b": true, "c": "y", "d": 8, "e": {"x": 2}}));
        assert_eq!(body.problems, ["yaml: unmarshal errors:\n  line 7: key \"x\" already set in map"]);
    }

    #[test]
    fn large_integers_become_floats() {
        let body = read(b"[12345678901234567890, 1.0]", BodyFormat::Json).expect("reads");
        assert_eq!(crate::encode::to_text(&body.value), "[12345678901234567000,1]");
    }
}
