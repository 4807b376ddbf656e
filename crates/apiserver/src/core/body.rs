//! Reading request bodies: JSON or YAML into a JSON value, and which fields stand twice.
//! Refuses to know kinds; `decode.rs` makes objects of what is read here.

use super::{
    negotiate::{self, BodyFormat},
    patch::json,
    place::Place,
    request::Call,
    typed::protobuf,
    yaml,
};
use crate::go_json;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use std::{cell::RefCell, collections::BTreeMap, fmt};

/// Bodies larger than this are refused, as etcd would.
pub(crate) const LIMIT: usize = 3 * 1024 * 1024;

/// The body of a call. Parsing needs nothing of the server, and can be done while others have it.
#[derive(Debug)]
pub(crate) struct Source<'c> {
    bytes: &'c [u8],
    /// What has been parsed already, and as what.
    parsed: Option<(BodyFormat, Parsed)>,
}

/// A value and what strict decoding objects to; the error is the text of Go's decoder.
type Parsed = Result<(Value, Vec<String>), String>;

impl<'c> Source<'c> {
    /// A body that is parsed when it is read.
    pub(crate) fn new(call: &'c Call) -> Self {
        Self { bytes: &call.body, parsed: None }
    }

    /// A body that is parsed now, if the call tells as what.
    pub(crate) fn parse(call: &'c Call) -> Self {
        let mut source = Self::new(call);
        let is_read = (1..=LIMIT).contains(&source.bytes.len());
        if let Some(format) = negotiate::likely_format(call).filter(|_| is_read) {
            source.parsed = Some((format, parse(source.bytes, format)));
        }
        source
    }

    pub(crate) fn bytes(&self) -> &'c [u8] {
        self.bytes
    }

    /// Reads the body, once; the error is the text of Go's decoder.
    pub(crate) fn read(&mut self, format: BodyFormat) -> Result<Body<'c>, String> {
        let parsed = self.parsed.take().filter(|(known, _)| *known == format);
        let (value, problems) = parsed.map_or_else(|| parse(self.bytes, format), |(_, parsed)| parsed)?;
        Ok(Body { value, problems, bytes: self.bytes, format })
    }
}

/// A body as read.
#[derive(Debug)]
pub(crate) struct Body<'b> {
    pub value: Value,
    /// What strict decoding objects to: duplicate fields, in the order found.
    pub problems: Vec<String>,
    bytes: &'b [u8],
    format: BodyFormat,
}

impl Body<'_> {
    /// Sorts the paths of fields as the fields stand in the document.
    pub(crate) fn sort(&self, paths: &mut [String]) {
        if paths.len() < 2 {
            return;
        }
        if let Value::Array(operations) = &self.value {
            return sort_patched(paths, operations, &self.order());
        }
        self.sort_as_written(paths);
    }

    /// Sorts the paths of fields of the body itself, which may be a patch.
    pub(crate) fn sort_as_written(&self, paths: &mut [String]) {
        let order = self.order();
        paths.sort_by_key(|path| order.iter().position(|known| known == path).unwrap_or(order.len()));
    }

    /// The paths of all fields as they stand in the document.
    fn order(&self) -> Vec<String> {
        let mut order = Vec::new();
        match self.format {
            BodyFormat::Json => {
                let tracker = Tracker { order: Some(RefCell::default()), ..Tracker::default() };
                let _same_as_before = tracker.read(self.bytes);
                order = tracker.order.map(RefCell::into_inner).unwrap_or_default();
            }
            // The conversion to JSON sorts the fields.
            BodyFormat::Yaml => {
                if let Ok((value, _)) = read_yaml(self.bytes) {
                    field_paths(&value, "", &mut order);
                }
            }
            BodyFormat::Protobuf => {}
        }
        order
    }
}

/// Sorts paths of a document that a JSON patch has made: what an operation brings stands in it as it was written, all
/// else is sorted. `order` has the fields of the patch.
fn sort_patched(paths: &mut [String], operations: &[Value], order: &[String]) {
    let mut brought: BTreeMap<String, (String, usize)> = BTreeMap::new();
    for (at, operation) in operations.iter().enumerate() {
        let pointer = operation.get("path").and_then(Value::as_str).unwrap_or_default();
        let place =
            pointer.split('/').skip(1).map(json::unescape).fold(String::new(), |path, step| {
                match step.parse::<usize>() {
                    Ok(index) => format!("{path}[{index}]"),
                    Err(_) if path.is_empty() => step,
                    Err(_) => format!("{path}.{step}"),
                }
            });
        let prefix = format!("[{at}].value");
        for (rank, field) in order.iter().enumerate() {
            if let Some(below) = field.strip_prefix(&prefix) {
                brought.insert(format!("{place}{below}"), (place.clone(), rank));
            }
        }
    }
    paths.sort_by_cached_key(|path| brought.get(path).cloned().unwrap_or_else(|| (path.clone(), 0)));
}

