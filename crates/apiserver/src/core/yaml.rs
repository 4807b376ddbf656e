//! YAML as Go's `sigs.k8s.io/yaml` reads it: version 1.1, the first document of a stream, made into JSON.
//! Refuses in the words of Go's parser, and refuses documents that grow through aliases.

mod scalar;

use libyaml_safer::{Error, ErrorKind, Event, EventData, Parser};
use serde_json::{Map, Value};
use std::{collections::BTreeMap, fmt, panic};

use self::scalar::Scalar;
use super::object::MAX_DEPTH;

/// A document as read.
#[derive(Debug)]
pub(super) struct Document {
    pub value: Value,
    /// Keys that stand twice in a mapping, such as `line 7: key "a" already set in map`; the last one counts.
    pub repeated: Vec<String>,
}

/// Reads the first document; an empty stream is `null`. The error is the text of Go's parser.
pub(super) fn read(bytes: &[u8]) -> Result<Document, String> {
    // The parser panics at a tag inside of brackets that a comma follows, as in `[!a, b]`.
    panic::catch_unwind(|| read_document(bytes))
        .unwrap_or_else(|_| refused("yaml: did not find expected whitespace or line break"))
}

fn read_document(bytes: &[u8]) -> Result<Document, String> {
    let mut parser = Parser::new();
    parser.set_input(bytes);
    let mut reader = Reader {
        parser,
        anchors: BTreeMap::new(),
        repeated: Vec::new(),
        nodes: 0,
        from_aliases: 0,
        anchored: 0,
    };
    let node = reader.document().map_err(|why| format!("yaml: {why}"))?;
    Ok(Document { value: node.into_json()?, repeated: reader.repeated })
}

fn refused<T>(why: impl Into<String>) -> Result<T, String> {
    Err(why.into())
}

fn too_deep<T>() -> Result<T, String> {
    refused(format!("exceeded max depth of {MAX_DEPTH}"))
}

/// A value before it becomes JSON: keys may be more than text.
#[derive(Clone)]
enum Node {
    Scalar(Scalar),
    List(Vec<Node>),
    Map(Vec<(Scalar, Node)>),
}

struct Reader<'b> {
    parser: Parser<&'b [u8]>,
    /// What anchors stand for; nothing while it is being read.
    anchors: BTreeMap<String, Option<Anchored>>,
    repeated: Vec<String>,
    nodes: usize,
    from_aliases: usize,
    /// The weight of all that anchors stand for, which is kept a second time.
    anchored: usize,
}

/// What anchors may stand for together: some hundred megabytes. One inside of another counts twice.
const MOST_ANCHORED: usize = 1 << 21;

/// What an anchor stands for.
struct Anchored {
    node: Node,
    nodes: usize,
    height: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Event, String> {
        self.parser.parse().map_err(|error| worded(&error))
    }

    fn document(&mut self) -> Result<Node, String> {
        loop {
            let event = self.next()?;
            match event.data {
                EventData::StreamStart { .. } | EventData::DocumentStart { .. } => {}
                EventData::StreamEnd | EventData::DocumentEnd { .. } => {
                    return Ok(Node::Scalar(Scalar::Null));
                }
                _ => {
                    let node = self.node(event, 0)?;
                    // What follows the value may still be no YAML; what follows the document is not read.
                    self.next()?;
                    return Ok(node);
                }
            }
        }
    }

    fn node(&mut self, event: Event, depth: usize) -> Result<Node, String> {
        if depth > MAX_DEPTH {
            return too_deep();
        }
        self.nodes += 1;
        let before = self.nodes;
        let (anchor, node) = match event.data {
            EventData::Alias { anchor } => return self.alias(&anchor, depth),
            EventData::Scalar { anchor, tag, value, plain_implicit, .. } => {
                let scalar = scalar::resolve(tag.as_deref(), value, plain_implicit)?;
                (anchor, Node::Scalar(scalar))
            }
            EventData::SequenceStart { anchor, .. } => {
                self.open(anchor.as_ref());
                let mut items = Vec::new();
                loop {
                    let event = self.next()?;
                    if matches!(event.data, EventData::SequenceEnd) {
                        break (anchor, Node::List(items));
                    }
                    items.push(self.node(event, depth + 1)?);
                }
            }
            EventData::MappingStart { anchor, .. } => {
                self.open(anchor.as_ref());
                (anchor, self.mapping(depth)?)
            }
            _ => return refused("unknown problem parsing YAML content"),
        };
        if let Some(anchor) = anchor {
            self.anchored = self.anchored.saturating_add(node.weight());
            if self.anchored > MOST_ANCHORED {
                return refused("document contains excessive aliasing");
            }
            let (nodes, height) = (self.nodes - before + 1, node.height());
            self.anchors.insert(anchor, Some(Anchored { node: node.clone(), nodes, height }));
        }
        Ok(node)
    }

