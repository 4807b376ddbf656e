//! Points and spans of time with the ranges and texts of the language: RFC 3339 and Go's duration format.
use crate::EvalError;
use jiff::{SignedDuration, Timestamp as Instant, civil, tz::TimeZone};
use kro_gotext::duration;
use std::fmt;

/// A point in time: seconds since 1970 and nanoseconds, within the years 1 to 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp {
    seconds: i64,
    nanos: u32,
}

/// A span of time in nanoseconds; about ±292 years, as Go's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(pub i64);

const SECOND: i64 = 1_000_000_000;
const EPOCH: civil::DateTime = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Timestamp {
    /// 0001-01-01T00:00:00Z, Go's zero time.
    pub const ZERO: Self = Self { seconds: Self::MIN_SECONDS, nanos: 0 };
    const MIN_SECONDS: i64 = -62_135_596_800;
    /// 9999-12-31T23:59:59Z.
    const MAX_SECONDS: i64 = 253_402_300_799;

    /// The point `seconds` and `nanos` after the start of 1970; `None` outside of the range, or with a whole second
    /// in `nanos`.
    pub fn new(seconds: i64, nanos: u32) -> Option<Self> {
        let valid = (Self::MIN_SECONDS..=Self::MAX_SECONDS).contains(&seconds) && i64::from(nanos) < SECOND;
        valid.then_some(Self { seconds, nanos })
    }

    /// Reads RFC 3339 text.
    pub fn parse(text: &str) -> Option<Self> {
        // RFC 3339 is stricter than what the calendar library reads: date, `T`, full time, offset.
        let bytes = text.as_bytes();
        let shape =
            bytes.len() >= 20 && bytes[4] == b'-' && bytes[7] == b'-' && matches!(bytes[10], b'T' | b't');
        let shape =
            shape && bytes[13] == b':' && bytes[16] == b':' && bytes[..4].iter().all(u8::is_ascii_digit);
        if !shape || text.contains(['[', ' ']) {
            return None;
        }
        let local: civil::DateTime = text.get(..19)?.parse().ok()?;
        // Leap seconds are refused, as Go does.
        if &bytes[17..19] == b"60" {
            return None;
        }
        let rest = &text[19..];
        let (fraction, zone) = match rest.strip_prefix('.') {
            Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
            None => ("", rest),
        };
        if rest.len() > zone.len() && fraction.is_empty() {
            return None;
        }
        // Digits past the precision of a nanosecond are cut off.
        let nanos = fraction.bytes().chain(std::iter::repeat(b'0')).take(9);
        let nanos = nanos.fold(0, |nanos, digit| nanos * 10 + u32::from(digit - b'0'));
        let offset = match zone.as_bytes() {
            [b'Z' | b'z'] => 0,
            [sign @ (b'+' | b'-'), digits @ ..] => {
                let [h1, h2, b':', m1, m2] = digits else { return None };
                let number = |tens: &u8, ones: &u8| {
                    let digit = |byte: &u8| char::from(*byte).to_digit(10).map(i64::from);
                    Some(digit(tens)? * 10 + digit(ones)?)
                };
                let (hours, minutes) = (number(h1, h2)?, number(m1, m2)?);
                if hours > 23 || minutes > 59 {
                    return None;
                }
                (hours * 60 + minutes) * if *sign == b'-' { -60 } else { 60 }
            }
            _ => return None,
        };
        Self::new(local.duration_since(EPOCH).as_secs() - offset, nanos)
    }

    /// Whole seconds since the start of 1970, rounded down.
    pub fn seconds(self) -> i64 {
        self.seconds
    }

    /// Nanoseconds of the second.
    pub fn nanos(self) -> u32 {
        self.nanos
    }

    /// The point `duration` later.
    pub fn checked_add(self, duration: Duration) -> Option<Self> {
        Self::from_nanos(self.total_nanos() + i128::from(duration.0))
    }

    /// The point `duration` earlier.
    pub fn checked_sub(self, duration: Duration) -> Option<Self> {
        Self::from_nanos(self.total_nanos() - i128::from(duration.0))
    }

    /// The span since `earlier`.
    pub fn since(self, earlier: Self) -> Option<Duration> {
        i64::try_from(self.total_nanos() - earlier.total_nanos()).ok().map(Duration)
    }

    /// Calendar date and time of day in a time zone: an IANA name, or an offset such as `+05:30` or `-2:00`.
    pub fn in_zone(self, zone: Option<&str>) -> Result<civil::DateTime, EvalError> {
        let zone = match zone {
            None | Some("") => TimeZone::UTC,
            Some(name) => time_zone(name)?,
        };
        // The calendar library knows points up to a day before the end; zones do not change there.
        let known = self.seconds.clamp(Instant::MIN.as_second(), Instant::MAX.as_second());
        let offset = Instant::from_second(known).map(|instant| zone.to_offset(instant));
        let offset = offset.map_err(|_| EvalError::invalid("timestamp out of range"))?;
        let since = SignedDuration::new(self.seconds + i64::from(offset.seconds()), self.nanos as i32);
        EPOCH.checked_add(since).map_err(|_| EvalError::invalid("timestamp out of range"))
    }

    /// RFC 3339 with whole seconds; the zero time has no text.
    pub(super) fn json_text(self) -> Option<String> {
        (self != Self::ZERO).then(|| Self { seconds: self.seconds, nanos: 0 }.to_string())
    }

    fn total_nanos(self) -> i128 {
        i128::from(self.seconds) * i128::from(SECOND) + i128::from(self.nanos)
    }

    fn from_nanos(nanos: i128) -> Option<Self> {
        let second = i128::from(SECOND);
        Self::new(i64::try_from(nanos.div_euclid(second)).ok()?, nanos.rem_euclid(second) as u32)
    }
}

