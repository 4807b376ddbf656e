//! What is reported, where, and that it is reported once.

use crate::{compiled, definition, widget};
use serde_json::{Value, json};

/// The findings of a definition with one widget, as `code path [range]: message`.
fn check(mut resource: Value, change: impl FnOnce(&mut Value), expected: &[&str]) {
    change(&mut resource);
    check_all(&definition(vec![resource]), expected);
}

fn check_all(spec: &Value, expected: &[&str]) {
    let found: Vec<String> = compiled(spec).err().unwrap_or_default().iter().map(line).collect();
    assert_eq!(found, expected, "{spec:#}");
}

fn line(found: &kro_diagnostic::Diagnostic) -> String {
    let range = found.primary.range.as_ref().map(|range| format!(" [{}..{}]", range.start, range.end));
    let help = found.help.as_ref().map(|help| format!(" ({help})"));
    format!(
        "{} {}{}: {}{}",
        found.code,
        found.primary.path.to_string().trim_start_matches("spec.resources"),
        range.unwrap_or_default(),
        found.message,
        help.unwrap_or_default()
    )
}

#[test]
fn templates() {
    check(
        widget("a", json!({"titel": "x"})),
        |_| {},
        &[
            r#"KRO0405 [0].template.spec.titel: test.dev/v1 Widget has no field `spec.titel` (did you mean "title"?)"#,
        ],
    );
    check(
        widget("a", json!({"count": "3", "title": 3})),
        |_| {},
        &[
            "KRO0406 [0].template.spec.count: expected integer for `spec.count` of test.dev/v1 Widget, found string (write 3 without quotes)",
            "KRO0406 [0].template.spec.title: expected string for `spec.title` of test.dev/v1 Widget, found integer (write \"3\" with quotes)",
        ],
    );
    check(widget("a", json!({"free": {"any": [1, {"thing": "${schema.spec.count}"}]}})), |_| {}, &[]);
    check(
        widget("a", json!({})),
        |it| it["template"]["kind"] = json!("Wigdet"),
        &[
            "KRO0404 [0].template.kind: no kind Wigdet in test.dev/v1 (did you mean apiVersion test.dev/v1 and kind Widget?)",
        ],
    );
    check(
        widget("a", json!({})),
        |it| it["template"]["metadata"]["labels"] = json!({"kro.run/x": "y"}),
        &[
            "KRO0409 [0].template.metadata.labels[\"kro.run/x\"]: label \"kro.run/x\": the prefix \"kro.run/\" is reserved for internal use (use a key of your own domain)",
        ],
    );
}

