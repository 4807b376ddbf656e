//! Scenarios: mistakes in their files, what they show, and that their documents are fresh.

use kro_diagnostic::{
    Code, codes,
    source::{Document, Sources},
};
use kro_object::Object;
use kro_sim::scenario::{self, Faults, Inputs, Report};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn documents(text: &str) -> Vec<Document> {
    let mut sources = Sources::default();
    let file = sources.add("a.test.yaml", text.to_owned());
    sources.documents(file).into_result().expect("YAML")
}

/// Plays the scenario of a text; the files it names are those of a folder.
fn play(text: &str, folder: &Path, faults: Option<Faults>) -> Result<Report, Vec<Code>> {
    let value = documents(text)[0].to_value();
    let scenario = scenario::read(&value)
        .into_result()
        .map_err(|found| found.iter().map(|finding| finding.code).collect::<Vec<_>>())?;
    let mut files = BTreeMap::new();
    for (name, _) in scenario.files() {
        let Ok(text) = fs::read_to_string(folder.join(name)) else { return Err(vec![codes::SCENARIO_FILE]) };
        let documents = documents(&text);
        let objects = documents.iter().map(|it| Object::from_value(it.to_value()).expect("a manifest"));
        files.insert(name.to_owned(), objects.collect());
    }
    let snapshots = BTreeMap::new();
    let inputs = Inputs { files: &files, snapshots: Some(&snapshots), seed: None, faults, keep_lines: true };
    Ok(scenario::run(&scenario, inputs))
}

fn codes_of(text: &str) -> Vec<Code> {
    match play(text, &root(), None) {
        Ok(report) => report.failures.iter().map(|failure| failure.diagnostic.code).collect(),
        Err(codes) => codes,
    }
}

const HEAD: &str = "apiVersion: test.kro.run/v1alpha1\nkind: Scenario\nname: a\n";

#[test]
fn every_mistake_in_a_file_has_its_code() {
    for (rest, wanted) in [
        ("", codes::MISSING_FIELD),
        ("steps: 1", codes::FIELD_TYPE),
        ("stps: []\nsteps: []", codes::UNKNOWN_FIELD),
        ("steps: [{wait: soon}]", codes::FIELD_VALUE),
        ("steps: [{}]", codes::SCENARIO_STEP),
        ("steps: [{wait: 1s, heal: true}]", codes::SCENARIO_STEP),
        ("steps: [{operator: crsh}]", codes::FIELD_VALUE),
        ("steps: [{expect: {that: ['objects.size( > 1']}}]", codes::CEL_SYNTAX),
        ("steps: [{expect: {that: ['nobody == 1']}}]", codes::CEL_TYPE),
        ("steps: [{expect: {that: ['1 + 1']}}]", codes::CONDITION_TYPE),
        ("steps: [{delete: {apiVersion: a/b/c, kind: X, name: x}}]", codes::KIND_REFERENCE),
        ("given: {a: 1}\nsteps: []", codes::MISSING_FIELD),
    ] {
        let found = codes_of(&format!("{HEAD}{rest}\n"));
        assert!(!found.is_empty() && found.iter().all(|code| *code == wanted), "{rest}: {found:?}");
    }
}

#[test]
fn pages_of_codes_show_them() {
    for code in codes::ALL.iter().filter(|code| code.number() / 100 == 12) {
        let page =
            fs::read_to_string(root().join(format!("docs/reference/diagnostics/{code}.md"))).expect("a page");
        assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "{code}");
        if *code == codes::RULE_BROKEN {
            continue;
        }
        let example =
            page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
        assert_eq!(codes_of(example), [*code], "{code}");
    }
}

#[test]
fn the_json_schema_is_fresh() {
    let path = root().join("docs/reference/scenario.schema.json");
    let schema = format!("{:#}\n", scenario::json_schema());
    if std::env::var_os("SNAPSHOTS").is_some() {
        fs::write(&path, &schema).expect("writable");
    }
    let known = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(known, schema, "SNAPSHOTS=overwrite cargo test -p kro-sim writes it");
}

