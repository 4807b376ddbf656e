//! `kro cel` as its user sees it.

use snapbox::str;

use crate::folder::run;

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
    run(&[], &["cel", "cost", "'a'.contains('b') || 1 < 2", "--env", "standard"])
        .success()
        .stdout_eq("2, 2 at worst\n");
}

#[test]
fn costs_are_counted_and_bounded() {
    let schema = ("s.yaml", "type: array\nmaxItems: 5\nitems: {type: string, maxLength: 20}\n");
    let all = ["cel", "cost", "x.all(item, item.contains('abc'))", "--type", "x=@s.yaml"];
    run(&[schema], &[&all[..], &["--var", "x=['abc', 'abcd']".replace('\'', "\"").leak()]].concat())
        .success()
        .stdout_eq("12, 32 at worst\n");
    run(&[schema], &all).success().stdout_eq("32 at worst\n");
    run(&[], &["cel", "cost", "x.all(item, true)", "--type", "x=list(string)"])
        .success()
        .stdout_eq("without limit at worst\n");
    let output = run(&[schema], &[&all[..], &["-o", "json"]].concat()).success().get_output().clone();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer, serde_json::json!({"most": 32}));
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

/// Lines into `kro cel repl`, and what it prints.
fn talk(arguments: &[&str], lines: &str) -> snapbox::cmd::OutputAssert {
    snapbox::cmd::Command::new(snapbox::cmd::cargo_bin!("kro"))
        .args(["cel", "repl"])
        .args(arguments)
        .stdin(lines.to_owned())
        .env("NO_COLOR", "1")
        .assert()
}

#[test]
fn a_conversation_through_a_pipe() {
    let lines = "\
1 + 2

names = ['a', 'b'].map(n, n + '!')
names.join()
names = size(names)
names + x
:type names == x
:cost [1, 2].all(n, n > 0)
:fmt (1)+2
:ast 1
:vars
:quit
'never read'
";
    talk(&["--var", "x=40"], lines).success().stdout_eq(str![[r#"
3
["a!", "b!"]
"a!b!"
2
42
bool
21, 21 at worst
1 + 2
literal 1: int
names: int
x: dyn

"#]]);
}

#[test]
fn a_conversation_goes_on_after_mistakes() {
    let lines = "1 +\nnope\n1 / 0\n:nope\nin = 2\n:cost nope.x\nlists.range(100000000)\n2\n";
    let answer = talk(&["--cost-limit", "1000"], lines).code(1);
    let output = answer.get_output();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2\n");
    let errors = String::from_utf8_lossy(&output.stderr);
    for expected in [
        "undeclared reference to 'nope'",
        "division by zero",
        "no command :nope",
        "in is a reserved word",
        "limit exceeded",
    ] {
        assert!(errors.contains(expected), "{expected}: {errors}");
    }
    let help = talk(&[], ":help\n").success();
    assert!(String::from_utf8_lossy(&help.get_output().stdout).contains(":vars"));
}
