use super::*;
use crate::{Diagnostic, Locus, codes};
use proptest::prelude::*;
use serde_json::json;

fn parse(text: &str) -> (Sources, Vec<Document>, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let file = sources.add("test.yaml", text.to_owned());
    let checked = sources.documents(file);
    (sources, checked.value.unwrap_or_default(), checked.diagnostics)
}

#[track_caller]
fn check_value(text: &str, expected: &Value) {
    let (_, documents, found) = parse(text);
    assert_eq!(found, [], "{text}");
    let values: Vec<Value> = documents.iter().map(Document::to_value).collect();
    assert_eq!(values.iter().collect::<Vec<_>>(), [expected], "{text}");
}

/// A scalar as the value of a mapping.
#[track_caller]
fn check_scalar(text: &str, expected: &Value) {
    check_value(&format!("k: {text}\n"), &json!({ "k": expected }));
}

/// The source text that a locus of the first document points to.
#[track_caller]
fn check_span(text: &str, path: &str, range: impl Into<Option<std::ops::Range<u32>>>, expected: &str) {
    let (sources, documents, _) = parse(text);
    let path: FieldPath = path.parse().expect("a path");
    let locus = Locus { range: range.into(), ..Locus::value(path) };
    assert_eq!(&text[sources.span(&documents[0], &locus).bytes], expected);
}

/// The source text behind the first occurrence of `part` in the value at `k`.
#[track_caller]
fn check_inside(text: &str, part: &str, expected: &str) {
    let (_, documents, _) = parse(text);
    let value = documents[0].to_value();
    let start = value["k"].as_str().and_then(|text| text.find(part)).expect("the part") as u32;
    check_span(text, "k", start..start + part.len() as u32, expected);
}

#[test]
fn scalars_of_yaml_1_1() {
    for word in ["y", "Yes", "on", "TRUE"] {
        check_scalar(word, &json!(true));
    }
    for word in ["n", "No", "OFF", "false"] {
        check_scalar(word, &json!(false));
    }
    for word in ["", "~", "NULL"] {
        check_scalar(word, &json!(null));
    }
    for text in ["'y'", "\"y\""] {
        check_scalar(text, &json!("y"));
    }
    for (text, number) in [
        ("0755", 493),
        ("0o755", 493),
        ("0x1F", 31),
        ("0b11", 3),
        ("-0", 0),
        ("+5", 5),
        ("1_000", 1000),
        ("08", 8),
        ("5.0", 5),
        ("5.", 5),
        ("1e3", 1000),
        ("-0e0", 0),
        ("9223372036854775807", i64::MAX),
        ("-9223372036854775808", i64::MIN),
    ] {
        check_scalar(text, &json!(number));
    }
    for (text, number) in
        [(".5", 0.5), ("-1.5", -1.5), ("9223372036854775808", 9_223_372_036_854_775_808.0), ("1e21", 1e21)]
    {
        check_scalar(text, &json!(number));
    }
    for text in ["2024-01-01", "12:30:45", "1e400", "0x", "+", "--1", "1e", "NaN", "1a", "0x1G", "yEs", "d#e"]
    {
        check_scalar(text, &json!(text));
    }
}

#[test]
fn tags() {
    check_scalar("!!str 5", &json!("5"));
    check_scalar("!!binary eA==", &json!("x"));
    check_scalar("!!int '5'", &json!(5));
    check_scalar("!mine 5", &json!("5"));
    check_scalar("! 5", &json!("5"));
}

#[test]
fn structure() {
    check_value("a: [1, {b: c}]\n\"d\": |\n  e\n", &json!({ "a": [1, { "b": "c" }], "d": "e\n" }));
    check_value("1: a\ntrue: b\n", &json!({ "1": "a", "true": "b" }));
    check_value("a: &x [1]\nb: *x\n", &json!({ "a": [1], "b": [1] }));
    check_value(
        "a: &x {p: 1, q: 2}\nb:\n  <<: *x\n  q: 3\n",
        &json!({ "a": { "p": 1, "q": 2 }, "b": { "p": 1, "q": 3 } }),
    );
    check_value("'<<': 1\n", &json!({ "<<": 1 }));
    check_value("\u{feff}a: 1", &json!({ "a": 1 }));
    check_value("a: |\n  x", &json!({ "a": "x" }));
}

#[test]
fn documents_are_read_one_by_one() {
    let (_, documents, found) = parse("# nothing\n---\na: 1\n---\nb: [\n---\nc: 3\n...\n---\n");
    let values: Vec<Value> = documents.iter().map(Document::to_value).collect();
    assert_eq!(values, [json!({ "a": 1 }), json!({ "c": 3 })]);
    assert_eq!(found.iter().map(|found| found.code).collect::<Vec<_>>(), [codes::YAML_SYNTAX]);
}

