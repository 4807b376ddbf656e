//! `resource.Quantity`: exact decimal numbers with SI, binary or exponent suffixes. Arithmetic only; nothing is capped
//! but what Kubernetes caps.
//!
//! Go keeps a quantity either as a 64-bit integer with a decimal scale or as a big decimal, and which one it is shows
//! in `AsInt64` and in floats; so the same two forms are kept here.

mod parse;
mod print;

pub use parse::ParseQuantityError;

use num_bigint::{BigInt, Sign};
use smol_str::SmolStr;
use std::{cmp::Ordering, str::FromStr};

/// Decimal digits a sum may need when its operands are aligned; Go has no limit and stalls.
const MAX_ALIGNED_DIGITS: i64 = 40_000;

/// A Kubernetes quantity: `250m`, `1.5Gi`, `12e6`. Values below `1n` were rounded away from zero to `1n`.
///
/// Comparison is by value: `1024Mi` equals `1Gi`. A text that needs no rewriting is kept as it was written.
#[derive(Debug, Clone)]
pub struct Quantity {
    amount: Amount,
    format: Format,
    text: Option<SmolStr>,
}

/// How a quantity is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// Powers of 1000: `n`, `u`, `m`, `k`, `M`, `G`, `T`, `P`, `E`.
    DecimalSi,
    /// Powers of 1024: `Ki`, `Mi`, `Gi`, `Ti`, `Pi`, `Ei`.
    BinarySi,
    /// `e` and a multiple of three.
    DecimalExponent,
}

#[derive(Debug, Clone)]
enum Amount {
    Small { value: i64, scale: i32 },
    Big { unscaled: BigInt, scale: i32 },
}

impl Quantity {
    /// An integer in decimal format.
    pub const fn from_i64(value: i64) -> Self {
        Self { amount: Amount::Small { value, scale: 0 }, format: Format::DecimalSi, text: None }
    }

    /// The text of a JSON value, quoted or a bare number; `null` is zero. Spaces around are allowed.
    pub fn from_json(text: &str) -> Result<Self, ParseQuantityError> {
        if text == "null" {
            return Ok(Self::from_i64(0));
        }
        let inner = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        inner.trim().parse()
    }

    /// How it is printed.
    pub fn format(&self) -> Format {
        self.format
    }

    /// -1, 0 or 1.
    pub fn sign(&self) -> i8 {
        match &self.amount {
            Amount::Small { value, .. } => value.signum() as i8,
            Amount::Big { unscaled, .. } => match unscaled.sign() {
                Sign::Minus => -1,
                Sign::NoSign => 0,
                Sign::Plus => 1,
            },
        }
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        self.sign() == 0
    }

    /// The value as Go's `AsInt64` tells it: only of quantities held in the fast form, and without a fraction.
    pub fn as_i64(&self) -> Option<i64> {
        match self.amount {
            Amount::Small { value, scale } if scale >= 0 => scale_up(value, scale),
            _ => None,
        }
    }

    /// Whole units, rounded up; absent beyond 64 bits.
    pub fn value(&self) -> Option<i64> {
        self.scaled(0)
    }

    /// Thousandths, rounded up; absent beyond 64 bits.
    pub fn milli_value(&self) -> Option<i64> {
        self.scaled(-3)
    }

    /// The nearest float, computed as Go does: mantissa times a power of ten.
    pub fn to_f64(&self) -> f64 {
        let (base, scale) = match &self.amount {
            Amount::Small { value, scale } => (*value as f64, *scale),
            Amount::Big { unscaled, scale } => (unscaled.to_string().parse().unwrap_or(f64::NAN), *scale),
        };
        if scale == 0 || base == 0.0 { base } else { base * power_of_ten(scale) }
    }

