//! Evaluation errors: a kind to decide on, a text in cel-go's words to show, a place to point at.
use std::{fmt, ops::Range};

/// Why an evaluation failed. One pointer wide: results stay small on the path that succeeds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvalError(Box<Inner>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Inner {
    kind: ErrorKind,
    message: String,
    span: Option<Range<u32>>,
}

/// What kind of failure it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A map has no such key.
    MissingKey,
    /// A structured value has no such field.
    MissingField,
    /// A variable is declared but not bound.
    MissingVariable,
    /// An index outside of a list.
    IndexOutOfBounds,
    /// `optional.none()` was asked for its value.
    NoneValue,
    /// Arguments that no overload takes.
    NoSuchOverload,
    /// A function refused its arguments, or a conversion or an arithmetic operation has no result.
    Invalid,
    /// Host data does not fit its declared shape.
    InvalidData,
    /// The cost or memory limit was passed. Never absorbed by `||` or `&&`.
    LimitExceeded,
    /// The host cancelled the evaluation. Never absorbed.
    Cancelled,
}

impl EvalError {
    /// An error of `kind` with `message`, not yet at a place: the evaluator adds the span of the call that failed.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Inner { kind, message: message.into(), span: None }))
    }

    /// A function refuses its arguments.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// `no such key: name`.
    pub fn missing_key(name: impl fmt::Display) -> Self {
        Self::new(ErrorKind::MissingKey, format!("no such key: {name}"))
    }

    /// `no such field 'name'`.
    pub fn missing_field(name: impl fmt::Display) -> Self {
        Self::new(ErrorKind::MissingField, format!("no such field '{name}'"))
    }

    /// `no such attribute(s): name`.
    pub fn missing_variable(name: impl fmt::Display) -> Self {
        Self::new(ErrorKind::MissingVariable, format!("no such attribute(s): {name}"))
    }

    /// `index out of bounds: index`.
    pub fn index_out_of_bounds(index: impl fmt::Display) -> Self {
        Self::new(ErrorKind::IndexOutOfBounds, format!("index out of bounds: {index}"))
    }

    /// `no such overload`.
    pub fn no_such_overload() -> Self {
        Self::new(ErrorKind::NoSuchOverload, "no such overload")
    }

    /// What kind of failure it was.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The text, in cel-go's words where it has one.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Byte range of the failing part of the expression.
    pub fn span(&self) -> Option<Range<u32>> {
        self.0.span.clone()
    }

    /// Absent data that may appear later, not a mistake: a missing key, field, variable or list index.
    /// Taking the value of `optional.none()` is a mistake of the author.
    pub fn is_missing(&self) -> bool {
        matches!(
            self.0.kind,
            ErrorKind::MissingKey
                | ErrorKind::MissingField
                | ErrorKind::MissingVariable
                | ErrorKind::IndexOutOfBounds
        )
    }

    /// Whether logical operators and macros must let the error through.
    pub fn is_fatal(&self) -> bool {
        matches!(self.0.kind, ErrorKind::LimitExceeded | ErrorKind::Cancelled)
    }

    /// The same error at `span`, unless it has a place already.
    #[must_use]
    pub fn at(mut self, span: Range<u32>) -> Self {
        self.0.span.get_or_insert(span);
        self
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl std::error::Error for EvalError {}