#[test]
fn duplicate_keys_are_errors_and_the_last_counts() {
    let (_, documents, found) = parse("a: 1\nb: {c: 1, c: 2}\na: 3\n");
    assert_eq!(documents[0].to_value(), json!({ "a": 3, "b": { "c": 2 } }));
    assert_eq!(
        found.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["error[KRO0102]: duplicate key \"c\"", "error[KRO0102]: duplicate key \"a\"",]
    );
}

#[test]
fn limits() {
    let deep = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert_eq!(parse(&deep(MAX_DEPTH)).2, []);
    assert!(parse(&deep(MAX_DEPTH + 1)).1.is_empty());
    assert!(parse(&deep(100_000)).1.is_empty());
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let alias = format!("*a{}", level - 1);
        bomb.extend([format!("a{level}: &a{level} [{}]\n", vec![alias; 10].join(", "))]);
    }
    assert_eq!(parse(&bomb).2[0].code, codes::DOCUMENT_TOO_LARGE);
    assert_eq!(parse(&" ".repeat(MAX_BYTES + 1)).2[0].code, codes::DOCUMENT_TOO_LARGE);
    assert_eq!(parse("a: .inf\n").2[0].code, codes::YAML_SYNTAX);
    assert_eq!(parse("a: &a [*a]\n").2[0].code, codes::YAML_SYNTAX);
}

const DEFINITION: &str = "\
spec:
  schema:
    kind: Web
  resources:
    - id: app
      template: {kind: Pod}
      readyWhen:
        - ${app.ready}
    -
      id:
";

#[test]
fn places_of_fields() {
    check_span(DEFINITION, "spec.schema.kind", None, "Web");
    check_span(DEFINITION, "spec.schema", None, "schema");
    check_span(DEFINITION, "spec.schema.missing.deeper", None, "schema");
    check_span(DEFINITION, "spec.resources[0].template", None, "{kind: Pod}");
    check_span(DEFINITION, "spec.resources[0].readyWhen[0]", 2..5, "app");
    check_span(DEFINITION, "spec.resources[0]", None, "id: app");
    check_span(DEFINITION, "spec.resources[1].id", None, "id");
    check_span(DEFINITION, "status", None, "spec:");
    check_span(DEFINITION, "", None, "spec:");
}

#[test]
fn places_inside_texts() {
    check_inside("k: a ${b.c} d", "b.c", "b.c");
    check_inside("k: é ${ü} d", "ü", "ü");
    check_inside("k: 'it''s ${b}'", "${b}", "${b}");
    check_inside("k: 'it''s ${b}'", "t's", "t''s");
    check_inside("k: \"tab\\t ${\\x62.c} \\\"q\\\"\"", "b.c", "\\x62.c");
    check_inside("k: \"a\\n\\u00e9 z\"", "é z", "\\u00e9 z");
    check_inside("k: \"one\\\n   two\"", "two", "two");
    check_inside("k: \"one\n  two\"", "one two", "one\n  two");
    check_inside("k: |\n  one\n    two ${x}\n  three\n", "${x}", "${x}");
    check_inside("k: |\n  one\n    two ${x}\n  three\n", "three", "three");
    check_inside("k: >-\n  one\n  ${a +\n  b}\n\n  two\n", "${a + b}", "${a +\n  b}");
    check_inside("k: >-\n  one\n  ${a +\n  b}\n\n  two\n", "two", "two");
    check_inside("k: plain\n  ${more}\n", "${more}", "${more}");
}

