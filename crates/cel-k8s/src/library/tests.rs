use std::sync::Arc;

use kro_cel::{
    Env, Limits, NoTypes, Scope, Value,
    library::{Optionals, Standard},
};

use super::JsonPatch;
use crate::environment;

fn value(env: &Env, expression: &str) -> String {
    let program = match env.compile(expression) {
        Ok(program) => program,
        Err(issues) => {
            return issues.iter().map(kro_cel::Issue::message).collect::<Vec<_>>().join("; ");
        }
    };
    match program.eval(&Scope::EMPTY, &Limits::default()).map(|outcome| outcome.value) {
        Ok(Value::Optional(None)) => "none".to_owned(),
        Ok(value) => value.to_json().map_or_else(|error| error.to_string(), |json| json.to_string()),
        Err(error) => error.to_string(),
    }
}

fn env() -> Env {
    Env::new(&[&Standard, &Optionals, &JsonPatch], Arc::new(NoTypes))
        .with_libraries(&environment::kubernetes(37))
}

#[test]
fn examples_are_true() {
    let env = env();
    let env = env.with_options(kro_cel::Options { mixed_comparisons: true, ..env.options() });
    for overload in env.overloads() {
        if let Some(example) = overload.example.as_deref() {
            assert_eq!(value(&env, example), "true", "{example}");
        }
    }
}

#[test]
fn mistakes() {
    let env = env();
    for (expression, expected) in [
        ("[].min()", "min called on empty list"),
        ("[9223372036854775807, 1].sum()", "integer overflow"),
        ("dyn([1.0, 2.0]).sum()", "3.0"),
        ("dyn([]).sum()", "0"),
        ("dyn(['a']).sum()", "no such overload"),
        ("'a'.find('(')", "Illegal regex: error parsing regexp: unclosed group"),
        ("'aba'.findAll('a', -1)", "[\"a\",\"a\"]"),
        ("'aba'.findAll('a', 0)", "[]"),
        ("quantity('1.5').asInteger()", "cannot convert value to integer"),
        ("ip('1.2.3')", "IP Address \"1.2.3\" parse error during conversion from string"),
        ("ip('::ffff:1.2.3.4')", "IPv4-mapped IPv6 address \"::ffff:1.2.3.4\" is not allowed"),
        (
            "quantity('1') == ip('::1')",
            "found no matching overload for '_==_' applied to '(kubernetes.Quantity, net.IP)'",
        ),
        ("dyn(quantity('1')) == dyn(ip('::1'))", "no such overload"),
        ("format.uuid().validate('x')", "[\"does not match the UUID format\"]"),
    ] {
        assert_eq!(value(&env, expression), expected, "{expression}");
    }
}
