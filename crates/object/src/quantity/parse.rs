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
    let suffix = suffix(parts.suffix).ok_or(ParseQuantityError::Suffix)?;
    Ok(fast(text, &parts, &suffix).unwrap_or_else(|| exact(&parts, &suffix)))
}

fn split(text: &str) -> Option<Parts<'_>> {
    if text.is_empty() {
        return None;
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let digits = unsigned.trim_start_matches('0');
    let (mut whole, rest) = take(digits, |byte| byte.is_ascii_digit());
    if whole.is_empty() {
        whole = "0";
    }
    let (fraction, rest) = match rest.strip_prefix('.') {
        Some(rest) => take(rest, |byte| byte.is_ascii_digit()),
        None => ("", rest),
    };
    let (_, after) = take(rest, |byte| {
        matches!(byte, b'e' | b'E' | b'i' | b'n' | b'u' | b'm' | b'k' | b'K' | b'M' | b'G' | b'T' | b'P')
    });
    let (_, after) = take(after.strip_prefix(['-', '+']).unwrap_or(after), |byte| byte.is_ascii_digit());
    after.is_empty().then_some(Parts { negative: text.starts_with('-'), whole, fraction, suffix: rest })
}

fn take(text: &str, accept: fn(u8) -> bool) -> (&str, &str) {
    text.split_at(text.bytes().position(|byte| !accept(byte)).unwrap_or(text.len()))
}

fn suffix(text: &str) -> Option<Suffix> {
    let si = |exponent| Some(Suffix::Decimal(Format::DecimalSi, exponent));
    match text {
        "" => si(0),
        "n" => si(-9),
        "u" => si(-6),
        "m" => si(-3),
        "k" => si(3),
        "M" => si(6),
        "G" => si(9),
        "T" => si(12),
        "P" => si(15),
        "E" => si(18),
        "Ki" => Some(Suffix::Binary(10)),
        "Mi" => Some(Suffix::Binary(20)),
        "Gi" => Some(Suffix::Binary(30)),
        "Ti" => Some(Suffix::Binary(40)),
        "Pi" => Some(Suffix::Binary(50)),
        "Ei" => Some(Suffix::Binary(60)),
        // Go reads 64 bits and keeps 32 of them.
        _ => {
            let exponent: i64 = text.strip_prefix(['e', 'E'])?.parse().ok()?;
            Some(Suffix::Decimal(Format::DecimalExponent, exponent as i32))
        }
    }
}

/// The integer form, where Go takes it. A text that is canonical up to its spelling is kept.
fn fast(text: &str, parts: &Parts<'_>, suffix: &Suffix) -> Option<Quantity> {
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
    let keep = match suffix {
        Suffix::Binary(_) => value & 7 != 0,
        Suffix::Decimal(..) => {
            let thousands = value % 1000 == 0 && whole + fraction >= 3;
            scale % 3 == 0 && !thousands && digits().next() != Some(b'0')
        }
    };
    let amount = Amount::Small { value: if parts.negative { -product } else { product }, scale };
    Some(Quantity { amount, format, text: (keep || text == "0").then(|| text.into()) })
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
