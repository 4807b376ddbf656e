//! The cases of `cel-cases.json`: expressions, the objects they read, and the schemas through which they read them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, anyhow, ensure};
use kro_cel::{Env, Limits, NoTypes, Options, Outcome, Program, Scope, Shape as _, Value, library};
use kro_cel_k8s::{KubernetesCosts, SchemaShape, SchemaTypes, UnknownFields, environment};
use kro_schema::Schema;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::read;

/// The file of cases.
#[derive(Debug, Deserialize)]
struct File {
    data: BTreeMap<String, Data>,
    cases: Vec<Source>,
}

#[derive(Debug, Deserialize)]
struct Data {
    object: String,
    schema: String,
}

#[derive(Debug, Deserialize)]
struct Source {
    name: String,
    expr: String,
    vars: BTreeMap<String, String>,
}

/// What cel-go made of a case.
#[derive(Debug, Deserialize)]
pub struct Expected {
    /// The case.
    pub name: String,
    /// The type of the result.
    #[serde(rename = "type")]
    pub ty: String,
    /// The result as JSON.
    pub result: Json,
    /// Cost units of cel-go's own table.
    pub cost: u64,
    /// Cost units of Kubernetes' estimator, with folding and free presence tests.
    pub cost_k8s: u64,
}

/// One case with everything it needs.
#[derive(Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// The expression.
    pub expr: String,
    /// The variables: name and object.
    pub objects: Vec<(String, Json)>,
    /// How each object is read.
    shapes: Vec<Arc<SchemaShape>>,
    env: Env,
}

/// The functions of kro's expressions, without variables.
pub fn base_env() -> Env {
    Env::new(&[&library::Standard], Arc::new(NoTypes))
        .with_libraries(library::EXTENSIONS)
        .with_libraries(environment::kro())
        .with_libraries(kro_graph::functions::libraries())
}

/// An environment with a typed variable for each schema.
pub fn typed_env(base: &Env, schemas: &[(&str, Arc<Schema>)]) -> (Env, Arc<SchemaTypes>) {
    let types = Arc::new(SchemaTypes::new(schemas.iter().cloned(), UnknownFields::Dynamic));
    let env = schemas.iter().fold(base.with_types(types.clone()), |env, (variable, _)| {
        env.with_variable(variable, types.type_of(variable))
    });
    (env, types)
}

/// The cases whose name contains `only`.
pub fn load(gold: &Path, only: Option<&str>) -> anyhow::Result<Vec<Case>> {
    let file: File = read(&gold.join("cel-cases.json"))?;
    let base = base_env();
    let wanted = |case: &&Source| only.is_none_or(|only| case.name.contains(only));
    file.cases.iter().filter(wanted).map(|case| Case::new(gold, &file.data, case, &base)).collect()
}

/// The schemas of the two kinds that the price of a typed environment is asked for.
pub fn two_kinds(gold: &Path) -> anyhow::Result<[(&'static str, Arc<Schema>); 2]> {
    let schema = |name: &str| -> anyhow::Result<_> {
        Ok(Arc::new(Schema::from_json(&read(&gold.join("data").join(name))?)?))
    };
    Ok([("schema", schema("webapp.schema.json")?), ("deployment", schema("deployment.schema.json")?)])
}

impl Case {
    fn new(gold: &Path, data: &BTreeMap<String, Data>, case: &Source, base: &Env) -> anyhow::Result<Self> {
        let mut schemas = Vec::new();
        let mut objects = Vec::new();
        for (variable, name) in &case.vars {
            let data = data.get(name).with_context(|| format!("no data {name}"))?;
            let schema = Schema::from_json(&read(&gold.join("data").join(&data.schema))?)?;
            schemas.push((variable.as_str(), Arc::new(schema)));
            objects.push((variable.clone(), read(&gold.join("data").join(&data.object))?));
        }
        let (env, types) = typed_env(base, &schemas);
        let shapes = objects.iter().map(|(name, _)| types.shape(name).cloned().context("a shape"));
        let shapes = shapes.collect::<anyhow::Result<_>>()?;
        Ok(Self { name: case.name.clone(), expr: case.expr.clone(), objects, shapes, env })
    }

    /// From text to program.
    pub fn compile(&self) -> anyhow::Result<Program> {
        compile(&self.env, &self.expr)
    }

    /// Binds every variable to its object, read through its schema, and evaluates.
    pub fn eval<'a>(&'a self, program: &'a Program) -> anyhow::Result<Outcome<'a>> {
        let read = |index: usize| -> anyhow::Result<(&'a str, Value<'a>)> {
            let (name, object) = &self.objects[index];
            Ok((name.as_str(), self.shapes[index].read(object)?))
        };
        match self.objects.len() {
            0 => Ok(program.eval(&Scope::EMPTY, &Limits::default())?),
            1 => Ok(program.eval(&Scope::new(&[read(0)?]), &Limits::default())?),
            2 => Ok(program.eval(&Scope::new(&[read(0)?, read(1)?]), &Limits::default())?),
            _ => Err(anyhow!("a case has at most two variables")),
        }
    }

    /// Compares type, result and both costs with cel-go's.
    pub fn check(&self, expected: &Expected) -> anyhow::Result<()> {
        let program = self.compile()?;
        let found = program.result_type().to_string();
        ensure!(found == expected.ty, "type {found} instead of {}", expected.ty);
        let outcome = self.eval(&program)?;
        let found = outcome.value.to_json()?;
        ensure!(same(&found, &expected.result), "{found} instead of {}", expected.result);
        ensure!(outcome.cost == expected.cost, "cost {} instead of {}", outcome.cost, expected.cost);
        let options = Options { fold_constants: true, free_presence_tests: true, ..self.env.options() };
        let kubernetes = self.env.with_options(options).with_costs(Arc::new(KubernetesCosts));
        let program = compile(&kubernetes, &self.expr)?;
        let cost = self.eval(&program)?.cost;
        ensure!(cost == expected.cost_k8s, "cost {cost} instead of {} in Kubernetes", expected.cost_k8s);
        Ok(())
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
