//! Schedules in cron's notation, read as the parser that Kubernetes uses reads them (robfig/cron), with its words for what
//! is none. Refuses time zones inside of schedules: those are a field of their own.

use jiff::{
    ToSpan as _, Unit,
    civil::{DateTime, Weekday},
    tz::TimeZone,
};
use std::time::Duration;

/// When something is to happen again and again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Schedule {
    /// `@every 5m`, in whole seconds, at least one.
    Every(Duration),
    Fields(Fields),
}

/// Sets of numbers as bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fields {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    /// Sunday is 0.
    weekdays: u64,
    /// Whether one of the two kinds of days is left open: then both must match, else one of them.
    is_day_open: bool,
}

/// No schedule looks further ahead.
const YEARS: i16 = 5;

/// Names that stand for fields.
const NAMED: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Schedule {
    /// Reads a schedule; the error is what the field error says.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if let Some(interval) = text.strip_prefix("@every ") {
            let every = duration(interval).ok_or_else(|| {
                format!("failed to parse duration {text}: time: invalid duration {interval:?}")
            })?;
            return Ok(Self::Every(Duration::from_secs(every.as_secs().max(1))));
        }
        if text.starts_with('@') {
            let named = NAMED.iter().find(|(name, _)| *name == text);
            let (_, fields) = named.ok_or_else(|| format!("unrecognized descriptor: {text}"))?;
            return Self::parse(fields);
        }
        let text = match text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) {
            Some(rest) => rest.split_once(' ').map_or("", |(_, rest)| rest),
            None => text,
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[minutes, hours, days, months, weekdays] = fields.as_slice() else {
            return Err(format!("expected exactly 5 fields, found {}: [{}]", fields.len(), fields.join(" ")));
        };
        Ok(Self::Fields(Fields {
            minutes: set(minutes, 0, 59)?,
            hours: set(hours, 0, 23)?,
            days: set(days, 1, 31)?,
            months: set(months, 1, 12)?,
            weekdays: set(weekdays, 0, 6)?,
            is_day_open: is_open(days) || is_open(weekdays),
        }))
    }

    /// The first time after a moment, as the clocks of a time zone have it; nothing in the next years.
    pub(crate) fn after(&self, moment: jiff::Timestamp, zone: &TimeZone) -> Option<jiff::Timestamp> {
        match self {
            Self::Every(interval) => {
                let whole = jiff::Timestamp::from_second(moment.as_second()).ok()?;
                whole.checked_add(*interval).ok()
            }
            Self::Fields(fields) => {
                let mut at = moment;
                // Clocks that are set forward or back show a time never or twice.
                loop {
                    let next = fields.after(zone.to_datetime(at))?;
                    let found = zone.to_timestamp(next).ok()?;
                    if found > moment {
                        return Some(found);
                    }
                    at = at.checked_add(1.hour()).ok()?;
                }
            }
        }
    }

    /// The last time in (`from`, `until`].
    pub(crate) fn latest(
        &self,
        from: jiff::Timestamp,
        until: jiff::Timestamp,
        zone: &TimeZone,
    ) -> Option<jiff::Timestamp> {
        // Most schedules have one in the last hour; longer looks are for those that are rare enough.
        for hours in [1, 24, 32 * 24, 366 * 24, i64::from(YEARS) * 366 * 24] {
            let window = until.checked_sub(hours.hours()).unwrap_or(from).max(from);
            let mut last = None;
            let mut next = self.after(window, zone);
            while let Some(found) = next.filter(|found| *found <= until) {
                last = Some(found);
                next = self.after(found, zone);
            }
            if last.is_some() || window == from {
                return last;
            }
        }
        None
    }
}

impl Fields {
    fn after(&self, moment: DateTime) -> Option<DateTime> {
        let end = moment.year().checked_add(YEARS)?;
        let mut at = moment.round(Unit::Minute).ok()?;
        while at <= moment {
            at = at.checked_add(1.minute()).ok()?;
        }
        while at.year() <= end {
            if !has(self.months, at.month()) {
                at = at.date().first_of_month().checked_add(1.month()).ok()?.at(0, 0, 0, 0);
            } else if !self.is_day(at) {
                at = at.date().tomorrow().ok()?.at(0, 0, 0, 0);
            } else if !has(self.hours, at.hour()) {
                at = at.date().at(at.hour(), 0, 0, 0).checked_add(1.hour()).ok()?;
            } else if !has(self.minutes, at.minute()) {
                at = at.checked_add(1.minute()).ok()?;
            } else {
                return Some(at);
            }
        }
        None
    }

    fn is_day(&self, at: DateTime) -> bool {
        let day = has(self.days, at.day());
        let weekday = has(self.weekdays, weekday(at.weekday()));
        if self.is_day_open { day && weekday } else { day || weekday }
    }
}

fn weekday(day: Weekday) -> i8 {
    day.to_sunday_zero_offset()
}

fn has(set: u64, value: i8) -> bool {
    u32::try_from(value).is_ok_and(|value| set & (1 << value) != 0)
}