    fn open(&mut self, anchor: Option<&String>) {
        if let Some(anchor) = anchor {
            self.anchors.insert(anchor.clone(), None);
        }
    }

    fn alias(&mut self, anchor: &str, depth: usize) -> Result<Node, String> {
        match self.anchors.get(anchor) {
            None => refused(format!("unknown anchor '{anchor}' referenced")),
            Some(None) => refused(format!("anchor '{anchor}' value contains itself")),
            Some(Some(Anchored { height, .. })) if depth + height > MAX_DEPTH => too_deep(),
            Some(Some(Anchored { node, nodes, .. })) => {
                self.nodes += nodes;
                self.from_aliases += nodes;
                if is_excessive(self.nodes, self.from_aliases) {
                    return refused("document contains excessive aliasing");
                }
                Ok(node.clone())
            }
        }
    }

    fn mapping(&mut self, depth: usize) -> Result<Node, String> {
        let mut members: BTreeMap<String, (Scalar, Node)> = BTreeMap::new();
        loop {
            let event = self.next()?;
            if matches!(event.data, EventData::MappingEnd) {
                return Ok(Node::Map(members.into_values().collect()));
            }
            let is_merge = matches!(
                &event.data,
                EventData::Scalar { value, tag: None, plain_implicit: true, .. } if value == "<<"
            );
            let key = match self.node(event, depth + 1)? {
                Node::Scalar(key) => key,
                other => return refused(format!("invalid map key: {other}")),
            };
            let event = self.next()?;
            let line = event.start_mark.line + 1;
            let value = self.node(event, depth + 1)?;
            if is_merge {
                merge(&mut members, value)?;
                continue;
            }
            let shown = key.to_string();
            if members.contains_key(&shown) {
                self.repeated.push(format!("line {line}: key {shown} already set in map"));
            }
            members.insert(shown, (key, value));
        }
    }
}

/// Puts the members of a mapping, or of a list of them, into another one.
fn merge(members: &mut BTreeMap<String, (Scalar, Node)>, value: Node) -> Result<(), String> {
    match value {
        Node::Map(merged) => {
            members.extend(merged.into_iter().map(|(key, value)| (key.to_string(), (key, value))));
            Ok(())
        }
        // The first of several mappings counts.
        Node::List(list) if list.iter().all(|item| matches!(item, Node::Map(_))) => {
            list.into_iter().rev().try_for_each(|item| merge(members, item))
        }
        _ => refused("map merge requires map or sequence of maps as the value"),
    }
}

/// Whether too much of a document stems from aliases; the share that may falls from 99 to 10 % with its size.
fn is_excessive(nodes: usize, from_aliases: usize) -> bool {
    const LOW: f64 = 400_000.0;
    const HIGH: f64 = 4_000_000.0;
    let allowed = 0.99 - 0.89 * ((nodes as f64).clamp(LOW, HIGH) - LOW) / (HIGH - LOW);
    from_aliases > 100 && nodes > 1000 && from_aliases as f64 / nodes as f64 > allowed
}

impl Node {
    /// Values, and sixteen bytes of text for one more.
    fn weight(&self) -> usize {
        let of_scalar = |scalar: &Scalar| match scalar {
            Scalar::Text(text) => 1 + text.len() / 16,
            _ => 1,
        };
        match self {
            Self::Scalar(scalar) => of_scalar(scalar),
            Self::List(items) => 1 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Map(members) => {
                1 + members.iter().map(|(key, value)| of_scalar(key) + value.weight()).sum::<usize>()
            }
        }
    }

    /// How many nodes lie inside of each other; 0 for a scalar.
    fn height(&self) -> usize {
        match self {
            Self::Scalar(_) => 0,
            Self::List(items) => 1 + items.iter().map(Self::height).max().unwrap_or(0),
            Self::Map(members) => 1 + members.iter().map(|(_, value)| value.height()).max().unwrap_or(0),
        }
    }

    fn into_json(self) -> Result<Value, String> {
        Ok(match self {
            Self::Scalar(scalar) => scalar.into_json()?,
            Self::List(items) => {
                Value::Array(items.into_iter().map(Self::into_json).collect::<Result<_, _>>()?)
            }
            Self::Map(members) => {
                let mut map = Map::new();
                for (key, value) in members {
                    map.insert(key.into_key()?, value.into_json()?);
                }
                Value::Object(map)
            }
        })
    }
}

