//! What an expression may use: the libraries of an environment, variables with data, types from schemas.

use std::io::Read as _;
use std::sync::Arc;

use anyhow::{Context, bail};
use kro_cel::{Checked, Env, NoTypes, Type, Value, library};
use kro_cel_k8s::{KubernetesCosts, SchemaTypes, UnknownFields, environment};
use kro_graph::Kinds;
use kro_object::{Gvk, Object};
use kro_schema::Schema;
use serde_json::Value as Json;

use crate::output::Advice;

/// Variables, types, libraries.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// A variable with its data: JSON, or the YAML or JSON file behind `@`.
    #[arg(long = "var", value_name = "NAME=JSON|@FILE")]
    variables: Vec<String>,
    /// The type of a variable: a builtin kind such as `apps/v1/Deployment`, a CRD or OpenAPI schema in the file behind
    /// `@`, or a CEL type such as `list(string)`. Without one, a variable is `dyn`.
    #[arg(long = "type", value_name = "NAME=KIND|@FILE|TYPE")]
    types: Vec<String>,
    /// The libraries: `kro`, `standard` (the language with cel-go's extensions), or `kubernetes-1.N`.
    #[arg(long, default_value = "kro")]
    env: Dialect,
}

/// Which libraries there are.
#[derive(Debug, Clone, Copy)]
enum Dialect {
    Kro,
    Standard,
    /// Validation rules of this minor version.
    Kubernetes(u32),
}

impl std::str::FromStr for Dialect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "kro" => Ok(Self::Kro),
            "standard" => Ok(Self::Standard),
            other => {
                let minor = other.strip_prefix("kubernetes-1.").and_then(|minor| minor.parse().ok());
                let minor = minor.ok_or("write kro, standard, or kubernetes-1.N such as kubernetes-1.33")?;
                Ok(Self::Kubernetes(minor))
            }
        }
    }
}

impl Dialect {
    fn env(self) -> Env {
        match self {
            Self::Kro => kro_graph::environment().clone(),
            Self::Standard => {
                Env::new(&[&library::Standard], Arc::new(NoTypes)).with_libraries(library::EXTENSIONS)
            }
            Self::Kubernetes(minor) => Env::new(
                &[
                    &library::Standard,
                    &library::Strings { version: 2 },
                    &library::Optionals,
                    &library::TwoVariables,
                ],
                Arc::new(NoTypes),
            )
            .with_libraries(&environment::kubernetes(minor))
            .with_options(environment::kubernetes_options(minor))
            .with_costs(Arc::new(KubernetesCosts)),
        }
    }
}

/// Everything an expression is read, checked and evaluated with.
pub(crate) struct Workspace {
    pub(crate) env: Env,
    types: Arc<SchemaTypes>,
    data: Vec<(String, Json)>,
}

impl Workspace {
    /// Reads what the options name.
    pub(crate) fn new(options: &Options) -> anyhow::Result<Self> {
        let mut declared: Vec<(String, Type)> = Vec::new();
        let mut schemas: Vec<(String, Arc<Schema>)> = Vec::new();
        for option in &options.types {
            let (name, what) = split("--type", option)?;
            if let Some(file) = what.strip_prefix('@') {
                schemas.push((name, schema_of(file)?));
            } else if what.contains('/') {
                schemas.push((name, builtin(what)?));
            } else {
                let ty = Type::parse(what).with_context(|| format!("--type {option}"))?;
                declared.push((name, ty));
            }
        }
        let mut data = Vec::new();
        for option in &options.variables {
            let (name, what) = split("--var", option)?;
            let json = match what.strip_prefix('@') {
                Some(file) => yaml(file)?,
                None => serde_json::from_str(what).with_context(|| {
                    Advice::new(
                        format!("--var {option} is not JSON"),
                        "quote texts: --var 'x=\"a\"'; or name a file: --var x=@FILE",
                    )
                })?,
            };
            data.push((name, json));
        }
        let roots = schemas.iter().map(|(name, schema)| (name.as_str(), Arc::clone(schema)));
        let types = Arc::new(SchemaTypes::new(roots, UnknownFields::Dynamic));
        let mut env = options.env.env().with_types(Arc::clone(&types) as Arc<dyn kro_cel::Types>);
        for (name, _) in &data {
            env = env.with_variable(name, Type::Dyn);
        }
        for (name, _) in &schemas {
            env = env.with_variable(name, types.type_of(name));
        }
        for (name, ty) in declared {
            env = env.with_variable(&name, ty);
        }
        Ok(Self { env, types, data })
    }