const PAGE: &str = "
given:
  - apiVersion: kro.run/v1alpha1
    kind: ResourceGraphDefinition
    metadata: {name: page}
    spec:
      schema: {apiVersion: v1alpha1, kind: Page, spec: {text: string}}
      resources:
        - id: first
          template: {apiVersion: v1, kind: ConfigMap, metadata: {name: '${schema.metadata.name}-1'}, data: {text: '${schema.spec.text}'}}
        - id: second
          template: {apiVersion: v1, kind: ConfigMap, metadata: {name: '${schema.metadata.name}-2'}, data: {text: '${first.data.text}'}}
  - {apiVersion: kro.run/v1alpha1, kind: Page, metadata: {name: home}, spec: {text: hello}}
steps:
";

/// What fails when these steps are played with a definition of two config maps.
fn steps(steps: &str, faults: Option<Faults>) -> Vec<String> {
    let report = play(&format!("{HEAD}{PAGE}{steps}"), &root(), faults).expect("a scenario");
    report.failures.iter().map(|failure| failure.diagnostic.to_string()).collect()
}

#[test]
fn what_holds_holds_under_every_kind_of_day() {
    let good = "
  - expect:
      objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: home-2}, data: {text: hello}}]
      created: [{apiVersion: v1, kind: ConfigMap, name: home-1}, {apiVersion: v1, kind: ConfigMap, name: home-2}]
      that: ['objects.exists(o, o.kind == \"Page\" && o.status.state == \"ACTIVE\")', 'size(requests) > 2 && seconds >= 0.0']
  - operator: crash
  - patch: {object: {apiVersion: v1, kind: ConfigMap, name: home-2}, with: {data: {text: drift}}}
  - expect:
      objects: [{apiVersion: v1, kind: ConfigMap, metadata: {name: home-2}, data: {text: hello}}]
  - delete: {apiVersion: kro.run/v1alpha1, kind: Page, name: home}
  - expect:
      absent: [{apiVersion: v1, kind: ConfigMap, name: home-1}, {apiVersion: kro.run/v1alpha1, kind: Page, name: home}]
      settled: true
";
    for faults in [Faults::None, Faults::Light, Faults::Heavy] {
        assert_eq!(steps(good, Some(faults)), [""; 0], "{faults:?}");
    }
}

#[test]
fn what_does_not_hold_is_told() {
    let fails = |text: &str| steps(&format!("\n  - wait: 10s\n{text}"), None).join("\n");
    let map = "apiVersion: v1, kind: ConfigMap";
    assert!(
        fails(&format!(
            "  - expect: {{objects: [{{{map}, metadata: {{name: home-1}}, data: {{text: bye}}}}]}}"
        ))
        .ends_with("ConfigMap default/home-1: data.text is \"hello\", expected \"bye\"")
    );
    assert!(
        fails(&format!("  - expect: {{absent: [{{{map}, name: home-1}}]}}"))
            .ends_with("ConfigMap default/home-1 is there")
    );
    let wrong_order = format!("  - expect: {{created: [{{{map}, name: home-2}}, {{{map}, name: home-1}}]}}");
    assert!(fails(&wrong_order).ends_with("ConfigMap home-1 was created before ConfigMap home-2"));
    assert!(fails("  - expect: {requests: {writes: 0}}").contains("writes, at most 0 are expected"));
    assert!(fails("  - expect: {that: ['objects.size() == 0']}").ends_with("the expression is false"));
    assert!(fails("  - expect: {events: [{reason: Nothing}]}").contains("KRO1204"));
    assert!(fails("  - expect: {snapshot: none}").contains("KRO1205"));
    let accepted = format!("  - {{delete: {{{map}, name: home-1}}, refused: quota}}");
    assert!(fails(&accepted).contains("KRO1203"));
}

#[test]
fn what_is_held_stays_as_it_is_until_it_is_released() {
    let claim = "
  - hold: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}
  - apply:
      apiVersion: v1
      kind: PersistentVolumeClaim
      metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
  - expect:
      during: 1h
      objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, status: {phase: Pending}}]
  - release: {apiVersion: v1, kind: PersistentVolumeClaim, name: data}
  - expect:
      objects: [{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: data}, status: {phase: Bound}}]
";
    assert_eq!(steps(claim, None), [""; 0]);
}