/// As Go's `%#v` prints it.
impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let comma = |at: usize| if at > 0 { ", " } else { "" };
        match self {
            Self::Scalar(Scalar::Null) => f.write_str("interface {}(nil)"),
            Self::Scalar(scalar) => scalar.fmt(f),
            Self::List(items) => {
                f.write_str("[]interface {}{")?;
                for (at, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", comma(at))?;
                }
                f.write_str("}")
            }
            Self::Map(members) => {
                f.write_str("map[interface {}]interface {}{")?;
                for (at, (key, value)) in members.iter().enumerate() {
                    write!(f, "{}{key}:{value}", comma(at))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A parser's error as go-yaml tells it. Lines are off by one where its are.
fn worded(error: &Error) -> String {
    let problem = error.problem_mark().map_or(0, |mark| mark.line);
    let context = error.context_mark().map_or(0, |mark| mark.line);
    let line = match (problem, error.kind()) {
        (0, _) => context,
        (line, ErrorKind::Scanner) => line + 1,
        (line, _) => line,
    };
    if line == 0 { error.problem().to_owned() } else { format!("line {line}: {}", error.problem()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn value(text: &str) -> Value {
        read(text.as_bytes()).map_or_else(|why| json!({ "error": why }), |document| document.value)
    }

    #[test]
    fn values_are_those_of_go() {
        for (text, expected) in [
            ("", json!(null)),
            ("a: y\nb: on\nc: 'y'\nd: !!str yes", json!({"a": true, "b": true, "c": "y", "d": "yes"})),
            ("[010, 0x1F, 0b11, 1_000, +7, -0b1, 08, 0o7]", json!([8, 31, 3, 1000, 7, -1, 8, 7])),
            ("[1.0, 1e3, .5, 1.5]", json!([1, 1000, 0.5, 1.5])),
            ("[12345678901234567890]", json!([12_345_678_901_234_567_890_f64])),
            ("[2001-01-01, ~, Null, null, .]", json!(["2001-01-01", null, null, null, "."])),
            ("{1: a, true: b, 1.5: c}", json!({"1": "a", "true": "b", "1.5": "c"})),
            ("a: &x {b: 1}\nc:\n  <<: *x\n  d: 2", json!({"a": {"b": 1}, "c": {"b": 1, "d": 2}})),
            ("a: 1\n---\nb: 2", json!({"a": 1})),
            ("!!binary aGk=", json!("hi")),
            ("!custom 5", json!("5")),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn errors_are_those_of_go() {
        for (text, error) in [
            ("not: [yaml", "yaml: line 1: did not find expected ',' or ']'"),
            ("apiVersion: v1\nkind: [\n", "yaml: line 2: did not find expected node content"),
            ("a: 1\nb: {c: |-\n  x\n}\n", "yaml: line 2: found character that cannot start any token"),
            ("a: b: c", "yaml: mapping values are not allowed in this context"),
            ("a: *x", "yaml: unknown anchor 'x' referenced"),
            ("a: &x [*x]", "yaml: anchor 'x' value contains itself"),
            ("a: {{ b }}", "yaml: invalid map key: map[interface {}]interface {}{\"b\":interface {}(nil)}"),
            ("a: !!int x", "yaml: cannot decode !!str `x` as a !!int"),
            ("<<: 5", "yaml: map merge requires map or sequence of maps as the value"),
            ("a: .inf", "json: unsupported value: +Inf"),
            ("a\u{1}", "yaml: control characters are not allowed"),
            ("[!a, b]", "yaml: did not find expected whitespace or line break"),
        ] {
            assert_eq!(value(text), json!({ "error": error }), "{text}");
        }
    }

    #[test]
    fn growth_has_an_end() {
        let mut text = String::from("a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
        for level in 1..12 {
            let item = format!("*a{}", level - 1);
            let items = [item.as_str(); 10].join(", ");
            text.extend([format!("a{level}: &a{level} [{items}]\n")]);
        }
        assert_eq!(value(&text), json!({"error": "yaml: document contains excessive aliasing"}));
        let (open, close) = ("&a [".repeat(100), "]".repeat(100));
        let long = format!("{open}{}{close}", "x".repeat(1 << 20));
        assert_eq!(value(&long), json!({"error": "yaml: document contains excessive aliasing"}));
        let too_deep = json!({"error": "yaml: exceeded max depth of 127"});
        assert_eq!(value(&"[".repeat(5000)), too_deep);
        let (open, close) = ("[".repeat(100), "]".repeat(100));
        assert_eq!(value(&format!("a: &a {open}1{close}\nb: {open}*a{close}")), too_deep);
    }

    #[test]
    fn repeated_keys_are_told_with_their_line() {
        let document = read(b"a:\n- x: 1\n  x: 2\nb: {z: 1, z: 2}\n1: 1\n1: 2\n").expect("reads");
        assert_eq!(
            document.repeated,
            [
                "line 3: key \"x\" already set in map",
                "line 4: key \"z\" already set in map",
                "line 6: key 1 already set in map"
            ]
        );
        assert_eq!(document.value, json!({"a": [{"x": 2}], "b": {"z": 2}, "1": 2}));
    }
}
