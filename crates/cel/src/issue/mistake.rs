//! What is wrong with an expression, as data for those who put it in words of their own; it displays in cel-go's.
use crate::Type;
use std::{fmt, sync::Arc};

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mistake {
    /// No token starts with these characters.
    Characters(String),
    /// A token, or the end without one, that does not fit.
    Unexpected {
        /// The token.
        found: Option<String>,
        /// What would fit.
        expected: Expected,
        /// Whether everything would fit without it.
        extraneous: bool,
    },
    /// No name where one is needed: the dot and what follows it.
    NoName(String),
    /// A word that the language keeps for itself.
    Reserved(String),
    /// A literal without a value: what it should be one of.
    Literal(&'static str),
    /// Nested deeper than so many levels.
    TooDeep(u32),
    /// `has()` of something that is no field.
    NoFieldInHas,
    /// The variable of a macro is no name, in the words of the macro.
    NoVariable(&'static str),
    /// A name that stands for nothing.
    Undeclared {
        /// The name.
        name: Arc<str>,
        /// Where names are looked up first.
        container: Arc<str>,
    },
    /// A field that a struct does not have.
    NoField {
        /// The name of the struct's type.
        ty: Arc<str>,
        /// The name of the field.
        field: Arc<str>,
    },
    /// A value of a type without fields, asked for one.
    NoFields(Type),
    /// A function or operator that is not defined for its arguments.
    NoOverload {
        /// Its name; operators are `_+_`, `!_`, `_?_:_`, `_[_]`, `@in`.
        function: Arc<str>,
        /// What a member function is called on.
        receiver: Option<Type>,
        /// The arguments.
        arguments: Vec<Type>,
    },
    /// A type where another one is needed.
    Mismatch {
        /// The type that is needed.
        expected: Type,
        /// The type that is there.
        found: Type,
    },
    /// A macro over a value that is neither list nor map.
    NotIterable(Type),
    /// Anything else.
    Other(String),
}

/// What would fit in place of a token, as ANTLR writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// One token.
    Token(&'static str),
    /// One of several, in braces.
    OneOf(&'static str),
    /// Nothing more.
    End,
}

impl Mistake {
    /// Whether it only follows from a mistake that is reported, too: a part has no type because of that.
    pub fn is_consequence(&self) -> bool {
        match self {
            Self::NoFields(ty) | Self::NotIterable(ty) => ty.has_error(),
            Self::NoOverload { receiver, arguments, .. } => {
                receiver.iter().chain(arguments).any(Type::has_error)
            }
            Self::Mismatch { expected, found } => expected.has_error() || found.has_error(),
            _ => false,
        }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Characters(text) => write!(f, "Syntax error: token recognition error at: '{text}'"),
            Self::Unexpected { found, expected, extraneous } => {
                let what = if *extraneous { "extraneous" } else { "mismatched" };
                let found = found.as_deref().unwrap_or("<EOF>");
                write!(f, "Syntax error: {what} input '{found}' expecting {expected}")
            }
            Self::NoName(text) => write!(f, "Syntax error: no viable alternative at input '{text}'"),
            Self::Reserved(word) => write!(f, "reserved identifier: {word}"),
            Self::Literal(kind) => write!(f, "invalid {kind} literal"),
            Self::TooDeep(limit) => write!(f, "expression recursion limit exceeded: {limit}"),
            Self::NoFieldInHas => f.write_str("invalid argument to has() macro"),
            Self::NoVariable(words) => f.write_str(words),
            Self::Undeclared { name, container } => {
                write!(f, "undeclared reference to '{name}' (in container '{container}')")
            }
            Self::NoField { field, .. } => write!(f, "undefined field '{field}'"),
            Self::NoFields(ty) => write!(f, "type '{ty}' does not support field selection"),
            Self::NoOverload { function, receiver, arguments } => {
                write!(f, "found no matching overload for '{function}' applied to '")?;
                if let Some(receiver) = receiver {
                    write!(f, "{receiver}.")?;
                }
                f.write_str("(")?;
                for (index, ty) in arguments.iter().enumerate() {
                    write!(f, "{}{ty}", if index > 0 { ", " } else { "" })?;
                }
                f.write_str(")'")
            }
            Self::Mismatch { expected, found } => write!(f, "expected type '{expected}' but found '{found}'"),
            Self::NotIterable(ty) => write!(
                f,
                "expression of type '{ty}' cannot be range of a comprehension (must be list, map, or dynamic)"
            ),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token(text) | Self::OneOf(text) => text,
            Self::End => "<EOF>",
        })
    }
}

impl From<String> for Mistake {
    fn from(text: String) -> Self {
        Self::Other(text)
    }
}

impl From<&str> for Mistake {
    fn from(text: &str) -> Self {
        Self::Other(text.to_owned())
    }
}
