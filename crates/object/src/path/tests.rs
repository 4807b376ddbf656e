//! Paths: grammar, walking, laws.

use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn parse() {
    let check = |text: &str, expected: Result<&str, &str>| {
        let printed =
            text.parse::<FieldPath>().map(|path| path.to_string()).map_err(|error| error.to_string());
        assert_eq!(printed.as_deref().map_err(String::as_str), expected, "{text}");
    };
    check("", Ok(""));
    check("a.b[10].c", Ok("a.b[10].c"));
    check("a[\"b\"][0]", Ok("a.b[0]"));
    check("metadata.annotations[\"x.y/z\"]", Ok("metadata.annotations[\"x.y/z\"]"));
    check("a[\"\"]", Ok("a[\"\"]"));
    check("a.", Ok("a"));
    check("a[0]b", Ok("a[0].b"));
    check(".a", Err("empty field name at position 0"));
    check("a..b", Err("empty field name at position 2"));
    check("a[]", Err("invalid array index '' at position 2"));
    check("a[1", Err("unterminated array index at position 2"));
    check("a[\"b", Err("unterminated quoted string starting at position 3"));
    check("a[\"b\"", Err("expected closing bracket after quote at position 5"));
}

#[test]
fn set_creates_what_is_missing() {
    let check = |mut start: Value, path: &str, expected: Result<Value, &str>| {
        let path: FieldPath = path.parse().unwrap();
        let result = path.set(&mut start, json!(1)).map(|()| start).map_err(|error| error.to_string());
        assert_eq!(result, expected.map_err(str::to_owned), "{path}");
    };
    check(json!({}), "a.b[0].c", Ok(json!({"a": {"b": [{"c": 1}]}})));
    check(json!({"a": [0]}), "a[0]", Ok(json!({"a": [1]})));
    check(json!({"a": [0]}), "a[2]", Err("index 2 is out of range in a"));
    check(json!({"a": "x"}), "a.b", Err("a is not a map"));
    check(json!({"a": {"b": {}}}), "a.b[0]", Err("a.b is not a list"));
    check(json!({}), "", Err("cannot set the whole document"));
}

fn segment() -> impl Strategy<Value = Segment> {
    prop_oneof![
        "[^\"]{0,6}".prop_map(|name| Segment::Field(name.into())),
        (0usize..1_000_000).prop_map(Segment::Index),
    ]
}

proptest! {
    #[test]
    fn printing_then_parsing_is_the_identity(segments in prop::collection::vec(segment(), 0..6)) {
        let path = FieldPath::from(segments);
        prop_assert_eq!(path.to_string().parse::<FieldPath>(), Ok(path));
    }

    #[test]
    fn parsing_never_panics(text in "\\PC{0,30}") {
        let _ = text.parse::<FieldPath>();
    }

    #[test]
    fn what_was_set_is_read_and_removed(path in prop::collection::vec("[a-c]{1}", 1..4)) {
        let path: FieldPath = path.join(".").parse().unwrap();
        let mut value = json!({});
        path.set(&mut value, json!(7)).unwrap();
        prop_assert_eq!(path.walk(&value), Some(&json!(7)));
        prop_assert_eq!(path.remove(&mut value), Some(json!(7)));
        prop_assert_eq!(path.walk(&value), None);
    }
}