    /// The variables that have data.
    pub(crate) fn bindings(&self) -> anyhow::Result<Vec<(&str, Value<'_>)>> {
        self.data
            .iter()
            .map(|(name, json)| {
                let value = self.types.value(name, json);
                Ok((
                    name.as_str(),
                    value.with_context(|| format!("the data of {name} does not fit its type"))?,
                ))
            })
            .collect()
    }
}

impl Workspace {
    /// Cost units at worst, from the limits in the schemas; `None` without bound.
    pub(crate) fn most(&self, checked: &Checked) -> Option<u64> {
        self.most_in(&self.env, checked)
    }

    /// The same for a tree that was checked in an environment with more names.
    pub(crate) fn most_in(&self, env: &Env, checked: &Checked) -> Option<u64> {
        let most = env.estimate(checked, &*self.types).max;
        most.is_finite().then_some(most as u64)
    }

    /// Whether every variable that an expression names has data.
    pub(crate) fn has_data_for(&self, checked: &Checked) -> bool {
        let named = self.env.references(checked.ast()).names;
        let mut variables = named.iter().filter(|named| self.env.variable(&named.name).is_some());
        variables.all(|named| self.data.iter().any(|(name, _)| *name == named.name))
    }
}

/// A bound in words.
pub(crate) fn bound(most: Option<u64>) -> String {
    most.map_or_else(|| "without limit at worst".to_owned(), |most| format!("{most} at worst"))
}

/// The text of an expression: as given, of the file behind `@`, or of standard input for `-`.
pub(crate) fn text_of(expression: &str) -> anyhow::Result<String> {
    let text = match expression.strip_prefix('@') {
        Some(file) => read(file)?,
        None if expression == "-" => {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
            text
        }
        None => expression.to_owned(),
    };
    Ok(text.trim_end().to_owned())
}

fn split<'o>(flag: &str, option: &'o str) -> anyhow::Result<(String, &'o str)> {
    let found = option.split_once('=').filter(|(name, _)| !name.is_empty());
    let (name, what) = found.with_context(|| {
        Advice::new(format!("{flag} {option} has no name"), format!("write {flag} NAME=…"))
    })?;
    Ok((name.to_owned(), what))
}

fn read(file: &str) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))
}

fn yaml(file: &str) -> anyhow::Result<Json> {
    let mut sources = kro_diagnostic::source::Sources::default();
    let id = sources.add(file, read(file)?);
    match sources.documents(id).into_result() {
        Ok(documents) => match documents.as_slice() {
            [document] => Ok(document.to_value()),
            documents => bail!("{file} holds {} documents; one is expected", documents.len()),
        },
        Err(found) => {
            anstream::eprintln!("{}", sources.render_file(id, &found, crate::output::render_style()));
            bail!("{file} is not valid YAML")
        }
    }
}

/// The schema in a file: of the newest served version of a CRD, or the document itself.
fn schema_of(file: &str) -> anyhow::Result<Arc<Schema>> {
    let document = yaml(file)?;
    if document["kind"] == "CustomResourceDefinition" {
        let mut kinds = Kinds::default();
        let crd = Object::from_value(document).context("the CRD is no object")?;
        kinds.insert_crd(&crd).with_context(|| format!("cannot read the CRD in {file}"))?;
        let (_, schema) = kinds.by_gvk.values().next_back().context("the CRD serves no version")?;
        return Ok(Arc::clone(schema));
    }
    let schema = Schema::from_json(&document).with_context(|| format!("{file} is no OpenAPI schema"))?;
    Ok(Arc::new(schema))
}

fn builtin(name: &str) -> anyhow::Result<Arc<Schema>> {
    let unknown = || {
        Advice::new(
            format!("no builtin kind {name}"),
            "write VERSION/KIND or GROUP/VERSION/KIND, such as apps/v1/Deployment",
        )
    };
    let (api_version, kind) = name.rsplit_once('/').with_context(unknown)?;
    let gvk = Gvk::from_api_version(api_version, kind).ok().with_context(unknown)?;
    kro_k8s_schemas::schema(&gvk).with_context(unknown)
}
