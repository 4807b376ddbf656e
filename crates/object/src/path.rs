//! Field paths: `spec.ports[0]["a.b"]`. One grammar for diagnostics, templates and lookups; no wildcards.

use serde_json::{Map, Value};
use std::{fmt, str::FromStr};

/// The most elements a path may index into: guards [`FieldPath::set`] against absurd lists.
const MAX_INDEX: usize = 100_000;

/// A path from the top of a document to one of its values.
///
/// Text form: names joined by dots, indices in brackets; a name that is empty or contains a dot or an opening
/// bracket is written `["name"]`, verbatim between the quotes.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldPath(Vec<Segment>);

/// One step of a [`FieldPath`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Segment {
    /// A field of a map.
    Field(Box<str>),
    /// An element of a list, from 0.
    Index(usize),
}

/// The text is not a field path; positions are bytes from 0.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParsePathError {
    /// Two dots in a row, or a dot at the start.
    #[error("empty field name at position {0}")]
    EmptyName(usize),
    /// No closing bracket.
    #[error("unterminated array index at position {0}")]
    UnterminatedIndex(usize),
    /// Not a number, or too large.
    #[error("invalid array index '{0}' at position {1}")]
    InvalidIndex(String, usize),
    /// No closing quote.
    #[error("unterminated quoted string starting at position {0}")]
    UnterminatedQuote(usize),
    /// Something between the closing quote and the bracket.
    #[error("expected closing bracket after quote at position {0}")]
    ExpectedBracket(usize),
}

/// A value cannot be put at the path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SetError {
    /// The path is empty.
    #[error("cannot set the whole document")]
    Root,
    /// A value on the way is neither missing nor of the kind the path needs.
    #[error("{0} is not a {1}")]
    WrongKind(FieldPath, &'static str),
    /// An index would leave a gap in the list, or is beyond 100,000.
    #[error("index {1} is out of range in {0}")]
    OutOfRange(FieldPath, usize),
}

impl FieldPath {
    /// The top of the document.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The steps.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// Whether this is the top of the document.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// This path with one more step: `path.join("spec").join(0)`.
    #[must_use]
    pub fn join(&self, segment: impl Into<Segment>) -> Self {
        let mut path = self.clone();
        path.push(segment);
        path
    }

    /// This path continued by another.
    #[must_use]
    pub fn concat(&self, rest: &Self) -> Self {
        Self(self.0.iter().chain(&rest.0).cloned().collect())
    }

    /// Append a step.
    pub fn push(&mut self, segment: impl Into<Segment>) {
        self.0.push(segment.into());
    }

    /// Remove the last step.
    pub fn pop(&mut self) -> Option<Segment> {
        self.0.pop()
    }

    /// The path without its last step.
    pub fn parent(&self) -> Option<Self> {
        self.0.split_last().map(|(_, rest)| Self(rest.to_vec()))
    }

    /// The last step.
    pub fn last(&self) -> Option<&Segment> {
        self.0.last()
    }

    /// Whether this path lies at or below another.
    pub fn starts_with(&self, prefix: &Self) -> bool {
        self.0.starts_with(&prefix.0)
    }