fn is_open(field: &str) -> bool {
    field
        .split(',')
        .any(|part| matches!(part, "*" | "?") || matches!(part.split_once('/'), Some(("*" | "?", _))))
}

/// The numbers of one field.
fn set(field: &str, min: u32, max: u32) -> Result<u64, String> {
    let mut out = 0;
    for part in field.split(',') {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let (low, high) = match range {
            "*" | "?" => (min, max),
            range => {
                let (low, high) = range.split_once('-').unwrap_or((range, range));
                // `5/10` is from 5 on.
                let (low, high) = (named(low, max)?, named(high, max)?);
                if step.is_some() && !range.contains('-') { (low, max) } else { (low, high) }
            }
        };
        let step = match step.map(number).transpose()? {
            Some(0) => return Err(format!("step of range should be a positive number: {part}")),
            step => step.unwrap_or(1),
        };
        if low < min {
            return Err(format!("beginning of range ({low}) below minimum ({min}): {part}"));
        }
        if high > max {
            return Err(format!("end of range ({high}) above maximum ({max}): {part}"));
        }
        if low > high {
            return Err(format!("beginning of range ({low}) beyond end of range ({high}): {part}"));
        }
        out |= (low..=high)
            .step_by(usize::try_from(step).unwrap_or(usize::MAX))
            .fold(0, |bits, at| bits | 1 << at);
    }
    Ok(out)
}

/// A number, or the name of a month or weekday where those stand.
fn named(text: &str, max: u32) -> Result<u32, String> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    let lower = text.to_ascii_lowercase();
    let (names, first): (&[&str], u32) = match max {
        12 => (&MONTHS, 1),
        6 => (&DAYS, 0),
        _ => (&[], 0),
    };
    match names.iter().position(|name| *name == lower) {
        Some(index) => Ok(u32::try_from(index).unwrap_or_default() + first),
        None => number(text),
    }
}

fn number(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| {
        format!("failed to parse int from {text}: strconv.Atoi: parsing {text:?}: invalid syntax")
    })
}

/// A duration in Go's notation, positive.
fn duration(text: &str) -> Option<Duration> {
    let nanoseconds = kro_gotext::duration::parse(text).ok()?;
    u64::try_from(nanoseconds).ok().map(Duration::from_nanos)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_schedule() {
        for (bad, why) in [
            ("five minutes", "expected exactly 5 fields, found 2: [five minutes]"),
            ("61 * * * *", "end of range (61) above maximum (59): 61"),
            ("x * * * *", "failed to parse int from x: strconv.Atoi: parsing \"x\": invalid syntax"),
            ("*/0 * * * *", "step of range should be a positive number: */0"),
            ("@often", "unrecognized descriptor: @often"),
        ] {
            assert_eq!(Schedule::parse(bad), Err(why.to_owned()));
        }
    }

    #[test]
    fn times_that_follow() {
        for (schedule, zone, after, wanted) in [
            ("*/5 * * * *", "UTC", "2026-01-01T00:03:20Z", "2026-01-01T00:05:00Z"),
            ("*/5 * * * *", "UTC", "2026-01-01T00:05:00Z", "2026-01-01T00:10:00Z"),
            ("0 3 * * *", "Europe/Berlin", "2026-01-01T12:00:00Z", "2026-01-02T02:00:00Z"),
            // The 13th or a Friday.
            ("0 0 13 * fri", "UTC", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
            ("0 0 * jan mon", "UTC", "2026-01-27T00:00:00Z", "2027-01-04T00:00:00Z"),
            ("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("@every 90s", "UTC", "2026-01-01T00:00:00.5Z", "2026-01-01T00:01:30Z"),
            // Clocks go from 2 to 3.
            ("30 2 * * *", "Europe/Berlin", "2026-03-29T00:00:00Z", "2026-03-29T01:30:00Z"),
            // And from 3 to 2: the hour that comes twice counts once.
            ("30 2 * * *", "Europe/Berlin", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        ] {
            let found = Schedule::parse(schedule)
                .expect("a schedule")
                .after(after.parse().expect("a time"), &TimeZone::get(zone).expect("a time zone"));
            assert_eq!(found, wanted.parse().ok(), "{schedule} in {zone} after {after}");
        }
        let never = Schedule::parse("0 0 31 2 *").expect("a schedule");
        assert_eq!(never.after(jiff::Timestamp::UNIX_EPOCH, &TimeZone::UTC), None);
    }

    #[test]
    fn times_that_were_missed() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time");
        let latest = |schedule: &str, from: &str, until: &str| {
            Schedule::parse(schedule).expect("a schedule").latest(at(from), at(until), &TimeZone::UTC)
        };
        let minutely = latest("* * * * *", "2020-01-01T00:00:00Z", "2026-01-01T00:00:30Z");
        assert_eq!(minutely, Some(at("2026-01-01T00:00:00Z")));
        let yearly = latest("@yearly", "2020-01-01T00:00:00Z", "2026-06-01T00:00:30Z");
        assert_eq!(yearly, Some(at("2026-01-01T00:00:00Z")));
        assert_eq!(latest("@daily", "2026-01-01T01:00:00Z", "2026-01-01T09:00:00Z"), None);
    }
}
