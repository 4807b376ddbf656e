//! The OpenAPI formats as Kubernetes' CEL library judges them.

use crate::url::Url;

pub(super) fn uri(text: &str) -> Vec<String> {
    Url::parse(text).err().map(|error| error.to_string()).into_iter().collect()
}

pub(super) fn uuid(text: &str) -> Vec<String> {
    verdict(is_uuid(text), "does not match the UUID format")
}

pub(super) fn byte(text: &str) -> Vec<String> {
    verdict(is_base64(text), "invalid base64")
}

pub(super) fn date(text: &str) -> Vec<String> {
    verdict(is_date(text), "invalid date")
}

pub(super) fn date_time(text: &str) -> Vec<String> {
    verdict(is_date_time(text), "invalid datetime")
}

fn verdict(valid: bool, problem: &str) -> Vec<String> {
    if valid { vec![] } else { vec![problem.to_owned()] }
}

/// 8-4-4-4-12 hexadecimal digits; each dash is optional.
fn is_uuid(text: &str) -> bool {
    let mut rest = text.as_bytes();
    for (at, digits) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        if at > 0 {
            rest = rest.strip_prefix(b"-").unwrap_or(rest);
        }
        match rest.split_at_checked(digits) {
            Some((group, tail)) if group.iter().all(u8::is_ascii_hexdigit) => rest = tail,
            _ => return false,
        }
    }
    rest.is_empty()
}

/// At least one group of four of the standard alphabet, the last one padded.
fn is_base64(text: &str) -> bool {
    let digits = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'+' || b == b'/')
}

/// RFC 3339 `full-date` with a day its month has.
fn is_date(text: &str) -> bool {
    let shape = |at: usize, b: u8| if at == 4 || at == 7 { b == b'-' } else { b.is_ascii_digit() };
    if text.len() != 10 || !text.bytes().enumerate().all(|(at, b)| shape(at, b)) {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text[range].parse::<u16>().unwrap_or_default();
    let (year, month, day) = (number(0..4), number(5..7), number(8..10));
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 => 28 + u16::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day)
}

/// A date, `t`, a time and a zone, in any case. Offsets are not limited, and any character may stand for the
/// decimal point: so it is accepted in the wild.
fn is_date_time(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let mut parts = text.split('t');
    let (Some(date), Some(rest)) = (parts.next(), parts.next()) else { return false };
    let Some((time, rest)) = rest.split_at_checked(8) else { return false };
    is_date(date) && is_time(time) && strip_zone(rest).is_some_and(is_fraction)
}

fn is_time(text: &str) -> bool {
    is_clock(text, &[b"23", b"59", b"59"])
}

fn strip_zone(text: &str) -> Option<&str> {
    if let Some(rest) = text.strip_suffix('z') {
        return Some(rest);
    }
    let (rest, offset) = text.split_at_checked(text.len().checked_sub(6)?)?;
    let clock = offset.strip_prefix(['+', '-'])?;
    is_clock(clock, &[b"99", b"99"]).then_some(rest)
}

fn is_fraction(text: &str) -> bool {
    let mut chars = text.chars();
    match chars.next() {
        None => true,
        Some(_) => !chars.as_str().is_empty() && chars.all(|c| c.is_ascii_digit()),
    }
}

/// Two-digit numbers between colons, none above its limit.
fn is_clock(text: &str, limits: &[&[u8; 2]]) -> bool {
    let mut parts = text.split(':');
    limits.iter().all(|limit| {
        let part = parts.next().unwrap_or_default().as_bytes();
        part.len() == 2 && part.iter().all(u8::is_ascii_digit) && part <= limit.as_slice()
    }) && parts.next().is_none()
}
