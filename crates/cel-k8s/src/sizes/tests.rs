use std::sync::Arc;

use kro_cel::{
    Env, Library, NoTypes,
    library::{Optionals, Standard, Strings, TwoVariables},
};
use kro_schema::Schema;
use serde_json::{Value as Json, json};

use crate::{KubernetesCosts, Rules, environment};

/// What the rules below the schema of `spec` cost at worst.
fn costs(spec: &Json) -> Vec<u64> {
    let mut libraries: Vec<&dyn Library> =
        vec![&Standard, &Strings { version: 2 }, &Optionals, &TwoVariables];
    libraries.extend(environment::kubernetes(36));
    let env = Env::new(&libraries, Arc::new(NoTypes))
        .with_costs(Arc::new(KubernetesCosts))
        .with_options(environment::kubernetes_options(36));
    let schema = json!({"type": "object", "properties": {"spec": spec}});
    let rules = Rules::compile(&Arc::new(Schema::from_json(&schema).unwrap()), &env);
    assert_eq!(rules.issues(), []);
    rules.costs().iter().map(|cost| cost.cost).collect()
}

/// The cost of a rule on a schema as it is, and with a limit.
#[track_caller]
fn check(schema: &Json, limit: (&str, u64), rule: &str, open: u64, limited: u64) {
    let mut schema = schema.clone();
    schema["x-kubernetes-validations"] = json!([{"rule": rule}]);
    assert_eq!(costs(&schema), [open], "{rule}");
    schema[limit.0] = limit.1.into();
    assert_eq!(costs(&schema), [limited], "{rule} with a limit");
}

fn list(items: &Json) -> Json {
    json!({"type": "array", "items": items})
}

fn map(values: &Json) -> Json {
    json!({"type": "object", "additionalProperties": values})
}

/// As upstream's own tests of estimates have it.
#[test]
fn as_upstream_estimates() {
    let (number, text) = (json!({"type": "number"}), json!({"type": "string"}));
    let format = |format: &str| json!({"type": "string", "format": format});
    let either = json!({"x-kubernetes-int-or-string": true});
    let object = json!({
        "type": "object", "required": ["required"], "properties": {"required": text, "optional": text},
    });
    let all = "self.all(x, true)";
    for (items, in_list, in_map) in [
        (&number, 4_718_591, 1_348_169),
        (&text, 3_145_727, 1_179_647),
        (&json!({"type": "boolean"}), 1_887_437, 943_718),
        (&list(&number), 3_145_727, 1_179_647),
        (&map(&number), 3_145_727, 1_179_647),
        (&object, 555_128, 428_963),
        (&either, 4_718_591, 1_348_169),
        (&format("duration"), 2_359_295, 1_048_577),
        (&format("date"), 725_936, 524_288),
        (&format("date-time"), 428_963, 349_526),
    ] {
        check(&list(items), ("maxItems", 10), all, in_list, 32);
        check(&map(items), ("maxProperties", 10), all, in_map, 32);
        check(&map(items), ("maxProperties", 10), "has(self.x)", 1, 1);
    }
    for (rule, limit, open, limited) in [
        ("self.contains('test')", 10, 314_574, 5),
        ("self.startsWith('test')", 15, 2, 2),
        ("self.endsWith('test')", 30, 2, 2),
        ("size(self + 'hello') > size('hello')", 4, 314_578, 7),
        ("self.matches('x')", 50, 314_574, 22),
        ("''.matches('(((((((((())))))))))[0-9]')", 10, 7, 7),
        ("self.matches('')", 100, 1, 1),
        ("self == 'x'", 0, 2, 1),
        ("self.find('[0-9]+') == ''", 10, 629_147, 11),
        ("self.lowerAscii() == 'lower!'", 10, 314_575, 6),
    ] {
        check(&text, ("maxLength", limit), rule, open, limited);
    }
    check(&format("byte"), ("maxLength", 0), "self == b'x'", 2, 1);
    let numbers = list(&number);
    for (rule, limit, open, limited) in [
        ("self[1] == 0.0", 5000, 2, 2),
        ("self[3] == 0.0", 0, 2, 2),
        ("self.all(x, x == 0.0)", 3 * 1024 * 2048, 6_291_454, 25_165_826),
    ] {
        check(&numbers, ("maxItems", limit), rule, open, limited);
    }
    check(&list(&text), ("maxItems", 8), "self[1] == self[1]", 314_577, 314_577);
    check(&list(&either), ("maxItems", 10), "self[0] == 5", 3, 3);
    check(&list(&json!({"type": "boolean"})), ("maxItems", 25), "self[0] == false", 2, 2);
    check(&list(&object), ("maxItems", 422), "self[0] == null", 2, 2);
    check(&list(&list(&number)), ("maxItems", 51), "self[0][0] == -1.0", 3, 3);
    check(&list(&map(&number)), ("maxItems", 12), "self.all(x, x.y == 25.2)", 6_291_452, 74);
    check(&list(&map(&number)), ("maxItems", 3000), "self[0].x > 2.0", 4, 4);
    check(&list(&format("duration")), ("maxItems", 525), "self[0].getHours() == 2", 4, 4);
    check(&list(&format("date")), ("maxItems", 42), "self[2].getDayOfMonth() == 13", 4, 4);
    check(&map(&number), ("maxProperties", 0), "self['x'] == 0.0", 2, 2);
    check(&map(&format("date-time")), ("maxProperties", 7), "self['a'] == self['b']", 8, 8);
    check(&map(&json!({"type": "integer"})), ("maxProperties", 10), "oldSelf.size() == self.size()", 5, 5);
    check(&map(&text), ("maxProperties", 10), "self.all(x, x.contains(self[x]))", 2_752_507, 72);
    let choice = json!({"type": "string", "enum": ["A", "B", "C", "LongValue"]});
    check(&choice, ("maxLength", 1000), "self.contains('A')", 2, 401);
}

