//! Any text is answered: damaged definitions, and inputs that are made to exhaust a reader.

use crate::fixtures::{findings, text_of};
use kro_diagnostic::codes;
use proptest::prelude::*;
use std::fmt::Write;

const SEEDS: [&str; 5] = [
    "valid/simple-schema.yaml",
    "valid/collection-two-dimensions.yaml",
    "valid/conditions.yaml",
    "valid/texts.yaml",
    "invalid/many-stages.yaml",
];

/// A definition with parts cut out, repeated or replaced.
fn damaged() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just(String::new()),
        Just("${".to_owned()),
        Just("}".to_owned()),
        Just("\n- ".to_owned()),
        Just(": ".to_owned()),
        Just("[]map[string]".to_owned()),
        Just("\"'".to_owned()),
        Just("&a *a".to_owned()),
        "[ -~é\n]{0,6}",
    ];
    let change = (any::<prop::sample::Index>(), 0usize..40, part);
    (0..SEEDS.len(), prop::collection::vec(change, 1..6)).prop_map(|(seed, changes)| {
        let mut text = text_of(SEEDS[seed]);
        for (at, length, part) in changes {
            let from = text.floor_char_boundary(at.index(text.len() + 1));
            let to = text.ceil_char_boundary((from + length).min(text.len()));
            text.replace_range(from..to, &part);
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]
    #[test]
    fn damaged_definitions_are_answered(text in damaged()) {
        for found in findings("damaged.yaml", &text) {
            prop_assert!(found.span.bytes.start <= found.span.bytes.end && found.span.bytes.end <= text.len());
        }
    }
}

/// The codes that are found in a text.
fn found(text: &str) -> Vec<kro_diagnostic::Code> {
    findings("hostile.yaml", text).iter().map(|found| found.diagnostic.code).collect()
}

fn with_data(value: &str) -> String {
    format!(
        "{HEAD}      template: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: a}}, data: {{a: {value}}}}}\n"
    )
}

const HEAD: &str = "apiVersion: kro.run/v1alpha1
kind: ResourceGraphDefinition
metadata: {name: a}
spec:
  schema: {apiVersion: v1alpha1, kind: A, spec: {name: string | required=true}}
  resources:
    - id: config
";

#[test]
fn hostile_inputs_are_answered() {
    assert_eq!(found(&"x".repeat(10 << 20)), [codes::DOCUMENT_TOO_LARGE]);
    assert_eq!(found(&"[".repeat(100_000)), [codes::DOCUMENT_TOO_DEEP]);
    assert_eq!(found(&with_data(&"a".repeat(3 << 20))), []);
    assert_eq!(found(&with_data(&format!("\"{}\"", "${".repeat(200_000)))), [codes::NESTED_EXPRESSION]);
    assert_eq!(found(&with_data(&format!("\"${{{}}}\"", "1+".repeat(60_000)))), [codes::CEL_SYNTAX]);
    assert_eq!(found(&with_data(&format!("\"${{{}1\"", "(".repeat(90_000)))), []);
    let mut many = HEAD.trim_end_matches("    - id: config\n").to_owned();
    for index in 0..2000 {
        let _ = writeln!(
            many,
            "    - {{id: c{index}, template: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: c{index}}}, \
             data: {{a: \"${{schema.spec.name}}\"}}}}}}"
        );
    }
    assert!(found(&many).iter().all(|code| *code == codes::ABOVE_CEILING));
}
