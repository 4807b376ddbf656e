//! The values of literal tokens. The lexer has checked their form; what is left is range and meaning.
use super::{Literal, lexer::Token};

/// The value of a literal token, or the type that it has no value of. `negative` for a number behind a minus sign.
pub(super) fn value(token: Token, text: &str, negative: bool) -> Result<Literal, &'static str> {
    Ok(match token {
        Token::Null => Literal::Null,
        Token::True => Literal::Bool(true),
        Token::False => Literal::Bool(false),
        Token::Int => Literal::Int(int(text, negative).ok_or("int")?),
        Token::Uint => {
            let digits = text.trim_end_matches(['u', 'U']);
            Literal::Uint(magnitude(digits).ok_or("uint")?)
        }
        Token::Float => {
            let value: f64 = text.parse().map_err(|_| "double")?;
            if value.is_infinite() {
                return Err("double");
            }
            Literal::Double(if negative { -value } else { value })
        }
        Token::String => {
            let (body, raw) = unquote(text);
            if raw {
                Literal::String(body.into())
            } else {
                Literal::String(unescape(body).ok_or("string")?.into())
            }
        }
        Token::Bytes => {
            let (body, raw) = unquote(&text[1..]);
            if raw {
                Literal::Bytes(body.as_bytes().into())
            } else {
                Literal::Bytes(unescape_bytes(body).ok_or("bytes")?.into())
            }
        }
        _ => return Err("constant"),
    })
}

fn int(text: &str, negative: bool) -> Option<i64> {
    let magnitude = magnitude(text)?;
    if negative { 0i64.checked_sub_unsigned(magnitude) } else { i64::try_from(magnitude).ok() }
}

fn magnitude(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The text between the quotes, and whether it is raw.
fn unquote(text: &str) -> (&str, bool) {
    let raw = text.starts_with(['r', 'R']);
    let text = &text[usize::from(raw)..];
    let triple = text.len() >= 6 && (text.starts_with("\"\"\"") || text.starts_with("'''"));
    let quotes = if triple { 3 } else { 1 };
    (&text[quotes..text.len() - quotes], raw)
}

/// Escapes of a string; `None` for code points that are none.
fn unescape(body: &str) -> Option<String> {
    let mut out = String::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let (escape, after) = Escape::read(&rest[at + 1..])?;
        out.push(match escape {
            Escape::Char(c) => c,
            Escape::Byte(byte) => char::from(byte),
            Escape::CodePoint(code) => char::from_u32(code)?,
        });
        rest = after;
    }
    out.push_str(rest);
    Some(out)
}

/// Escapes of bytes; `None` for code points, which have no single byte form.
fn unescape_bytes(body: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let (escape, after) = Escape::read(&rest[at + 1..])?;
        match escape {
            Escape::Char(c) => out.push(c as u8),
            Escape::Byte(byte) => out.push(byte),
            Escape::CodePoint(_) => return None,
        }
        rest = after;
    }
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

enum Escape {
    Char(char),
    Byte(u8),
    CodePoint(u32),
}

impl Escape {
    /// Reads the sequence behind a backslash.
    fn read(rest: &str) -> Option<(Self, &str)> {
        let first = rest.chars().next()?;
        let digits = |start: usize, count: usize, radix: u32| {
            let code = u32::from_str_radix(rest.get(start..start + count)?, radix).ok()?;
            Some((code, &rest[start + count..]))
        };
        let c = match first {
            'a' => '\x07',
            'b' => '\x08',
            'f' => '\x0c',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\x0b',
            '"' | '\'' | '\\' | '?' | '`' => first,
            'x' | 'X' => {
                let (code, rest) = digits(1, 2, 16)?;
                return Some((Self::Byte(code as u8), rest));
            }
            '0'..='3' => {
                let (code, rest) = digits(0, 3, 8)?;
                return Some((Self::Byte(code as u8), rest));
            }
            'u' | 'U' => {
                let (code, rest) = digits(1, if first == 'u' { 4 } else { 8 }, 16)?;
                return Some((Self::CodePoint(code), rest));
            }
            _ => return None,
        };
        Some((Self::Char(c), &rest[1..]))
    }
}
