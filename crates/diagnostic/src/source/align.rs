//! Which bytes of the source a byte of a scalar's value came from.
//!
//! White space may be folded, cut or indented, so it is aligned loosely; every other character of the value
//! corresponds to one character or escape of the source, in order. That makes one rule enough for all notations.

use super::Notation;
use std::{iter::Peekable, ops::Range};

/// Bytes of `source` behind bytes of the decoded `value`; both ranges are relative to their texts.
///
/// Total: a range that cuts characters is widened to them, and what does not align ends up at the nearest place
/// that does.
pub(super) fn align(source: &str, notation: Notation, value: &str, range: Range<usize>) -> Range<usize> {
    let start = value.floor_char_boundary(range.start);
    let end = value.ceil_char_boundary(range.end).max(start);
    let mut aligner = Aligner { pieces: pieces(source, notation).peekable(), at: 0 };
    let mut found = None;
    for (index, wanted) in value.char_indices() {
        let bytes = aligner.next(wanted);
        if index < start {
            continue;
        }
        let from = found.get_or_insert(bytes.start..bytes.start);
        if index >= end {
            break;
        }
        from.end = bytes.end;
    }
    found.unwrap_or(aligner.at..aligner.at)
}

/// The byte of the decoded `value` behind a byte of `source`: the inverse of [`align`].
pub(super) fn locate(source: &str, notation: Notation, value: &str, byte: usize) -> usize {
    let mut aligner = Aligner { pieces: pieces(source, notation).peekable(), at: 0 };
    let mut characters = value.char_indices();
    characters.find(|(_, wanted)| aligner.next(*wanted).end > byte).map_or(value.len(), |(index, _)| index)
}

struct Aligner<I: Iterator<Item = Piece>> {
    pieces: Peekable<I>,
    /// Where the last piece ended.
    at: usize,
}

impl<I: Iterator<Item = Piece>> Aligner<I> {
    /// The bytes of the next character of the value.
    fn next(&mut self, wanted: char) -> Range<usize> {
        let space = wanted.is_whitespace();
        let skip = |piece: &Piece| piece.meaning.is_none_or(|c| !space && c.is_whitespace());
        while self.pieces.next_if(skip).is_some() {}
        let fits = |piece: &Piece| piece.meaning.is_some_and(|c| c == wanted || (space && c.is_whitespace()));
        let bytes = match self.pieces.next_if(fits) {
            Some(piece) => piece.bytes,
            None => self.at..self.at,
        };
        self.at = bytes.end;
        bytes
    }
}

/// A character of the value as it is written.
#[derive(Debug)]
struct Piece {
    /// What it means; nothing for an escaped line end.
    meaning: Option<char>,
    bytes: Range<usize>,
}

fn pieces(source: &str, notation: Notation) -> impl Iterator<Item = Piece> + '_ {
    let quoted = notation != Notation::Verbatim && source.len() >= 2;
    let (mut at, limit) = if quoted { (1, source.len() - 1) } else { (0, source.len()) };
    std::iter::from_fn(move || {
        let rest = source.get(at..limit)?;
        let first = rest.chars().next()?;
        let (meaning, length) = match (notation, first) {
            (Notation::Single, '\'') => (Some('\''), 2),
            (Notation::Double, '\\') => escape(rest),
            _ => (Some(first), first.len_utf8()),
        };
        let start = at;
        at = (at + length.max(1)).min(limit);
        Some(Piece { meaning, bytes: start..at })
    })
}

/// The meaning and length of the escape that `text` starts with.
fn escape(text: &str) -> (Option<char>, usize) {
    let Some(kind) = text[1..].chars().next() else { return (Some('\\'), 1) };
    let digits = match kind {
        'x' => 2,
        'u' => 4,
        'U' => 8,
        _ => 0,
    };
    if digits > 0 {
        let code = text.get(2..2 + digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        return (code.and_then(char::from_u32), 2 + digits);
    }
    let meaning = match kind {
        '\n' | '\r' => return (None, 1 + kind.len_utf8()),
        '0' => '\0',
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' | '\t' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        'e' => '\u{1b}',
        'N' => '\u{85}',
        '_' => '\u{a0}',
        'L' => '\u{2028}',
        'P' => '\u{2029}',
        other => other,
    };
    (Some(meaning), 1 + kind.len_utf8())
}
