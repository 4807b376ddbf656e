//! Times as Go parses and prints them, with Go's texts for what is wrong.

/// How a time is written: as in RFC 3339, with whole seconds or exactly six digits more.
#[derive(Clone, Copy)]
pub(in crate::core) struct Layout {
    text: &'static str,
    fraction: bool,
}

/// `metav1.Time`.
pub(in crate::core) const SECONDS: Layout = Layout { text: "2006-01-02T15:04:05Z07:00", fraction: false };
/// `metav1.MicroTime`.
pub(in crate::core) const MICROSECONDS: Layout =
    Layout { text: "2006-01-02T15:04:05.000000Z07:00", fraction: true };

/// The canonical text of a time.
pub(in crate::core) fn parse(text: &str, layout: Layout) -> Result<String, String> {
    let fail = |why: String| Err(format!("parsing time {text:?}{why}"));
    if let Err((rest, wanted)) = check(text, layout.fraction) {
        return if wanted.is_empty() {
            fail(format!(": extra text: {rest:?}"))
        } else {
            fail(format!(" as {:?}: cannot parse {rest:?} as {wanted:?}", layout.text))
        };
    }
    let Ok(time) = text.parse::<jiff::Timestamp>() else {
        return fail(format!(": {} out of range", out_of_range(text)));
    };
    let whole = time.as_second();
    Ok(if layout.fraction {
        let micros = time.as_microsecond();
        let whole =
            jiff::Timestamp::from_second(micros.div_euclid(1_000_000)).unwrap_or_default().to_string();
        format!("{}.{:06}Z", whole.trim_end_matches('Z'), micros.rem_euclid(1_000_000))
    } else if time.subsec_nanosecond() < 0 {
        jiff::Timestamp::from_second(whole - 1).unwrap_or_default().to_string()
    } else {
        jiff::Timestamp::from_second(whole).unwrap_or_default().to_string()
    })
}

/// Walks along the layout; an error tells the rest of the text and the element that it does not fit.
fn check(text: &str, fraction: bool) -> Result<(), (&str, &'static str)> {
    let mut rest = text;
    for element in ["2006", "-", "01", "-", "02", "T", "15", ":", "04", ":", "05"] {
        let is_number = element.as_bytes()[0].is_ascii_digit();
        let fits = match rest.get(..element.len()) {
            Some(head) if is_number => head.bytes().all(|byte| byte.is_ascii_digit()),
            Some(head) => head == element,
            None => false,
        };
        if !fits {
            return Err((rest, element));
        }
        rest = &rest[element.len()..];
    }
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let more = rest.strip_prefix('.').map_or(0, digits);
    if fraction {
        if more < 6 {
            return Err((rest, ".000000"));
        }
        rest = &rest[7..];
    } else if more > 0 {
        rest = &rest[1 + more..];
    }
    let zone = rest.as_bytes();
    let has_offset = matches!(zone.first(), Some(b'+' | b'-'))
        && zone.len() >= 6
        && zone[3] == b':'
        && [1, 2, 4, 5].iter().all(|at: &usize| zone[*at].is_ascii_digit());
    let used = match zone.first() {
        Some(b'Z') => 1,
        _ if has_offset => 6,
        _ => return Err((rest, "Z07:00")),
    };
    if rest.len() > used { Err((&rest[used..], "")) } else { Ok(()) }
}

/// The first part of a well-formed time that is too large.
fn out_of_range(text: &str) -> &'static str {
    let number = |from: usize| text.get(from..from + 2).and_then(|part| part.parse::<u8>().ok()).unwrap_or(0);
    match (number(5), number(11), number(14), number(17)) {
        (month, ..) if !(1..=12).contains(&month) => "month",
        (_, 24.., ..) => "hour",
        (_, _, 60.., _) => "minute",
        (_, _, _, 60..) => "second",
        _ => "day",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_go_does() {
        for (text, layout, want) in [
            ("2001-02-03T04:05:06Z", SECONDS, Ok("2001-02-03T04:05:06Z")),
            ("2001-02-03T04:05:06.9+02:00", SECONDS, Ok("2001-02-03T02:05:06Z")),
            ("2001-02-03T04:05:06.123456Z", MICROSECONDS, Ok("2001-02-03T04:05:06.123456Z")),
            (
                "2001-02-03T04:05:06Z",
                MICROSECONDS,
                Err(" as \"2006-01-02T15:04:05.000000Z07:00\": cannot parse \"Z\" as \".000000\""),
            ),
            (
                "yesterday",
                SECONDS,
                Err(" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"yesterday\" as \"2006\""),
            ),
            ("2001-02-03", SECONDS, Err(" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"T\"")),
            ("2001-13-03T04:05:06Z", SECONDS, Err(": month out of range")),
            ("2001-02-30T04:05:06Z", SECONDS, Err(": day out of range")),
            ("2001-02-03T04:05:06Zz", SECONDS, Err(": extra text: \"z\"")),
        ] {
            let want = want.map(str::to_owned).map_err(|why| format!("parsing time {text:?}{why}"));
            assert_eq!(parse(text, layout), want);
        }
    }
}
