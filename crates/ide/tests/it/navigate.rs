//! Declarations, uses, other names.

use crate::with_cursor;
use kro_ide::{File, definition, format::Edit, outline, references, rename, renameable};

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
    let found = definition(&file, at).expect("a declaration");
    assert_eq!(line(&file, found.start), expected);
}

#[test]
fn declarations() {
    declared("string(deployment.", "string(dep$0loyment.", "- id: deployment");
    declared("-${host}", "-${ho$0st}", "- host: ${schema.spec.hosts}");
    declared("${schema.spec.size}", "${schema.spec.si$0ze}", "size: integer | default=1");
    declared("${schema.spec.image.tag}", "${schema.spec.image.ta$0g}", "image: Image");
}

#[test]
fn uses() {
    let (file, at) = at("id: deployment", "id: dep$0loyment");
    let found: Vec<String> = references(&file, at).into_iter().map(|it| line(&file, it.start)).collect();
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
    let found: Vec<String> = references(&file, at).into_iter().map(|it| line(&file, it.start)).collect();
    assert_eq!(found, ["hosts: '[]string'", "- host: ${schema.spec.hosts}"]);
}

fn changed(file: &File, mut edits: Vec<Edit>) -> String {
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
    assert_eq!(renameable(&file, place).map(|(_, name)| name).as_deref(), Some("deployment"));
    let text = changed(&file, rename(&file, place, "server").expect("a legal name"));
    assert_eq!((text.matches("deployment").count(), text.matches("server").count()), (0, 4), "{text}");
    let found = File::read("web.yaml", text).findings(&crate::catalog());
    assert!(found.iter().all(|it| it.diagnostic.code.is_warning()), "{found:?}");

    let (file, place) = at("-${host}", "-${$0host}");
    let text = changed(&file, rename(&file, place, "name").expect("a legal name"));
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
        assert_eq!(rename(&file, place, name), Err(why.to_owned()));
    }
    let (file, place) = at("size: integer", "si$0ze: integer");
    assert!(rename(&file, place, "count").is_err());
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
