//! Each format with texts that have it and texts that do not.

use super::*;
use proptest::prelude::*;

#[test]
fn texts() {
    let test = |format: &str, good: &[&str], bad: &[&str]| {
        for text in good {
            assert_eq!(check(format, text), Some(true), "{format} {text}");
        }
        for text in bad {
            assert_eq!(check(format, text), Some(false), "{format} {text}");
        }
    };
    test(
        "date-time",
        &["2026-03-01T10:20:30Z", "2026-03-01t10:20:30.5+02:00"],
        &["2026-03-01", "2026-03-01T24:00:00Z"],
    );
    test("date", &["2024-02-29"], &["2026-02-29", "26-01-01"]);
    test("duration", &["1h", "3 weeks", "PT1H"], &["", "1y", "h"]);
    test("ipv4", &["192.0.2.1", "010.0.0.1", "::ffff:1.2.3.4"], &["192.0.2.256", "::1", "1.2.3"]);
    test("ipv6", &["::1", "2001:db8::1"], &["192.0.2.1", "zz"]);
    test("cidr", &["10.0.0.0/8", "2001:db8::/32"], &["10.0.0.0", "10.0.0.0/33", "10.0.0.0/+8"]);
    test("mac", &["00:00:5e:00:53:01", "00-00-5e-00-53-01", "0000.5e00.5301"], &["zz:00", "00:00:5e"]);
    test(
        "hostname",
        &["a", "example.com", "a-b.example.org", "1.example.com"],
        &["", "-a", "a.b", "a_b", "a..com"],
    );
    test(
        "uri",
        &["http://a/b?c", "/a", "mailto:x@y", "urn:a:b", "http://[::1]:80/"],
        &["", "example", "not a uri", "http://a b/", "/%z"],
    );
    test("email", &["a@b.c", "A <a@b>", "\"a b\"@c"], &["nope", "@b", "a@", "a..b@c"]);
    test("uuid", &["3F2504E0-4F89-11D3-9A0C-0305E82C3301", "3f2504e04f8911d39a0c0305e82c3301"], &["nope"]);
    test("uuid4", &["3f2504e0-4f89-41d3-9a0c-0305e82c3301"], &["3f2504e0-4f89-11d3-9a0c-0305e82c3301"]);
    test("isbn", &["0321751043", "978-0321751041"], &["123", "0321751044"]);
    test("creditcard", &["4111 1111 1111 1111", "378282246310005"], &["1234", "4111111111111112"]);
    test("ssn", &["111-11-1111", "111 11 1111"], &["1", "111111111"]);
    test("hexcolor", &["#fff", "A0B1C2"], &["#ff", "blue"]);
    test("rgbcolor", &["rgb(0, 128,255)"], &["blue", "rgb(0,0,256)", "rgb(01,0,0)"]);
    test("byte", &["YQ==", "YWJj"], &["", "a", "YQ=", "Y*=="]);
    test("bsonobjectid", &["507f1f77bcf86cd799439011"], &["x"]);
    test("k8s-short-name", &["abc", "a-1"], &["Abc", "a.b", ""]);
    test("k8s-long-name", &["a.b"], &["A.b"]);
    assert_eq!(check("unheard-of", "x"), None);
}

#[test]
fn lenient_durations_wrap() {
    assert_eq!(parse_duration("1 d 2 h"), Some(93_600_000_000_000));
    assert_eq!(
        parse_duration("1.5 h"),
        Some(18_000_000_000_000),
        "only the whole number in front of the unit counts"
    );
    assert_eq!(parse_duration("99999999999h"), Some(-6_657_346_115_609_337_856));
}

proptest! {
    #[test]
    fn checking_never_panics(text in "\\PC{0,30}", at in 0usize..26) {
        let formats = [
            "bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "uuid", "uuid3", "uuid4",
            "uuid5", "isbn", "isbn10", "isbn13", "creditcard", "ssn", "hexcolor", "rgbcolor", "byte", "password",
            "date", "date-time", "duration", "k8s-short-name", "k8s-long-name",
        ];
        prop_assert!(check(formats[at], &text).is_some());
    }
}
