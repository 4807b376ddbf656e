//! The `format`s of Kubernetes: which there are, and whether a text has one.
//!
//! The rules are those of `kube-openapi/pkg/validation/strfmt`, oddities included: `byte` refuses the empty text,
//! `date-time` allows lower-case letters, `duration` also reads `3 weeks`.

mod codes;
mod network;

use kro_gotext::duration;
use kro_object::{Timestamp, validate};

/// Whether a text has a format; `None` where the format is unknown, and then every text is valid.
/// Dashes in a format's name do not count.
pub fn check(format: &str, text: &str) -> Option<bool> {
    Some(match format.replace('-', "").as_str() {
        "bsonobjectid" => text.len() == 24 && is_hex(text),
        "uri" => network::is_request_uri(text),
        "email" => network::is_email(text),
        "hostname" => network::is_hostname(text),
        "ipv4" => text.contains('.') && network::is_ip(text),
        "ipv6" => text.contains(':') && text.parse::<std::net::Ipv6Addr>().is_ok(),
        "cidr" => network::is_cidr(text),
        "mac" => network::is_mac(text),
        "uuid" => codes::is_uuid(text, None),
        "uuid3" => codes::is_uuid(text, Some('3')),
        "uuid4" => codes::is_uuid(text, Some('4')),
        "uuid5" => codes::is_uuid(text, Some('5')),
        "isbn" => codes::is_isbn10(text) || codes::is_isbn13(text),
        "isbn10" => codes::is_isbn10(text),
        "isbn13" => codes::is_isbn13(text),
        "creditcard" => codes::is_credit_card(text),
        "ssn" => codes::is_ssn(text),
        "hexcolor" => codes::is_hex_color(text),
        "rgbcolor" => codes::is_rgb_color(text),
        "byte" => codes::is_base64(text),
        "password" => true,
        "date" => Timestamp::is_date(text),
        "datetime" => is_datetime(text),
        "duration" => parse_duration(text).is_some(),
        "k8sshortname" => validate::dns_label(text).is_ok(),
        "k8slongname" => validate::subdomain(text).is_ok(),
        _ => return None,
    })
}

/// Whether validation looks at a format for the given types; others are ignored as if they were not there.
pub fn is_checked(types: &[&str], format: &str) -> bool {
    match types {
        [] | ["string"] => check(format, "").is_some(),
        ["integer"] => matches!(format, "int32" | "int64"),
        ["number"] => matches!(format, "float" | "double"),
        _ => false,
    }
}

/// Nanoseconds of the format `duration`: a Go duration, else the sum of all `<number> <unit>` found in the text, with
/// units up to weeks. Overflow wraps, as in the API server.
pub fn parse_duration(text: &str) -> Option<i64> {
    if let Ok(nanos) = duration::parse(text) {
        return Some(nanos);
    }
    let mut total: Option<i64> = None;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let after = &rest[start..];
        let digits = &after[..after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len())];
        let unit = after[digits.len()..].trim_start_matches([' ', '\t', '\n', '\r', '\u{c}']);
        let length = unit.find(|c: char| !c.is_ascii_alphabetic() && c != 'µ').unwrap_or(unit.len());
        rest = &unit[length..];
        if length == 0 {
            continue;
        }
        let number: i64 = digits.parse().ok()?;
        for factor in unit_nanos(&unit[..length].to_lowercase()) {
            total = Some(total.unwrap_or(0).wrapping_add(number.wrapping_mul(factor)));
        }
    }
    total
}

/// The lenient reader behind typed values of the format `date-time`: RFC 3339, or without a zone; the empty text is
/// 1970-01-01T00:00:00Z.
pub fn parse_datetime(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return Some(Timestamp::UNIX_EPOCH);
    }
    text.parse().or_else(|_| Timestamp::parse_local(text)).ok()
}

fn unit_nanos(unit: &str) -> impl Iterator<Item = i64> {
    // The last name of a unit also stands for longer ones: `sec`, `second`, `seconds`.
    const UNITS: [(&[&str], i64); 8] = [
        (&["ns", "nano"], 1),
        (&["us", "µs", "micro"], 1_000),
        (&["ms", "milli"], 1_000_000),
        (&["s", "sec"], 1_000_000_000),
        (&["m", "min"], 60_000_000_000),
        (&["h", "hr", "hour"], 3_600_000_000_000),
        (&["d", "day"], 86_400_000_000_000),
        (&["w", "wk", "week"], 604_800_000_000_000),
    ];
    let unit = unit.to_owned();
    UNITS.into_iter().filter_map(move |(names, nanos)| {
        let longer = names.last().is_some_and(|last| unit.starts_with(last));
        (longer || names.contains(&unit.as_str())).then_some(nanos)
    })
}

/// A date, `T`, and a time with a zone; the fraction may stand behind any character.
fn is_datetime(text: &str) -> bool {
    let lower = text.to_lowercase();
    let mut parts = lower.split('t');
    match (parts.next(), parts.next()) {
        (Some(date), Some(time)) => Timestamp::is_date(date) && is_full_time(time),
        _ => false,
    }
}

fn is_full_time(text: &str) -> bool {
    let field = |at: usize, most: &str| {
        text.get(at..at + 2).is_some_and(|two| two.bytes().all(|byte| byte.is_ascii_digit()) && two <= most)
    };
    let colons = text.as_bytes().get(2) == Some(&b':') && text.as_bytes().get(5) == Some(&b':');
    if !(colons && field(0, "23") && field(3, "59") && field(6, "59")) {
        return false;
    }
    let rest = &text[8..];
    let zone = |zone: &str| {
        let offset = || {
            let digits = zone.strip_prefix(['+', '-'])?;
            let (hours, minutes) = digits.split_once(':')?;
            Some([hours, minutes].iter().all(|two| two.len() == 2 && two.bytes().all(|b| b.is_ascii_digit())))
        };
        zone == "z" || offset() == Some(true)
    };
    let after_fraction = || {
        let mut characters = rest.chars();
        characters.next()?;
        let digits = characters.as_str();
        let after = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        (after.len() < digits.len()).then_some(after)
    };
    zone(rest) || after_fraction().is_some_and(zone)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests;
