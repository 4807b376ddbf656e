use proptest::prelude::*;

use super::{FORMATS, Format};

fn problems(format: &str, text: &str) -> Vec<String> {
    Format::named(format).unwrap().validate(text)
}

#[test]
fn verdicts() {
    for (format, valid, invalid) in [
        ("dns1123Label", &["a", "0", "my-name"][..], &["", "-a", "a-", "A", "a.b", "a b"][..]),
        ("dns1123Subdomain", &["a", "a.b-c.d0"], &["", ".", "a..b", "a.-b"]),
        ("dns1035Label", &["a", "a-0"], &["", "0a", "a-", "a.b"]),
        ("qualifiedName", &["a", "A_.b", "x.io/A"], &["", "/a", "x/", "a/b/c", "X/a", "_a"]),
        ("dns1123LabelPrefix", &["a-", "my-prefix-", "--"], &["-", "Ab-", "a b-", "é-"]),
        ("dns1123SubdomainPrefix", &["a.b-", "a.-", "mysubdomain.prefix.-"], &["-", "a..b-"]),
        ("dns1035LabelPrefix", &["a-", "my-"], &["0a-", "-"]),
        ("labelValue", &["", "A", "a_b.c-d"], &["a!", "_a", "a."]),
        ("uri", &["http://example.com", "/x"], &["", "x", "http://a b"]),
        (
            "uuid",
            &["123e4567-e89b-12d3-a456-426614174000", "123E4567E89B12D3A456426614174000"],
            &[
                "",
                "123e4567-e89b-12d3-a456-42661417400",
                "123e4567-e89b-12d3-a456-4266141740000",
                "123e4567--e89b12d3a456426614174000",
            ],
        ),
        ("byte", &["aGVsbG8=", "QQ==", "AAAA"], &["", "aGVsbG8", "A===", "AA=A", "A-A="]),
        ("date", &["2020-02-29", "2021-01-01"], &["", "2021-02-29", "2021-1-1", "2021-01-01T00:00:00Z"]),
        (
            "datetime",
            &["2021-01-01T00:00:00Z", "2021-01-01t00:00:00.5z", "2021-01-01T23:59:59+25:00"],
            &["", "2021-01-01", "2021-01-01T24:00:00Z", "2021-01-01T00:00:00", "2021-01-32T00:00:00Z"],
        ),
    ] {
        for text in valid {
            assert_eq!(problems(format, text), [""; 0], "{format} {text}");
        }
        for text in invalid {
            assert_ne!(problems(format, text), [""; 0], "{format} {text}");
        }
    }
}

#[test]
fn messages() {
    let long = "a".repeat(64);
    assert_eq!(problems("dns1123Label", &long), ["must be no more than 63 bytes"]);
    assert_eq!(problems("dns1123Label", "a.b"), ["must not contain dots"]);
    assert_eq!(
        problems("qualifiedName", "/"),
        [
            "prefix part must be non-empty",
            "name part must be non-empty",
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an \
         alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is \
         '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        ]
    );
    assert_eq!(problems("uri", "x"), ["parse \"x\": invalid URI for request"]);
}

proptest! {
    #[test]
    fn never_panics(text in ".{0,20}|[0-9TZ:.+-]{0,30}") {
        for format in &FORMATS {
            let _ = format.validate(&text);
        }
    }
}
