//! The SARIF output against the rules of SARIF 2.1.0 and its schema: what has to be there, and what numbers may be.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::folder::{MAP, SITE, definition, json, run};

/// A text that has to be there.
#[track_caller]
fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    let found =
        value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} in {value:#}"));
    assert!(!found.is_empty(), "{pointer} is empty");
    found
}

/// The members of an object; none but the schema's.
#[track_caller]
fn members(value: &Value, known: &[&str]) {
    for name in value.as_object().expect("an object").keys() {
        assert!(known.contains(&name.as_str()), "{name} is no member in {value:#}");
    }
}

/// A place, whose region lies in the text and is not turned round.
#[track_caller]
fn place(place: &Value, files: &[(&str, &str)]) {
    members(place, &["physicalLocation", "message"]);
    let physical = &place["physicalLocation"];
    members(physical, &["artifactLocation", "region"]);
    members(&physical["artifactLocation"], &["uri"]);
    let uri = text(physical, "/artifactLocation/uri");
    assert!(!uri.contains([' ', '\\', '<', '>', '"']), "{uri} is no URI");
    let (_, source) = files
        .iter()
        .find(|(name, _)| name.replace(' ', "%20") == uri.trim_start_matches("./"))
        .expect("a file of ours");
    members(&physical["region"], &["startLine", "startColumn", "endLine", "endColumn"]);
    let number = |name: &str| physical["region"][name].as_u64().filter(|it| *it >= 1).expect(name) as usize;
    let (start, end) =
        ((number("startLine"), number("startColumn")), (number("endLine"), number("endColumn")));
    assert!(start <= end, "{start:?} lies behind {end:?}");
    let lines: Vec<&str> = source.split('\n').collect();
    for (line, column) in [start, end] {
        // In Unicode characters; an end is behind the last one.
        let length = lines.get(line - 1).expect("a line of the file").chars().count();
        assert!(column <= length + 1, "column {column} of {length} in line {line} of {uri}");
    }
}

#[track_caller]
fn check(files: &[(&str, &str)], words: &[&str], results: usize) {
    let log = json(&run(files, words));
    members(&log, &["$schema", "version", "runs"]);
    assert_eq!(log["version"], "2.1.0");
    assert!(text(&log, "/$schema").ends_with("sarif-2.1.0.json"));
    let runs = log["runs"].as_array().expect("runs");
    assert_eq!(runs.len(), 1);
    members(&runs[0], &["tool", "columnKind", "results", "properties"]);
    assert_eq!(runs[0]["columnKind"], "unicodeCodePoints");
    let driver = &runs[0]["tool"]["driver"];
    members(driver, &["name", "version", "rules"]);
    assert_eq!((text(driver, "/name"), text(driver, "/version")), ("kro", env!("CARGO_PKG_VERSION")));
    let rules = driver["rules"].as_array().expect("rules");
    let mut ids = BTreeSet::new();
    for rule in rules {
        members(rule, &["id", "shortDescription"]);
        text(rule, "/shortDescription/text");
        assert!(ids.insert(text(rule, "/id")), "{} stands twice", rule["id"]);
    }
    let found = runs[0]["results"].as_array().expect("results");
    assert_eq!(found.len(), results, "{found:#?}");
    for result in found {
        members(result, &["ruleId", "ruleIndex", "level", "message", "locations", "relatedLocations"]);
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning", "note"].contains(&text(result, "/level")));
        text(result, "/message/text");
        let places = result["locations"].as_array().expect("places");
        assert_eq!(places.len(), 1);
        place(&places[0], files);
        for related in result["relatedLocations"].as_array().into_iter().flatten() {
            text(related, "/message/text");
            place(related, files);
        }
    }
}

#[test]
fn rules_of_the_format() {
    const OUTPUT: [&str; 4] = ["validate", "-o", "sarif", "."];
    let wrong = definition("App", SITE).replace("schema.spec.size", "schema.spec.sise");
    let crlf = wrong.replace('\n', "\r\n").replace("name: app", "name: app # \u{1F600}");
    let cycle = definition("App", &MAP.replace("schema.spec.size", "two.data.size"))
        + "    - id: two\n      template:\n"
        + &MAP.replace("schema.spec.size", "one.data.size");
    check(&[("a.yaml", &definition("App", MAP))], &OUTPUT, 0);
    check(&[("a b.yaml", &wrong)], &OUTPUT, 2);
    check(&[("a.yaml", &crlf)], &OUTPUT, 2);
    check(&[("a.yaml", &cycle)], &OUTPUT, 1);
    check(&[("a.yaml", "a: [\n"), ("b.yaml", "just text"), ("c.yaml", "kind: A\n---\n- 1\n")], &OUTPUT, 4);
    check(
        &[("a.yaml", &definition("App", MAP))],
        &["lint", "-o", "sarif", "--max-objects", "0", "a.yaml"],
        1,
    );
}
