use proptest::prelude::*;

use super::{PatternError, compile, parse};

#[track_caller]
fn check(pattern: &str, text: &str, expected: Option<&str>) {
    let regex = compile(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(regex.find(text).map(|found| found.as_str()), expected, "{pattern} in {text}");
}

#[test]
fn notation_differs_from_the_crates() {
    check(r"\d+", "٣3", Some("3"));
    check(r"\w+", "éa", Some("a"));
    check(r"\W", "aé", Some("é"));
    check(r"\bb", "éb", Some("b"));
    check(r"x\B", "x", None);
    check(r"é\B", "é", Some("é"));
    check(r"\s", "\u{b}\u{a0}", None);
    check("[[a]+", "[a", Some("[a"));
    check("[a&&b]+", "a&b", Some("a&b"));
    check("[+--]+", "a,b", Some(","));
    check(r"[\w~~-]+", "a~-", Some("a~-"));
    check("a{", "a{", Some("a{"));
    check("a{,2}", "a{,2}", Some("a{,2}"));
    check("a{01}", "a{01}", Some("a{01}"));
    check(r"\<a\>", "<a>", Some("<a>"));
    check(r"\Qa.b*\E+", "a.b**", Some("a.b**"));
    check(r"\Q[", "[", Some("["));
    check(r"\x{41}\x42\103\0", "ABC\0", Some("ABC\0"));
    check("(?P<a>x)(?<a1>y)", "xy", Some("xy"));
    check("(?i)k", "\u{212a}", Some("\u{212a}"));
    check("(?i:A)a", "aa", Some("aa"));
    check("(?U)a+", "aa", Some("a"));
    check("(?s-m:.)", "\n", Some("\n"));
    check("(?:)a", "a", Some("a"));
    check(r"[]a]+", "]a", Some("]a"));
    check(r"[^\d]+", "1a", Some("a"));
    check(r"[\D]+", "1a", Some("a"));
    check("[[:^digit:]x]+", "1ax", Some("ax"));
    check(r"\pL+\P{Greek}", "αa", Some("αa"));
    check(r"\p{^Lu}", "Aa", Some("a"));
    check("^a$", "a\n", None);
    check("# a", "# a", Some("# a"));
}

#[test]
fn refusals() {
    for (pattern, error) in [
        ("a**", PatternError::NestedRepetition("**".into())),
        ("a+??", PatternError::NestedRepetition("+??".into())),
        ("a{2}{3}", PatternError::NestedRepetition("{2}{3}".into())),
        ("a{1001}", PatternError::RepeatCount("{1001}".into())),
        ("a{2,1}", PatternError::RepeatCount("{2,1}".into())),
        ("(?=a)", PatternError::Group("(?=a)".into())),
        ("(?x)a", PatternError::Group("(?x)".into())),
        (r"\1", PatternError::Escape(r"\1".into())),
        (r"\Z", PatternError::Escape(r"\Z".into())),
        (r"\xzz", PatternError::Escape(r"\xzz".into())),
        ("[a", PatternError::UnclosedClass("[a".into())),
        ("[b-a]", PatternError::Class("b-a".into())),
        ("[[:x:]]", PatternError::Class("[:x:]".into())),
    ] {
        assert_eq!(compile(pattern).unwrap_err(), error, "{pattern}");
        assert_eq!(parse(pattern).unwrap_err(), error, "{pattern}");
    }
    for pattern in ["(", ")", "*", "a|*", r"\", r"\p{Nope}", "(?<>a)", "(?-)a", "((a{100}){100}){100}"] {
        assert!(compile(pattern).is_err(), "{pattern}");
    }
}

proptest! {
    #[test]
    fn never_panics(pattern in ".{0,16}|[\\[\\](){}?*+|a-c\\\\pdQEx^$:,0-9-]{0,16}") {
        // What compiles also parses; the other way round only size stands between.
        prop_assert!(compile(&pattern).is_err() || parse(&pattern).is_ok());
    }

    #[test]
    fn quoted_text_matches_itself(text in "[^\\\\]{0,12}") {
        let regex = compile(&format!("^\\Q{text}\\E$")).unwrap();
        prop_assert!(regex.is_match(&text));
    }
}
