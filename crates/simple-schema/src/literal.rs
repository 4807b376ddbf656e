//! Booleans and numbers as Go's `strconv` reads them, which is what marker values have always been.

/// `1 t T TRUE true True` and `0 f F FALSE false False`.
pub(crate) fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "TRUE" | "true" | "True" => Some(true),
        "0" | "f" | "F" | "FALSE" | "false" | "False" => Some(false),
        _ => None,
    }
}

/// Decimal with an optional sign and leading zeros.
pub(crate) fn integer(text: &str) -> Option<i64> {
    text.parse().ok()
}

/// Decimal or hexadecimal with exponent, underscores between digits, `inf`, `infinity` and `nan` in any case.
///
/// Numbers too large for a double are refused, as Go reports them out of range.
pub(crate) fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if ["inf", "infinity", "nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word)) {
        return text.parse().ok();
    }
    let digits = without_underscores(unsigned)?;
    let number = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) => hexadecimal(hex)?,
        None if digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') => digits.parse::<f64>().ok()?,
        None => return None,
    };
    let signed = if text.starts_with('-') { -number } else { number };
    signed.is_finite().then_some(signed)
}

/// Underscores must stand between two digits (or after `0x`); they mean nothing.
fn without_underscores(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let hex = text.len() > 2 && (text.starts_with("0x") || text.starts_with("0X"));
    let is_digit = |index: usize| {
        bytes.get(index).is_some_and(|byte| {
            byte.is_ascii_digit()
                || (hex && (byte.is_ascii_hexdigit() || (index == 1 && matches!(byte, b'x' | b'X'))))
        })
    };
    let placed = |index: usize| index > 0 && is_digit(index - 1) && is_digit(index + 1);
    let fine = bytes.iter().enumerate().all(|(index, byte)| *byte != b'_' || placed(index));
    fine.then(|| text.replace('_', ""))
}

/// `mantissa p exponent` behind the `0x`; the exponent is required and decimal.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = text.split_once(['p', 'P'])?;
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value = 0_f64;
    for digit in whole.chars().chain(fraction.chars()) {
        value = value.mul_add(16.0, f64::from(digit.to_digit(16)?));
    }
    let exponent: i32 = exponent.parse().ok()?;
    let shift = exponent.saturating_sub(i32::try_from(fraction.len().saturating_mul(4)).ok()?);
    // In two steps, so that a large mantissa with a very small exponent does not underflow on the way.
    let half = shift / 2;
    Some(value * f64::exp2(half.into()) * f64::exp2((shift - half).into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn booleans() {
        assert_eq!(boolean("T"), Some(true));
        assert_eq!(boolean("0"), Some(false));
        for text in ["yes", "tRUE", "", " true"] {
            assert_eq!(boolean(text), None);
        }
    }

    #[test]
    fn integers() {
        assert_eq!(integer("+005"), Some(5));
        for text in ["1_000", "5.0", "0x1", "9223372036854775808", "", "+"] {
            assert_eq!(integer(text), None);
        }
    }

    #[test]
    fn floats() {
        let cases = [
            ("1", 1.0),
            ("-1.5e3", -1500.0),
            (".5", 0.5),
            ("5.", 5.0),
            ("1_000", 1000.0),
            ("0x1p-2", 0.25),
            ("0x1_0p0", 16.0),
            ("0x.8p1", 1.0),
            ("-0X1P4", -16.0),
            ("+inf", f64::INFINITY),
            ("-Infinity", f64::NEG_INFINITY),
        ];
        for (text, expected) in cases {
            assert_eq!(float(text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
        }
        assert!(float("NaN").is_some_and(f64::is_nan));
        for text in
            ["", "+", "abc", "1__0", "_1", "1_", "0x1", "1e", "0x1p", "1e400", "++1", "1 ", "--1", "0xp1"]
        {
            assert_eq!(float(text), None, "{text}");
        }
    }
}
