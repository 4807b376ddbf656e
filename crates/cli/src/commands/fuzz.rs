//! `kro fuzz`: valid instances of a definition, made up until one goes wrong. Each lives a whole life in an embedded
//! cluster, or is only rendered by the operator's planner. Reports the smallest one that goes wrong.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use kro_cel_k8s::{RuleLimits, Rules};
use kro_graph::{Graph, environment};
use kro_object::Object;
use kro_schema::{normalize, strategy};
use proptest::strategy::{BoxedStrategy, Just, Strategy as _};
use proptest::test_runner::{Config, Reason, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::input::Input;
use crate::output::Advice;

mod life;
mod render;
mod scenario;
mod single;

/// What rules may cost here; more than the API server allows is refused by it anyway.
pub(crate) const LIMITS: RuleLimits = RuleLimits { per_rule: 1_000_000, per_object: 10_000_000 };

/// Options of `kro fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Only render instances and check what comes out: faster, and nothing happens to them.
    #[arg(long)]
    render: bool,
    /// How many to try for each definition (default: 256 instances, 24 whole lives).
    #[arg(long, value_name = "COUNT")]
    cases: Option<u32>,
    /// Where the search begins; equal seeds try equal instances.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    seed: u64,
    /// Write the smallest life that goes wrong to this file, for `kro test`; its name ends with `.test.yaml`.
    #[arg(long, value_name = "FILE", conflicts_with = "render")]
    save: Option<PathBuf>,
}

/// Searches in every definition.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let loaded = args.input.load()?;
    let graphs = loaded.graphs(&args.input)?;
    let graphs = graphs.into_iter().map(|(definition, graph)| (definition, Arc::new(graph.clone())));
    let good = if args.render { single::run(graphs, args)? } else { life::run(graphs, args)? };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Instances of a definition that the API server accepts, without the defaults it adds.
struct Instances {
    /// The instance's fields of `spec`, made up.
    specs: BoxedStrategy<Value>,
    graph: Arc<Graph>,
    rules: Arc<Rules>,
}

impl Instances {
    fn of(graph: &Arc<Graph>) -> Self {
        let schema = &graph.instance.schema;
        let specs = schema.property("spec").map(|spec| strategy::instance(spec));
        Self {
            specs: specs.unwrap_or_else(|| Just(json!({})).boxed()),
            graph: Arc::clone(graph),
            rules: Arc::new(Rules::compile(schema, environment())),
        }
    }

    fn strategy(&self) -> BoxedStrategy<Value> {
        let resource = &self.graph.instance.resource;
        let (api_version, kind) = (resource.gvk.api_version(), resource.gvk.kind.to_string());
        let (schema, rules) = (Arc::clone(&self.graph.instance.schema), Arc::clone(&self.rules));
        let instances = self.specs.clone().prop_map(move |spec| {
            let metadata = json!({"name": "sample", "namespace": "default"});
            json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
        });
        let fits = instances.prop_filter("the author's rules accept it", move |object| {
            let mut object = object.clone();
            normalize::apply_defaults(&schema, &mut object);
            rules.validate(&object, None, LIMITS).violations.is_empty()
        });
        fits.boxed()
    }

    /// An instance as the server has it.
    fn stored(&self, instance: &Value) -> Value {
        let mut stored = instance.clone();
        normalize::apply_defaults(&self.graph.instance.schema, &mut stored);
        stored["metadata"]["uid"] = "0".into();
        stored
    }
}

/// The search of a definition.
fn runner(args: &Args, cases: u32, max_shrink_iters: u32) -> TestRunner {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&args.seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, max_shrink_iters, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn none_found(definition: &Object, reason: &Reason) -> anyhow::Error {
    Advice::new(
        format!("no valid instances of {} are found: {reason}", definition.key().name),
        "its rules refuse nearly everything; limits in the schema (`minimum`, `enum`, `pattern`) are found faster",
    )
    .into()
}
