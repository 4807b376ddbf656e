//! What an API server does to a custom resource: prune, default, validate, run rules. The cases of
//! `go-baselines.json`, beside the Go libraries.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::ensure;
use kro_bench::read;
use kro_cel::{
    Env, Library, NoTypes,
    library::{Optionals, Standard, Strings, TwoVariables},
};
use kro_cel_k8s::{KubernetesCosts, RuleLimits, Rules, environment};
use kro_schema::{Schema, normalize, validate};
use serde::Deserialize;
use serde_json::Value;

use crate::go;
use crate::measure::{Effort, Figures, measure};

/// The machinery of custom resource definitions beside the Go libraries.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder with the data and the Go program.
    #[arg(long, default_value = "../shared/bench")]
    gold: PathBuf,
    /// Repetitions of each case.
    #[arg(long, default_value_t = 25)]
    reps: usize,
}

/// The minor version of Kubernetes whose functions the rules use.
const MINOR: u32 = 36;

#[derive(Debug, Deserialize)]
struct Baseline {
    facts: Facts,
    cases: Vec<go::Case>,
}

#[derive(Debug, Deserialize)]
struct Facts {
    /// The object after pruning and defaulting.
    cr_after: Value,
}

/// Runs the cases and prints them beside those of the Go program.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let baseline: Baseline = go::figures(&args.gold, "misc", "go-baselines.json")?;
    let machinery = Machinery::read(&args.gold)?;
    let mut after = machinery.object.clone();
    machinery.normalize(&mut after);
    ensure!(after == baseline.facts.cr_after, "pruning and defaulting make something else than Go: {after}");
    let problems = machinery.problems(&after);
    ensure!(problems == 0, "{problems} problems in an object that Go finds valid");

    println!("{}", go::Case::HEADER);
    for case in &baseline.cases {
        let Some(ours) = machinery.case(&case.name, &after, Effort::small(args.reps)) else { continue };
        println!("{}", case.beside(&ours));
    }
    Ok(())
}

struct Machinery {
    text: String,
    object: Value,
    schema: Arc<Schema>,
    rules: Rules,
    schema_text: String,
    env: Env,
}

impl Machinery {
    fn read(gold: &Path) -> anyhow::Result<Self> {
        let object: Value = read(&gold.join("data/cr.json"))?;
        let raw_schema: Value = read(&gold.join("data/cr.schema.json"))?;
        let schema = Arc::new(Schema::from_json(&raw_schema)?);
        let mut libraries: Vec<&dyn Library> =
            vec![&Standard, &Strings { version: 2 }, &Optionals, &TwoVariables];
        libraries.extend(environment::kubernetes(MINOR));
        let env = Env::new(&libraries, Arc::new(NoTypes))
            .with_costs(Arc::new(KubernetesCosts))
            .with_options(environment::kubernetes_options(MINOR));
        let rules = Rules::compile(&schema, &env);
        ensure!(rules.issues().is_empty(), "the rules do not compile");
        Ok(Self { text: object.to_string(), object, schema, rules, schema_text: raw_schema.to_string(), env })
    }

    fn normalize(&self, object: &mut Value) {
        normalize::prune_object_quietly(&self.schema, object);
        normalize::drop_nulls(&self.schema, object);
        normalize::apply_defaults(&self.schema, object);
    }

    /// Problems of all kinds.
    fn problems(&self, object: &Value) -> usize {
        validate::validate(&self.schema, object).len()
            + validate::lists(&self.schema, object).len()
            + self.rules.validate(object, None, RuleLimits::default()).violations.len()
    }

    fn case(&self, name: &str, after: &Value, effort: Effort) -> Option<Figures> {
        let schema = &self.schema;
        Some(match name {
            "schema-decode" => measure(
                name,
                effort,
                || (),
                |()| serde_json::from_str(&self.schema_text).is_ok_and(|raw| Schema::from_json(&raw).is_ok()),
            ),
            "cel-rules-compile" => {
                measure(name, Effort { batch: 1, ..effort }, || (), |()| Rules::compile(schema, &self.env))
            }
            "cr-prune" => measure(
                name,
                effort,
                || self.object.clone(),
                |object| normalize::prune_object_quietly(schema, object),
            ),
            "cr-default" => {
                let pruned = || {
                    let mut object = self.object.clone();
                    normalize::prune_object_quietly(schema, &mut object);
                    object
                };
                measure(name, effort, pruned, |object| {
                    normalize::drop_nulls(schema, object);
                    normalize::apply_defaults(schema, object);
                })
            }
            "cr-validate-schema" => measure(name, effort, || (), |()| validate::validate(schema, after)),
            "cr-validate-listtype" => measure(name, effort, || (), |()| validate::lists(schema, after)),
            "cr-validate-cel" => {
                measure(name, effort, || (), |()| self.rules.validate(after, None, RuleLimits::default()))
            }
            "cr-admit-all" => measure(
                name,
                effort,
                || (),
                |()| {
                    let mut object: Value = serde_json::from_str(&self.text).unwrap_or_default();
                    self.normalize(&mut object);
                    (self.problems(&object), object.to_string())
                },
            ),
            _ => return None,
        })
    }
}