    /// Sum, in this quantity's format, or the other's where this one is zero.
    /// `None` where aligning the operands would take more than 40,000 digits.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let format = if self.is_zero() { other.format } else { self.format };
        Some(Self { amount: self.amount.add(&other.amount)?, format, text: None })
    }

    /// Difference; formats and limits as in [`Self::checked_add`].
    #[must_use]
    pub fn checked_sub(&self, other: &Self) -> Option<Self> {
        let format = if self.is_zero() { other.format } else { self.format };
        Some(Self { amount: self.amount.add(&other.amount.negated())?, format, text: None })
    }

    /// Product with an integer.
    #[must_use]
    pub fn mul_i64(&self, factor: i64) -> Self {
        Self { amount: self.amount.mul(factor), format: self.format, text: None }
    }

    /// The opposite value.
    #[must_use]
    pub fn negated(&self) -> Self {
        Self { amount: self.amount.negated(), format: self.format, text: None }
    }

    /// Whether the mantissa fits 64 bits, as Go's `Mul` reports.
    pub fn fits_i64_mantissa(&self) -> bool {
        i64::try_from(&self.amount.decimal().0).is_ok()
    }

    /// Go's `ScaledValue`: multiples of `10^scale`. The fast form rounds away from zero; the big form adds one for
    /// any remainder, also below zero, and wraps far below zero.
    fn scaled(&self, scale: i32) -> Option<i64> {
        match &self.amount {
            Amount::Small { value, scale: own } => {
                let shift = own.saturating_sub(scale);
                if shift >= 0 {
                    scale_up(*value, shift)
                } else {
                    Some(scale_down(*value, shift.unsigned_abs()))
                }
            }
            Amount::Big { unscaled, scale: own } => {
                let shift = own.saturating_sub(scale);
                if shift >= 0 {
                    return scale_up(i64::try_from(unscaled).ok()?, shift);
                }
                if *unscaled < BigInt::from(i64::MAX) && shift > -19 {
                    let low = low_bits(unscaled);
                    let divisor = 10i64.pow(shift.unsigned_abs());
                    return Some(low / divisor + i64::from(low % divisor != 0));
                }
                let divisor = BigInt::from(10).pow(shift.unsigned_abs());
                let (quotient, remainder) = (unscaled / &divisor, unscaled % &divisor);
                i64::try_from(quotient + i32::from(remainder.sign() != Sign::NoSign)).ok()
            }
        }
    }
}

impl Amount {
    /// Mantissa and scale: the value is `mantissa · 10^scale`.
    fn decimal(&self) -> (BigInt, i32) {
        match self {
            Amount::Small { value, scale } => (BigInt::from(*value), *scale),
            Amount::Big { unscaled, scale } => (unscaled.clone(), *scale),
        }
    }

    fn negated(&self) -> Self {
        match self {
            Amount::Small { value, scale } if *value != i64::MIN => {
                Amount::Small { value: -value, scale: *scale }
            }
            other => {
                let (unscaled, scale) = other.decimal();
                Amount::Big { unscaled: -unscaled, scale }
            }
        }
    }

    fn add(&self, other: &Self) -> Option<Self> {
        if let (Amount::Small { value: a, scale: sa }, Amount::Small { value: b, scale: sb }) = (self, other)
        {
            if *b == 0 {
                return Some(self.clone());
            }
            if *a == 0 {
                return Some(other.clone());
            }
            let scale = *sa.min(sb);
            let sum = scale_up(*a, sa.saturating_sub(scale))
                .zip(scale_up(*b, sb.saturating_sub(scale)))
                .and_then(|(a, b)| a.checked_add(b));
            if let Some(value) = sum {
                return Some(Amount::Small { value, scale });
            }
        }
        let ((a, sa), (b, sb)) = (self.decimal(), other.decimal());
        let scale = sa.min(sb);
        if (i64::from(sa) - i64::from(sb)).abs() > MAX_ALIGNED_DIGITS {
            return None;
        }
        let align = |value: BigInt, own: i32| value * BigInt::from(10).pow((own - scale).unsigned_abs());
        Some(Amount::Big { unscaled: align(a, sa) + align(b, sb), scale })
    }

