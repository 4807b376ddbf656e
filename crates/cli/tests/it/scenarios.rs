//! `kro test`: formats, exit codes, snapshots, and what is wrong with a file.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::session::kro;

const PAGE: &str = "\
apiVersion: test.kro.run/v1alpha1
kind: Scenario
name: a <map> is made
given:
  - apiVersion: kro.run/v1alpha1
    kind: ResourceGraphDefinition
    metadata: {name: page}
    spec:
      schema: {apiVersion: v1alpha1, kind: Page, spec: {text: string}}
      resources:
        - id: map
          template: {apiVersion: v1, kind: ConfigMap, metadata: {name: home}, data: {text: '${schema.spec.text}'}}
  - {apiVersion: kro.run/v1alpha1, kind: Page, metadata: {name: home}, spec: {text: hello}}
steps:
  - expect:
      within: 10s
      objects:
        - {apiVersion: v1, kind: ConfigMap, metadata: {name: home}, data: {text: TEXT}}
";

fn play(folder: &Path, words: &[&str]) -> (i32, String) {
    let Output { status, stdout, .. } =
        kro().arg("test").args(words).arg(folder).output().expect("kro starts");
    (status.code().expect("an exit code"), String::from_utf8(stdout).expect("text"))
}

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("page.test.yaml"), text).expect("writable");
    folder
}

#[test]
fn what_holds_and_what_does_not_in_every_format() {
    let good = folder(&PAGE.replace("TEXT", "hello"));
    let bad = folder(&PAGE.replace("TEXT", "bye"));
    for (format, yes, no) in [
        ("human", "1 scenario, 0 failed", "  - data:\n"),
        ("tap", "ok 1 - a <map> is made", "not ok 1 - a <map> is made"),
        ("junit", "name=\"a &lt;map&gt; is made\"", "<failure type=\"KRO1204\""),
        ("json", "\"ok\": true", "\"line\": 18"),
    ] {
        let (code, text) = play(good.path(), &["-o", format]);
        assert!(code == 0 && text.contains(yes), "{code} {text}");
        let (code, text) = play(bad.path(), &["-o", format]);
        assert_eq!(code, 1, "{text}");
        let difference = format == "human" && text.contains("text: bye") && text.contains("text: hello");
        assert!(text.contains(no) || difference, "{text}");
    }
}

#[test]
fn a_mistake_in_a_file_has_its_place_and_fails() {
    let folder = folder(&PAGE.replace("objects", "objcts"));
    let (code, text) = play(folder.path(), &[]);
    assert_eq!(code, 1);
    assert!(text.contains("error[KRO0103]") && text.contains("page.test.yaml:17:7"), "{text}");
    assert!(text.contains("did you mean \"objects\"?"), "{text}");
}

#[test]
fn snapshots_are_written_when_asked_for_and_compared_later() {
    let text = PAGE.replace("TEXT", "hello") + "      snapshot: page\n";
    let folder = folder(&text);
    let snapshot = folder.path().join("page.test.page.snap");
    assert_eq!(play(folder.path(), &[]).0, 1);
    assert_eq!(play(folder.path(), &["--bless"]).0, 0);
    assert_eq!(play(folder.path(), &[]).0, 0);
    let kept = fs::read_to_string(&snapshot).expect("written");
    fs::write(&snapshot, kept.replace("hello", "bye")).expect("writable");
    let (code, text) = play(folder.path(), &[]);
    assert!(code == 1 && text.contains("KRO1205") && text.contains("+   text: hello"), "{text}");
}