#[test]
fn rendering() {
    let (sources, documents, _) = parse(DEFINITION);
    let found = [
        Diagnostic::error(
            codes::FIELD_VALUE,
            Locus::value("spec.resources[0].readyWhen[0]".parse().expect("a path")).with_range(6..11),
            "no such field",
        )
        .with_related(Locus::value("spec.resources[0].id".parse().expect("a path")), "the resource")
        .with_help("use status.ready"),
        Diagnostic::warning(
            codes::UNKNOWN_FIELD,
            Locus::key("spec.schema.kind".parse().expect("a path")),
            "a second finding",
        ),
    ];
    insta::assert_snapshot!(sources.render(&documents[0], &found, Style::Plain), @"
    error[KRO0107]: no such field
     --> test.yaml:8:17
      |
    5 |     - id: app
      |           --- the resource
    ...
    8 |         - ${app.ready}
      |                 ^^^^^
      |
      = help: use status.ready

    warning[KRO0103]: a second finding
     --> test.yaml:3:5
      |
    3 |     kind: Web
      |     ^^^^
    ");
    let (sources, _, found) = parse("a: \"open\nb: 1\n");
    insta::assert_snapshot!(sources.render_file(FileId(0), &found, Style::Plain), @r#"
    error[KRO0101]: unclosed quote
     --> test.yaml:1:4
      |
    1 | a: "open
      |    ^
      |
      = help: close the quote
    "#);
}

#[test]
fn positions() {
    let (sources, _, _) = parse("a\né x\n");
    assert_eq!(sources.position(FileId(0), 0).to_string(), "1:1");
    assert_eq!(sources.position(FileId(0), 4).to_string(), "2:2");
    assert_eq!(sources.position(FileId(0), 999).to_string(), "3:1");
}

/// Any path of a value.
fn paths(value: &Value, at: &FieldPath, into: &mut Vec<FieldPath>) {
    into.push(at.clone());
    match value {
        Value::Array(items) => items.iter().enumerate().for_each(|(i, item)| paths(item, &at.join(i), into)),
        Value::Object(map) => map.iter().for_each(|(key, item)| paths(item, &at.join(key), into)),
        _ => {}
    }
}

proptest! {
    #[test]
    fn any_text_is_read_and_every_place_is_inside(
        text in "([a-c]: |- |  |\n|\\[|\\]|\\{|\\}|, |'|\"|\\\\n|\\\\|é|[a-c]|\\||>|&a |\\*a|#|\\$\\{x\\}|---\n){0,40}",
        start in 0_u32..8, length in 0_u32..8,
    ) {
        let (sources, documents, found) = parse(&text);
        for document in &documents {
            let mut all = Vec::new();
            paths(&document.to_value(), &FieldPath::root(), &mut all);
            for path in all {
                for locus in [
                    Locus::value(path.clone()),
                    Locus::key(path.clone()),
                    Locus::value(path.clone()).with_range(start..start + length),
                    Locus::key(path).with_range(start..start + length),
                ] {
                    let span = sources.span(document, &locus);
                    prop_assert!(text.get(span.bytes.clone()).is_some(), "{:?} {:?}", locus, span);
                }
            }
            let again = [Diagnostic::error(codes::FIELD_VALUE, Locus::default(), "x")];
            sources.render(document, &again, Style::Plain);
        }
        sources.render_file(FileId(0), &found, Style::Plain);
    }

    /// Words in any notation align exactly.
    #[test]
    fn words_align(words in prop::collection::vec("[a-zé'\"]{1,5}", 1..6), notation in 0..5, pick in any::<prop::sample::Index>()) {
        let (separator, text) = match notation {
            0 => ("\n", format!("k: |-\n  {}", words.join("\n  "))),
            1 => (" ", format!("k: >-\n  {}", words.join("\n  "))),
            2 => (" ", format!("k: '{}'", words.join(" ").replace('\'', "''"))),
            3 => (" ", format!("k: \"{}\"", words.join(" ").replace('"', "\\\""))),
            _ => ("\n", format!("k: \"{}\"", words.join("\\n").replace('"', "\\x22"))),
        };
        let (sources, documents, found) = parse(&text);
        prop_assert_eq!(&found, &[]);
        prop_assert_eq!(documents[0].to_value(), json!({ "k": words.join(separator) }));
        let index = pick.index(words.len());
        let start: usize = words[..index].iter().map(|word| word.len() + 1).sum();
        let range = start as u32..(start + words[index].len()) as u32;
        let locus = Locus::value("k".parse().expect("a path")).with_range(range);
        let written = &text[sources.span(&documents[0], &locus).bytes];
        let expected = match notation {
            2 => words[index].replace('\'', "''"),
            3 => words[index].replace('"', "\\\""),
            4 => words[index].replace('"', "\\x22"),
            _ => words[index].clone(),
        };
        prop_assert_eq!(written, expected);
    }
}

#[track_caller]
fn check_located(text: &str, at: &str, path: &str, part: crate::Part, offset: Option<u32>) {
    let (sources, documents, _) = parse(text);
    let byte = text.find(at).expect("the text");
    let found = sources.locate(&documents[0], byte).expect("a place");
    assert_eq!((found.path.to_string().as_str(), found.part, found.offset), (path, part, offset), "{text}");
}

#[test]
fn places_of_bytes() {
    use crate::Part;
    let text = "a:\n  - b: xyz\n    c: |-\n      one\n      two\n  - \"q\\\"r\"\n";
    check_located(text, "b:", "a[0].b", Part::Key, None);
    check_located(text, "yz", "a[0].b", Part::Value, Some(1));
    check_located(text, "one", "a[0].c", Part::Value, Some(0));
    check_located(text, "wo\n", "a[0].c", Part::Value, Some(5));
    check_located(text, "\\\"r", "a[1]", Part::Value, Some(1));
    check_located(text, "r\"\n", "a[1]", Part::Value, Some(2));
    check_located("a: {b: 1, c: [x]}\n", "x]", "a.c[0]", Part::Value, Some(0));
}

#[test]
fn a_block_text_stands_without_its_header() {
    let text = "a: |-\n  one\n  two\nb: 1\n";
    let (_, documents, _) = parse(text);
    let place = documents[0].place(&"a".parse().expect("a path")).expect("there");
    assert_eq!(&text[place.bytes()], "one\n  two\n");
}
