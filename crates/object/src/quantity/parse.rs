//! Reading the text of a quantity.

use super::{Amount, Format, MAX_ALIGNED_DIGITS, Quantity};
use num_bigint::{BigInt, Sign};

/// The longest text of a quantity, in bytes.
const MAX_LENGTH: usize = 20_000;
/// Decimal digits that always fit an `i64`.
const FAST_DIGITS: i32 = 18;
/// The finest scale: one billionth.
const NANO: i32 = -9;

/// The text is not a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseQuantityError {
    /// Not a number with a suffix.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Format,
    /// A suffix other than those of [`Format`].
    #[error("unable to parse quantity's suffix")]
    Suffix,
    /// Longer than 20,000 bytes.
    #[error("quantity is too long")]
    TooLong,
}

struct Parts<'t> {
    negative: bool,
    whole: &'t str,
    fraction: &'t str,
    suffix: &'t str,
}

enum Suffix {
    Decimal(Format, i32),
    Binary(u32),
}

pub(super) fn parse(text: &str) -> Result<Quantity, ParseQuantityError> {
    if text.len() > MAX_LENGTH {
        return Err(ParseQuantityError::TooLong);
    }
    let parts = split(text).ok_or(ParseQuantityError::Format)?;
    let Some(suffix) = suffix(parts.suffix) else {
        return Err(if has_form(parts.suffix) {
            ParseQuantityError::Suffix
        } else {
            ParseQuantityError::Format
        });
    };
    Ok(match fast(text, &parts, &suffix) {
        // Made in one place from numbers, not moved from one to the next.
        Some(Fast { value, scale, format, keep }) => {
            Quantity { amount: Amount::Small { value, scale }, format, text: keep.then(|| text.into()) }
        }
        None => exact(&parts, &suffix),
    })
}

/// The parts of a text. Its suffix is everything behind the digits.
fn split(text: &str) -> Option<Parts<'_>> {
    let (negative, unsigned) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let zeros = unsigned.bytes().take_while(|byte| *byte == b'0').count();
    let (mut whole, rest) = digits(&unsigned[zeros..]);
    if whole.is_empty() {
        whole = "0";
    }
    let (fraction, suffix) = match rest.as_bytes().first() {
        Some(b'.') => digits(&rest[1..]),
        _ => ("", rest),
    };
    Some(Parts { negative, whole, fraction, suffix })
}

