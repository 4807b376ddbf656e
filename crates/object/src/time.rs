//! Instants of RFC 3339, read and written as `metav1.Time` and `metav1.MicroTime`. Arithmetic only: no `now`.

use std::{fmt, str::FromStr, time::Duration};

/// An instant in UTC with nanoseconds, between the years 0000 and 9999 when it was read from text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// The text is not an instant of RFC 3339 as Go reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an RFC 3339 time")]
pub struct ParseTimestampError;

/// The time Go calls zero, 0001-01-01T00:00:00Z; Kubernetes writes it as `null`.
const GO_ZERO_SECONDS: i64 = -62_135_596_800;
/// Bounds of what can be printed with a four-digit year.
const MIN_SECONDS: i64 = -62_167_219_200;
const MAX_SECONDS: i64 = 253_402_300_799;

impl Timestamp {
    /// 1970-01-01T00:00:00Z.
    pub const UNIX_EPOCH: Self = Self { seconds: 0, nanos: 0 };

    /// Seconds since 1970 and nanoseconds after them; `nanos` beyond a second is cut to 999,999,999, seconds
    /// outside the years 0000 to 9999 to their bounds.
    pub const fn from_unix(seconds: i64, nanos: u32) -> Self {
        let seconds = if seconds < MIN_SECONDS {
            MIN_SECONDS
        } else if seconds > MAX_SECONDS {
            MAX_SECONDS
        } else {
            seconds
        };
        Self { seconds, nanos: if nanos > 999_999_999 { 999_999_999 } else { nanos } }
    }

    /// Whole seconds since 1970, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds since 1970.
    pub const fn unix_nanos(self) -> i128 {
        self.seconds as i128 * 1_000_000_000 + self.nanos as i128
    }

    /// Nanoseconds after the whole second, below 1,000,000,000.
    pub const fn subsec_nanos(self) -> u32 {
        self.nanos
    }

    /// Whether this is Go's zero time, which Kubernetes writes as `null`.
    pub const fn is_go_zero(self) -> bool {
        self.seconds == GO_ZERO_SECONDS && self.nanos == 0
    }

    /// Later by a duration, at most the end of the year 9999.
    #[must_use]
    pub fn saturating_add(self, duration: Duration) -> Self {
        let nanos = self.nanos + duration.subsec_nanos();
        let seconds = self
            .seconds
            .saturating_add_unsigned(duration.as_secs())
            .saturating_add(i64::from(nanos / 1_000_000_000));
        Self::from_unix(seconds, nanos % 1_000_000_000)
    }

    /// Earlier by a duration, at least the start of the year 0000.
    #[must_use]
    pub fn saturating_sub(self, duration: Duration) -> Self {
        let borrow = u32::from(self.nanos < duration.subsec_nanos());
        let nanos = self.nanos + borrow * 1_000_000_000 - duration.subsec_nanos();
        let seconds =
            self.seconds.saturating_sub_unsigned(duration.as_secs()).saturating_sub(i64::from(borrow));
        Self::from_unix(seconds, nanos)
    }

    /// How long after `earlier` this is; zero where it is not after.
    pub fn saturating_duration_since(self, earlier: Self) -> Duration {
        let nanos = u128::try_from(self.unix_nanos() - earlier.unix_nanos()).unwrap_or(0);
        Duration::new((nanos / 1_000_000_000) as u64, (nanos % 1_000_000_000) as u32)
    }

