//! Percent-encoding per part of a URL, with the exceptions Go's `net/url` makes.

use super::Reason;

/// The part of a URL that is encoded: each has its own set of literal characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Path,
    Host,
    Zone,
    User,
    Query,
}

/// Encodes what may not stand literally in `part`.
pub(super) fn escape(bytes: &[u8], part: Part) -> String {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        if must_escape(byte, part) {
            out.push('%');
            out.push(char::from(HEX[usize::from(byte >> 4)]));
            out.push(char::from(HEX[usize::from(byte & 15)]));
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

/// Decodes `%xx`, and `+` in a query.
pub(super) fn unescape(text: &str, part: Part) -> Result<Vec<u8>, Reason> {
    let in_host = matches!(part, Part::Host | Part::Zone);
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [byte, tail @ ..] = rest {
        let byte = *byte;
        rest = tail;
        match (byte, tail) {
            (b'%', [high, low, tail @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
                let decoded = hex(*high) << 4 | hex(*low);
                // A host may encode bytes beyond ASCII only, a zone also what a host may hold and blanks.
                let refused = decoded != b'%'
                    && match part {
                        Part::Host => decoded < 0x80,
                        Part::Zone => decoded != b' ' && must_escape(decoded, Part::Host),
                        _ => false,
                    };
                if refused {
                    return Err(Reason::Escape(format!("%{}{}", char::from(*high), char::from(*low))));
                }
                out.push(decoded);
                rest = tail;
            }
            (b'%', _) => {
                let from = text.len() - tail.len() - 1;
                return Err(Reason::Escape(text[from..].chars().take(3).collect()));
            }
            (b'+', _) if part == Part::Query => out.push(b' '),
            _ if in_host && byte.is_ascii() && must_escape(byte, part) => {
                return Err(Reason::HostCharacter(char::from(byte).to_string()));
            }
            _ => out.push(byte),
        }
    }
    Ok(out)
}

/// Whether a path is a valid encoding as it stands.
pub(super) fn is_escaped_form(path: &str) -> bool {
    path.bytes().all(|byte| b"!'()*[]%".contains(&byte) || !must_escape(byte, Part::Path))
}

fn must_escape(byte: u8, part: Part) -> bool {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => false,
        b'!' | b'\'' | b'(' | b')' | b'*' | b'[' | b']' | b'<' | b'>' | b'"' => {
            !matches!(part, Part::Host | Part::Zone)
        }
        b'$' | b'&' | b'+' | b',' | b';' | b'=' => part == Part::Query,
        b':' => matches!(part, Part::User | Part::Query),
        b'/' | b'@' => part != Part::Path,
        _ => true,
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => digit - b'A' + 10,
    }
}