#[test]
fn loops_in_loops_and_library_functions() {
    let numbers = |rule: &str| json!({"type": "array", "maxItems": 10, "items": {"type": "number"}, "x-kubernetes-validations": [{"rule": rule}]});
    assert_eq!(costs(&numbers("self.all(x, self.all(y, true))")), [352]);
    assert_eq!(costs(&numbers("self.all(x, self.all(y, self.all(z, true)))")), [3552]);
    let texts = |rule: &str, limited: bool| {
        let mut schema = json!({
            "type": "array", "items": {"type": "string"}, "x-kubernetes-validations": [{"rule": rule}],
        });
        if limited {
            schema["maxItems"] = 10.into();
            schema["items"]["maxLength"] = 10.into();
        }
        costs(&schema)
    };
    assert_eq!(texts("self.join(' ') == 'aa bb'", false), [329_853_068_905]);
    assert_eq!(texts("self.join(' ') == 'aa bb'", true), [43]);
    assert_eq!(texts("self.isSorted() == true", false), [329_854_432_052]);
    assert_eq!(texts("self.isSorted() == true", true), [52]);
    let object = |rule: &str, length: Option<u64>| {
        let text =
            length.map_or(json!({"type": "string"}), |length| json!({"type": "string", "maxLength": length}));
        costs(&json!({
            "type": "object",
            "properties": {
                "str": text, "separator": text,
                "before": {"type": "string", "maxLength": 2}, "after": {"type": "string", "maxLength": 4},
            },
            "x-kubernetes-validations": [{"rule": rule}],
        }))
    };
    let replace = "self.str.replace(self.before, self.after) == 'does not matter'";
    assert_eq!(object(replace, None), [629_154]);
    assert_eq!(object(replace, Some(4)), [12]);
    assert_eq!(object("self.str.split(self.separator) == []", None), [629_160]);
    assert_eq!(object("self.str.split(self.separator) == []", Some(10)), [22]);
}

/// A rule is paid for as often as the lists and maps around it can repeat it.
#[test]
fn repetitions() {
    let rule = json!([{"rule": "self.contains('x')", "messageExpression": "self + '!'"}]);
    let text = json!({"type": "string", "maxLength": 10, "x-kubernetes-validations": rule});
    assert_eq!(costs(&text), [5, 6]);
    let limited = json!({"type": "array", "maxItems": 7, "items": text});
    assert_eq!(costs(&limited), [35, 6]);
    let both = json!({"type": "object", "maxProperties": 3, "additionalProperties": limited});
    assert_eq!(costs(&both), [105, 6]);
    // One list without a limit: as many texts as fit into a request.
    assert_eq!(costs(&list(&both)), [5 * 1_048_576, 6]);
    assert_eq!(costs(&json!({"type": "object", "properties": {"a": text}})), [5, 6]);
}

/// What upstream does not know stays unknown: texts from numbers, and what optional selections lead to.
#[test]
fn upstream_does_not_know() {
    for rule in ["('a' + string(self.number)).contains('b')", "self.?name.orValue('').contains('b')"] {
        let schema = json!({
            "type": "object",
            "properties": {"number": {"type": "integer"}, "name": {"type": "string", "maxLength": 5}},
            "x-kubernetes-validations": [{"rule": rule}],
        });
        assert_eq!(costs(&schema), [u64::MAX], "{rule}");
    }
}
