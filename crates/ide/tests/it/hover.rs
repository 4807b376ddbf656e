//! What is said about the thing under the cursor.

use crate::{catalog, with_cursor};
use kro_ide::{File, hover};

#[track_caller]
fn check(old: &str, new: &str, about: &str, expected: &str) {
    let (text, at) = with_cursor(old, new);
    let file = File::read("web.yaml", text);
    let found = hover(&file, at, &catalog()).expect("something to say");
    assert_eq!((&file.text()[found.bytes], found.markdown.as_str()), (about, expected));
}

#[test]
fn expressions() {
    check(
        "name: ${schema.spec.name}\n",
        "name: ${schema.spec.na$0me}\n",
        "schema.spec.name",
        "```cel\nschema.spec.name: string\n```\n\nwhat it is called",
    );
    check(
        "${schema.spec.size}",
        "${schema.spec.si$0ze}",
        "schema.spec.size",
        "```cel\nschema.spec.size: int\n```\n\ndefault: `1`",
    );
    check(
        "string(deployment.spec",
        "string(depl$0oyment.spec",
        "deployment",
        "```cel\ndeployment: object\n```\n\nresource `deployment`: apps/v1 Deployment",
    );
    check("-${host}", "-${ho$0st}", "host", "```cel\nhost: string\n```");
}

#[test]
fn functions() {
    let (text, at) = with_cursor("${string(deployment", "${str$0ing(deployment");
    let file = File::read("web.yaml", text);
    let found = hover(&file, at, &catalog()).expect("a function");
    assert!(found.markdown.contains("string(int) -> string"), "{}", found.markdown);
    assert_eq!(&file.text()[found.bytes], "string");
}

#[test]
fn fields() {
    check(
        "replicas: ${",
        "repl$0icas: ${",
        "replicas",
        "`replicas`: integer — apps/v1 Deployment\n\nformat: int32",
    );
    check(
        "                - name: web",
        "                - na$0me: web",
        "name",
        "`name`: string — apps/v1 Deployment\n\ndefault: `\"\"`",
    );
    let (text, at) = with_cursor("      readyWhen:", "      ready$0When:");
    let found = hover(&File::read("web.yaml", text), at, &catalog()).expect("a field of kro's own");
    assert!(found.markdown.starts_with("`readyWhen`: []string — kro.run/v1alpha1"), "{}", found.markdown);
}

#[test]
fn ids() {
    check("id: pages", "id: pa$0ges", "pages", "resource `pages`: v1 ConfigMap, many objects");
}
