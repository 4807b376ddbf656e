//! Parts of timestamps, in UTC or a zone, and of durations.
use crate::{EvalError, Functions, Overload, Value, library::arguments::text};

type Part<'a> = Result<Value<'a>, EvalError>;

pub(super) fn declare(functions: &mut Functions) {
    let rows: [(&str, i64, i64, &str, crate::Function); 10] = [
        ("getFullYear", 2024, 2024, "year", |_, args| calendar(args, |time| i64::from(time.year()))),
        ("getMonth", 1, 1, "month", |_, args| calendar(args, |time| i64::from(time.month()) - 1)),
        ("getDayOfYear", 59, 59, "day_of_year", |_, args| {
            calendar(args, |time| i64::from(time.day_of_year()) - 1)
        }),
        ("getDayOfMonth", 28, 28, "day_of_month", |_, args| calendar(args, |time| i64::from(time.day()) - 1)),
        ("getDate", 29, 29, "day_of_month_1_based", |_, args| calendar(args, |time| i64::from(time.day()))),
        ("getDayOfWeek", 4, 4, "day_of_week", |_, args| {
            calendar(args, |time| i64::from(time.weekday().to_sunday_zero_offset()))
        }),
        ("getHours", 12, 13, "hours", |_, args| calendar(args, |time| i64::from(time.hour()))),
        ("getMinutes", 30, 30, "minutes", |_, args| calendar(args, |time| i64::from(time.minute()))),
        ("getSeconds", 45, 45, "seconds", |_, args| calendar(args, |time| i64::from(time.second()))),
        ("getMilliseconds", 500, 500, "milliseconds", |_, args| {
            calendar(args, |time| i64::from(time.millisecond()))
        }),
    ];
    // With what they are of the time in the example, in UTC and in Berlin.
    let time = "timestamp('2024-02-29T12:30:45.5Z')";
    for (function, utc, berlin, part, code) in rows {
        let id = format!("timestamp_to_{part}");
        let overload = Overload::new(&id, &format!("timestamp.{function}() -> int"), code);
        functions.add(overload.example(format!("{time}.{function}() == {utc}")));
        // The one id without `with` is cel-go's.
        let with = if part == "seconds" { "" } else { "with_" };
        let id = format!("timestamp_to_{part}_{with}tz");
        let overload = Overload::new(&id, &format!("timestamp.{function}(string) -> int"), code);
        functions.add(overload.example(format!("{time}.{function}('Europe/Berlin') == {berlin}")));
    }
    let rows: [(&str, &str, crate::Function, &'static str); 4] = [
        (
            "duration_to_hours",
            "duration.getHours() -> int",
            |_, args| total(args, 3_600_000_000_000),
            "duration('90m').getHours() == 1",
        ),
        (
            "duration_to_minutes",
            "duration.getMinutes() -> int",
            |_, args| total(args, 60_000_000_000),
            "duration('90m').getMinutes() == 90",
        ),
        (
            "duration_to_seconds",
            "duration.getSeconds() -> int",
            |_, args| total(args, 1_000_000_000),
            "duration('90s').getSeconds() == 90",
        ),
        (
            "duration_to_milliseconds",
            "duration.getMilliseconds() -> int",
            |_, args| total(args, 1_000_000),
            "duration('90ms').getMilliseconds() == 90",
        ),
    ];
    for (id, signature, code, example) in rows {
        functions.add(Overload::new(id, signature, code).example(example));
    }
}

fn calendar<'a>(args: &[Value<'a>], part: fn(jiff::civil::DateTime) -> i64) -> Part<'a> {
    let Value::Timestamp(time) = &args[0] else { return Err(EvalError::no_such_overload()) };
    let zone = (args.len() > 1).then(|| text(args, 1)).transpose()?;
    Ok(Value::Int(part(time.in_zone(zone)?)))
}

fn total<'a>(args: &[Value<'a>], unit: i64) -> Part<'a> {
    let Value::Duration(span) = &args[0] else { return Err(EvalError::no_such_overload()) };
    Ok(Value::Int(span.0 / unit))
}
