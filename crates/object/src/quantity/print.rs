//! The canonical text of a quantity: no fraction, the largest suffix that keeps it exact.

use super::{Amount, Format, MAX_ALIGNED_DIGITS, Quantity};
use num_bigint::{BigInt, Sign};
use std::fmt;

impl Quantity {
    /// The canonical text, also where the quantity was written otherwise.
    pub fn to_canonical(&self) -> String {
        self.small_canonical().unwrap_or_else(|| self.exact_canonical())
    }

    /// Whole numbers with a suffix, which most quantities are, without large integers.
    pub(super) fn small_canonical(&self) -> Option<String> {
        let Amount::Small { value: mut number, scale } = self.amount else { return None };
        if number == 0 || scale % 3 != 0 || self.format == Format::DecimalExponent {
            return None;
        }
        let mut exponent = i64::from(scale);
        if self.format == Format::BinarySi {
            // A smaller one is printed in decimal.
            if scale != 0 || number.unsigned_abs() < 1024 {
                return None;
            }
            let mut power = 0;
            while number % 1024 == 0 {
                number /= 1024;
                power += 1;
            }
            return Some(format!("{number}{}", binary_suffix(power)));
        }
        while number % 1000 == 0 {
            number /= 1000;
            exponent += 3;
        }
        Some(format!("{number}{}", decimal_suffix(exponent)))
    }

    pub(super) fn exact_canonical(&self) -> String {
        let (unscaled, scale) = self.amount.decimal();
        if unscaled.sign() == Sign::NoSign {
            return "0".to_owned();
        }
        if self.format == Format::BinarySi
            && let Some(whole) = integer(&unscaled, scale)
            && *whole.magnitude() >= 1024u32.into()
        {
            let (number, exponent) = without_factors(whole, 1024);
            return format!("{number}{}", binary_suffix(exponent));
        }
        let (mut number, removed) = without_factors(unscaled, 10);
        let mut exponent = i64::from(scale) + removed;
        while exponent % 3 != 0 {
            number *= 10;
            exponent -= 1;
        }
        match (self.format, exponent) {
            (Format::DecimalExponent, 0) => number.to_string(),
            (Format::DecimalExponent, _) => format!("{number}e{exponent}"),
            _ => format!("{number}{}", decimal_suffix(exponent)),
        }
    }
}

impl fmt::Display for Quantity {
    /// The text it was read from, where that needed no rewriting; else the canonical one.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.text {
            Some(text) => f.pad(text),
            None => f.pad(&self.to_canonical()),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Format::DecimalSi => "DecimalSI",
            Format::BinarySi => "BinarySI",
            Format::DecimalExponent => "DecimalExponent",
        })
    }
}

/// The value as an integer, if it is one of reasonable size.
fn integer(unscaled: &BigInt, scale: i32) -> Option<BigInt> {
    let power = BigInt::from(10).pow(scale.unsigned_abs().min(MAX_ALIGNED_DIGITS as u32));
    match scale {
        0.. if i64::from(scale) <= MAX_ALIGNED_DIGITS => Some(unscaled * power),
        0.. => None,
        _ if (unscaled % &power).sign() == Sign::NoSign => Some(unscaled / power),
        _ => None,
    }
}

fn without_factors(mut number: BigInt, factor: u32) -> (BigInt, i64) {
    let mut removed = 0;
    while (&number % factor).sign() == Sign::NoSign {
        number /= factor;
        removed += 1;
    }
    (number, removed)
}

/// Empty beyond `E`, as in Go: such a number is printed without its size.
fn decimal_suffix(exponent: i64) -> &'static str {
    match exponent {
        -9 => "n",
        -6 => "u",
        -3 => "m",
        3 => "k",
        6 => "M",
        9 => "G",
        12 => "T",
        15 => "P",
        18 => "E",
        _ => "",
    }
}

fn binary_suffix(power: i64) -> &'static str {
    match power {
        1 => "Ki",
        2 => "Mi",
        3 => "Gi",
        4 => "Ti",
        5 => "Pi",
        6 => "Ei",
        _ => "",
    }
}
