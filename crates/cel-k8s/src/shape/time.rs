//! The texts of the formats `date`, `date-time` and `duration`, as leniently as Kubernetes reads them for CEL.

use kro_cel::{Duration, Timestamp};
use kro_object::Timestamp as Instant;

/// Midnight UTC of an RFC 3339 date.
pub(super) fn parse_date(text: &str) -> Option<Timestamp> {
    if !Instant::is_date(text) {
        return None;
    }
    format!("{text}T00:00:00Z").parse().ok().and_then(timestamp)
}

/// RFC 3339; a time without zone is UTC and no text at all is the start of 1970.
pub(super) fn parse_date_time(text: &str) -> Option<Timestamp> {
    if text.is_empty() {
        return timestamp(Instant::UNIX_EPOCH);
    }
    text.parse().or_else(|_| Instant::parse_local(text)).ok().and_then(timestamp)
}

fn timestamp(instant: Instant) -> Option<Timestamp> {
    Timestamp::new(instant.unix_seconds(), instant.subsec_nanos())
}

/// Go's durations, and the sum of all whole numbers with a unit that the text contains, be it `2 weeks`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    if let Ok(nanos) = kro_object::duration::parse(text) {
        return Some(Duration(nanos));
    }
    let mut total = None;
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (number, after) = split_while(&rest[start..], |c| c.is_ascii_digit());
        let (unit, after) = split_while(after.trim_ascii_start(), |c| c.is_ascii_alphabetic() || c == 'µ');
        if !unit.is_empty() {
            let number = number.parse::<i64>().ok()?;
            if let Some(nanos) = unit_nanos(&unit.to_lowercase()) {
                // What does not fit wraps around, as in Go.
                total = Some(total.unwrap_or(0i64).wrapping_add(number.wrapping_mul(nanos)));
            }
        }
        rest = after;
    }
    total.map(Duration)
}

fn split_while(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !keep(c)).unwrap_or(text.len()))
}

/// The unit of this name; of the long names a beginning counts, as in `minutes`.
fn unit_nanos(unit: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    const UNITS: [(&[&str], &str, i64); 8] = [
        (&["ns"], "nano", 1),
        (&["us", "µs"], "micro", 1_000),
        (&["ms"], "milli", 1_000_000),
        (&["s"], "sec", SECOND),
        (&["m"], "min", 60 * SECOND),
        (&["h", "hr"], "hour", 3_600 * SECOND),
        (&["d"], "day", 86_400 * SECOND),
        (&["w", "wk"], "week", 604_800 * SECOND),
    ];
    UNITS
        .iter()
        .find(|(short, long, _)| short.contains(&unit) || unit.starts_with(long))
        .map(|(.., nanos)| *nanos)
}

#[cfg(test)]
mod tests {
    use super::{parse_date, parse_date_time, parse_duration};

    #[test]
    fn durations() {
        for (text, seconds) in [
            ("1h30m", Some(5_400)),
            ("2 weeks", Some(1_209_600)),
            ("1 d 2 h", Some(93_600)),
            ("PT1H", Some(3_600)),
            ("1h-30m", Some(5_400)),
            ("1m1x", Some(60)),
            ("1_000s", Some(0)),
            ("1x", None),
            ("", None),
            ("99999999999999999999 h", None),
        ] {
            assert_eq!(parse_duration(text).map(|d| d.0), seconds.map(|s: i64| s * 1_000_000_000), "{text}");
        }
    }

    #[test]
    fn times() {
        for (text, expected) in [
            ("2026-03-01T10:20:30.5+02:00", Some("2026-03-01T08:20:30.5Z")),
            ("2026-03-01T10:20:30", Some("2026-03-01T10:20:30Z")),
            ("", Some("1970-01-01T00:00:00Z")),
            ("2026-03-01", None),
            ("0000-01-01T00:00:00Z", None),
        ] {
            assert_eq!(parse_date_time(text).map(|t| t.to_string()).as_deref(), expected, "{text}");
        }
        assert_eq!(parse_date("2024-02-29").map(|t| t.to_string()).as_deref(), Some("2024-02-29T00:00:00Z"));
        assert_eq!(parse_date("2023-02-29"), None);
    }
}
