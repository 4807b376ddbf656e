//! Quantities: texts, arithmetic, laws.

use super::*;
use proptest::prelude::*;

fn quantity(text: &str) -> Quantity {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn texts() {
    let check = |text: &str, expected: Result<&str, ParseQuantityError>| {
        let printed = text.parse::<Quantity>().map(|quantity| quantity.to_string());
        assert_eq!(printed.as_deref().map_err(|error| *error), expected, "{text}");
    };
    check("0.5", Ok("500m"));
    check("+1", Ok("+1"));
    check("007m", Ok("007m"));
    check("-5m", Ok("-5m"));
    check("1.500", Ok("1.500"));
    check("1028Mi", Ok("1028Mi"));
    check("1000Ki", Ok("1000Ki"));
    check("1000", Ok("1k"));
    check("1E3", Ok("1E3"));
    check("0.5Ki", Ok("512"));
    check("1.1Ki", Ok("1126400m"));
    check("1024Gi", Ok("1Ti"));
    check("16Ei", Ok("9223372036854775807"));
    check("1e-999999", Ok("1e-9"));
    check("-0.5n", Ok("-1n"));
    check("1e2147483647", Ok("10e2147483646"));
    check("", Err(ParseQuantityError::Format));
    check("1..2", Err(ParseQuantityError::Format));
    check("1é", Err(ParseQuantityError::Format));
    check("1K", Err(ParseQuantityError::Suffix));
    check("1e", Err(ParseQuantityError::Suffix));
    check(&"1".repeat(20_001), Err(ParseQuantityError::TooLong));
}

#[test]
fn arithmetic() {
    let check = |result: Option<Quantity>, expected: Option<&str>| {
        assert_eq!(result.map(|quantity| quantity.to_string()).as_deref(), expected);
    };
    check(quantity("1.5Gi").checked_add(&quantity("512Mi")), Some("2Gi"));
    check(quantity("0").checked_sub(&quantity("1Ki")), Some("-1Ki"));
    check(quantity("-1").checked_sub(&quantity("1u")), Some("-1000001u"));
    check(quantity("1e20").checked_add(&quantity("2")), Some("100000000000000000002"));
    check(quantity("1e2000000000").checked_add(&quantity("1")), None);
    check(Some(quantity("8Ei").mul_i64(2)), Some("18446744073709551614"));
    check(Some(quantity("-9223372036854775808").negated()), Some("9223372036854775808"));
}

#[test]
fn numbers() {
    assert_eq!(quantity("1500m").value(), Some(2));
    assert_eq!(quantity("-1500m").value(), Some(-2));
    assert_eq!(quantity("-0.5n").value(), Some(1), "as Go's big decimals round");
    assert_eq!(quantity("1e21").value(), None);
    assert_eq!(quantity("1k").as_i64(), Some(1000));
    assert_eq!(quantity("1Ei").as_i64(), None);
    assert!((quantity("100m").to_f64() - 0.1).abs() < f64::EPSILON);
}

fn text() -> impl Strategy<Value = String> {
    (
        "[-+]?[0-9]{1,20}(\\.[0-9]{0,12})?",
        prop::sample::select(vec!["", "n", "m", "k", "E", "Ki", "Gi", "e3", "E-7"]),
    )
        .prop_map(|(number, suffix)| number + suffix)
}

proptest! {
    #[test]
    fn canonical_text_keeps_the_value(text in text()) {
        let first = quantity(&text);
        // Beyond the suffixes Go prints a wrong number; so do we.
        prop_assume!(first.to_f64().abs() < 1e20 || first.format() == Format::DecimalExponent);
        prop_assert_eq!(&quantity(&first.to_canonical()), &first);
        prop_assert_eq!(&quantity(&first.to_string()), &first);
        let small = first.small_canonical();
        prop_assert!(small.is_none_or(|small| small == first.exact_canonical()));
    }

    #[test]
    fn order_agrees_with_difference(a in text(), b in text()) {
        let (a, b) = (quantity(&a), quantity(&b));
        let sign = a.checked_sub(&b).map(|difference| difference.sign());
        prop_assert_eq!(sign, Some(a.cmp(&b) as i8));
    }

    #[test]
    fn parsing_never_panics(text in "[-+0-9.eEinumkKMGTPé]{0,24}") {
        if let Ok(quantity) = text.parse::<Quantity>() {
            let _ = (quantity.value(), quantity.to_f64(), quantity.to_canonical(), quantity.cmp(&quantity));
        }
    }
}