    /// The order of two numbers in the integer form, unless a scale takes more than 128 bits to level out.
    fn compare_small(&self, other: &Self) -> Option<Ordering> {
        let (Amount::Small { value: a, scale: sa }, Amount::Small { value: b, scale: sb }) = (self, other)
        else {
            return None;
        };
        if sa == sb {
            return Some(a.cmp(b));
        }
        let scale = *sa.min(sb);
        let level = |value: i64, own: i32| {
            let digits = own.checked_sub(scale).and_then(|digits| u32::try_from(digits).ok())?;
            10i128.checked_pow(digits)?.checked_mul(i128::from(value))
        };
        Some(level(*a, *sa)?.cmp(&level(*b, *sb)?))
    }

    fn mul(&self, factor: i64) -> Self {
        if let Amount::Small { value, scale } = self {
            let small = match (value, factor) {
                (0, _) => Some((0, *scale)),
                (_, 0) => Some((0, 0)),
                _ => value
                    .checked_mul(factor)
                    .filter(|product| *scale <= 0 || scale_up(*product, *scale).is_some())
                    .filter(|product| *scale >= 0 || is_multiple(*product, scale.unsigned_abs()))
                    .map(|product| (product, *scale)),
            };
            if let Some((value, scale)) = small {
                return Amount::Small { value, scale };
            }
        }
        let (unscaled, scale) = self.decimal();
        Amount::Big { unscaled: unscaled * factor, scale }
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        if let Some(ordering) = self.amount.compare_small(&other.amount) {
            return ordering;
        }
        let ((a, sa), (b, sb)) = (self.amount.decimal(), other.amount.decimal());
        if a.sign() != b.sign() || a.sign() == Sign::NoSign {
            return a.sign().cmp(&b.sign());
        }
        // Compare the positions of the leading digits first: then scales differ no more than the numbers of digits.
        let (digits_a, digits_b) = (a.magnitude().to_string(), b.magnitude().to_string());
        let leading = |digits: &str, scale: i32| digits.len() as i64 + i64::from(scale);
        let length = digits_a.len().max(digits_b.len());
        let magnitude = leading(&digits_a, sa)
            .cmp(&leading(&digits_b, sb))
            .then_with(|| format!("{digits_a:0<length$}").cmp(&format!("{digits_b:0<length$}")));
        if a.sign() == Sign::Minus { magnitude.reverse() } else { magnitude }
    }
}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Quantity {}

impl FromStr for Quantity {
    type Err = ParseQuantityError;

    fn from_str(text: &str) -> Result<Self, ParseQuantityError> {
        parse::parse(text)
    }
}

/// The lowest 64 bits with the sign, as Go's `Int64` of a number that does not fit.
fn low_bits(number: &BigInt) -> i64 {
    let magnitude = number.magnitude().iter_u64_digits().next().unwrap_or_default() as i64;
    if number.sign() == Sign::Minus { magnitude.wrapping_neg() } else { magnitude }
}

fn scale_up(value: i64, digits: i32) -> Option<i64> {
    if value == 0 {
        return Some(0);
    }
    10i64.checked_pow(u32::try_from(digits).ok()?).and_then(|factor| value.checked_mul(factor))
}

/// Division by a power of ten, rounded away from zero.
fn scale_down(value: i64, digits: u32) -> i64 {
    match 10i64.checked_pow(digits) {
        Some(divisor) => value / divisor + if value % divisor == 0 { 0 } else { value.signum() },
        None => value.signum(),
    }
}

fn is_multiple(value: i64, digits: u32) -> bool {
    10i64.checked_pow(digits).is_some_and(|divisor| value % divisor == 0)
}

/// `10^exponent` with the rounding of Go's tables: two exact factors.
fn power_of_ten(exponent: i32) -> f64 {
    let exact = |n: u32| format!("1e{n}").parse::<f64>().unwrap_or(f64::INFINITY);
    let n = exponent.unsigned_abs();
    match exponent {
        0..=308 => exact(n / 32 * 32) * exact(n % 32),
        -323..0 => format!("1e-{}", n / 32 * 32).parse::<f64>().unwrap_or(0.0) / exact(n % 32),
        309.. => f64::INFINITY,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests;
