//! The cases of `cel-cases.json`: the same expressions over the same objects, read through their schemas. Types, results
//! and cost units are compared with the recorded ones before anything is timed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use kro_cel::{Env, Limits, NoTypes, Options, Program, Scope, Value, library};
use kro_cel_k8s::{KubernetesCosts, SchemaTypes, UnknownFields, environment};
use kro_schema::Schema;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::measure::{Effort, Figures, measure};

/// Expressions beside cel-go.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The folder with the data and the Go figures.
    #[arg(long, default_value = "../shared/bench")]
    gold: PathBuf,
    /// Another file of Go figures, from a run on this machine.
    #[arg(long)]
    go: Option<PathBuf>,
    /// Repetitions of each case.
    #[arg(long, default_value_t = 25)]
    reps: usize,
    /// Run only cases whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Where to write the figures as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Compare types, results and cost units, and time nothing.
    #[arg(long)]
    check: bool,
}

#[derive(Debug, Deserialize)]
struct Cases {
    data: BTreeMap<String, Data>,
    cases: Vec<Case>,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: String,
    schema: String,
}

#[derive(Debug, Deserialize)]
struct Case {
    name: String,
    expr: String,
    vars: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Go {
    cases: Vec<GoCase>,
}

#[derive(Debug, Deserialize)]
struct GoCase {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    result: Json,
    cost: u64,
    cost_k8s: u64,
    compile: GoFigures,
    eval: GoFigures,
    eval_raw: Option<GoFigures>,
}

#[derive(Debug, Deserialize)]
struct GoFigures {
    ns_min: f64,
}

/// One case with everything it needs.
struct Prepared {
    env: Env,
    types: Arc<SchemaTypes>,
    objects: Vec<(String, Arc<Json>)>,
}

/// Runs the cases and prints them beside the Go figures.
pub(crate) fn run(args: &Args) -> anyhow::Result<()> {
    let cases: Cases = read(&args.gold.join("cel-cases.json"))?;
    let go: Go = read(&args.go.clone().unwrap_or_else(|| args.gold.join("cel-go.json")))?;
    let base = Env::new(&[&library::Standard], Arc::new(NoTypes))
        .with_libraries(library::EXTENSIONS)
        .with_libraries(environment::kro())
        .with_libraries(kro_graph::functions::libraries());
    let effort = Effort::small(args.reps);
    let mut all = Vec::new();
    println!(
        "{:<22} {:>10} {:>8} {:>10} {:>8} {:>8} {:>8}",
        "case", "compile ns", "faster", "eval ns", "eval", "raw", "allocs"
    );
    for case in &cases.cases {
        if args.only.as_deref().is_some_and(|only| !case.name.contains(only)) {
            continue;
        }
        let go = go
            .cases
            .iter()
            .find(|go| go.name == case.name)
            .with_context(|| format!("no case {}", case.name))?;
        let prepared = Prepared::new(&args.gold, &cases.data, case, &base)?;
        prepared.check(case, go).with_context(|| case.name.clone())?;
        if args.check {
            println!("{:<22} as recorded", case.name);
            continue;
        }
        let (compile, eval) = prepared.measure(case, effort)?;
        let raw = go.eval_raw.as_ref().map_or(f64::NAN, |raw| raw.ns_min / eval.ns_min);
        println!(
            "{:<22} {:>10.0} {:>7.1}x {:>10.0} {:>7.1}x {raw:>7.1}x {:>8.1}",
            case.name,
            compile.ns_min,
            go.compile.ns_min / compile.ns_min,
            eval.ns_min,
            go.eval.ns_min / eval.ns_min,
            eval.allocs
        );
        all.push(json!({"name": case.name, "compile": compile, "eval": eval}));
    }
    if let Some(out) = &args.out {
        std::fs::write(out, serde_json::to_vec_pretty(&json!({ "cases": all }))?)?;
    }
    Ok(())
}

impl Prepared {
    fn new(gold: &Path, data: &BTreeMap<String, Data>, case: &Case, base: &Env) -> anyhow::Result<Self> {
        let mut roots = Vec::new();
        let mut objects = Vec::new();
        for (variable, name) in &case.vars {
            let data = data.get(name).with_context(|| format!("no data {name}"))?;
            let schema = Schema::from_json(&read(&gold.join("data").join(&data.schema))?)?;
            roots.push((variable.as_str(), Arc::new(schema)));
            objects.push((variable.clone(), Arc::new(read(&gold.join("data").join(&data.object))?)));
        }
        let types = Arc::new(SchemaTypes::new(roots, UnknownFields::Dynamic));
        let env = case.vars.keys().fold(base.with_types(types.clone()), |env, variable| {
            env.with_variable(variable, types.type_of(variable))
        });
        Ok(Self { env, types, objects })
    }

    /// Evaluates with schema-aware variables.
    fn eval<'a>(&'a self, program: &'a Program) -> anyhow::Result<kro_cel::Outcome<'a>> {
        let mut bindings: Vec<(&str, Value<'a>)> = Vec::with_capacity(self.objects.len());
        for (variable, object) in &self.objects {
            bindings.push((variable, self.types.value(variable, object)?));
        }
        Ok(program.eval(&Scope::new(&bindings), &Limits::default())?)
    }

    fn check(&self, case: &Case, go: &GoCase) -> anyhow::Result<()> {
        let program = compile(&self.env, &case.expr)?;
        let found = program.result_type().to_string();
        ensure!(found == go.ty, "type {found} instead of {}", go.ty);
        let outcome = self.eval(&program)?;
        let found = outcome.value.to_json()?;
        ensure!(same(&found, &go.result), "{found} instead of {}", go.result);
        ensure!(outcome.cost == go.cost, "cost {} instead of {}", outcome.cost, go.cost);
        let options = Options { fold_constants: true, free_presence_tests: true, ..self.env.options() };
        let kubernetes = self.env.with_options(options).with_costs(Arc::new(KubernetesCosts));
        let program = compile(&kubernetes, &case.expr)?;
        let cost = self.eval(&program)?.cost;
        ensure!(cost == go.cost_k8s, "cost {cost} instead of {} in Kubernetes", go.cost_k8s);
        Ok(())
    }

    fn measure(&self, case: &Case, effort: Effort) -> anyhow::Result<(Figures, Figures)> {
        let program = compile(&self.env, &case.expr)?;
        let compiling = measure("compile", effort, || (), |()| self.env.compile(&case.expr));
        let evaluating = measure("eval", effort, || (), |()| self.eval(&program).is_ok());
        Ok((compiling, evaluating))
    }
}

fn compile(env: &Env, text: &str) -> anyhow::Result<Program> {
    env.compile(text).map_err(|issues| {
        anyhow!(issues.iter().map(|issue| issue.render(text, "<input>")).collect::<Vec<_>>().join("\n"))
    })
}

/// Whether two results are the same, whole doubles and integers alike.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn read<T: for<'de> Deserialize<'de>>(path: &Path) -> anyhow::Result<T> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(serde_json::from_slice(&bytes)?)
}
