//! The text of one field, `type | markers`, with byte ranges. Refuses to judge marker values or to look up types.
//!
//! ```text
//! field   = type [ "|" markers ]
//! type    = "string" | "integer" | "boolean" | "float" | "object" | "[]" type | "map[string]" type | name
//! markers = { key "=" value }            separated by white space
//! value   = text; white space only inside double quotes, brackets or braces
//! ```
//!
//! Only the first `|` separates. A value that starts and ends with a double quote loses both, and `\"` and `\\`
//! inside it are resolved; all other quotes are data. Brackets are counted, not matched.

use std::{fmt, ops::Range};

/// The most `[]` and `map[string]` in front of a type.
pub const MAX_NESTING: usize = 16;

/// A parsed field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What values look like.
    pub ty: Type,
    /// Where the type stands in the text.
    pub range: Range<u32>,
    /// What else holds, in the order written.
    pub markers: Vec<Marker>,
}

/// The type of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A scalar.
    Atomic(Atomic),
    /// An object of any content.
    Object,
    /// A list.
    List(Box<Type>),
    /// A map with string keys.
    Map(Box<Type>),
    /// A name from the `types` block.
    Custom(Box<str>),
}

impl Type {
    /// The custom type at the bottom of lists and maps.
    pub fn custom(&self) -> Option<&str> {
        match self {
            Self::Atomic(_) | Self::Object => None,
            Self::List(inner) | Self::Map(inner) => inner.custom(),
            Self::Custom(name) => Some(name),
        }
    }
}

/// The scalar types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Atomic {
    /// `string`
    String,
    /// `integer`
    Integer,
    /// `boolean`
    Boolean,
    /// `float`
    Float,
}

/// One `key=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Which one.
    pub key: MarkerKey,
    /// The value, without outer quotes.
    pub value: String,
    /// Key and value in the text, quotes included.
    pub range: Range<u32>,
    /// The value in the text, quotes included.
    pub value_range: Range<u32>,
}

