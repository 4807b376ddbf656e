//! Places of the protocol (line, and units of a line) and bytes of a text, both ways. Places beyond a line or the text
//! mean its end.

use std::ops::Range;

use lsp_types::Position;

/// How a client counts within a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of UTF-16.
    Utf16,
}

/// The byte of a place.
pub(super) fn byte(text: &str, position: Position, encoding: Encoding) -> usize {
    let mut start = 0;
    for _ in 0..position.line {
        match text[start..].find('\n') {
            Some(newline) => start += newline + 1,
            None => return text.len(),
        }
    }
    let line = text[start..].split('\n').next().unwrap_or_default().trim_end_matches('\r');
    let mut units = 0;
    for (at, c) in line.char_indices() {
        if units >= position.character {
            return start + at;
        }
        units += width(c, encoding);
    }
    start + line.len()
}

/// The place of a byte.
pub(super) fn position(text: &str, byte: usize, encoding: Encoding) -> Position {
    let before = &text[..text.floor_char_boundary(byte)];
    let line = before.bytes().filter(|byte| *byte == b'\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let character: u32 = before[start..].chars().map(|c| width(c, encoding)).sum();
    Position { line: u32::try_from(line).unwrap_or(u32::MAX), character }
}

/// The places of some bytes.
pub(super) fn range(text: &str, bytes: &Range<usize>, encoding: Encoding) -> lsp_types::Range {
    lsp_types::Range {
        start: position(text, bytes.start, encoding),
        end: position(text, bytes.end, encoding),
    }
}

fn width(c: char, encoding: Encoding) -> u32 {
    let width = match encoding {
        Encoding::Utf8 => c.len_utf8(),
        Encoding::Utf16 => c.len_utf16(),
    };
    width as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        let text = "a: \u{1F600}x\r\nb: ü\n";
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (at, _) in text.char_indices().filter(|(_, c)| *c != '\n') {
                assert_eq!(byte(text, position(text, at, encoding), encoding), at, "{at} {encoding:?}");
            }
        }
        assert_eq!(position(text, 7, Encoding::Utf16), Position { line: 0, character: 5 });
        assert_eq!(position(text, 7, Encoding::Utf8), Position { line: 0, character: 7 });
    }

    #[test]
    fn places_that_do_not_exist() {
        assert_eq!(byte("ab\nc", Position { line: 0, character: 9 }, Encoding::Utf16), 2);
        assert_eq!(byte("ab\nc", Position { line: 7, character: 0 }, Encoding::Utf16), 4);
    }
}
