//! `kro fuzz` with definitions that are wrong on purpose.

use snapbox::str;

use crate::folder::{CRD, MAP, SITE, definition, folder, kro, run};

#[test]
fn rendering_finds_the_smallest_instance() {
    let named = definition("App", MAP)
        .replace("name: ${schema.metadata.name}", "name: ${'x' + string(10 / (schema.spec.size - 7))}");
    let found = run(&[("a.yaml", &named)], &["fuzz", "--render", "--cases", "2000", "a.yaml"]).code(1);
    found.stdout_eq(str![[r#"
error: a valid instance of app makes what cannot be: `one`: node "one": "'x' + string(10 / (schema.spec.size - 7))": division by zero

# the smallest such instance
apiVersion: kro.run/v1alpha1
kind: App
metadata:
  name: sample
  namespace: default
spec:
  size: 7


"#]]);
}

#[test]
fn rendering_finds_objects_that_their_kinds_refuse() {
    let crd = CRD.replace("size: {type: integer}", "size: {type: integer, maximum: 5}");
    let files = [("a.yaml", &*definition("App", SITE)), ("crd.yaml", &*crd)];
    let found = run(&files, &["fuzz", "--render", "."]).code(1);
    let text = String::from_utf8_lossy(&found.get_output().stdout).into_owned();
    assert!(
        text.contains("`one` (Site): spec.size: Invalid value") && text.ends_with("  size: 6\n\n"),
        "{text}"
    );
}

#[test]
fn nothing_is_found_where_nothing_is_wrong() {
    let files = [("a.yaml", &*definition("App", MAP))];
    run(&files, &["fuzz", "--render", "a.yaml"])
        .success()
        .stdout_eq("ok app: 256 instances rendered, all objects fit\n");
    run(&files, &["fuzz", "--cases", "3", "a.yaml"])
        .success()
        .stdout_eq("ok app: 3 lives lived through, all well\n");
    let crd = [("a.yaml", &*definition("App", SITE)), ("crd.yaml", CRD)];
    run(&crd, &["fuzz", "--cases", "2", "."])
        .success()
        .stdout_eq("ok app: 2 lives lived through, all well\n");
}

#[test]
fn what_cannot_be_searched() {
    let mistaken = definition("App", MAP).replace("schema.spec.size", "schema.spec.siez");
    run(&[("a.yaml", &mistaken)], &["fuzz", "--render", "a.yaml"]).code(1);
    run(&[("a.yaml", &mistaken)], &["fuzz", "a.yaml"]).code(1);
    run(&[], &["fuzz"]).code(2);
    run(&[], &["fuzz", "--render", "--save", "x", "a.yaml"]).code(2);
}

/// The instance waits for what never comes; the smallest that does is told, and `kro test` sees the same.
#[test]
fn a_life_that_is_stuck_is_a_scenario() {
    let stuck = definition("App", MAP)
        .replace("- id: one\n", "- id: one\n      readyWhen: [\"${size(one.data.size) < 3}\"]\n");
    let folder = folder(&[("rgd/a.yaml", &stuck)]);
    let words = ["fuzz", "--cases", "50", "rgd/a.yaml", "--save", "tests.test.yaml"];
    kro(folder.path(), &words).assert().code(1).stdout_eq(str![[r#"
error: a life of app goes wrong: App default/sample: status.state is "IN_PROGRESS", expected "ACTIVE"
the smallest such life is in tests.test.yaml

"#]]);
    let text = std::fs::read_to_string(folder.path().join("tests.test.yaml")).expect("a file");
    assert!(text.contains("- rgd/a.yaml") && text.contains("size: 100\n"), "{text}");
    let played = kro(folder.path(), &["test", "tests.test.yaml"]).assert().code(1);
    let told = String::from_utf8_lossy(&played.get_output().stdout).into_owned();
    assert!(told.contains("IN_PROGRESS") && told.contains("1 scenario, 1 failed"), "{told}");
}

/// Rendering does not judge names; the API server does.
#[test]
fn a_life_with_an_object_that_is_refused() {
    let named = definition("App", MAP).replace("minimum=1", "minimum=1 maximum=12").replace(
        "name: ${schema.metadata.name}",
        "name: \"${schema.metadata.name + (schema.spec.size > 9 ? '_' : '')}\"",
    );
    let found = run(&[("a.yaml", &named)], &["fuzz", "--cases", "50", "a.yaml"]).code(1);
    let text = String::from_utf8_lossy(&found.get_output().stdout).into_owned();
    assert!(text.starts_with("error: a life of app goes wrong: App default/sample: "), "{text}");
    assert!(text.contains("ConfigMap default/sample_ is missing") && text.contains("size: 10\n"), "{text}");
}
