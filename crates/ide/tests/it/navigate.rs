//! Declarations, uses, other names; in one file and in several.

use crate::with_cursor;
use kro_ide::{File, Place, definition, findings, format::Edit, outline, references, rename, renameable};

#[track_caller]
fn at(old: &str, new: &str) -> (File, usize) {
    let (text, at) = with_cursor(old, new);
    (File::read("web.yaml", text), at)
}

/// The line of a place, without its indentation.
fn line(file: &File, at: usize) -> String {
    let start = file.text()[..at].rfind('\n').map_or(0, |it| it + 1);
    file.text()[start..].lines().next().unwrap_or_default().trim().to_owned()
}

#[track_caller]
fn declared(old: &str, new: &str, expected: &str) {
    let (file, at) = at(old, new);
    let found = definition(&[&file], 0, at).expect("a declaration");
    assert_eq!(line(&file, found.bytes.start), expected);
}

#[test]
fn declarations() {
    declared("string(deployment.", "string(dep$0loyment.", "- id: deployment");
    declared("-${host}", "-${ho$0st}", "- host: ${schema.spec.hosts}");
    declared("${schema.spec.size}", "${schema.spec.si$0ze}", "size: integer | default=1");
    declared("${schema.spec.image.tag}", "${schema.spec.image.ta$0g}", "tag: string");
    declared("image: Image", "image: Im$0age", "Image:");
    declared("kind: Web", "kind: W$0eb", "kind: Web");
}

#[test]
fn uses() {
    let (file, at) = at("id: deployment", "id: dep$0loyment");
    let found: Vec<String> =
        references(&[&file], 0, at).into_iter().map(|it| line(&file, it.bytes.start)).collect();
    assert_eq!(
        found,
        [
            "- id: deployment",
            "ready: ${deployment.status.readyReplicas}",
            "- ${deployment.status.readyReplicas > 0}",
            "size: ${string(deployment.spec.replicas)}",
        ]
    );
}

#[test]
fn uses_of_a_field() {
    let (file, at) = at("      hosts:", "      ho$0sts:");
    let found: Vec<String> =
        references(&[&file], 0, at).into_iter().map(|it| line(&file, it.bytes.start)).collect();
    assert_eq!(found, ["hosts: '[]string'", "- host: ${schema.spec.hosts}"]);
}

fn changed(file: &File, edits: Vec<(usize, Edit)>) -> String {
    let mut edits: Vec<Edit> = edits.into_iter().map(|(_, edit)| edit).collect();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.bytes.start));
    let mut text = file.text().to_owned();
    for edit in edits {
        text.replace_range(edit.bytes, &edit.text);
    }
    text
}

#[test]
fn other_names() {
    let (file, place) = at("string(deployment.", "string(dep$0loyment.");
    assert_eq!(renameable(&[&file], 0, place).map(|(_, name)| name).as_deref(), Some("deployment"));
    let text = changed(&file, rename(&[&file], 0, place, "server").expect("a legal name"));
    assert_eq!((text.matches("deployment").count(), text.matches("server").count()), (0, 4), "{text}");
    let found = File::read("web.yaml", text).findings(&crate::catalog());
    assert!(found.iter().all(|it| it.diagnostic.code.is_warning()), "{found:?}");

    let (file, place) = at("-${host}", "-${$0host}");
    let text = changed(&file, rename(&[&file], 0, place, "name").expect("a legal name"));
    assert!(text.contains("- name: ${schema.spec.hosts}") && text.contains("-${name}"), "{text}");
}

#[test]
fn names_that_cannot_be_given() {
    let (file, place) = at("string(deployment.", "string(dep$0loyment.");
    for (name, why) in [
        ("Server", "\"Server\" is not lowerCamelCase"),
        ("schema", "\"schema\" is reserved"),
        ("host", "there is already something called \"host\""),
    ] {
        assert_eq!(rename(&[&file], 0, place, name), Err(why.to_owned()));
    }
    let (file, place) = at("size: integer", "si$0ze: integer");
    for (name, why) in [
        ("a-b", "\"a-b\" is no name of letters and digits"),
        ("hosts", "there is already something called \"hosts\""),
    ] {
        assert_eq!(rename(&[&file], 0, place, name), Err(why.to_owned()));
    }
    let (file, place) = at("kind: Web", "kind: W$0eb");
    assert_eq!(rename(&[&file], 0, place, "web"), Err("\"web\" is not UpperCamelCase".to_owned()));
    let (file, place) = at("kind: Deployment", "kind: Deploy$0ment");
    assert_eq!(
        rename(&[&file], 0, place, "Server"),
        Err("what is here has no name that a definition gives".to_owned())
    );
}

#[test]
fn parts() {
    let (file, _) = at("kind: Web", "kind: Web$0");
    let found = outline(&file);
    let names: Vec<&str> = found[0].children.iter().map(|it| it.name.as_str()).collect();
    assert_eq!((found[0].name.as_str(), found[0].detail.as_str()), ("web", "Web"));
    assert_eq!(names, ["spec", "status", "deployment", "pages", "settings"]);
    for symbol in &found[0].children {
        assert!(symbol.bytes.start <= symbol.name_bytes.start && symbol.name_bytes.end <= symbol.bytes.end);
    }
}

