//! Character classes: brackets, shorthands, Unicode and POSIX names.

use super::{PatternError, Reader, push_literal};

const POSIX: [&str; 14] = [
    "alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space",
    "upper", "word", "xdigit",
];

/// `[…]` at the reader, written so that nothing in it has a second meaning.
pub(super) fn translate(reader: &mut Reader<'_>, out: &mut String) -> Result<(), PatternError> {
    let start = reader.rest;
    reader.skip(1);
    out.push_str(if reader.take("^") { "[^" } else { "[" });
    let mut first = true;
    loop {
        if reader.rest.is_empty() {
            return Err(PatternError::UnclosedClass(start.to_owned()));
        }
        if !first && reader.take("]") {
            out.push(']');
            return Ok(());
        }
        first = false;
        if let Some(class) = posix(reader)? {
            out.push_str(&class);
        } else if let Some(class) = shorthand(reader)? {
            out.extend(["[", &class, "]"]);
        } else {
            range(reader, out)?;
        }
    }
}

/// `\d`, `\pN` and their like: what stands between the brackets.
pub(super) fn shorthand(reader: &mut Reader<'_>) -> Result<Option<String>, PatternError> {
    for (escape, class) in [
        (r"\d", "0-9"),
        (r"\D", "^0-9"),
        (r"\s", r"\t\n\x0c\r\x20"),
        (r"\S", r"^\t\n\x0c\r\x20"),
        (r"\w", "0-9A-Za-z_"),
        (r"\W", "^0-9A-Za-z_"),
    ] {
        if reader.take(escape) {
            return Ok(Some(class.to_owned()));
        }
    }
    let start = reader.rest;
    let negated = if reader.take(r"\p") {
        false
    } else if reader.take(r"\P") {
        true
    } else {
        return Ok(None);
    };
    let error = || PatternError::Class(start.chars().take(8).collect());
    let name = if reader.take("{") {
        let (name, rest) = reader.rest.split_once('}').ok_or_else(error)?;
        reader.rest = rest;
        name
    } else {
        let letter = reader.rest.chars().next().ok_or_else(error)?;
        let (name, rest) = reader.rest.split_at(letter.len_utf8());
        reader.rest = rest;
        name
    };
    let (name, negated) = name.strip_prefix('^').map_or((name, negated), |name| (name, !negated));
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err(error());
    }
    let letter = if negated { 'P' } else { 'p' };
    // RE2 spells the class of all characters `Any`; the names of scripts and categories agree.
    Ok(Some(format!("\\{letter}{{{name}}}")))
}

/// `[:name:]` inside a class.
fn posix<'p>(reader: &mut Reader<'p>) -> Result<Option<String>, PatternError> {
    let Some((name, rest)) = reader.rest.strip_prefix("[:").and_then(|rest| rest.split_once(":]")) else {
        return Ok(None);
    };
    let text: &'p str = &reader.rest[..name.len() + 4];
    if !POSIX.contains(&name.trim_start_matches('^')) {
        return Err(PatternError::Class(text.to_owned()));
    }
    reader.rest = rest;
    Ok(Some(text.to_owned()))
}

/// One character or `a-b`. A dash anywhere else stands for itself.
fn range(reader: &mut Reader<'_>, out: &mut String) -> Result<(), PatternError> {
    let start = reader.rest;
    let low = character(reader)?;
    push_literal(out, low);
    if reader.rest.starts_with('-') && !reader.rest.starts_with("-]") && reader.rest.len() > 1 {
        reader.skip(1);
        let high = character(reader)?;
        if high < low {
            return Err(PatternError::Class(start[..start.len() - reader.rest.len()].to_owned()));
        }
        out.push('-');
        push_literal(out, high);
    }
    Ok(())
}

fn character(reader: &mut Reader<'_>) -> Result<char, PatternError> {
    match reader.rest.chars().next() {
        Some('\\') => reader.escaped_char(),
        Some(c) => {
            reader.skip(c.len_utf8());
            Ok(c)
        }
        None => Err(PatternError::UnclosedClass(String::new())),
    }
}
