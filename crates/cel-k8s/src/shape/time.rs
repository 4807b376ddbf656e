//! The texts of the formats `date` and `date-time`, as leniently as Kubernetes reads them for CEL.

use kro_cel::Timestamp;
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

#[cfg(test)]
mod tests {
    use super::{parse_date, parse_date_time};

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
