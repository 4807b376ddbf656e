//! `validate`, `fmt` and `generate` as their users see them.

use std::fs;

use snapbox::str;

use crate::folder::{CRD, INNER, MAP, SITE, definition, folder, json, kro, run};
use crate::session::root;

#[test]
fn definitions_that_use_each_other() {
    let files = [("a.yaml", &*definition("Outer", INNER)), ("b.yaml", &*definition("Inner", MAP))];
    run(&files, &["validate", "."]).success().stdout_eq("2 definitions valid, 0 warnings\n");
    run(&files, &["validate", "b.yaml", "a.yaml"]).success();
    run(&files, &["validate", "a.yaml"]).code(1).stdout_eq(str![[r"
error[KRO0404]: no kind Inner in kro.run/v1alpha1
  --> a.yaml:15:15
   |
15 |         kind: Inner
   |               ^^^^^

1 definition checked: 1 error, 0 warnings

"]]);
}

#[test]
fn crds_from_elsewhere() {
    let files = [("a.yaml", &*definition("App", SITE)), ("crds/site.yaml", CRD), ("crds/no.yaml", "a: [")];
    run(&files, &["validate", "a.yaml", "--crds", "crds/site.yaml"]).success();
    run(&files, &["validate", "a.yaml", "crds/site.yaml"]).success();
    // A file that is not needed is not looked into.
    run(&files, &["validate", "a.yaml", "--crds", "crds"]).success();
    run(&files, &["validate", "a.yaml", "--crds", "nowhere"]).code(1).stderr_eq(str![[r"
error: cannot read nowhere
  cause: No such file or directory (os error 2)
  help: name a YAML file, or a folder that holds some

"]]);
}

#[test]
fn schemas_of_another_version() {
    let document = r#"{"paths": {"/apis/test.dev/v1/namespaces/{namespace}/sites/{name}": {"get": {
        "x-kubernetes-group-version-kind": {"group": "test.dev", "version": "v1", "kind": "Site"}}}},
        "components": {"schemas": {"Site": {"type": "object",
        "properties": {"apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object",
        "properties": {"name": {"type": "string"}, "namespace": {"type": "string"}}},
        "spec": {"type": "object", "properties": {"size": {"type": "integer"}}}},
        "x-kubernetes-group-version-kind": [{"group": "test.dev", "version": "v1", "kind": "Site"}]}}}}"#;
    let (app, map) = (definition("App", SITE), definition("Other", MAP));
    let files = [("a.yaml", &*app), ("b.yaml", &*map), ("v3/test.json", document), ("v3/index.json", "{}")];
    run(&files, &["validate", "a.yaml", "--schemas", "v3"]).success();
    // The built-in kinds are those of another version.
    run(&files, &["validate", "b.yaml", "--schemas", "v3"]).code(1);
    run(&[("a.yaml", &*app), ("v3/x.json", "{")], &["validate", "a.yaml", "--schemas", "v3"])
        .code(1)
        .stderr_eq("error: v3/x.json is not JSON\n  cause: EOF while parsing an object at line 1 column 1\n");
    run(&[("a.yaml", &*app), ("v3/x.json", "{}")], &["validate", "a.yaml", "--schemas", "v3"]).code(1);
}

#[test]
fn a_context_that_does_not_exist() {
    let config = "{apiVersion: v1, kind: Config, contexts: [], clusters: [], users: []}\n";
    let folder = folder(&[("a.yaml", &definition("App", MAP)), ("config", config)]);
    let found =
        kro(folder.path(), &["validate", "a.yaml", "--context", "prod"]).env("KUBECONFIG", "config").assert();
    let text = String::from_utf8_lossy(&found.code(1).get_output().stderr).into_owned();
    assert!(text.starts_with("error: cannot use the context \"prod\" of the kubeconfig\n"), "{text}");
    assert!(text.contains("help: `kubectl config get-contexts`"), "{text}");
    run(&[], &["validate", "a.yaml", "--context", "x", "--schemas", "y"]).code(2);
}

#[test]
fn standard_input() {
    let folder = folder(&[]);
    kro(folder.path(), &["validate", "-"]).stdin(definition("App", MAP)).assert().success();
    kro(folder.path(), &["validate", "-"]).stdin("a: [\n").assert().code(1).stdout_eq(str![[r"
error[KRO0101]: unclosed bracket '['
 --> <stdin>:1:4
  |
1 | a: [
  |    ^
  |
  = help: close the bracket

0 definitions checked: 1 error, 0 warnings

"]]);
}

/// A definition with a mistake on line 19 and a warning.
fn mistaken() -> String {
    definition("App", MAP)
        .replace("schema.spec.size)", "schema.spec.sise)")
        .replace("    spec:\n", "    sort: 1\n    spec:\n")
}

#[test]
fn warnings_can_be_denied() {
    let warned = definition("App", MAP).replace("    spec:\n", "    sort: 1\n    spec:\n");
    run(&[("a.yaml", &warned)], &["validate", "a.yaml"]).success();
    run(&[("a.yaml", &warned)], &["validate", "--deny-warnings", "a.yaml"]).code(1);
}

#[test]
fn annotations_of_github() {
    run(&[("a b.yaml", &mistaken())], &["validate", "-o", "github", "a b.yaml"]).code(1).stdout_eq(str![[r#"
::warning file=a b.yaml,line=9,endLine=9,col=5,endColumn=9,title=KRO0103::unknown field "sort"%0Ahelp: [..]
::error file=a b.yaml,line=20,endLine=20,col=26,endColumn=42,title=KRO0601::`schema.spec` has no field `sise`%0Ahelp: did you mean "size"?

"#]]);
}

#[test]
fn sarif() {
    let log = json(&run(&[("a b.yaml", &mistaken())], &["validate", "-o", "sarif", "a b.yaml"]).code(1));
    let result = &log["runs"][0]["results"][1];
    assert_eq!(result["ruleId"], "KRO0601");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "a%20b.yaml");
    assert_eq!(place["region"]["startLine"], 20);
    assert_eq!((&place["region"]["startColumn"], &place["region"]["endColumn"]), (&26.into(), &42.into()));
}

#[test]
fn nothing_found_is_valid_in_every_format() {
    for format in ["json", "sarif", "github", "human"] {
        run(&[("a.yaml", &definition("App", MAP))], &["validate", "-o", format, "a.yaml"]).success();
    }
}

#[test]
fn formatting() {
    let untidy = "a:\n    b:   1 # why\n";
    let folder = folder(&[("a.yaml", untidy), ("b.yaml", "a: 1\n"), ("c.txt", untidy)]);
    kro(folder.path(), &["fmt", "--check", "."]).assert().code(1).stdout_eq(str![[r"
--- ./a.yaml
+++ ./a.yaml
@@ -1,2 +1,2 @@
 a:
-    b:   1 # why
+  b: 1 # why

"]]);
    kro(folder.path(), &["fmt", "."]).assert().success().stderr_eq("2 files: 1 formatted, 0 with mistakes\n");
    assert_eq!(fs::read_to_string(folder.path().join("a.yaml")).expect("there"), "a:\n  b: 1 # why\n");
    assert_eq!(fs::read_to_string(folder.path().join("c.txt")).expect("there"), untidy);
    kro(folder.path(), &["fmt", "--check", "."]).assert().success();
    kro(folder.path(), &["fmt", "-"]).stdin(untidy).assert().success().stdout_eq("a:\n  b: 1 # why\n");
}

#[test]
fn formatting_what_is_no_yaml() {
    run(&[("a.yaml", "a: [\n")], &["fmt", "a.yaml"]).code(1).stdout_eq("").stderr_eq(str![[r"
error[KRO0101]: unclosed bracket '['
 --> a.yaml:1:4
  |
1 | a: [
  |    ^
  |
  = help: close the bracket
1 file: 0 formatted, 1 with mistakes

"]]);
    run(&[], &["fmt"]).code(2);
    run(&[], &["fmt", "nowhere"]).code(1);
}

#[test]
fn what_is_generated_is_nothing_when_something_is_wrong() {
    for what in ["crd", "instance", "rbac", "diagram", "docs", "jsonschema"] {
        let found = run(&[("a.yaml", &mistaken())], &["generate", what, "a.yaml"]).code(1).stdout_eq("");
        let text = String::from_utf8_lossy(&found.get_output().stderr).into_owned();
        assert!(
            text.contains("`schema.spec` has no field `sise`") && text.contains("help: `kro validate`"),
            "{text}"
        );
        run(&[], &["generate", what]).code(2);
    }
}

#[test]
fn a_sample_instance() {
    run(&[("a.yaml", &definition("App", MAP))], &["generate", "instance", "a.yaml"]).success().stdout_eq(
        str![[r"
---
apiVersion: kro.run/v1alpha1
kind: App
metadata:
  name: app-sample
  namespace: default
spec:
  size: [..]

"]],
    );
}

#[test]
fn roles() {
    let roles = run(&[("a.yaml", &definition("App", MAP))], &["generate", "rbac", "-o", "json", "a.yaml"]);
    let role = json(&roles.success());
    assert_eq!((&role["kind"], &role["metadata"]["name"]), (&"ClusterRole".into(), &"kro:app".into()));
    assert_eq!(role["metadata"]["labels"]["rbac.kro.run/aggregate-to-controller"], "true");
    let verbs = |role: &serde_json::Value, resource: &str| {
        let rules = role["rules"].as_array().expect("rules").iter();
        let rules =
            rules.filter(|rule| rule["resources"].as_array().expect("names").contains(&resource.into()));
        rules.map(|rule| rule["verbs"].to_string()).collect::<String>()
    };
    assert!(verbs(&role, "configmaps").contains("delete") && !verbs(&role, "apps").contains("delete"));

    let annotated = "metadata:\n  annotations:\n    policy.kro.run/instances: cascade\n";
    let cascading = definition("App", MAP).replacen("metadata:\n", annotated, 1);
    let roles = run(&[("a.yaml", &cascading)], &["generate", "rbac", "-o", "json", "a.yaml"]);
    assert!(verbs(&json(&roles.success()), "apps").contains("delete"));
}

#[test]
fn diagrams() {
    let app = definition("App", MAP);
    let files = [("a.yaml", &*app), ("b.yaml", &*definition("Other", MAP))];
    run(&files, &["generate", "diagram", "a.yaml"]).success().stdout_eq(str![[r#"
flowchart LR
  n_one["one<br/>ConfigMap"]

"#]]);
    let svg = run(&files, &["generate", "diagram", "-o", "svg", "a.yaml"]).success();
    assert!(svg.get_output().stdout.starts_with(b"<svg "));
    run(&files, &["generate", "diagram", "-o", "svg", "."])
        .code(1)
        .stderr_eq("error: an SVG file holds one picture, here are 2 definitions\n");
}

#[test]
fn json_schema() {
    let schema =
        json(&run(&[("a.yaml", &definition("App", MAP))], &["generate", "jsonschema", "a.yaml"]).success());
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    assert_eq!(schema["properties"]["kind"], serde_json::json!({"const": "App"}));
    assert_eq!(schema["properties"]["spec"]["properties"]["size"]["minimum"], 1);
}

#[test]
fn a_reference_page() {
    let page = run(&[("a.yaml", &definition("App", MAP))], &["generate", "docs", "a.yaml"]).success();
    let text = String::from_utf8_lossy(&page.get_output().stdout).into_owned();
    for part in ["# App\n", "| `spec.size` | integer |", "```mermaid\n", "## Example\n", "name: app-sample\n"]
    {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn the_examples_of_the_repository() {
    let examples = root().join("fixtures/examples");
    kro(&examples, &["validate", "."]).assert().success();
    kro(&examples, &["fmt", "--check", "."]).assert().success();
}
