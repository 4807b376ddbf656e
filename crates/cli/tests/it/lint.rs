//! `lint` and `graph` as their users see them, and how `validate` groups warnings.

use std::fmt::Write as _;

use snapbox::str;

use crate::folder::{CRD, MAP, SITE, definition, json, run};

/// A collection without a limit, and a text without one in the status.
fn open_ended() -> String {
    definition("App", MAP)
        .replace("      size: integer | default=1 minimum=1\n", "      size: integer | default=1 minimum=1\n      tags: '[]string | required=true'\n    status:\n      size: ${one[0].data.size}\n      count: ${size(one)}\n")
        .replace("    - id: one\n", "    - id: one\n      forEach:\n        - tag: ${schema.spec.tags}\n")
        .replace("name: ${schema.metadata.name}", "name: ${schema.metadata.name}-${tag}")
}

#[test]
fn bounds_of_an_instance() {
    run(&[("a.yaml", &open_ended())], &["lint", "a.yaml"]).success().stdout_eq(str![[r"
an instance of app has at most
  objects                    1000 (limited by the operator, not by the schema)
  requests of a reconcile    1001
  longest chain              1
  cost units of a pass       [..]
  bytes of status            1572864 (limited by the API server, not by the schema)
    status.count             29
    status.size              1572864 (no limit in the schema)

1 definition valid, 0 warnings

"]]);
    let limited = open_ended().replace("required=true", "required=true maxItems=7");
    run(
        &[("a.yaml", &limited)],
        &["lint", "--max-objects", "7", "--max-calls", "8", "--max-chain", "1", "a.yaml"],
    )
    .success();
}

#[test]
fn ceilings_decide_the_exit_code() {
    let files = [("a.yaml", &*open_ended())];
    run(&files, &["validate", "a.yaml"]).success();
    for (ceiling, most, message) in [
        ("--max-objects", "999", "an instance can have 1000 objects, more than 999"),
        ("--max-calls", "1000", "a reconcile can take 1001 requests, more than 1000"),
        ("--max-status", "100", "the status can have 1572864 bytes, more than 100"),
        ("--max-chain", "0", "1 resources wait for each other in a row, more than 0"),
    ] {
        let found = json(&run(&files, &["lint", ceiling, most, "-o", "json", "a.yaml"]).code(1));
        assert_eq!(found["findings"][0]["message"], message);
        assert_eq!(found["findings"][0]["code"], "KRO1107");
        assert_eq!(found["bounds"]["app"]["objects"], serde_json::json!({"most": 1000, "declared": false}));
    }
    run(&files, &["lint", "--max-objects", "50", "--collection-size", "50", "a.yaml"]).success();

    let cost =
        json(&run(&files, &["lint", "-o", "json", "a.yaml"]).success())["bounds"]["app"]["cost"].clone();
    let cost = cost.as_u64().expect("a limit");
    run(&files, &["lint", "--max-cost", &cost.to_string(), "a.yaml"]).success();
    let below = (cost - 1).to_string();
    let found = json(&run(&files, &["lint", "--max-cost", &below, "-o", "json", "a.yaml"]).code(1));
    assert_eq!(found["findings"][0]["code"], "KRO1107");
    let message =
        format!("the expressions of one pass can cost {cost} units, more than {below}; this one most");
    assert_eq!(found["findings"][0]["message"], message);
    let log = json(&run(&files, &["lint", "--max-chain", "0", "-o", "sarif", "a.yaml"]).code(1));
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "KRO1107");
    assert_eq!(log["runs"][0]["properties"]["bounds"]["app"]["longestChain"], 1);
    run(&files, &["lint", "-o", "github", "a.yaml"]).success().stdout_eq(str![[r"
::notice title=bounds of app::objects: 1000 (limited by the operator, not by the schema), requests of a reconcile: 1001, longest chain: 1, cost units of a pass: [..], bytes of status: 1572864 (limited by the API server, not by the schema)

"]]);
    run(&[("a.yaml", &definition("App", SITE))], &["lint", "a.yaml"]).code(1);
    run(&[], &["lint", "--max-objects", "many", "a.yaml"]).code(2);
}

#[test]
fn warnings_alike_are_grouped_for_people() {
    let mut fields = String::new();
    let mut data = String::new();
    for index in 0..8 {
        let _ = writeln!(fields, "      f{index}: string");
        let _ = writeln!(data, "          f{index}: ${{schema.spec.f{index}}}");
    }
    let text = definition("App", &format!("{MAP}{data}")).replacen(
        "      size:",
        &format!("{fields}      size:"),
        1,
    );
    let shown = |words: &[&str]| {
        let found = run(&[("a.yaml", &text)], words).success();
        String::from_utf8_lossy(&found.get_output().stdout).into_owned()
    };
    let (brief, full) = (shown(&["validate", "a.yaml"]), shown(&["lint", "a.yaml"]));
    assert_eq!((brief.matches("  --> ").count(), full.matches("  --> ").count()), (1, 8), "{brief}");
    assert!(
        brief.contains(
            "a.yaml:29:17: warning[KRO1101]: `schema.spec.f1` may be absent; then `one` waits for ever\n"
        ),
        "{brief}"
    );
    assert!(brief.contains("… and 2 more; `kro lint` shows each\n"), "{brief}");
    assert!(brief.ends_with("1 definition valid, 8 warnings\n"), "{brief}");
}

#[test]
fn a_key_that_is_read_as_another() {
    let text =
        definition("App", MAP).replacen("      size:", "      on: boolean | default=true\n      size:", 1);
    run(&[("a.yaml", &text)], &["validate", "a.yaml"]).success().stdout_eq(str![[r#"
warning[KRO1108]: this key is read as "true"
  --> a.yaml:10:7
   |
10 |       on: boolean | default=true
   |       ^^
   |
   = help: put it in quotes: "on"

1 definition valid, 1 warning

"#]]);
}

#[test]
fn the_order_of_resources() {
    let two = format!(
        "{MAP}    - id: two\n      includeWhen: ['${{schema.spec.size > 1}}']\n      template:\n{SITE}"
    )
    .replace("          size: ${schema.spec.size}\n", "          size: ${int(one.data.size)}\n");
    let files = [("a.yaml", &*definition("App", &two)), ("crd.yaml", CRD)];
    run(&files, &["graph", "."]).success().stdout_eq(str![[r"
App (kro.run/v1alpha1)

wave 1
  one (ConfigMap)

wave 2
  two (Site)
    waits for one: data.size
    only if schema.spec.size > 1

"]]);
    let graph = json(&run(&files, &["graph", "-o", "json", "."]).success());
    assert_eq!(graph["app"]["waves"], serde_json::json!([["one"], ["two"]]));
    assert_eq!(graph["app"]["resources"]["two"]["waitsFor"], serde_json::json!({"one": ["data.size"]}));
    run(&[("a.yaml", &definition("App", SITE))], &["graph", "a.yaml"]).code(1).stdout_eq("");
}

#[test]
fn bundles_are_read_document_by_document() {
    // More than a single document may have.
    let filler = format!("---\n{}", CRD.replace("test.dev", "other.dev").replace("Site", "Other"));
    let filler = filler.replace(
        "type: object\n",
        &format!("type: object\n          description: {}\n", "x".repeat(600_000)),
    );
    let bundle = format!("{}---\n{CRD}{}", filler.repeat(8), filler.repeat(8));
    assert!(bundle.len() > 8 << 20);
    let files = [("a.yaml", &*definition("App", SITE)), ("bundle.yaml", &*bundle)];
    run(&files, &["validate", "a.yaml", "--crds", "bundle.yaml"]).success();
    run(&files, &["validate", "."]).success();
    let broken = bundle.replacen("  group: test.dev", "  group: test.dev: x", 1);
    let line = 1 + broken[..broken.find("test.dev: x").expect("there")].matches('\n').count();
    let files = [("a.yaml", &*definition("App", SITE)), ("bundle.yaml", &*broken)];
    let found = run(&files, &["validate", "a.yaml", "--crds", "bundle.yaml"]).code(1);
    let text = String::from_utf8_lossy(&found.get_output().stdout).into_owned();
    assert!(text.contains(&format!("bundle.yaml:{line}:")), "{text}");
}
