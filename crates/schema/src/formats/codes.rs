//! Formats of identifiers and encodings: UUID, ISBN, card and insurance numbers, colours, base 64.

use super::is_hex;

/// A UUID in any case, dashes optional; a version also fixes the variant where the standard does.
pub(super) fn is_uuid(text: &str, version: Option<char>) -> bool {
    let mut rest = text;
    for (position, length) in [8, 4, 4, 4, 12].into_iter().enumerate() {
        let Some(group) = rest.get(..length).filter(|group| is_hex(group)) else { return false };
        let first = group.chars().next().unwrap_or_default().to_ascii_lowercase();
        let fits = match (position, version) {
            (2, Some(version)) => first == version,
            (3, Some('4' | '5')) => matches!(first, '8' | '9' | 'a' | 'b'),
            _ => true,
        };
        if !fits {
            return false;
        }
        rest = &rest[length..];
        if position < 4 {
            rest = rest.strip_prefix('-').unwrap_or(rest);
        }
    }
    rest.is_empty()
}

pub(super) fn is_isbn10(text: &str) -> bool {
    let text = without_separators(text);
    if text.len() != 10 {
        return false;
    }
    let digit = |(position, c): (usize, char)| match c {
        'X' if position == 9 => Some(10),
        _ => c.to_digit(10),
    };
    let digits: Option<Vec<u32>> = text.chars().enumerate().map(digit).collect();
    digits.is_some_and(|digits| {
        digits.iter().zip((1..=10).rev()).map(|(digit, weight)| digit * weight).sum::<u32>() % 11 == 0
    })
}

pub(super) fn is_isbn13(text: &str) -> bool {
    let text = without_separators(text);
    let digits: Option<Vec<u32>> = text.chars().map(|c| c.to_digit(10)).collect();
    digits.is_some_and(|digits| {
        let weighted = digits.iter().zip([1, 3].into_iter().cycle()).map(|(digit, weight)| digit * weight);
        digits.len() == 13 && weighted.sum::<u32>() % 10 == 0
    })
}

/// A card number of a known issuer with a correct check digit; anything but digits is skipped.
pub(super) fn is_credit_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let head = |length: usize| digits.iter().take(length).fold(0, |number, digit| number * 10 + digit);
    let issuer = match digits.len() {
        13 => head(1) == 4,
        14 => matches!(head(3), 300..=305) || matches!(head(2), 36 | 38),
        15 => matches!(head(2), 34 | 37) || matches!(head(4), 2131 | 1800),
        16 => head(1) == 4 || matches!(head(2), 51..=55 | 35 | 65) || head(4) == 6011,
        _ => false,
    };
    let doubled = |(position, digit): (usize, &u32)| match position % 2 {
        0 => *digit,
        _ => digit * 2 / 10 + digit * 2 % 10,
    };
    issuer && digits.iter().rev().enumerate().map(doubled).sum::<u32>() % 10 == 0
}

/// `123-45-6789` or with spaces.
pub(super) fn is_ssn(text: &str) -> bool {
    text.len() == 11
        && text.bytes().enumerate().all(|(position, byte)| match position {
            3 | 6 => matches!(byte, b'-' | b' '),
            _ => byte.is_ascii_digit(),
        })
}

pub(super) fn is_hex_color(text: &str) -> bool {
    let digits = text.strip_prefix('#').unwrap_or(text);
    matches!(digits.len(), 3 | 6) && is_hex(digits)
}

pub(super) fn is_rgb_color(text: &str) -> bool {
    let component = |text: &str| {
        let text = text.trim_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        plain && text.parse::<u8>().is_ok()
    };
    text.strip_prefix("rgb(")
        .and_then(|rest| rest.strip_suffix(')'))
        .is_some_and(|rest| rest.split(',').count() == 3 && rest.split(',').all(component))
}

/// Padded base 64, not empty.
pub(super) fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    !text.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+/".contains(&byte))
}

fn without_separators(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}' | '-')).collect()
}
