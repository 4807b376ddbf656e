//! What the commands print and how they exit, for good input and bad.

use std::fs;
use std::net::TcpListener;

use snapbox::cmd::{Command, cargo_bin};
use snapbox::str;

use crate::folder::run;

const CONFIG_MAP: &str = "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}\n";
const MISTAKEN: &str = "\
apiVersion: kro.run/v1alpha1
kind: ResourceGraphDefinition
metadata:
  name: x
spec:
  scheme: {}
  resources: 3
";

#[test]
fn usage_is_exit_code_2() {
    run(&[], &[]).code(2);
    run(&[], &["bogus"]).code(2).stderr_eq(str![[r"
error: unrecognized subcommand 'bogus'

Usage: kro <COMMAND>

For more information, try '--help'.

"]]);
    run(&[], &["validate"]).code(2);
    run(&[], &["apiserver", "--listen", "nonsense"]).code(2);
}

#[test]
fn a_missing_file() {
    run(&[], &["validate", "nowhere.yaml"]).code(1).stderr_eq(str![[r"
error: cannot read nowhere.yaml
  cause: No such file or directory (os error 2)
  help: name a YAML file, or a folder that holds some

"]]);
}

#[test]
fn not_yaml() {
    run(&[("a.yaml", "a: [\n")], &["validate", "a.yaml"]).code(1).stdout_eq(str![[r"
error[KRO0101]: unclosed bracket '['
 --> a.yaml:1:4
  |
1 | a: [
  |    ^
  |
  = help: close the bracket

0 definitions checked: 1 error, 0 warnings

"]]);
    run(&[("a.yaml", "a: [\n")], &["generate", "crd", "a.yaml"]).code(1).stdout_eq("").stderr_eq(str![[r"
error[KRO0101]: unclosed bracket '['
 --> a.yaml:1:4
  |
1 | a: [
  |    ^
  |
  = help: close the bracket
error: not everything here is a manifest, so nothing was done
  help: every YAML file in a folder is read; name single files to leave others out

"]]);
}

#[test]
fn another_kind() {
    run(&[("a.yaml", CONFIG_MAP)], &["validate", "a.yaml"]).code(1).stderr_eq(str![[r"
error: no ResourceGraphDefinition in a.yaml
  help: a definition has `apiVersion: kro.run/v1alpha1` and `kind: ResourceGraphDefinition`

"]]);
    run(&[("a.yaml", CONFIG_MAP)], &["generate", "crd", "a.yaml"]).code(1).stderr_eq(str![[r"
error: no ResourceGraphDefinition in a.yaml
  help: a definition has `apiVersion: kro.run/v1alpha1` and `kind: ResourceGraphDefinition`

"]]);
}

#[test]
fn every_mistake_has_its_place() {
    run(&[("a.yaml", MISTAKEN)], &["validate", "a.yaml"]).code(1).stdout_eq(str![[r#"
error[KRO0105]: required field "schema" is missing
 --> a.yaml:5:1
  |
5 | spec:
  | ^^^^

warning[KRO0103]: unknown field "scheme"
 --> a.yaml:6:3
  |
6 |   scheme: {}
  |   ^^^^^^
  |
  = help: did you mean "schema"?

error[KRO0104]: expected a list, found an integer
 --> a.yaml:7:14
  |
7 |   resources: 3
  |              ^

1 definition checked: 2 errors, 1 warning

"#]]);
}

#[test]
fn findings_as_json() {
    let output =
        run(&[("a.yaml", MISTAKEN)], &["validate", "-o", "json", "a.yaml"]).code(1).get_output().clone();
    let findings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("a JSON list");
    let places: Vec<String> =
        findings.iter().map(|f| format!("{} {} {}", f["code"], f["path"], f["start"]["line"])).collect();
    assert_eq!(
        places,
        [r#""KRO0105" "spec" 5"#, r#""KRO0103" "spec.scheme" 6"#, r#""KRO0104" "spec.resources" 7"#]
    );
}

#[test]
fn a_busy_port() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    run(&[], &["apiserver", "--listen", &address]).code(1).stderr_eq(str![[r"
error: cannot listen on 127.0.0.1:[..]: Address already in use (os error 98)
  help: another program uses this port; --listen 127.0.0.1:0 picks a free one

"]]);
}

#[test]
fn a_kubeconfig_that_cannot_be_written() {
    run(&[], &["apiserver", "--kubeconfig", "nowhere/kubeconfig"]).code(1).stderr_eq(str![[r"
error: cannot write [..]/nowhere/kubeconfig
  cause: No such file or directory (os error 2)
  help: name a place that can be written with --kubeconfig FILE

"]]);
}

#[test]
fn dev_once_ends_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("a.yaml"), CONFIG_MAP).expect("a file is written");
    Command::new(cargo_bin!("kro"))
        .args(["dev", "--once", "--kubeconfig", "kubeconfig", "a.yaml"])
        .current_dir(folder.path())
        .assert()
        .success()
        .stdout_eq(str![[r"
serving on http://127.0.0.1:[..]
export KUBECONFIG=[..]/kubeconfig
applied ConfigMap x
everything is ready

"]]);
    let left: Vec<_> =
        fs::read_dir(folder.path()).expect("the folder").flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["a.yaml"]);
}