    /// The value the path leads to.
    pub fn walk<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, segment| match segment {
            Segment::Field(name) => value.as_object()?.get(&**name),
            Segment::Index(index) => value.as_array()?.get(*index),
        })
    }

    /// The value the path leads to, to change.
    pub fn walk_mut<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        self.0.iter().try_fold(value, |value, segment| match segment {
            Segment::Field(name) => value.as_object_mut()?.get_mut(&**name),
            Segment::Index(index) => value.as_array_mut()?.get_mut(*index),
        })
    }

    /// Put a value at the path, creating maps and lists on the way; `null` on the way counts as missing.
    /// A list grows by at most one element.
    pub fn set(&self, target: &mut Value, value: Value) -> Result<(), SetError> {
        if self.is_root() {
            return Err(SetError::Root);
        }
        let mut place = target;
        for (depth, segment) in self.0.iter().enumerate() {
            place = match segment {
                Segment::Field(name) => {
                    if place.is_null() {
                        *place = Value::Object(Map::new());
                    }
                    let map = place.as_object_mut().ok_or_else(|| self.wrong_kind(depth, "map"))?;
                    map.entry(&**name).or_insert(Value::Null)
                }
                Segment::Index(index) => {
                    if place.is_null() {
                        *place = Value::Array(Vec::new());
                    }
                    let list = place.as_array_mut().ok_or_else(|| self.wrong_kind(depth, "list"))?;
                    if *index > list.len() || *index >= MAX_INDEX {
                        return Err(SetError::OutOfRange(Self(self.0[..depth].to_vec()), *index));
                    }
                    if *index == list.len() {
                        list.push(Value::Null);
                    }
                    &mut list[*index]
                }
            };
        }
        *place = value;
        Ok(())
    }

    /// Take the value at the path out of its map or list.
    pub fn remove(&self, target: &mut Value) -> Option<Value> {
        let (last, parents) = self.0.split_last()?;
        let place = Self(parents.to_vec()).walk_mut(target)?;
        match (place, last) {
            (Value::Object(map), Segment::Field(name)) => map.remove(&**name),
            (Value::Array(list), Segment::Index(index)) if *index < list.len() => Some(list.remove(*index)),
            _ => None,
        }
    }

    pub(crate) fn walk_map<'v>(&self, map: &'v Map<String, Value>) -> Option<&'v Value> {
        let (Segment::Field(name), rest) = self.0.split_first()? else { return None };
        Self(rest.to_vec()).walk(map.get(&**name)?)
    }

    pub(crate) fn set_in_map(&self, map: &mut Map<String, Value>, value: Value) -> Result<(), SetError> {
        let mut whole = Value::Object(std::mem::take(map));
        let result = self.set(&mut whole, value);
        if let Value::Object(changed) = whole {
            *map = changed;
        }
        result
    }

    fn wrong_kind(&self, depth: usize, kind: &'static str) -> SetError {
        SetError::WrongKind(Self(self.0[..depth].to_vec()), kind)
    }
}

impl FromStr for FieldPath {
    type Err = ParsePathError;

    fn from_str(text: &str) -> Result<Self, ParsePathError> {
        let mut segments = Vec::new();
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            if let Some(quoted) = rest.strip_prefix("[\"") {
                let length = quoted.find('"').ok_or(ParsePathError::UnterminatedQuote(at + 2))?;
                at += 2 + length + 1;
                if !text[at..].starts_with(']') {
                    return Err(ParsePathError::ExpectedBracket(at));
                }
                segments.push(Segment::Field(quoted[..length].into()));
                at = skip_dot(text, at + 1);
            } else if let Some(index) = rest.strip_prefix('[') {
                let length = index.find(']').ok_or(ParsePathError::UnterminatedIndex(at + 1))?;
                let digits = &index[..length];
                let number =
                    digits.parse().map_err(|_| ParsePathError::InvalidIndex(digits.to_owned(), at + 1))?;
                segments.push(Segment::Index(number));
                at = skip_dot(text, at + 1 + length + 1);
            } else {
                let length = rest.find(['.', '[']).unwrap_or(rest.len());
                if length == 0 {
                    return Err(ParsePathError::EmptyName(at));
                }
                segments.push(Segment::Field(rest[..length].into()));
                at = skip_dot(text, at + length);
            }
        }
        Ok(Self(segments))
    }
}

fn skip_dot(text: &str, at: usize) -> usize {
    at + usize::from(text[at..].starts_with('.'))
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            match segment {
                Segment::Index(index) => write!(f, "[{index}]")?,
                Segment::Field(name) if name.is_empty() || name.contains(['.', '[']) => {
                    write!(f, "[\"{name}\"]")?;
                }
                Segment::Field(name) if position == 0 => f.write_str(name)?,
                Segment::Field(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Segment::Field(name) => f.write_str(name),
            Segment::Index(index) => write!(f, "{index}"),
        }
    }
}

impl From<Vec<Segment>> for FieldPath {
    fn from(segments: Vec<Segment>) -> Self {
        Self(segments)
    }
}

impl FromIterator<Segment> for FieldPath {
    fn from_iter<I: IntoIterator<Item = Segment>>(segments: I) -> Self {
        Self(segments.into_iter().collect())
    }
}

impl From<&str> for Segment {
    fn from(name: &str) -> Self {
        Segment::Field(name.into())
    }
}

impl From<&String> for Segment {
    fn from(name: &String) -> Self {
        Segment::Field(name.as_str().into())
    }
}

impl From<usize> for Segment {
    fn from(index: usize) -> Self {
        Segment::Index(index)
    }
}

#[cfg(test)]
mod tests;