    /// The same instant without the part below a second, as `metav1.Time` keeps it.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self { seconds: self.seconds, nanos: 0 }
    }

    /// `metav1.Time`: `2026-03-01T10:20:30Z`.
    pub fn to_rfc3339(self) -> String {
        format!("{}Z", Civil::of(self.seconds))
    }

    /// `metav1.MicroTime`: `2026-03-01T10:20:30.000000Z`.
    pub fn to_rfc3339_micro(self) -> String {
        format!("{}.{:06}Z", Civil::of(self.seconds), self.nanos / 1_000)
    }

    /// A `metav1.MicroTime`: exactly six digits of a second.
    pub fn parse_micro(text: &str) -> Result<Self, ParseTimestampError> {
        read(text, Fraction::Six, Zone::Required).ok_or(ParseTimestampError)
    }

    /// An ISO 8601 time without a zone, `2026-03-01T10:20:30`, read as UTC.
    pub fn parse_local(text: &str) -> Result<Self, ParseTimestampError> {
        read(text, Fraction::Any, Zone::Absent).ok_or(ParseTimestampError)
    }

    /// Whether the text is a calendar day of RFC 3339, `2026-03-01`.
    pub fn is_date(text: &str) -> bool {
        let mut reader = Reader(text);
        reader.date().is_some() && reader.0.is_empty()
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;

    /// RFC 3339 as Go reads it: an hour may have one digit, a comma may stand before the fraction.
    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        read(text, Fraction::Any, Zone::Required).ok_or(ParseTimestampError)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC with as many digits of a second as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Civil::of(self.seconds).fmt(f)?;
        if self.nanos > 0 {
            let digits = format!("{:09}", self.nanos);
            write!(f, ".{}", digits.trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Fraction {
    Any,
    Six,
}

#[derive(Clone, Copy, PartialEq)]
enum Zone {
    Required,
    Absent,
}

fn read(text: &str, fraction: Fraction, zone: Zone) -> Option<Timestamp> {
    let mut reader = Reader(text);
    let days = reader.date()?;
    reader.symbol('T')?;
    let hour = reader.one_or_two_digits()?;
    reader.symbol(':')?;
    let minute = reader.number(2)?;
    reader.symbol(':')?;
    let second = reader.number(2)?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let nanos = reader.fraction(fraction)?;
    let offset = if zone == Zone::Required { reader.zone()? } else { 0 };
    let seconds = days * 86_400 + hour * 3_600 + minute * 60 + second - offset;
    reader.0.is_empty().then_some(Timestamp { seconds, nanos })
}

struct Reader<'t>(&'t str);

impl Reader<'_> {
    fn date(&mut self) -> Option<i64> {
        let year = self.number(4)?;
        self.symbol('-')?;
        let month = self.number(2)?;
        self.symbol('-')?;
        let day = self.number(2)?;
        ((1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day))
            .then(|| days_from_civil(year, month, day))
    }

    fn number(&mut self, length: usize) -> Option<i64> {
        let digits = self.0.get(..length).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        self.0 = &self.0[length..];
        digits.parse().ok()
    }

    fn one_or_two_digits(&mut self) -> Option<i64> {
        self.number(2).or_else(|| self.number(1))
    }

    fn symbol(&mut self, symbol: char) -> Option<()> {
        self.0 = self.0.strip_prefix(symbol)?;
        Some(())
    }

    fn fraction(&mut self, rule: Fraction) -> Option<u32> {
        let digits = match self.0.strip_prefix(['.', ',']) {
            None => return (rule == Fraction::Any).then_some(0),
            Some(rest) => &rest[..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())],
        };
        if digits.is_empty() || (rule == Fraction::Six && digits.len() != 6) {
            return None;
        }
        self.0 = &self.0[1 + digits.len()..];
        let kept = &digits[..digits.len().min(9)];
        kept.parse::<u32>().ok().map(|value| value * 10u32.pow(9 - kept.len() as u32))
    }

    /// Seconds east of UTC. Go allows offsets up to `+24:60`.
    fn zone(&mut self) -> Option<i64> {
        if self.symbol('Z').is_some() {
            return Some(0);
        }
        let sign = if self.symbol('+').is_some() { 1 } else { self.symbol('-').map(|()| -1)? };
        let hours = self.number(2)?;
        self.symbol(':')?;
        let minutes = self.number(2)?;
        (hours <= 24 && minutes <= 60).then_some(sign * (hours * 3_600 + minutes * 60))
    }
}

/// Fields of a civil date and time in UTC.
struct Civil {
    date: (i64, i64, i64),
    second_of_day: i64,
}

impl Civil {
    fn of(seconds: i64) -> Self {
        Self { date: civil_from_days(seconds.div_euclid(86_400)), second_of_day: seconds.rem_euclid(86_400) }
    }
}

impl fmt::Display for Civil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((year, month, day), second) = (self.date, self.second_of_day);
        write!(f, "{year:04}-{month:02}-{day:02}T")?;
        write!(f, "{:02}:{:02}:{:02}", second / 3_600, second / 60 % 60, second % 60)
    }
}

fn days_in_month(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        2 => 28 + i64::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the proleptic Gregorian calendar; years begin in March so that leap days come last.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year_of_era + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn texts() {
        let check = |text: &str, expected: Option<&str>| {
            let printed = text.parse::<Timestamp>().ok().map(|time| time.to_string());
            assert_eq!(printed.as_deref(), expected, "{text}");
        };
        check("2026-03-01T10:20:30Z", Some("2026-03-01T10:20:30Z"));
        check("2000-02-29T12:00:00.5-08:00", Some("2000-02-29T20:00:00.5Z"));
        check("2026-03-01T10:20:30,5Z", Some("2026-03-01T10:20:30.5Z"));
        check("2026-03-01T5:20:30Z", Some("2026-03-01T05:20:30Z"));
        check("0000-01-01T00:00:00Z", Some("0000-01-01T00:00:00Z"));
        check("9999-12-31T23:59:59.999999999Z", Some("9999-12-31T23:59:59.999999999Z"));
        check("2026-02-29T00:00:00Z", None);
        check("2026-03-01T24:00:00Z", None);
        check("2026-03-01T10:20:30z", None);
        check("2026-03-01T10:20:30.Z", None);
        check("2026-03-01T10:20:30", None);
    }

    #[test]
    fn arithmetic() {
        let start = Timestamp::from_unix(10, 900_000_000);
        let later = start.saturating_add(Duration::from_millis(200));
        assert_eq!(later, Timestamp::from_unix(11, 100_000_000));
        assert_eq!(later.saturating_sub(Duration::from_millis(200)), start);
        assert_eq!(later.saturating_duration_since(start), Duration::from_millis(200));
        assert_eq!(start.saturating_duration_since(later), Duration::ZERO);
        assert_eq!(start.saturating_add(Duration::MAX).to_rfc3339(), "9999-12-31T23:59:59Z");
        assert_eq!(start.to_rfc3339_micro(), "1970-01-01T00:00:10.900000Z");
    }

    proptest! {
        #[test]
        fn printing_reads_back(seconds in MIN_SECONDS..=MAX_SECONDS, nanos in 0u32..1_000_000_000) {
            let time = Timestamp::from_unix(seconds, nanos);
            prop_assert_eq!(time.to_string().parse::<Timestamp>(), Ok(time));
        }

        #[test]
        fn reading_never_panics(text in "[0-9TZ:.,+-]{0,32}") {
            let _ = text.parse::<Timestamp>();
        }
    }
}
