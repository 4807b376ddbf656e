//! Reading, writing and patching JSON: cases and laws.

use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn read_and_write() {
    let check = |text: &str, expected: Option<&str>| {
        let written = parse(text.as_bytes()).ok().map(|value| canonical(&value));
        assert_eq!(written.as_deref(), expected, "{text}");
    };
    check(r#"{"b":1,"a":[true,null]}"#, Some(r#"{"a":[true,null],"b":1}"#));
    check("-0", Some("0"));
    check("[-0,-0.0,\"-0\"]", Some("[0,-0,\"-0\"]"));
    check("1.0", Some("1"));
    check("1e21", Some("1e+21"));
    check("1e-7", Some("1e-7"));
    check("0.000001", Some("0.000001"));
    check("18446744073709551615", Some("18446744073709552000"));
    check("1e400", None);
    check(r#""<\u2028\b\u0001>""#, Some(r#""\u003c\u2028\b\u0001\u003e""#));
    check(r#""\ude00 \ud83d\ude00 \ud83d \\ud800""#, Some("\"\u{fffd} 😀 \u{fffd} \\\\ud800\""));
    check("01", None);
}

#[test]
fn broken_utf8_is_replaced_byte_by_byte() {
    assert_eq!(parse(b"\"\xe2\x82(\"").unwrap(), json!("\u{fffd}\u{fffd}("));
}

#[test]
fn merge_patch_of_the_rfc() {
    let check = |mut target: Value, patch: Value, expected: Value| {
        merge_patch(&mut target, &patch);
        assert_eq!(target, expected, "{patch}");
    };
    check(json!({"a": "b"}), json!({"a": "c"}), json!({"a": "c"}));
    check(json!({"a": "b", "b": "c"}), json!({"a": null}), json!({"b": "c"}));
    check(json!({"a": {"b": "c"}}), json!({"a": {"b": "d", "c": null}}), json!({"a": {"b": "d"}}));
    check(json!(["a"]), json!({"a": 1}), json!({"a": 1}));
    check(json!({}), json!({"a": {"bb": {"ccc": null}}}), json!({"a": {"bb": {}}}));
    check(json!({"a": "b"}), json!(["c"]), json!(["c"]));
}

#[test]
fn digest() {
    assert_eq!(sha256_hex(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Go writes the float -0.0 as `-0` and reads that as the integer 0.
        any::<f64>().prop_map(|float| Value::from(float + 0.0)),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(".{0,4}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn writing_is_stable(value in any_json()) {
        let text = canonical(&value);
        let read = parse(text.as_bytes()).unwrap();
        prop_assert_eq!(canonical(&read), text);
    }

    #[test]
    fn patching_twice_changes_nothing(target in any_json(), patch in any_json()) {
        let mut once = target;
        merge_patch(&mut once, &patch);
        let mut twice = once.clone();
        merge_patch(&mut twice, &patch);
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn reading_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let _ = parse(&bytes);
    }
}