macro_rules! marker_keys {
    ($($(#[doc = $doc:literal])* $variant:ident = $name:literal,)*) => {
        /// The markers there are.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum MarkerKey {
            $($(#[doc = $doc])* $variant,)*
        }

        impl MarkerKey {
            /// All markers, for completion and suggestions.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The name as written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

marker_keys! {
    /// The parent must have the field.
    Required = "required",
    /// The value when the field is absent.
    Default = "default",
    /// What the field is for.
    Description = "description",
    /// The smallest number.
    Minimum = "minimum",
    /// The largest number.
    Maximum = "maximum",
    /// A CEL rule over `self`.
    Validation = "validation",
    /// The field may not be changed once set.
    Immutable = "immutable",
    /// The only values.
    Enum = "enum",
    /// A regular expression that strings match.
    Pattern = "pattern",
    /// The shortest string, in characters.
    MinLength = "minLength",
    /// The longest string, in characters.
    MaxLength = "maxLength",
    /// The shortest list.
    MinItems = "minItems",
    /// The longest list.
    MaxItems = "maxItems",
    /// Items are all different.
    UniqueItems = "uniqueItems",
    /// How server-side apply merges a list: `atomic`, `set` or `map`.
    ListType = "listType",
    /// A field that tells the items of a `map` list apart.
    ListMapKey = "listMapKey",
}

impl fmt::Display for MarkerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a text is not a field, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct FieldError {
    /// Why.
    pub kind: FieldErrorKind,
    /// Where in the text.
    pub range: Range<u32>,
}

/// Why a text is not a field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldErrorKind {
    /// Nothing in front of the `|`.
    #[error("empty type")]
    EmptyType,
    /// Nothing behind `[]`.
    #[error("empty slice element type")]
    EmptyElement,
    /// `map[` is not followed by `string]`.
    #[error("map key must be string")]
    MapKey,
    /// Nothing behind `map[string]`.
    #[error("map value type is required")]
    MapValue,
    /// More lists and maps than [`MAX_NESTING`].
    #[error("type nesting too deep (max {MAX_NESTING})")]
    TooDeep,
    /// `=` without a name.
    #[error("empty marker key")]
    EmptyKey,
    /// No such marker.
    #[error("unknown marker: {0}")]
    UnknownMarker(String),
    /// A word that is followed by no `=`.
    #[error("marker key '{0}' without a value")]
    NoValue(String),
    /// A double quote is open at the end.
    #[error("unclosed quote")]
    UnclosedQuote,
    /// A bracket or brace is open at the end.
    #[error("unclosed bracket/brace")]
    UnclosedBracket,
    /// A bracket or brace is closed that was never opened.
    #[error("unmatched closing bracket/brace")]
    UnmatchedBracket,
}

/// Parses the text of a field.
///
/// ```
/// use kro_simple_schema::{parse_field, Atomic, Type};
///
/// let field = parse_field(r#"[]string | required=true default=["a", "b"]"#)?;
/// assert_eq!(field.ty, Type::List(Box::new(Type::Atomic(Atomic::String))));
/// assert_eq!(field.markers[1].value, r#"["a", "b"]"#);
/// # Ok::<(), kro_simple_schema::FieldError>(())
/// ```
pub fn parse_field(text: &str) -> Result<Field, FieldError> {
    let (ty, markers) = text.split_once('|').map_or((text, None), |(ty, rest)| (ty, Some(rest)));
    let trimmed = ty.trim();
    let start = offset(ty.len() - ty.trim_start().len());
    let range = start..start + offset(trimmed.len());
    if trimmed.is_empty() {
        return Err(FieldError { kind: FieldErrorKind::EmptyType, range: 0..offset(ty.len()) });
    }
    Ok(Field {
        ty: parse_type(trimmed, range.clone())?,
        range,
        markers: match markers {
            Some(markers) => Scanner::new(offset(ty.len() + 1)).scan(markers)?,
            None => Vec::new(),
        },
    })
}

fn offset(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

/// Strips lists and maps from the front in a loop, so that no text can exhaust the stack.
fn parse_type(text: &str, range: Range<u32>) -> Result<Type, FieldError> {
    let mut wrappers: Vec<fn(Box<Type>) -> Type> = Vec::new();
    let mut rest = text;
    let inner = loop {
        let error = |kind| FieldError { kind, range: range.end - offset(rest.len())..range.end };
        match rest {
            "string" => break Type::Atomic(Atomic::String),
            "integer" => break Type::Atomic(Atomic::Integer),
            "boolean" => break Type::Atomic(Atomic::Boolean),
            "float" => break Type::Atomic(Atomic::Float),
            "object" => break Type::Object,
            _ => {}
        }
        let (wrapper, inner, missing): (fn(Box<Type>) -> Type, _, _) =
            if let Some(inner) = rest.strip_prefix("[]") {
                (Type::List, inner, FieldErrorKind::EmptyElement)
            } else if let Some(inner) = rest.strip_prefix("map[string]") {
                (Type::Map, inner, FieldErrorKind::MapValue)
            } else if rest.starts_with("map[") {
                return Err(error(FieldErrorKind::MapKey));
            } else {
                break Type::Custom(rest.into());
            };
        let inner = inner.trim_start();
        if inner.is_empty() {
            return Err(error(missing));
        }
        wrappers.push(wrapper);
        if wrappers.len() > MAX_NESTING {
            return Err(error(FieldErrorKind::TooDeep));
        }
        rest = inner;
    };
    Ok(wrappers.into_iter().rev().fold(inner, |inner, wrap| wrap(Box::new(inner))))
}

/// The marker scanner: one pass over the characters behind the `|`.
#[derive(Debug)]
struct Scanner {
    /// Where the scanned text starts in the field.
    base: u32,
    markers: Vec<Marker>,
    /// A key whose value is being read, and where it starts.
    key: Option<(MarkerKey, u32)>,
    /// What was read since the last key or value, and where it starts.
    buffer: String,
    start: Option<u32>,
    in_quotes: bool,
    escaped: bool,
    depth: u32,
}

impl Scanner {
    fn new(base: u32) -> Self {
        Self {
            base,
            markers: Vec::new(),
            key: None,
            buffer: String::new(),
            start: None,
            in_quotes: false,
            escaped: false,
            depth: 0,
        }
    }

    fn scan(mut self, text: &str) -> Result<Vec<Marker>, FieldError> {
        for (index, c) in text.char_indices() {
            let at = self.base + offset(index);
            let free = !self.in_quotes && self.depth == 0;
            match c {
                '=' if free && self.key.is_none() => {
                    self.open(at)?;
                    continue;
                }
                '"' if !self.escaped => self.in_quotes = !self.in_quotes,
                '\\' if self.in_quotes && !self.escaped => self.escaped = true,
                '{' | '[' if !self.in_quotes => self.depth += 1,
                '}' | ']' if !self.in_quotes => {
                    self.depth = self
                        .depth
                        .checked_sub(1)
                        .ok_or(FieldError { kind: FieldErrorKind::UnmatchedBracket, range: at..at + 1 })?;
                }
                _ if free && c.is_whitespace() => {
                    if let Some(key) = self.key.take() {
                        self.close(key, at);
                    }
                    continue;
                }
                _ => self.escaped = false,
            }
            self.start.get_or_insert(at);
            self.buffer.push(c);
        }
        let end = self.base + offset(text.len());
        self.finish(end)
    }

    /// A key ends before the `=` at `at`.
    fn open(&mut self, at: u32) -> Result<(), FieldError> {
        let name = std::mem::take(&mut self.buffer);
        let start = self.start.take().unwrap_or(at);
        let name = name.trim();
        if name.is_empty() {
            return Err(FieldError { kind: FieldErrorKind::EmptyKey, range: at..at + 1 });
        }
        let Some(key) = MarkerKey::ALL.iter().copied().find(|key| key.as_str() == name) else {
            let kind = FieldErrorKind::UnknownMarker(name.to_owned());
            return Err(FieldError { kind, range: start..at });
        };
        self.key = Some((key, start));
        Ok(())
    }

    /// A value ends before `end`.
    fn close(&mut self, (key, start): (MarkerKey, u32), end: u32) {
        let raw = std::mem::take(&mut self.buffer);
        let value_start = self.start.take().unwrap_or(end);
        self.markers.push(Marker {
            key,
            value: unquote(raw.trim()),
            range: start..end,
            value_range: value_start..end,
        });
    }

    fn finish(mut self, end: u32) -> Result<Vec<Marker>, FieldError> {
        let start = self.start.unwrap_or(end);
        let open = self.start.unwrap_or(self.base)..end;
        let Some(key) = self.key.take() else {
            let kind = FieldErrorKind::NoValue(self.buffer);
            return Err(FieldError { kind, range: start..end });
        };
        self.close(key, end);
        if self.in_quotes {
            return Err(FieldError { kind: FieldErrorKind::UnclosedQuote, range: open });
        }
        if self.depth > 0 {
            return Err(FieldError { kind: FieldErrorKind::UnclosedBracket, range: open });
        }
        Ok(self.markers)
    }
}

/// Removes quotes around the whole text and resolves `\"` and `\\`; other backslashes stay.
fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return text.to_owned();
    };
    let mut result = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            result.push(c);
            continue;
        }
        match chars.next() {
            Some(next @ ('"' | '\\')) => result.push(next),
            Some(next) => result.extend(['\\', next]),
            None => result.push('\\'),
        }
    }
    result
}

#[cfg(test)]
mod tests;
