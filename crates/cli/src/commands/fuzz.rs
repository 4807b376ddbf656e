//! `kro fuzz`: valid instances of a definition, rendered by the operator's planner, until one makes an object that its
//! kind refuses. Reports the smallest such instance.

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use kro_cel_k8s::{RuleLimits, Rules};
use kro_graph::{Graph, environment};
use kro_schema::{normalize, strategy};
use proptest::strategy::Strategy as _;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use serde_json::{Value, json};

use crate::input::Input;
use crate::output::{BAD, FAINT, GOOD, STRONG, styled};
use crate::report::plural;

mod render;

/// What rules may cost here; more than the API server allows is refused by it anyway.
pub(crate) const LIMITS: RuleLimits = RuleLimits { per_rule: 1_000_000, per_object: 10_000_000 };

/// Options of `kro fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Render instances and check what comes out.
    #[arg(long, required = true)]
    render: bool,
    /// How many instances to try for each definition.
    #[arg(long, default_value_t = 256, value_name = "COUNT")]
    cases: u32,
    /// Where the search begins; equal seeds try equal instances.
    #[arg(long, default_value_t = 0, value_name = "NUMBER")]
    seed: u64,
}

/// Searches in every definition.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let loaded = args.input.load()?;
    let mut failed = false;
    for (definition, graph) in loaded.graphs(&args.input)? {
        let name = definition.key().name;
        match search(&Arc::new(graph.clone()), args) {
            Ok(()) => {
                let instances = plural(args.cases as usize, "instance");
                anstream::println!("{} {name}: {instances} rendered, all objects fit", styled(GOOD, "ok"));
            }
            Err(TestError::Fail(reason, instance)) => {
                failed = true;
                let text = serde_saphyr::to_string(&instance).context("cannot write YAML")?;
                anstream::println!(
                    "{}: {}\n\n{}\n{text}",
                    styled(BAD, "error"),
                    styled(STRONG, format_args!("a valid instance of {name} makes what cannot be: {reason}")),
                    styled(FAINT, "# the smallest such instance"),
                );
            }
            Err(TestError::Abort(reason)) => {
                return Err(crate::output::Advice::new(
                    format!("no valid instances of {name} are found: {reason}"),
                    "its rules refuse nearly everything; limits in the schema (`minimum`, `enum`, `pattern`) are found faster",
                )
                .into());
            }
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn search(graph: &Arc<Graph>, args: &Args) -> Result<(), TestError<Value>> {
    let instance = &graph.instance;
    let rules = Rules::compile(&instance.schema, environment());
    let spec = instance.schema.property("spec").map(|spec| strategy::instance(spec));
    let specs = spec.unwrap_or_else(|| proptest::strategy::Just(json!({})).boxed());
    let api_version = instance.resource.gvk.api_version();
    let (kind, schema) = (instance.resource.gvk.kind.to_string(), Arc::clone(&instance.schema));
    let stored = schema.clone();
    let instances = specs
        .prop_map(move |spec| {
            let metadata = json!({"name": "sample", "namespace": "default", "uid": "0"});
            json!({"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": spec})
        })
        .prop_filter("the author's rules accept it", move |object| {
            let mut object = object.clone();
            normalize::apply_defaults(&stored, &mut object);
            rules.validate(&object, None, LIMITS).violations.is_empty()
        });
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&args.seed.to_le_bytes());
    let config = Config {
        cases: args.cases,
        failure_persistence: None,
        max_shrink_iters: 10_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let targets = render::Targets::new(graph);
    let outcome = TestRunner::new_with_rng(config, rng).run(&instances, |mut object| {
        normalize::apply_defaults(&schema, &mut object);
        render::check(graph, &targets, object).map_err(TestCaseError::fail)
    });
    // What the reader writes has no uid.
    outcome.map_err(|error| match error {
        TestError::Fail(reason, mut object) => {
            if let Some(metadata) = object["metadata"].as_object_mut() {
                metadata.remove("uid");
            }
            TestError::Fail(reason, object)
        }
        abort @ TestError::Abort(_) => abort,
    })
}
