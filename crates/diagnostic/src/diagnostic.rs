//! The data: diagnostics, their places, and results that may be partial. Refuses to render.

use crate::Code;
use kro_object::FieldPath;
use std::{fmt, ops::Range};

/// One finding about an input.
#[derive(Debug, Clone, PartialEq)]
pub struct Diagnostic {
    /// The rule that was broken.
    pub code: Code,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong: one sentence, lower case, no full stop.
    pub message: String,
    /// Where it is wrong.
    pub primary: Locus,
    /// Other places that take part, each with what it contributes ("first defined here").
    pub related: Vec<(Locus, String)>,
    /// What to do about it.
    pub help: Option<String>,
    /// A change of the input that mends it, for tools that can make it.
    pub fix: Option<Fix>,
}

/// A text to put in place of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace: a key, a value, or bytes of one of them.
    pub locus: Locus,
    /// What to put there, before YAML's quoting and escapes.
    pub replacement: String,
}

impl Diagnostic {
    /// A finding of the given severity without related places or help.
    pub fn new(code: Code, severity: Severity, primary: Locus, message: impl Into<String>) -> Self {
        Self { code, severity, message: message.into(), primary, related: Vec::new(), help: None, fix: None }
    }

    /// A mistake that makes the input unusable.
    pub fn error(code: Code, primary: Locus, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, primary, message)
    }

    /// A likely mistake; the input stays usable.
    pub fn warning(code: Code, primary: Locus, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, primary, message)
    }

    /// The same finding with advice.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same finding with the name that was probably meant, in place of what stands at `locus`.
    #[must_use]
    pub fn with_suggestion(mut self, locus: Locus, name: &str) -> Self {
        self.help = Some(format!("did you mean {name:?}?"));
        self.fix = Some(Fix { locus, replacement: name.to_owned() });
        self
    }

    /// The same finding with one more place.
    #[must_use]
    pub fn with_related(mut self, locus: Locus, note: impl Into<String>) -> Self {
        self.related.push((locus, note.into()));
        self
    }
}

/// One line: `error[KRO0203] at spec.resources[0].id: message`.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}[{}]", self.severity, self.code)?;
        if !self.primary.path.is_root() {
            write!(f, " at {}", self.primary.path)?;
        }
        write!(f, ": {}", self.message)
    }
}

/// How bad a finding is, mildest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; nothing has to change.
    Hint,
    /// A likely mistake; the input stays usable.
    Warning,
    /// A mistake; the input is refused.
    Error,
}

/// `hint`, `warning` or `error`.
impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Hint => "hint",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// A logical place: a field of the document, and bytes inside the string that stands there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Locus {
    /// The field, from the root of the document.
    pub path: FieldPath,
    /// Whether the field's name or its value is meant.
    pub part: Part,
    /// Bytes (not characters) of the decoded key or string value, after YAML's folding and escapes.
    pub range: Option<Range<u32>>,
}

impl Locus {
    /// The value of a field.
    pub fn value(path: FieldPath) -> Self {
        Self { path, part: Part::Value, range: None }
    }

    /// The name of a field.
    pub fn key(path: FieldPath) -> Self {
        Self { path, part: Part::Key, range: None }
    }

    /// Bytes of a file, for problems of the text itself.
    pub fn file(range: Range<u32>) -> Self {
        Self { path: FieldPath::root(), part: Part::File, range: Some(range) }
    }

    /// The same place narrowed to bytes of its text.
    #[must_use]
    pub fn with_range(mut self, range: Range<u32>) -> Self {
        self.range = Some(range);
        self
    }
}

impl From<FieldPath> for Locus {
    fn from(path: FieldPath) -> Self {
        Self::value(path)
    }
}

/// What a [`Locus`] means by its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Part {
    /// The field's name.
    Key,
    /// The field's value.
    #[default]
    Value,
    /// The text of the file, where there is no document yet: the path is empty, the range counts bytes of the file.
    File,
}

/// A result that may be partial, with everything that was found on the way.
///
/// `value` may be present together with errors: the best that could be made of the input, for tools that go on
/// looking. Use [`Checked::into_result`] where only a correct value will do.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Checked<T> {
    /// What could be made of the input.
    pub value: Option<T>,
    /// Everything that was found, in the order of the input.
    pub diagnostics: Vec<Diagnostic>,
}

impl<T> Checked<T> {
    /// A value with nothing to say about it.
    pub fn ok(value: T) -> Self {
        Self { value: Some(value), diagnostics: Vec::new() }
    }

    /// No value, and the reason.
    pub fn failed(diagnostic: Diagnostic) -> Self {
        Self { value: None, diagnostics: vec![diagnostic] }
    }

    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }

    /// The value if there is one and no finding is an error, else all findings.
    pub fn into_result(self) -> Result<T, Vec<Diagnostic>> {
        if self.has_errors() {
            return Err(self.diagnostics);
        }
        self.value.ok_or(self.diagnostics)
    }

    /// The same findings with another value.
    pub fn map<U>(self, convert: impl FnOnce(T) -> U) -> Checked<U> {
        Checked { value: self.value.map(convert), diagnostics: self.diagnostics }
    }

    /// Takes the value and moves the findings to the caller's list.
    pub fn take(self, into: &mut Vec<Diagnostic>) -> Option<T> {
        into.extend(self.diagnostics);
        self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes;

    fn finding(severity: Severity) -> Diagnostic {
        Diagnostic::new(codes::UNKNOWN_FIELD, severity, Locus::default(), "unknown field \"specs\"")
    }

    #[test]
    fn display_is_one_line() {
        assert_eq!(finding(Severity::Error).to_string(), "error[KRO0103]: unknown field \"specs\"");
    }

    #[test]
    fn only_errors_hide_the_value() {
        let warned = Checked { value: Some(1), diagnostics: vec![finding(Severity::Warning)] };
        assert_eq!(warned.into_result(), Ok(1));
        let broken = Checked { value: Some(1), diagnostics: vec![finding(Severity::Error)] };
        assert_eq!(broken.into_result().map_err(|found| found.len()), Err(1));
    }

    #[test]
    fn take_keeps_findings_in_order() {
        let mut all = vec![finding(Severity::Hint)];
        let value = Checked { value: Some(2), diagnostics: vec![finding(Severity::Error)] }.take(&mut all);
        assert_eq!(value, Some(2));
        assert_eq!(
            all.iter().map(|found| found.severity).collect::<Vec<_>>(),
            [Severity::Hint, Severity::Error]
        );
    }
}
