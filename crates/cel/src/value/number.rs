//! Numbers of the three kinds on one line: comparison by mathematical value, and how doubles print.
use super::Value;
use std::cmp::Ordering;

/// A number of any kind.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Number {
    Int(i64),
    Uint(u64),
    Double(f64),
}

/// 2^63 and 2^64, the first doubles outside of the integer types.
const TWO_63: f64 = 9_223_372_036_854_775_808.0;
const TWO_64: f64 = 18_446_744_073_709_551_616.0;

impl Number {
    pub(crate) fn of(value: &Value<'_>) -> Option<Self> {
        Some(match value {
            Value::Int(value) => Self::Int(*value),
            Value::Uint(value) => Self::Uint(*value),
            Value::Double(value) => Self::Double(*value),
            _ => return None,
        })
    }

    /// The integer of the same mathematical value, if there is one.
    pub(crate) fn integral(self) -> Option<Self> {
        match self {
            Self::Double(value) if value.fract().abs() > 0.0 => None,
            Self::Double(value) if (-TWO_63..TWO_63).contains(&value) => Some(Self::Int(value as i64)),
            Self::Double(value) if (0.0..TWO_64).contains(&value) => Some(Self::Uint(value as u64)),
            Self::Double(_) => None,
            integer => Some(integer),
        }
    }

    /// Mathematical comparison; `None` when NaN is involved.
    pub(crate) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Uint(a), Self::Uint(b)) => Some(a.cmp(&b)),
            (Self::Int(a), Self::Uint(b)) => Some(u64::try_from(a).map_or(Ordering::Less, |a| a.cmp(&b))),
            (Self::Uint(_), Self::Int(_)) | (Self::Int(_) | Self::Uint(_), Self::Double(_)) => {
                other.compare(self).map(Ordering::reverse)
            }
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(&b),
            (Self::Double(a), Self::Int(b)) => {
                Self::compare_double(a, -TWO_63, TWO_63, |a| a.partial_cmp(&(b as f64)))
            }
            (Self::Double(a), Self::Uint(b)) => {
                Self::compare_double(a, 0.0, TWO_64, |a| a.partial_cmp(&(b as f64)))
            }
        }
    }

    /// Compares a double with an integer whose type has the range `low..high`. Within it the integer is rounded to a
    /// double, as cel-go does.
    fn compare_double(
        a: f64,
        low: f64,
        high: f64,
        within: impl Fn(f64) -> Option<Ordering>,
    ) -> Option<Ordering> {
        if a.is_nan() {
            return None;
        }
        if a < low {
            return Some(Ordering::Less);
        }
        if a > high {
            return Some(Ordering::Greater);
        }
        within(a)
    }
}

/// A double as `string()` prints it, which is Go's `%g`: the shortest decimal that reads back, with an exponent below
/// 1e-4 and from 1e6.
pub(crate) fn double_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
        return format!("{mantissa}e{sign}{digits:0>2}");
    }
    format!("{value}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compare() {
        use Number::{Double, Int, Uint};
        for (a, b, expected) in [
            (Int(-1), Uint(0), Some(Ordering::Less)),
            (Uint(u64::MAX), Int(i64::MAX), Some(Ordering::Greater)),
            (Double(1.5), Int(1), Some(Ordering::Greater)),
            (Int(i64::MAX), Double(TWO_63), Some(Ordering::Equal)),
            (Int(5), Double(1e300), Some(Ordering::Less)),
            (Double(-0.5), Uint(0), Some(Ordering::Less)),
            (Double(f64::NAN), Int(0), None),
            (Int(3), Double(3.0), Some(Ordering::Equal)),
        ] {
            assert_eq!(a.compare(b), expected, "{a:?} {b:?}");
        }
    }

    #[test]
    fn print() {
        for (value, text) in [
            (1.0, "1"),
            (-0.5, "-0.5"),
            (1e21, "1e+21"),
            (1.5e-7, "1.5e-07"),
            (0.0001, "0.0001"),
            (1e6, "1e+06"),
        ] {
            assert_eq!(double_text(value), text);
        }
    }
}