/// RFC 3339 in UTC, with as many digits of the fraction as there are.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ok(time) = self.in_zone(None) else { return Err(fmt::Error) };
        write!(f, "{:04}-{:02}-{:02}T", time.year(), time.month(), time.day())?;
        write!(f, "{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second())?;
        if self.nanos > 0 {
            write!(f, ".{}", format!("{:09}", self.nanos).trim_end_matches('0'))?;
        }
        f.write_str("Z")
    }
}

fn time_zone(name: &str) -> Result<TimeZone, EvalError> {
    let unknown = || EvalError::invalid(format!("unknown time zone {name}"));
    let Some((hours, minutes)) = name.split_once(':') else {
        return TimeZone::get(name).map_err(|_| unknown());
    };
    let (negative, hours) = match hours.strip_prefix('-') {
        Some(hours) => (true, hours),
        None => (false, hours.strip_prefix('+').unwrap_or(hours)),
    };
    let (Ok(hours), Ok(minutes)) = (hours.parse::<u8>(), minutes.parse::<u8>()) else {
        return Err(unknown());
    };
    if hours > 23 || minutes > 59 {
        return Err(unknown());
    }
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    let offset = jiff::tz::Offset::from_seconds(if negative { -seconds } else { seconds });
    offset.map(TimeZone::fixed).map_err(|_| unknown())
}

impl Duration {
    /// The span of `seconds` and `nanos`, which have the same sign; `None` when it is too long.
    pub fn new(seconds: i64, nanos: i32) -> Option<Self> {
        seconds.checked_mul(SECOND)?.checked_add(i64::from(nanos)).map(Self)
    }

    /// Reads Go's duration text: `1h30m`, `-1.5s`, `100ms`, `0`.
    pub fn parse(text: &str) -> Option<Self> {
        duration::parse(text).ok().map(Self)
    }

    /// Whole seconds, rounded towards zero.
    pub fn seconds(self) -> i64 {
        self.0 / SECOND
    }

    /// The rest of the last second, with the sign of the span.
    pub fn subsecond_nanos(self) -> i32 {
        (self.0 % SECOND) as i32
    }

    /// Go's text: `1h30m0s`, `1.5s`, `100ms`, `0s`.
    pub fn go_text(self) -> String {
        duration::format(self.0)
    }

    /// Seconds as a decimal without trailing zeros, as `string()` prints them before its `s`.
    fn second_text(self) -> String {
        let nanos = self.0.unsigned_abs();
        let sign = if self.0 < 0 { "-" } else { "" };
        let text = format!("{sign}{}.{:09}", nanos / SECOND.unsigned_abs(), nanos % SECOND.unsigned_abs());
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

/// Seconds with their fraction: `90s`, `1.5s`.
impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}s", self.second_text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, nanos, go) in [
            ("1h30m", 5_400_000_000_000, "1h30m0s"),
            ("1.5s", 1_500_000_000, "1.5s"),
            ("-100ms", -100_000_000, "-100ms"),
            ("0", 0, "0s"),
            ("1.5us", 1_500, "1.5µs"),
            ("7ns", 7, "7ns"),
            ("90s", 90_000_000_000, "1m30s"),
            (".5s", 500_000_000, "500ms"),
        ] {
            let duration = Duration::parse(text).unwrap();
            assert_eq!((duration.0, duration.go_text().as_str()), (nanos, go), "{text}");
        }
        for text in ["", "1", "s", "1x", "-", ".s", "10000000000h", "1h 2m"] {
            assert_eq!(Duration::parse(text), None, "{text}");
        }
    }

    #[test]
    fn timestamps() {
        for text in ["2024-01-02T03:04:05Z", "0001-01-01T00:00:00Z", "2024-01-02T03:04:05.123Z"] {
            assert_eq!(Timestamp::parse(text).unwrap().to_string(), text);
        }
        for text in ["2024-01-02", "2024-01-02 03:04:05Z", "2024-13-02T03:04:05Z", "2024-01-02T03:04:05"] {
            assert_eq!(Timestamp::parse(text), None, "{text}");
        }
    }
}
