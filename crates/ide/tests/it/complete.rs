//! What may be written at the cursor, in finished and unfinished text.

use crate::{catalog, with_cursor};
use kro_ide::complete;

#[track_caller]
fn check(old: &str, new: &str, expected: &[&str], absent: &[&str]) {
    let (text, at) = with_cursor(old, new);
    let found = complete(&text, at, &catalog());
    let labels: Vec<&str> = found.iter().map(|it| it.label.as_str()).collect();
    for name in expected {
        assert!(labels.contains(name), "{name} is not in {labels:?}");
    }
    for name in absent {
        assert!(!labels.contains(name), "{name} is in {labels:?}");
    }
    for completion in &found {
        let start = &text[completion.bytes.clone()];
        assert!(completion.label.starts_with(start), "{completion:?} replaces {start:?}");
    }
}

#[test]
fn names_in_expressions() {
    check(
        "name: ${schema.spec.name}\n",
        "name: ${$0}\n",
        &["schema", "pages", "settings"],
        &["deployment", "host"],
    );
    check("-${host}", "-${ho$0}", &["host"], &["schema"]);
    check("- ${deployment.status.readyReplicas > 0}", "- ${$0}", &["deployment"], &["schema", "pages"]);
    check("ready: ${deployment.status.readyReplicas}", "ready: ${depl$0}", &["deployment"], &["schema"]);
}

#[test]
fn members_in_expressions() {
    check(
        "replicas: ${schema.spec.size}",
        "replicas: ${schema.spec.$0}",
        &["name", "size", "hosts"],
        &["schema"],
    );
    check("replicas: ${schema.spec.size}", "replicas: ${schema.spec.si$0ze}", &["size"], &["name"]);
    check(
        "image: nginx:${schema.spec.image.tag}",
        "image: nginx:${schema.spec.image.$0}",
        &["tag"],
        &["name"],
    );
    check("string(deployment.spec.replicas)", "string(deployment.spec.$0)", &["replicas", "selector"], &[]);
    check("string(deployment.spec.replicas)", "schema.spec.name.star$0", &["startsWith"], &["endsWith"]);
}

#[test]
fn variables_of_macros() {
    let (old, hosts) = ("replicas: ${schema.spec.size}", "replicas: ${schema.spec.hosts");
    check(old, &format!("{hosts}.exists(host_name, ho$0)}}"), &["host_name"], &["schema"]);
    check(old, &format!("{hosts}.exists(host_name, host_name.$0"), &["startsWith"], &["map"]);
}

#[test]
fn expressions_without_an_end() {
    check("replicas: ${schema.spec.size}", "replicas: ${schema.spec.$0", &["size"], &[]);
    check("replicas: ${schema.spec.size}", "replicas: \"${schema.spec.$0", &["size"], &[]);
    check("- ${deployment.status.readyReplicas > 0}", "- ${deployment.$0", &["status", "spec"], &[]);
}

#[test]
fn fields_of_templates() {
    let replicas = "          replicas: ${schema.spec.size}\n";
    check(replicas, "          rep$0\n", &["replicas"], &["selector", "template", "strategy"]);
    check(replicas, "          $0\n", &["replicas", "strategy", "paused"], &["selector", "template"]);
    let name = "                - name: web\n";
    check(name, "                - name: web\n                  por$0\n", &["ports"], &["image"]);
    check(name, "                - co$0\n                  name: web\n", &["command"], &[]);
    check("        data:\n", "        bin$0\n        data:\n", &["binaryData"], &["data", "kind"]);
}

#[test]
fn fields_of_definitions() {
    check("    - id: pages\n", "    - id: pages\n      inc$0\n", &["includeWhen"], &["forEach"]);
    check("    kind: Web\n", "    kind: Web\n    sc$0\n", &["scope"], &[]);
}

#[test]
fn values() {
    check("        kind: Deployment\n", "        kind: Da$0\n", &["DaemonSet"], &["ConfigMap"]);
    check("        apiVersion: apps/v1\n", "        apiVersion: $0\n", &["apps/v1"], &["v1"]);
    check("      size: integer", "      size: int$0", &["integer"], &["string", "Image"]);
    check("      image: Image", "      image: $0", &["Image", "string"], &[]);
    check("integer | default=1", "integer | def$0", &["default="], &["required="]);
    check(
        "name: web\n                  ",
        "name: web\n                  stdin: $0\n                  ",
        &["true", "false"],
        &[],
    );
    check("    kind: Web\n", "    kind: Web\n    scope: Cl$0\n", &["Cluster"], &["Namespaced"]);
}

#[test]
fn nothing_where_nothing_is_known() {
    check("  name: web\n", "  name: $0\n", &[], &["schema"]);
    check("apiVersion: kro.run/v1alpha1\n", "foo: [\n$0\n", &[], &["schema"]);
}
