//! A finding of validation, in the words of a `StatusCause`.

use kro_object::FieldPath;
use std::fmt;

/// One way in which a value does not fit its schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Where in the value.
    pub path: FieldPath,
    /// The place as the API server spells it; absent where it names none (it then prints `<nil>`).
    pub field: Option<String>,
    /// The kind of violation.
    pub reason: Reason,
    /// The API server's words: `Invalid value: 6: spec.a in body should be less than or equal to 5`.
    pub message: String,
}

/// The kind of a [`Violation`]: `reason` of a `StatusCause`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// A value breaks a rule.
    Invalid,
    /// A value has the wrong type or format.
    TypeInvalid,
    /// A required value is missing.
    Required,
    /// A value may not be there.
    Forbidden,
    /// A value is not among those allowed.
    NotSupported,
    /// A text is too long.
    TooLong,
    /// A list or map has too many entries.
    TooMany,
    /// A value occurs more often than once.
    Duplicate,
}

impl Reason {
    /// The API server's name, `FieldValueInvalid`.
    pub fn as_str(self) -> &'static str {
        match self {
            Reason::Invalid => "FieldValueInvalid",
            Reason::TypeInvalid => "FieldValueTypeInvalid",
            Reason::Required => "FieldValueRequired",
            Reason::Forbidden => "FieldValueForbidden",
            Reason::NotSupported => "FieldValueNotSupported",
            Reason::TooLong => "FieldValueTooLong",
            Reason::TooMany => "FieldValueTooMany",
            Reason::Duplicate => "FieldValueDuplicate",
        }
    }
}

impl fmt::Display for Violation {
    /// `spec.a: Required value`, as in the message of a `Status`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field.as_deref().unwrap_or("<nil>"), self.message)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
