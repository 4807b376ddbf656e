//! Templates of `format` taken apart: texts that stay as they are, and clauses with a precision and a verb.
use crate::EvalError;

/// The largest precision.
const MAX_PRECISION: usize = 100;

/// A part of a template.
#[derive(Debug, Clone, Copy)]
pub(super) enum Piece<T> {
    Text(T),
    Clause { verb: char, precision: Option<usize> },
}

/// The parts of a template in their order. None follows an error.
#[derive(Debug)]
pub(super) struct Pieces<'t> {
    rest: &'t str,
}

impl<'t> Pieces<'t> {
    pub(super) fn new(template: &'t str) -> Self {
        Self { rest: template }
    }
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Result<Piece<&'t str>, EvalError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some(rest) = self.rest.strip_prefix('%') else {
            // Templates are short: no search of many bytes at once.
            let end = self.rest.bytes().position(|byte| byte == b'%').unwrap_or(self.rest.len());
            let (text, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(Ok(Piece::Text(text)));
        };
        if let Some(after) = rest.strip_prefix('%') {
            self.rest = after;
            return Some(Ok(Piece::Text("%")));
        }
        self.rest = "";
        Some(clause(rest).map(|(piece, rest)| {
            self.rest = rest;
            piece
        }))
    }
}

/// What stands behind a `%`, and the rest.
fn clause(text: &str) -> Result<(Piece<&str>, &str), EvalError> {
    let (precision, text) = precision(text)?;
    let unexpected = || EvalError::invalid("could not parse formatting clause: unexpected end of string");
    let verb = text.chars().next().ok_or_else(unexpected)?;
    Ok((Piece::Clause { verb, precision }, &text[verb.len_utf8()..]))
}

/// `.3` in front of a verb.
fn precision(text: &str) -> Result<(Option<usize>, &str), EvalError> {
    let Some(text) = text.strip_prefix('.') else { return Ok((None, text)) };
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let precision = text[..digits].parse().map_err(|_| {
        EvalError::invalid("could not parse formatting clause: error while parsing precision: unable to find end of precision specifier")
    })?;
    if precision > MAX_PRECISION {
        return Err(EvalError::invalid(format!(
            "could not parse formatting clause: precision {precision} exceeds maximum allowed precision of {MAX_PRECISION}"
        )));
    }
    Ok((Some(precision), &text[digits..]))
}
