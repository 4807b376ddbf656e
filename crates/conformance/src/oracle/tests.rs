use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use kro_cel::{Env, Limits, Scope, Type, Value, library, strategy};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::{Disagreements, Peer};
use crate::gaps::matches;
use crate::suites::{EVERYTHING, write};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn disagreements() -> Disagreements {
    Disagreements::read(&root().join("fixtures/cel-disagreements.toml")).expect("the list of disagreements")
}

/// What an expression comes to in both; `None` when they agree. Every failure is as good as every other.
fn difference(text: &str) -> Option<String> {
    let env = &*EVERYTHING;
    // What the peer cannot check is compared as it is evaluated.
    let program = env.compile(text).or_else(|_| env.compile_unchecked(text));
    let limits = Limits { cost: Some(1_000_000), ..Limits::default() };
    let ours = match &program {
        Ok(program) => match program.eval(&Scope::EMPTY, &limits) {
            Ok(outcome) => Some(write(&outcome.value)),
            Err(error) if error.is_fatal() => return None,
            Err(_) => None,
        },
        Err(_) => None,
    };
    let peer = Peer::new("").expect("an environment").eval(text, &[]);
    let ours = ours.as_ref().map(names);
    let peer = match peer {
        Err(error) if error == "panic" => Some(error),
        Err(_) => None,
        Ok(value) => Some(write(&value).to_string()),
    };
    (ours != peer).then(|| format!("{text} | ours: {} | cel: {}", shown(ours.as_ref()), shown(peer.as_ref())))
}

/// A value as text; types as their names, as the peer gives them out.
fn names(value: &serde_json::Value) -> String {
    value.to_string().replace("{\"type\":", "{\"string\":")
}

fn shown(outcome: Option<&String>) -> &str {
    outcome.map_or("error", String::as_str)
}

/// Runs on a stack that is deep enough for the peer.
fn deep(test: impl FnOnce() + Send) {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(256 << 20).spawn_scoped(scope, test);
        thread.expect("a thread").join().expect("the test passes");
    });
}

#[test]
fn listed_expressions_differ() {
    deep(|| {
        for entry in &disagreements().list {
            for text in &entry.expressions {
                assert!(
                    difference(text).is_some(),
                    "{}: both do the same of {text}; take it off the list",
                    entry.id
                );
            }
        }
    });
}

#[test]
fn other_expressions_agree() {
    deep(|| {
        let disagreements = disagreements();
        let corpus = include_str!("../../corpus/cel.txt").lines().filter(|line| !line.starts_with('#'));
        let env =
            Env::new(&[&library::Standard], Arc::new(kro_cel::NoTypes)).with_libraries(library::EXTENSIONS);
        let examples = env.overloads().filter_map(|overload| overload.example.as_deref());
        let found: Vec<String> = corpus
            .chain(examples)
            .filter(|text| {
                !disagreements.list.iter().any(|entry| entry.expressions.iter().any(|it| it == text))
            })
            .filter_map(difference)
            .collect();
        assert!(found.is_empty(), "{} new disagreements:\n{}", found.len(), found.join("\n"));
    });
}

/// What both have: the language, its text, mathematics, lists and optional values.
static COMMON: LazyLock<Env> =
    LazyLock::new(|| {
        Env::new(&[&library::Standard, &library::Strings::LATEST], Arc::new(kro_cel::NoTypes))
            .with_libraries(&[&library::Math, &library::Optionals, &library::Lists, &library::Encoders])
    });

#[test]
fn generated_expressions_agree() {
    deep(|| {
        let disagreements = disagreements();
        let covered = |difference: &String| {
            let mut patterns = disagreements.list.iter().flat_map(|entry| &entry.covers);
            patterns.any(|pattern| matches(pattern, difference))
        };
        // The same expressions in every run: a disagreement is found by whoever makes it.
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(Config::default(), rng);
        let expressions = strategy::any_type().prop_flat_map(|ty: Type| strategy::well_typed(&COMMON, &ty));
        let mut found = Vec::new();
        for _ in 0..2000 {
            let text = expressions.new_tree(&mut runner).expect("an expression").current();
            found.extend(difference(&text).filter(|difference| !covered(difference)));
        }
        found.sort_by_key(String::len);
        assert!(
            found.is_empty(),
            "{} new disagreements:\n{}",
            found.len(),
            found[..found.len().min(20)].join("\n")
        );
    });
}

#[test]
fn values_come_back() {
    let json = serde_json::json!({"a": [1, -2.5, "t", true, null, 7]});
    let found = Peer::new("").expect("an environment").eval("x", &[("x", Value::from_json(&json))]);
    assert_eq!(found.and_then(|value| value.to_json().map_err(|error| error.to_string())), Ok(json));
}
