//! Definitions that use each other's kinds.

use kro_graph::CompileOptions;
use kro_ide::{Catalog, File, compile_all};
use kro_object::Object;

/// A definition of a kind with one template.
fn definition(kind: &str, made: &str, field: &str) -> Object {
    let text = format!(
        "apiVersion: kro.run/v1alpha1\nkind: ResourceGraphDefinition\nmetadata: {{name: {}}}\nspec:\n  \
         schema: {{apiVersion: v1alpha1, kind: {kind}, spec: {{size: integer | required=true}}}}\n  resources:\n    \
         - id: inner\n      template:\n        {made}\n        metadata: {{name: x}}\n        {field}\n",
        kind.to_lowercase()
    );
    File::read("a.yaml", text).definitions().remove(0)
}

const CONFIG_MAP: &str = "apiVersion: v1\n        kind: ConfigMap";
const INNER: &str = "apiVersion: kro.run/v1alpha1\n        kind: Inner";
const OUTER: &str = "apiVersion: kro.run/v1alpha1\n        kind: Outer";

#[track_caller]
fn check(definitions: &[&Object], expected: &[&[&str]]) {
    let found = compile_all(definitions, &mut Catalog::builtin(), &CompileOptions::default());
    let found: Vec<Vec<String>> =
        found.iter().map(|it| it.diagnostics.iter().map(ToString::to_string).collect()).collect();
    assert_eq!(found, expected);
}

#[test]
fn order_of_files_does_not_matter() {
    let inner = definition("Inner", CONFIG_MAP, "data: {a: \"${string(schema.spec.size)}\"}");
    let outer = definition("Outer", INNER, "spec: {size: \"${schema.spec.size}\"}");
    check(&[&outer, &inner], &[&[], &[]]);
    check(&[&inner, &outer], &[&[], &[]]);
}

#[test]
fn a_mistake_in_the_inner_one_is_reported_once() {
    let inner = definition("Inner", CONFIG_MAP, "bogus: 1");
    let outer = definition("Outer", INNER, "spec: {sise: 1}");
    check(
        &[&outer, &inner],
        &[
            &[
                "error[KRO0405] at spec.resources[0].template.spec.sise: kro.run/v1alpha1 Inner has no field `spec.sise`",
            ],
            &["error[KRO0405] at spec.resources[0].template.bogus: v1 ConfigMap has no field `bogus`"],
        ],
    );
}

#[test]
fn definitions_that_wait_for_each_other() {
    let (inner, outer) = (definition("Inner", OUTER, "spec: {}"), definition("Outer", INNER, "spec: {}"));
    let found = compile_all(&[&inner, &outer], &mut Catalog::builtin(), &CompileOptions::default());
    assert!(found[0].has_errors());
}

#[test]
fn a_resource_that_cannot_be_read_is_reported_once() {
    let text = crate::DEFINITION.replacen("      readyWhen:", "      readyWhen: 3\n      other:", 1);
    let text = text.replacen("      template:\n", "      templat:\n", 1);
    let file = File::read("a.yaml", text);
    let errors: Vec<String> = file
        .findings(&Catalog::builtin())
        .into_iter()
        .filter(|found| found.diagnostic.severity == kro_diagnostic::Severity::Error)
        .map(|found| found.diagnostic.to_string())
        .collect();
    assert!(errors.iter().all(|error| error.contains("spec.resources[0]")), "{errors:#?}");
    assert!(!errors.is_empty());
}
