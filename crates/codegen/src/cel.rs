//! The reference of CEL functions, `docs/reference/cel.md`, from the rows of the libraries: what a row does not say
//! is not in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use kro_cel::{
    Argument, Bounds, Cost, CostProfile as _, Env, Implementation, Library, Macro, NoTypes, Overload, library,
};
use kro_cel_k8s::{KubernetesCosts, environment, library as kubernetes};

/// Latest minor version of Kubernetes whose rules we know.
const LATEST: u32 = 37;

const HEAD: &str = "\
# CEL functions

Generated from the rows of the libraries by `cargo xtask codegen cel`; examples are run as tests.

A signature is written as functions are declared: `list(A).slice(int, int) -> list(A)` is a member of a list of any items.
*Cost* is what a call costs as cel-go counts, and in Kubernetes where that differs, for arguments and a result of size 100 (characters, bytes, entries); a dash means that the evaluator has its own rule.
A macro is rewritten by the parser and costs what it becomes: each round of a loop its body and a few units.
*Since* names the version of the library, or the minor version of Kubernetes whose validation rules have it first.
kro's definitions have the standard library, strings, lists, encoders, optional values, Kubernetes' lists, url, regex, quantity, ip, cidr and semver, and kro's own functions.
";

/// The page.
pub(crate) fn reference() -> String {
    let mut out = HEAD.to_owned();
    let language: [&dyn Library; 10] = [
        &library::Standard,
        &library::Strings::LATEST,
        &library::Lists,
        &library::Math,
        &library::Encoders,
        &library::Bindings,
        &library::Optionals,
        &library::TwoVariables,
        &library::Regex,
        &library::Block,
    ];
    out.push_str("\n# The language and cel-go's extensions\n");
    for one in language {
        section(&mut out, one);
    }
    out.push_str("\n# Kubernetes\n");
    for one in environment::kubernetes(LATEST) {
        section(&mut out, one);
    }
    section(&mut out, &kubernetes::JsonPatch);
    out.push_str("\n# kro\n");
    for one in kro_graph::functions::libraries() {
        section(&mut out, *one);
    }
    out
}

fn section(out: &mut String, one: &dyn Library) {
    let env = Env::new(&[one], Arc::new(NoTypes));
    let shown: Vec<&Overload> = env.overloads().filter(|row| !row.signature.function.contains('@')).collect();
    let macros: Vec<&Macro> = env.macros().collect();
    // A library may be there twice, in two versions.
    if shown.is_empty() && macros.is_empty() || out.contains(&format!("\n## {}\n", one.name())) {
        return;
    }
    let since = since(one);
    let _ = write!(out, "\n## {}\n", one.name());
    if !macros.is_empty() {
        out.push_str("\n| macro | example |\n| --- | --- |\n");
        for row in macros {
            let _ = writeln!(out, "| `{}` | `{}` |", escape(row.usage), escape(row.example));
        }
    }
    if shown.is_empty() {
        return;
    }
    out.push_str("\n| function | since | cost | example |\n| --- | --- | --- | --- |\n");
    for row in shown {
        let example = row.example.as_deref().map(|text| format!("`{}`", escape(text))).unwrap_or_default();
        let since = since.get(&*row.id).map(String::as_str).unwrap_or_default();
        let _ = writeln!(
            out,
            "| `{}` | {since} | {} | {example} |",
            escape(&row.signature.to_string()),
            cost(row)
        );
    }
}

/// Bars would end the cell of a table.
fn escape(text: &str) -> String {
    text.replace('|', "\\|")
}

fn cost(row: &Overload) -> String {
    let own = row.cost.or(row.default_cost);
    let profile = row.profile_cost.or_else(|| KubernetesCosts.cost(&row.signature.function, &row.id));
    let there = row.cost.or(profile).or(row.default_cost);
    let is_own = matches!(row.implementation, Implementation::BuiltIn);
    let (here, there) = (units(row, own, is_own), units(row, there, is_own));
    if here == there { here } else { format!("{here}; {there}") }
}

fn units(row: &Overload, cost: Option<Cost>, is_built_in: bool) -> String {
    match cost {
        None if is_built_in => "–".to_owned(),
        None => "1".to_owned(),
        Some(cost) => {
            let size = Bounds::exactly(100.0);
            let argument = |ty| Argument { ty, size, item: size, int: None };
            let args: Vec<_> = row.signature.parameters.iter().map(argument).collect();
            format!("{}", cost.estimate(&args, size).max)
        }
    }
}

/// The first version that has each overload, where a library has versions.
fn since(one: &dyn Library) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    if one.name() == library::Strings::LATEST.name() {
        for version in 0..=library::Strings::LATEST.version {
            note(&mut found, &[&library::Strings { version }], &format!("version {version}"));
        }
    }
    if environment::kubernetes(LATEST).iter().any(|other| other.name() == one.name()) {
        for minor in 0..=LATEST {
            let known: Vec<&dyn Library> = environment::kubernetes(minor)
                .into_iter()
                .filter(|other| other.name() == one.name())
                .collect();
            note(&mut found, &known, &if minor == 0 { String::new() } else { format!("1.{minor}") });
        }
    }
    found
}

fn note(found: &mut BTreeMap<String, String>, libraries: &[&dyn Library], version: &str) {
    for row in Env::new(libraries, Arc::new(NoTypes)).overloads() {
        found.entry(row.id.to_string()).or_insert_with(|| version.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kro_cel::{Limits, Options, Scope, Value};
    use kro_graph::functions::{ConditionTypes, RUNTIME, Runtime, RuntimeHandle};

    #[test]
    fn the_committed_page_is_fresh() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/cel.md");
        let committed = std::fs::read_to_string(path).expect("docs/reference/cel.md");
        assert!(committed == reference(), "docs/reference/cel.md is stale: `cargo xtask codegen cel`");
    }

    #[test]
    fn everything_has_an_example_that_is_true() {
        let env = kro_graph::environment()
            .with_libraries(library::EXTENSIONS)
            .with_libraries(&environment::kubernetes(LATEST))
            .with_libraries(&[&kubernetes::JsonPatch, &library::Block])
            .with_types(Arc::new(ConditionTypes(Arc::new(NoTypes))))
            .with_variable(RUNTIME, Runtime::handle_type());
        let env = env.with_options(Options { mixed_comparisons: true, ..env.options() });
        let shown = env.overloads().filter(|row| !row.signature.function.contains('@'));
        let functions =
            shown.map(|row| (row.signature.to_string(), row.example.as_deref().unwrap_or_default()));
        let macros = env.macros().map(|row| (row.usage.to_owned(), row.example));
        let bindings = [(RUNTIME, Value::opaque(RuntimeHandle))];
        for (row, example) in functions.chain(macros) {
            assert!(!example.is_empty(), "{row} has no example");
            let program =
                env.compile(example).unwrap_or_else(|found| panic!("{example}: {}", found[0].mistake));
            let outcome = program.eval(&Scope::new(&bindings), &Limits::default()).expect(example);
            assert!(matches!(outcome.value, Value::Bool(true)), "{example}");
        }
    }
}
