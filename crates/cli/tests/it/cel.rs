//! `kro cel` as its user sees it.

use snapbox::str;

use crate::output::run;

const POD: &str = "metadata: {name: web}\nspec:\n  replicas: 3\n";

#[test]
fn values_of_every_kind_print_as_expressions() {
    run(
        &[],
        &[
            "cel",
            "eval",
            "[dyn(1), 2u, 1.5, 'a', b'x', null, duration('90s'), optional.of({'k': true}), type(1)]",
        ],
    )
    .success()
    .stdout_eq(str![[r#"
[1, 2u, 1.5, "a", b"x", null, duration("90s"), optional.of({"k": true}), int]

"#]]);
}

#[test]
fn data_and_types() {
    let files = [("d.yaml", POD)];
    let deployment = ["--var", "d=@d.yaml", "--type", "d=apps/v1/Deployment"];
    run(
        &files,
        &[&["cel", "eval", "d.metadata.name + string(d.spec.replicas * 2)"], &deployment[..]].concat(),
    )
    .success()
    .stdout_eq("\"web6\"\n");
    run(
        &files,
        &[&["cel", "check", "d.spec.template.spec.containers.map(c, c.image)"], &deployment[..]].concat(),
    )
    .success()
    .stdout_eq("list(string)\n");
    run(&files, &[&["cel", "eval", "d.spec.replica > 1"], &deployment[..]].concat()).code(1).stderr_eq(str![
        [r"
error[KRO0601]: undefined field 'replica'
 --> expression:1:1
  |
1 | d.spec.replica > 1
  | ^^^^^^^^^^^^^^
  |
  = help: did you mean `replicas`?

"]
    ]);
    run(&[], &["cel", "eval", "n + 1", "--var", "n=41", "--type", "n=int"]).success().stdout_eq("42\n");
    let schema = ("s.yaml", "type: object\nproperties: {at: {type: string, format: date-time}}\n");
    run(&[schema], &["cel", "check", "x.at", "--type", "x=@s.yaml"]).success().stdout_eq("timestamp\n");
}

#[test]
fn mistakes_have_their_place() {
    run(&[], &["cel", "check", "1 +"]).code(1).stderr_eq(str![[r"
error[KRO0501]: [..]
 --> expression:1:[..]
...
"]]);
    run(&[], &["cel", "eval", "1 / 0 + 2"]).code(1).stderr_eq(str![[r"
error: division by zero
 --> expression:1:1
  |
1 | 1 / 0 + 2
  | ^^^^^

"]]);
    run(&[], &["cel", "eval", "1", "--var", "x=y"]).code(1);
    run(&[], &["cel", "eval", "1", "--var", "x"]).code(1);
    run(&[], &["cel", "eval", "1", "--type", "x=v1/Nothing"]).code(1).stderr_eq(str![[r"
error: no builtin kind v1/Nothing
  help: write VERSION/KIND or GROUP/VERSION/KIND, such as apps/v1/Deployment

"]]);
    run(&[], &["cel", "eval", "1", "--env", "kubernetes"]).code(2);
    run(&[], &["cel", "eval"]).code(2);
}

#[test]
fn environments_and_limits() {
    run(&[], &["cel", "eval", "isSemver('1.0.0')", "--env", "kubernetes-1.33"]).success().stdout_eq("true\n");
    run(&[], &["cel", "eval", "isSemver('1.0.0')", "--env", "kubernetes-1.30"]).code(1);
    run(&[], &["cel", "eval", "[1, 2, 3].all(x, x > 0)", "--cost-limit", "3"]).code(1);
    run(&[], &["cel", "cost", "'a'.contains('b') || 1 < 2", "--env", "standard"]).success().stdout_eq("2\n");
}

#[test]
fn forms() {
    run(&[], &["cel", "fmt", "a&&(b||!c)?x[ 'k' ]:[1,2]"])
        .success()
        .stdout_eq("a && (b || !c) ? x[\"k\"] : [1, 2]\n");
    run(&[("e.cel", "1+\n  2\n")], &["cel", "fmt", "@e.cel"]).success().stdout_eq("1 + 2\n");
    run(&[], &["cel", "ast", "size('a') + 1"]).success().stdout_eq(str![[r#"
call _+_: int
  call size: int
    literal "a": string
  literal 1: int

"#]]);
    let output = run(&[], &["cel", "eval", "1 + 1", "-o", "json"]).success().get_output().clone();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer, serde_json::json!({"value": 2, "expression": "2", "type": "int", "cost": 1}));
    let output = run(&[], &["cel", "check", "nope", "-o", "json"]).code(1).get_output().clone();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["issues"][0]["stage"], "check");
}