#[test]
fn expressions() {
    check(
        widget("a", json!({"title": "x-${schema.spec.nam}-${shema.spec.name}"})),
        |_| {},
        &[r#"KRO0701 [0].template.spec.title [23..28]: unknown name `shema` (did you mean "schema"?)"#],
    );
    check(
        widget("a", json!({"count": "${schema.spec.name}"})),
        |_| {},
        &[
            "KRO0602 [0].template.spec.count [2..18]: expected int for `spec.count` of test.dev/v1 Widget, found string (convert it: `int(…)`)",
        ],
    );
    check(
        widget("a", json!({"title": "${a.spec.title}"})),
        |_| {},
        &[
            "KRO0703 [0].template.spec.title [2..3]: `a` refers to itself (only readyWhen may look at the resource's own object)",
        ],
    );
    check(
        widget("a", json!({})),
        |it| it["includeWhen"] = json!(["${schema.spec.name}", " ${schema.spec.on}"]),
        &[
            "KRO0603 [0].includeWhen[0] [2..18]: includeWhen must be a bool, found string (compare it with something)",
            "KRO0402 [0].includeWhen[1]: only standalone expressions are allowed (remove the space around it; in YAML, use `|-` or `>-` instead of `|` or `>`)",
        ],
    );
    check(
        widget("a", json!({})),
        |it| it["forEach"] = json!([{"tag": "${schema.spec.tags}"}]),
        &[
            "KRO0707 [0].forEach[0].tag: the iterator `tag` has to occur in metadata.name, or objects get the same name (add it to the name: `-${tag}`)",
        ],
    );
}

#[test]
fn a_mistake_is_reported_once() {
    // What refers to a resource of an unknown kind, or to a broken schema, is not reported again.
    let mut broken = widget("a", json!({}));
    broken["template"]["kind"] = json!("Nothing");
    let other = widget("b", json!({"count": "${a.spec.anything.at.all}"}));
    check_all(
        &definition(vec![broken, other]),
        &["KRO0404 [0].template.kind: no kind Nothing in test.dev/v1"],
    );

    let mut spec = definition(vec![widget("a", json!({"count": "${schema.spec.anything}"}))]);
    spec["schema"]["spec"]["name"] = json!("strin");
    let found = compiled(&spec).unwrap_err();
    assert_eq!(found.iter().map(|it| it.code.to_string()).collect::<Vec<_>>(), ["KRO0302"]);
}

#[test]
fn cycles_name_every_step() {
    let spec = definition(vec![
        widget("a", json!({"title": "${b.spec.title}"})),
        widget("b", json!({"title": "${a.spec.title}"})),
    ]);
    let found = compiled(&spec).unwrap_err();
    assert_eq!(found[0].message, "resources depend on each other in a circle: a → b → a");
    let related: Vec<String> =
        found[0].related.iter().map(|(locus, note)| format!("{} {note}", locus.path)).collect();
    assert_eq!(
        related,
        [
            "spec.resources[0].template.spec.title `a` needs `b` here",
            "spec.resources[1].template.spec.title `b` needs `a` here",
        ]
    );
}

#[test]
fn status_and_conditions() {
    let mut spec = definition(vec![widget("a", json!({}))]);
    spec["schema"]["status"] = json!({
        "fixed": "TCP",
        "sum": "${1 + 2}",
        "conditions": [
            "${runtime.newCondition({type: 'A', status: 'Maybe'})}",
            "${runtime.newCondition({type: 'A', status: 'True'})}",
            "${runtime.condition(schema, 'Redy')}",
            "${a.status.ready}",
        ],
    });
    let codes: Vec<String> =
        compiled(&spec).unwrap_err().iter().map(|it| format!("{} {}", it.code, it.primary.path)).collect();
    assert_eq!(
        codes,
        [
            "KRO0806 spec.schema.status.conditions[0]",
            "KRO0805 spec.schema.status.conditions[1]",
            "KRO0807 spec.schema.status.conditions[2]",
            "KRO0605 spec.schema.status.conditions[3]",
            "KRO0801 spec.schema.status.fixed",
            "KRO0802 spec.schema.status.sum",
        ]
    );
}

/// Fixes as `path: what is replaced by what`.
fn fixes(resource: Value) -> Vec<String> {
    let found = compiled(&definition(vec![resource])).expect_err("a mistake");
    let fix = |it: kro_diagnostic::Diagnostic| {
        it.fix.map(|fix| format!("{} {:?} {}", fix.locus.path, fix.locus.range, fix.replacement))
    };
    found.into_iter().filter_map(fix).collect()
}

#[test]
fn misspelt_names_can_be_fixed() {
    for (spec, expected) in [
        (json!({"titel": "x"}), "spec.resources[0].template.spec.titel None title"),
        (json!({"title": "${schema.spec.nme}"}), "spec.resources[0].template.spec.title Some(14..17) name"),
        (json!({"title": "${shema.spec.name}"}), "spec.resources[0].template.spec.title Some(2..7) schema"),
        (
            json!({"title": "x-${sizee(schema.spec.name)}"}),
            "spec.resources[0].template.spec.title Some(4..9) size",
        ),
    ] {
        assert_eq!(fixes(widget("a", spec)), [expected]);
    }
}
