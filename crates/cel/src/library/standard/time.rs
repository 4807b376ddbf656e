//! Parts of timestamps, in UTC or a zone, and of durations.
use super::str_arg;
use crate::{EvalError, Functions, Overload, Value};

type Part<'a> = Result<Value<'a>, EvalError>;

pub(super) fn declare(functions: &mut Functions) {
    let rows: [(&str, &str, crate::Function); 10] = [
        ("getFullYear", "year", |_, args| calendar(args, |time| i64::from(time.year()))),
        ("getMonth", "month", |_, args| calendar(args, |time| i64::from(time.month()) - 1)),
        ("getDayOfYear", "day_of_year", |_, args| calendar(args, |time| i64::from(time.day_of_year()) - 1)),
        ("getDayOfMonth", "day_of_month", |_, args| calendar(args, |time| i64::from(time.day()) - 1)),
        ("getDate", "day_of_month_1_based", |_, args| calendar(args, |time| i64::from(time.day()))),
        ("getDayOfWeek", "day_of_week", |_, args| {
            calendar(args, |time| i64::from(time.weekday().to_sunday_zero_offset()))
        }),
        ("getHours", "hours", |_, args| calendar(args, |time| i64::from(time.hour()))),
        ("getMinutes", "minutes", |_, args| calendar(args, |time| i64::from(time.minute()))),
        ("getSeconds", "seconds", |_, args| calendar(args, |time| i64::from(time.second()))),
        ("getMilliseconds", "milliseconds", |_, args| calendar(args, |time| i64::from(time.millisecond()))),
    ];
    for (function, part, code) in rows {
        functions.add(Overload::new(
            &format!("timestamp_to_{part}"),
            &format!("timestamp.{function}() -> int"),
            code,
        ));
        // The one id without `with` is cel-go's.
        let with = if part == "seconds" { "" } else { "with_" };
        let id = format!("timestamp_to_{part}_{with}tz");
        functions.add(Overload::new(&id, &format!("timestamp.{function}(string) -> int"), code));
    }
    let rows: [(&str, &str, crate::Function); 4] = [
        ("duration_to_hours", "duration.getHours() -> int", |_, args| total(args, 3_600_000_000_000)),
        ("duration_to_minutes", "duration.getMinutes() -> int", |_, args| total(args, 60_000_000_000)),
        ("duration_to_seconds", "duration.getSeconds() -> int", |_, args| total(args, 1_000_000_000)),
        ("duration_to_milliseconds", "duration.getMilliseconds() -> int", |_, args| total(args, 1_000_000)),
    ];
    for (id, signature, code) in rows {
        functions.add(Overload::new(id, signature, code));
    }
}

fn calendar<'a>(args: &[Value<'a>], part: fn(jiff::civil::DateTime) -> i64) -> Part<'a> {
    let Value::Timestamp(time) = &args[0] else { return Err(EvalError::no_such_overload()) };
    let zone = (args.len() > 1).then(|| str_arg(args, 1)).transpose()?;
    Ok(Value::Int(part(time.in_zone(zone)?)))
}

fn total<'a>(args: &[Value<'a>], unit: i64) -> Part<'a> {
    let Value::Duration(span) = &args[0] else { return Err(EvalError::no_such_overload()) };
    Ok(Value::Int(span.0 / unit))
}
