//! The part of `kro-bench cel` that is timed: its own program, because counting allocations costs time.
//! Prints one JSON line for each case, or only repeats one evaluation for a profiler.
#![expect(clippy::print_stdout, reason = "its output is read by kro-bench")]

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Parser;
use kro_bench::cel_cases::{self, Case};
use kro_bench::clock::{Effort, Times, time};
use serde_json::{Value as Json, json};

#[derive(Debug, Parser)]
struct Args {
    /// The folder with the cases.
    #[arg(long)]
    gold: PathBuf,
    /// Run only cases whose name contains this text.
    #[arg(long)]
    only: Option<String>,
    /// Repetitions of each measurement.
    #[arg(long, default_value_t = 25)]
    reps: usize,
    /// Least time of each repetition.
    #[arg(long, default_value_t = 8)]
    milliseconds: u64,
    /// Evaluate so many times under a profiler, and measure nothing.
    #[arg(long)]
    repeat: Option<u64>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let effort = Effort { repetitions: args.reps, least_time: Duration::from_millis(args.milliseconds) };
    let cases = cel_cases::load(&args.gold, args.only.as_deref())?;
    for case in &cases {
        let program = case.compile()?;
        if let Some(count) = args.repeat {
            // What is lazy is there afterwards.
            drop(case.eval(&program)?);
            evaluations(case, &program, count)?;
            continue;
        }
        let compile = time(effort, || case.compile().is_ok());
        let eval = time(effort, || case.eval(&program).is_ok());
        let line = json!({"name": case.name, "compile": compile, "eval": eval, "cel_crate": cel_crate(case, effort)});
        println!("{line}");
    }
    if args.only.is_none() && args.repeat.is_none() {
        println!("{}", json!({"name": "", "compile": typed_env(&args.gold, effort)?}));
    }
    Ok(())
}

/// What a profiler counts, by the name of this function.
#[inline(never)]
fn evaluations(case: &Case, program: &kro_cel::Program, count: u64) -> anyhow::Result<()> {
    for _ in 0..count {
        std::hint::black_box(case.eval(program)?);
    }
    Ok(())
}

/// A typed environment for two kinds.
fn typed_env(gold: &Path, effort: Effort) -> anyhow::Result<Times> {
    let (base, kinds) = (cel_cases::base_env(), cel_cases::two_kinds(gold)?);
    Ok(time(effort, || cel_cases::typed_env(&base, &kinds)))
}

/// The `cel` crate on the same expression, over plain values that were converted before; null where it has no answer.
fn cel_crate(case: &Case, effort: Effort) -> Json {
    // Its parser panics on some texts.
    let text = case.expr.as_str();
    let Ok(Ok(program)) = std::panic::catch_unwind(|| cel::Program::compile(text)) else { return Json::Null };
    let mut context = cel::Context::default();
    for (name, object) in &case.objects {
        if context.add_variable(name.as_str(), int_values(object)).is_err() {
            return Json::Null;
        }
    }
    match program.execute(&context) {
        Ok(_) => json!(time(effort, || program.execute(&context).is_ok())),
        Err(_) => Json::Null,
    }
}

/// JSON as the crate's values: it makes unsigned integers of whole numbers by itself, and then `replicas > 2` fails.
#[expect(clippy::disallowed_types, reason = "the crate's maps are made of hash maps")]
fn int_values(json: &Json) -> cel::Value {
    match json {
        Json::Null => cel::Value::Null,
        Json::Bool(value) => cel::Value::Bool(*value),
        Json::Number(number) => match number.as_i64() {
            Some(value) => cel::Value::Int(value),
            None => cel::Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => cel::Value::String(text.clone().into()),
        Json::Array(items) => cel::Value::List(items.iter().map(int_values).collect::<Vec<_>>().into()),
        Json::Object(object) => {
            let entries = object.iter().map(|(key, json)| (key.clone(), int_values(json)));
            cel::Value::Map(entries.collect::<std::collections::HashMap<_, _>>().into())
        }
    }
}