fn parse(bytes: &[u8], format: BodyFormat) -> Parsed {
    match format {
        BodyFormat::Json => {
            read_json(bytes).map_err(|why| format!("couldn't get version/kind; json parse error: {why}"))
        }
        BodyFormat::Protobuf => Ok((protobuf::read(bytes)?, Vec::new())),
        BodyFormat::Yaml => read_yaml(bytes),
    }
}

fn read_json(bytes: &[u8]) -> Parsed {
    let tracker = Tracker::default();
    let value =
        tracker.read(bytes).map_err(|error| go_json::error(bytes).unwrap_or_else(|| error.to_string()))?;
    let word = |path| format!("duplicate field {path:?}");
    Ok((value, tracker.duplicates.into_inner().into_iter().map(word).collect()))
}

/// A body that says to be YAML. JSON that repeats no field is the same either way and is read faster as JSON.
fn read_yaml(bytes: &[u8]) -> Parsed {
    let is_json = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let plain = is_json.then(|| read_json(bytes).ok()).flatten();
    if let Some(plain) = plain.filter(|(_, problems)| problems.is_empty()) {
        return Ok(plain);
    }
    let yaml::Document { value, repeated } = yaml::read(bytes)?;
    let problem = format!("{REPEATED}\n  {}", repeated.join("\n  "));
    Ok((value, if repeated.is_empty() { Vec::new() } else { vec![problem] }))
}

/// How complaints about repeated keys begin.
const REPEATED: &str = "yaml: unmarshal errors:";

fn field_paths(value: &Value, path: &str, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                into.push(path.clone());
                field_paths(value, &path, into);
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter().enumerate() {
                field_paths(item, &format!("{path}[{at}]"), into);
            }
        }
        _ => {}
    }
}

/// Complaints of strict decoding as warnings: those about YAML come one by one and without their heading.
pub(crate) fn as_warnings(problems: &[String]) -> impl Iterator<Item = String> {
    problems.iter().flat_map(|problem| match problem.strip_prefix(REPEATED) {
        Some(lines) => lines.trim_start().split('\n').map(|line| line.trim().to_owned()).collect(),
        None => vec![problem.clone()],
    })
}

/// Collects what is seen on the way.
#[derive(Debug, Default)]
struct Tracker {
    duplicates: RefCell<Vec<String>>,
    /// Every field, if somebody wants to know.
    order: Option<RefCell<Vec<String>>>,
}

impl Tracker {
    fn read(&self, bytes: &[u8]) -> serde_json::Result<Value> {
        let mut deserializer = serde_json::Deserializer::from_slice(bytes);
        let value = Seed { tracker: self, place: Place::ROOT }.deserialize(&mut deserializer)?;
        deserializer.end().map(|()| value)
    }
}

struct Seed<'t> {
    tracker: &'t Tracker,
    place: Place<'t>,
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
            items.next_element_seed(Seed { tracker: self.tracker, place: self.place.index(out.len()) })?
        {
            out.push(item);
        }
        Ok(Value::Array(out))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut out = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let place = self.place.field(&key);
            let value = members.next_value_seed(Seed { tracker: self.tracker, place })?;
            if out.contains_key(&key) {
                self.tracker.duplicates.borrow_mut().push(place.strict());
            } else if let Some(order) = &self.tracker.order {
                order.borrow_mut().push(place.strict());
            }
            out.insert(key, value);
        }
        Ok(Value::Object(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(bytes: &[u8], format: BodyFormat) -> Result<Body<'_>, String> {
        Source { bytes, parsed: None }.read(format)
    }

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
    fn repeated_keys_warn_one_by_one() {
        let body = read(b"{\"a\":1,\"a\":2,\"b\":1,\"b\":2}", BodyFormat::Yaml).expect("reads");
        assert_eq!(body.problems.len(), 1);
        assert_eq!(
            as_warnings(&body.problems).collect::<Vec<_>>(),
            ["line 1: key \"a\" already set in map", "line 1: key \"b\" already set in map"]
        );
    }

    #[test]
    fn large_integers_become_floats() {
        let body = read(b"[12345678901234567890, 1.0]", BodyFormat::Json).expect("reads");
        assert_eq!(crate::encode::to_text(&body.value), "[12345678901234567000,1]");
    }
}