/// The digits that a text starts with, and the rest.
fn digits(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

/// Whether a text may be a suffix at all: letters that suffixes have, then what may be an exponent.
fn has_form(suffix: &str) -> bool {
    let rest = suffix.trim_start_matches(['e', 'E', 'i', 'n', 'u', 'm', 'k', 'K', 'M', 'G', 'T', 'P']);
    let exponent = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    exponent.bytes().all(|byte| byte.is_ascii_digit())
}

fn suffix(text: &str) -> Option<Suffix> {
    let si = |exponent| Some(Suffix::Decimal(Format::DecimalSi, exponent));
    match text.as_bytes() {
        b"" => si(0),
        b"n" => si(-9),
        b"u" => si(-6),
        b"m" => si(-3),
        b"k" => si(3),
        b"M" => si(6),
        b"G" => si(9),
        b"T" => si(12),
        b"P" => si(15),
        b"E" => si(18),
        [power, b'i'] => Some(Suffix::Binary(match power {
            b'K' => 10,
            b'M' => 20,
            b'G' => 30,
            b'T' => 40,
            b'P' => 50,
            b'E' => 60,
            _ => return None,
        })),
        // Go reads 64 bits and keeps 32 of them.
        _ => {
            let exponent: i64 = text.strip_prefix(['e', 'E'])?.parse().ok()?;
            Some(Suffix::Decimal(Format::DecimalExponent, exponent as i32))
        }
    }
}

/// A quantity in the integer form.
struct Fast {
    value: i64,
    scale: i32,
    format: Format,
    /// Whether the text is not what would be printed, and is kept.
    keep: bool,
}

/// The integer form, where Go takes it. A text that is canonical up to its spelling is kept.
fn fast(text: &str, parts: &Parts<'_>, suffix: &Suffix) -> Option<Fast> {
    let (whole, fraction) = (parts.whole.len() as i32, parts.fraction.len() as i32);
    let (format, exponent, factor, room) = match *suffix {
        Suffix::Decimal(format, exponent) => (format, exponent, 1, FAST_DIGITS - whole - fraction),
        Suffix::Binary(_) if fraction > 0 => return None,
        Suffix::Binary(bits) => (Format::BinarySi, 0, 1i64 << bits, 14 - whole - (bits * 3 / 10) as i32),
    };
    let scale = exponent.checked_sub(fraction)?;
    if room < 0 || scale < NANO {
        return None;
    }
    let digits = || parts.whole.bytes().chain(parts.fraction.bytes());
    // There is room, so there are no more digits than an integer holds.
    let value = digits().fold(0i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    let product = value.checked_mul(factor)?;
    let canonical = match suffix {
        Suffix::Binary(_) => value & 7 != 0,
        Suffix::Decimal(..) => {
            let thousands = value % 1000 == 0 && whole + fraction >= 3;
            scale % 3 == 0 && !thousands && digits().next() != Some(b'0')
        }
    };
    // Without a sign, zeros or a point there is one spelling but for exponents.
    let same = fraction == 0
        && format != Format::DecimalExponent
        && text.len() == parts.whole.len() + parts.suffix.len() + usize::from(parts.negative);
    let keep = if canonical { !same } else { text == "0" };
    Some(Fast { value: if parts.negative { -product } else { product }, scale, format, keep })
}

fn exact(parts: &Parts<'_>, suffix: &Suffix) -> Quantity {
    let digits = format!("{}{}", parts.whole, parts.fraction);
    let mut magnitude: BigInt = digits.parse().unwrap_or_default();
    let fraction = parts.fraction.len() as i64;
    let (mut format, scale) = match *suffix {
        Suffix::Decimal(format, exponent) => (format, i64::from(exponent) - fraction),
        Suffix::Binary(bits) => {
            magnitude <<= bits;
            (Format::BinarySi, -fraction)
        }
    };
    let (mut magnitude, mut scale) = round_to_nano(magnitude, scale);
    if format == Format::BinarySi && magnitude.sign() == Sign::Plus {
        let one = BigInt::from(10).pow(scale.unsigned_abs());
        if magnitude > BigInt::from(i64::MAX) * &one {
            (magnitude, scale) = (BigInt::from(i64::MAX), 0);
        } else if magnitude < one {
            format = Format::DecimalSi;
        }
    }
    let unscaled = if parts.negative { -magnitude } else { magnitude };
    Quantity { amount: Amount::Big { unscaled, scale }, format, text: None }
}

/// Go's big decimals count billionths. Digits below are rounded up, under the theory that whoever asks for some should
/// get some. Only where that would take too many digits, a larger scale is kept.
fn round_to_nano(magnitude: BigInt, scale: i64) -> (BigInt, i32) {
    if magnitude.sign() == Sign::NoSign {
        return (magnitude, i32::try_from(scale).unwrap_or(0));
    }
    let excess = scale - i64::from(NANO);
    let power =
        |digits: i64| u32::try_from(digits).map_or_else(|_| BigInt::default(), |n| BigInt::from(10).pow(n));
    match excess {
        0.. if excess > MAX_ALIGNED_DIGITS => (magnitude, i32::try_from(scale).unwrap_or(i32::MAX)),
        0.. => (magnitude * power(excess), NANO),
        // Fewer digits than are dropped: something is left, however little.
        _ if excess.unsigned_abs() > magnitude.bits() => (BigInt::from(1), NANO),
        _ => {
            let divisor = power(-excess);
            let remainder = &magnitude % &divisor;
            (magnitude / divisor + i32::from(remainder.sign() != Sign::NoSign), NANO)
        }
    }
}
