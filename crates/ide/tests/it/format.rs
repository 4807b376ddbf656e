//! Formatting: what changes, what never does.

use kro_diagnostic::source::{Document, Sources};
use kro_ide::format::format;
use proptest::prelude::*;
use serde_json::Value;

#[track_caller]
fn check(text: &str, expected: &str) {
    let once = format(text).expect("valid YAML");
    assert_eq!(once, expected);
    assert_eq!(format(&once).as_deref(), Some(expected), "formatting twice");
}

#[track_caller]
fn stays(text: &str) {
    check(text, text);
}

#[test]
fn indentation() {
    check("a:\n    b:\n        c: 1\n    d: 2\n", "a:\n  b:\n    c: 1\n  d: 2\n");
    check("a:\n- b:   1\n  c: 2\n", "a:\n- b: 1\n  c: 2\n");
    check("a:\n    -   b: 1\n        c: 2\n    - d\n", "a:\n  - b: 1\n    c: 2\n  - d\n");
    check("a:\n      - - x\n        - y\n", "a:\n  - - x\n    - y\n");
    check(
        "a:\n    # about b\n    b: 1 # why\n\n    # about c\n    c: 2\n",
        "a:\n  # about b\n  b: 1 # why\n\n  # about c\n  c: 2\n",
    );
}

#[test]
fn texts_of_several_lines_keep_their_lines() {
    check(
        "a:\n    b: |\n        one\n          two\n    c: x\n",
        "a:\n  b: |\n      one\n        two\n  c: x\n",
    );
    check("a:\n    b: >-\n      one\n      two\n", "a:\n  b: >-\n    one\n    two\n");
    check("a:\n    b: one\n       two\n", "a:\n  b: one\n     two\n");
    stays("a: |+\n  x  \n\n\n");
    stays("a: \"x \\\n  y\"\n");
    stays("a: |2\n   x\n");
}

#[test]
fn spaces() {
    check("a:   1   \nb:\t\n\n\n", "a: 1\nb:\n");
    check("a: 1\r\nb: 2\r\n", "a: 1\nb: 2\n");
    check("a: 1", "a: 1\n");
    check("a: [1,  2]  # kept\n", "a: [1,  2]  # kept\n");
}

#[test]
fn layouts_that_are_not_understood_stay() {
    stays("base: &b\n    x: 1\nother:\n    <<: *b\n    y: 2\n");
    stays("? a\n: 1\n");
    stays("# nothing\n");
    stays("");
    stays("--- {a: 1}\n");
    assert_eq!(format("a: [\n"), None);
}

#[test]
fn documents() {
    check("a:\n    b: 1\n---\nc:\n    d: 1\n", "a:\n  b: 1\n---\nc:\n  d: 1\n");
}

fn definition(value: &str) -> String {
    format!(
        "apiVersion: kro.run/v1alpha1\nkind: ResourceGraphDefinition\nspec:\n  resources:\n  - template:\n      \
         data: {value}\n"
    )
}

#[test]
fn expressions() {
    for (old, new) in [
        ("${ a.b }", "${a.b}"),
        ("${a+1}-${ b }", "${a + 1}-${b}"),
        ("'${a+''x''}'", "'${a+''x''}'"),
        ("\"${a+'x'}\"", "\"${a + 'x'}\""),
        ("${a ?b :c}", "${a ?b :c}"),
        ("'${a ?b :c}'", "'${a ? b : c}'"),
        ("${(a)+b}", "${(a)+b}"),
        ("'{${a}} ${1+ }'", "'{${a}} ${1+ }'"),
    ] {
        check(&definition(old), &definition(new));
    }
    stays("apiVersion: v1\nkind: ConfigMap\ndata: ${ a+b }\n");
}

fn values(text: &str) -> Option<Vec<Value>> {
    let mut sources = Sources::default();
    let id = sources.add("", text.to_owned());
    Some(sources.documents(id).into_result().ok()?.iter().map(Document::to_value).collect())
}

/// Lines that are YAML often enough.
fn text() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        "[ ]{0,6}[a-c]:[ ]{0,3}",
        "[ ]{0,6}[a-c]:[ ]{1,3}[a-z]{1,3}[ ]{0,2}",
        "[ ]{0,6}-[ ]{1,3}[a-c]:[ ]{1,2}[xy]",
        "[ ]{0,6}-[ ]{1,3}[a-c]",
        "[ ]{0,6}[a-c]: [|>][-+]?",
        "[ ]{0,6}#[a-z ]{0,4}",
        "[ ]{0,8}[a-z]{1,3}[ ]{0,2}",
        Just("---".to_owned()),
        Just(String::new()),
    ];
    prop::collection::vec(line, 0..10).prop_map(|lines| lines.join("\n"))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_value_changes_and_twice_is_once(text in text()) {
        let Some(formatted) = format(&text) else { return Ok(()) };
        prop_assert_eq!(values(&formatted), values(&text));
        let twice = format(&formatted);
        prop_assert_eq!(twice.as_deref(), Some(formatted.as_str()));
    }

    #[test]
    fn comments_stay(text in text()) {
        let Some(formatted) = format(&text) else { return Ok(()) };
        let comments = |text: &str| -> Vec<String> {
            text.lines().map(str::trim).filter(|line| line.starts_with('#')).map(str::to_owned).collect()
        };
        prop_assert_eq!(comments(&formatted), comments(&text));
    }
}