/// A definition that uses the kind of [`crate::DEFINITION`], and an instance of that kind.
const USER: &str = "\
apiVersion: kro.run/v1alpha1
kind: ResourceGraphDefinition
metadata: {name: shop}
spec:
  schema:
    apiVersion: v1alpha1
    kind: Shop
    spec: {title: string | required=true}
    status:
      ready: ${web.status.ready}
  resources:
    - id: web
      template:
        apiVersion: kro.run/v1alpha1
        kind: Web
        metadata: {name: '${schema.spec.title}'}
        spec:
          name: ${schema.spec.title}
          \"hosts\": [a]
          image: {tag: '1'}
    - id: page
      template:
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: '${web.spec.name}'}
        data: {hosts: '${web.spec.hosts[0]}', tag: '${has(web.spec.image.tag) ? web.spec.?image.tag.orValue(\"\") : \"\"}'}
---
apiVersion: kro.run/v1alpha1
kind: Web
metadata: {name: mine}
spec:
  name: mine
  hosts: [a]
";

/// Both files, and the byte behind the first `text` of one.
fn both(file: usize, text: &str) -> ([File; 2], usize) {
    let files = [crate::DEFINITION, USER].map(|text| File::read("", text.to_owned()));
    let at = files[file].text().find(text).expect(text) + text.len();
    (files, at)
}

/// `file:line` of each place.
fn lines(files: &[File], places: impl IntoIterator<Item = Place>) -> Vec<String> {
    let shown = |it: Place| format!("{}:{}", it.file, line(&files[it.file], it.bytes.start));
    places.into_iter().map(shown).collect()
}

#[test]
fn declarations_in_other_files() {
    for (text, expected) in [
        ("  kind: Web", "0:kind: Web"),
        ("---\napiVersion: kro.run/v1alpha1\nkind: Web", "0:kind: Web"),
        ("          name", "0:name: string | required=true description=\"what it is called\""),
        ("web.status.ready", "0:ready: ${deployment.status.readyReplicas}"),
        ("web.spec.hosts", "0:hosts: '[]string'"),
        ("has(web.spec.image.tag", "0:tag: string"),
        ("${web", "1:- id: web"),
    ] {
        let (files, at) = both(1, text);
        let found = definition(&[&files[0], &files[1]], 1, at);
        assert_eq!(lines(&files, found), [expected], "{text}");
    }
}

#[test]
fn uses_in_other_files() {
    let (files, at) = both(0, "      hosts");
    let found = references(&[&files[0], &files[1]], 0, at);
    assert_eq!(
        lines(&files, found),
        [
            "0:hosts: '[]string'",
            "0:- host: ${schema.spec.hosts}",
            "1:\"hosts\": [a]",
            "1:data: {hosts: '${web.spec.hosts[0]}', tag: '${has(web.spec.image.tag) ? web.spec.?image.tag.orValue(\"\") : \"\"}'}",
            "1:hosts: [a]",
        ]
    );
}

/// Every name is changed everywhere, so both files are as right as before.
#[test]
fn other_names_in_all_files() {
    for (text, new, count) in [
        ("      hosts", "names", 5),
        ("kind: Web", "Page", 3),
        ("        tag", "version", 5),
        ("image: Image", "Picture", 2),
        ("      ready", "size2", 2),
    ] {
        let (files, at) = both(0, text);
        let files: Vec<&File> = files.iter().collect();
        let edits = rename(&files, 0, at, new).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(edits.len(), count, "{text}: {edits:?}");
        let changed: Vec<File> = (0..2)
            .map(|index| {
                let own = edits.iter().filter(|(file, _)| *file == index).cloned().collect();
                File::read("", changed(files[index], own))
            })
            .collect();
        let all: Vec<&File> = changed.iter().collect();
        let found = findings(&all, &mut crate::catalog());
        let errors = found.iter().flatten().filter(|it| !it.diagnostic.code.is_warning());
        assert_eq!(errors.count(), 0, "{text}: {found:#?}");
    }
}

#[test]
fn declarations_in_crds() {
    const CRD: &str = "\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: webs.kro.run}
spec:
  group: kro.run
  names: {kind: Web, plural: webs}
  scope: Namespaced
  versions:
    - name: v1alpha1
      schema:
        openAPIV3Schema:
          properties:
            spec:
              properties:
                hosts: {type: array, items: {type: string}}
                image: {properties: {tag: {type: string}}}
";
    let files = [USER, CRD].map(|text| File::read("", text.to_owned()));
    let all = [&files[0], &files[1]];
    for (text, expected) in [
        ("  kind: Web", "1:names: {kind: Web, plural: webs}"),
        ("web.spec.hosts", "1:hosts: {type: array, items: {type: string}}"),
        ("image: {tag", "1:image: {properties: {tag: {type: string}}}"),
    ] {
        let at = USER.find(text).expect(text) + text.len();
        assert_eq!(lines(&files, definition(&all, 0, at)), [expected], "{text}");
        assert!(rename(&all, 0, at, "other").is_err());
    }
}
