//! Problems of single fields, worded as `field.Error` of apimachinery words them.

use crate::status::Cause;
use kro_schema::validate::{Reason, Violation};
use serde_json::Value;

/// One problem of one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The path, such as `spec.ports[0].name`; `<nil>` for the object itself.
    pub field: String,
    /// What is wrong.
    pub kind: FieldErrorKind,
    /// The offending value as printed, or empty where the kind has none.
    pub value: String,
    /// The explanation.
    pub detail: String,
}

/// The kinds of [`FieldError`], each with its own reason and beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldErrorKind {
    /// A required value is missing.
    Required,
    /// A value is malformed or not allowed.
    Invalid,
    /// A value is of the wrong type.
    TypeInvalid,
    /// A value is not one of the allowed ones.
    NotSupported,
    /// A value must be unique.
    Duplicate,
    /// A value may not be set or changed.
    Forbidden,
    /// A text is too long.
    TooLong,
    /// A list has too many entries.
    TooMany,
    /// A referenced value does not exist.
    NotFound,
    /// The validation itself failed.
    Internal,
}

impl FieldErrorKind {
    fn reason(self) -> &'static str {
        match self {
            Self::Required => "FieldValueRequired",
            Self::Invalid => "FieldValueInvalid",
            Self::TypeInvalid => "FieldValueTypeInvalid",
            Self::NotSupported => "FieldValueNotSupported",
            Self::Duplicate => "FieldValueDuplicate",
            Self::Forbidden => "FieldValueForbidden",
            Self::TooLong => "FieldValueTooLong",
            Self::TooMany => "FieldValueTooMany",
            Self::NotFound => "FieldValueNotFound",
            Self::Internal => "InternalError",
        }
    }

    /// Whether rules in CEL are not run on a value with such a problem.
    pub(crate) fn keeps_rules_from_running(self) -> bool {
        matches!(
            self,
            Self::Required | Self::TooLong | Self::TooMany | Self::TypeInvalid | Self::NotSupported
        )
    }

    fn beginning(self) -> &'static str {
        match self {
            Self::Required => "Required value",
            Self::Invalid | Self::TypeInvalid => "Invalid value",
            Self::NotSupported => "Unsupported value",
            Self::Duplicate => "Duplicate value",
            Self::Forbidden => "Forbidden",
            Self::TooLong => "Too long",
            Self::TooMany => "Too many",
            Self::NotFound => "Not found",
            Self::Internal => "Internal error",
        }
    }
}

impl FieldError {
    fn new(kind: FieldErrorKind, field: impl Into<String>, value: String, detail: impl Into<String>) -> Self {
        Self { field: field.into(), kind, value, detail: detail.into() }
    }

    /// A required value is missing.
    pub fn required(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Required, field, String::new(), detail)
    }

    /// A value is wrong.
    pub fn invalid(field: impl Into<String>, value: &Value, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, field, print_value(value), detail)
    }

    /// A text is wrong.
    pub fn invalid_text(field: impl Into<String>, value: &str, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Invalid, field, quote(value), detail)
    }

    /// A value is none of `allowed`.
    pub fn not_supported(field: impl Into<String>, value: &Value, allowed: &[&str]) -> Self {
        let list: Vec<String> = allowed.iter().map(|text| quote(text)).collect();
        Self::new(
            FieldErrorKind::NotSupported,
            field,
            print_value(value),
            format!("supported values: {}", list.join(", ")),
        )
    }

    /// A value stands twice.
    pub fn duplicate(field: impl Into<String>, value: &Value) -> Self {
        Self::new(FieldErrorKind::Duplicate, field, print_value(value), "")
    }

    /// A field may not be set or changed.
    pub fn forbidden(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(FieldErrorKind::Forbidden, field, String::new(), detail)
    }

    /// A text is longer than `limit` bytes.
    pub fn too_long(field: impl Into<String>, limit: usize) -> Self {
        Self::new(
            FieldErrorKind::TooLong,
            field,
            String::new(),
            format!("may not be more than {limit} bytes"),
        )
    }

    /// A reference leads nowhere.
    pub fn not_found(field: impl Into<String>, value: &Value) -> Self {
        Self::new(FieldErrorKind::NotFound, field, print_value(value), "")
    }

    /// Everything behind the field's name.
    pub fn body(&self) -> String {
        let mut out = self.kind.beginning().to_owned();
        if !self.value.is_empty() {
            out.push_str(": ");
            out.push_str(&self.value);
        }
        if !self.detail.is_empty() {
            out.push_str(": ");
            out.push_str(&self.detail);
        }
        out
    }

    /// The entry in `details.causes`.
    pub fn cause(&self) -> Cause {
        Cause { reason: self.kind.reason(), message: self.body(), field: self.field.clone() }
    }
}

impl From<&Violation> for FieldError {
    fn from(violation: &Violation) -> Self {
        let kind = match violation.reason {
            Reason::TypeInvalid => FieldErrorKind::TypeInvalid,
            Reason::Required => FieldErrorKind::Required,
            Reason::NotSupported => FieldErrorKind::NotSupported,
            Reason::TooLong => FieldErrorKind::TooLong,
            Reason::TooMany => FieldErrorKind::TooMany,
            Reason::Duplicate => FieldErrorKind::Duplicate,
            Reason::Forbidden => FieldErrorKind::Forbidden,
            _ => FieldErrorKind::Invalid,
        };
        let message = violation.message.strip_prefix(kind.beginning()).unwrap_or(&violation.message);
        let detail = message.strip_prefix(": ").unwrap_or(message);
        Self::new(kind, violation.field.clone().unwrap_or_else(|| "<nil>".into()), String::new(), detail)
    }
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.body())
    }
}

/// A value as error messages print it: texts quoted as Go's `%q`, everything else as JSON.
pub fn print_value(value: &Value) -> String {
    match value {
        Value::String(text) => quote(text),
        other => crate::encode::to_text(other),
    }
}

/// A text in double quotes, escaped as Go's `%q` does.
pub fn quote(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if (c as u32) < 0x20 || c as u32 == 0x7f => {
                write!(out, "\\x{:02x}", c as u32).expect("writing to a String cannot fail");
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The fields that are wrong, for tests.
#[cfg(test)]
pub(crate) fn fields(errors: &[FieldError]) -> Vec<&str> {
    errors.iter().map(|error| error.field.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_those_of_apimachinery() {
        for (error, text) in [
            (
                FieldError::required("metadata.name", "name needed"),
                "metadata.name: Required value: name needed",
            ),
            (FieldError::invalid("a", &json!("x\n"), "bad"), "a: Invalid value: \"x\\n\": bad"),
            (FieldError::invalid("a", &json!({"b": 1}), ""), "a: Invalid value: {\"b\":1}"),
            (
                FieldError::not_supported("a", &json!("x"), &["b", "c"]),
                "a: Unsupported value: \"x\": supported values: \"b\", \"c\"",
            ),
            (FieldError::too_long("a", 3), "a: Too long: may not be more than 3 bytes"),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }
}
