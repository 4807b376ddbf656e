//! `kro generate`: what a definition makes, for clusters, for other tools, for readers.

use std::process::ExitCode;

use anyhow::Context;
use kro_api::{Policy, Profile};
use kro_cel_k8s::{RuleLimits, Rules};
use kro_graph::{Graph, access, environment, render, sample};
use kro_object::Object;
use serde_json::Value;

use crate::input::Input;
use crate::output::{BUSY, styled};

/// The label that adds a role to what the installed operator may do; the chart's role selects it, as upstream's does.
const AGGREGATED: &str = "rbac.kro.run/aggregate-to-controller";

/// How many samples are tried until one meets the author's rules.
const SAMPLES: u64 = 200;

/// What can be generated.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum What {
    /// The CustomResourceDefinition of each definition.
    Crd(Manifests),
    /// A sample instance of each definition, which its CRD accepts.
    Instance(Manifests),
    /// The roles that an operator needs for each definition, and no more; with the policy `service-account` also those
    /// of that account.
    Rbac(Manifests),
    /// The graph of a definition.
    Diagram(Diagram),
    /// A reference page of the generated API in Markdown.
    Docs(Page),
    /// JSON Schema (draft 2020-12) of the instances, for editors.
    Jsonschema(Page),
}

/// Options of manifests.
#[derive(Debug, clap::Args)]
pub(crate) struct Manifests {
    #[command(flatten)]
    input: Input,
    /// The notation.
    #[arg(short, long, value_enum, default_value_t)]
    output: Notation,
}

/// Options of diagrams.
#[derive(Debug, clap::Args)]
pub(crate) struct Diagram {
    #[command(flatten)]
    input: Input,
    /// The kind of diagram.
    #[arg(short, long, value_enum, default_value_t)]
    output: Drawing,
}

/// Options of everything that has one form.
#[derive(Debug, clap::Args)]
pub(crate) struct Page {
    #[command(flatten)]
    input: Input,
}

/// How manifests are written.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Notation {
    /// One YAML document for each manifest.
    #[default]
    Yaml,
    /// One JSON object for each manifest.
    Json,
}

/// How graphs are drawn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Drawing {
    /// Mermaid, for Markdown.
    #[default]
    Mermaid,
    /// DOT, for Graphviz.
    Dot,
    /// A picture; of one definition only.
    Svg,
}

/// Prints; nothing at all when a definition is invalid.
pub(crate) fn run(what: &What) -> anyhow::Result<ExitCode> {
    match what {
        What::Crd(args) => manifests(args, |_, graph| Ok(vec![graph.crd.clone()]))?,
        What::Instance(args) => manifests(args, |_, graph| Ok(vec![instance(graph)]))?,
        What::Rbac(args) => manifests(args, |definition, graph| {
            let policy = Policy::of(Profile::default(), definition);
            let needs = access::needs(graph, &policy);
            let name = format!("kro:{}", definition.key().name);
            let mut roles = access::manifests(&name, &needs.operator);
            for role in
                roles.iter_mut().filter(|role| role.as_value_at("kind") == Some(&"ClusterRole".into()))
            {
                role.metadata_mut().insert_label(AGGREGATED, "true");
            }
            roles.extend(access::manifests(&format!("{name}:objects"), &needs.account));
            Ok(roles)
        })?,
        What::Diagram(args) => diagram(args)?,
        What::Docs(args) => {
            let texts = each(&args.input, |_, graph| page(graph))?;
            print!("{}", texts.join("\n"));
        }
        What::Jsonschema(args) => {
            for schema in each(&args.input, |_, graph| Ok(json_schema(graph)))? {
                println!("{schema:#}");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Something of each graph, in the order of the definitions.
fn each<T>(input: &Input, make: impl Fn(&Object, &Graph) -> anyhow::Result<T>) -> anyhow::Result<Vec<T>> {
    let loaded = input.load()?;
    let graphs = loaded.graphs(input)?;
    graphs.into_iter().map(|(definition, graph)| make(definition, graph)).collect()
}

fn manifests(
    args: &Manifests,
    make: impl Fn(&Object, &Graph) -> anyhow::Result<Vec<Object>>,
) -> anyhow::Result<()> {
    for manifest in each(&args.input, make)?.into_iter().flatten() {
        let manifest = manifest.into_value();
        match args.output {
            Notation::Json => println!("{manifest:#}"),
            Notation::Yaml => print!("---\n{}", yaml(&manifest)?),
        }
    }
    Ok(())
}

fn yaml(value: &Value) -> anyhow::Result<String> {
    serde_saphyr::to_string(value).context("cannot write YAML")
}

/// A sample that meets the author's rules, if one is found soon.
fn instance(graph: &Graph) -> Object {
    let rules = Rules::compile(&graph.instance.schema, environment());
    let limits = RuleLimits { per_rule: 1_000_000, per_object: 10_000_000 };
    let first = sample(graph, 0);
    let refused = |object: &Object| rules.validate(&object.to_value(), None, limits).violations;
    if refused(&first).is_empty() {
        return first;
    }
    if let Some(found) = (1..SAMPLES).map(|seed| sample(graph, seed)).find(|it| refused(it).is_empty()) {
        return found;
    }
    for violation in refused(&first) {
        anstream::eprintln!("{}: the sample breaks a rule: {violation}", styled(BUSY, "warning"));
    }
    first
}

fn diagram(args: &Diagram) -> anyhow::Result<()> {
    let draw = match args.output {
        Drawing::Mermaid => render::mermaid,
        Drawing::Dot => render::dot,
        Drawing::Svg => render::svg,
    };
    let texts = each(&args.input, |_, graph| Ok(draw(graph)))?;
    anyhow::ensure!(
        args.output != Drawing::Svg || texts.len() == 1,
        "an SVG file holds one picture, here are {} definitions",
        texts.len()
    );
    print!("{}", texts.join("\n"));
    Ok(())
}

fn page(graph: &Graph) -> anyhow::Result<String> {
    let example = yaml(&instance(graph).into_value())?;
    Ok(format!("{}\n## Example\n\n```yaml\n{example}```\n", render::reference(graph)))
}

fn json_schema(graph: &Graph) -> Value {
    let gvk = &graph.instance.resource.gvk;
    let mut schema = kro_schema::json_schema(&graph.instance.schema);
    schema["title"] = gvk.kind.as_ref().into();
    schema["required"] = serde_json::json!(["apiVersion", "kind", "metadata"]);
    let fields = &mut schema["properties"];
    fields["apiVersion"] = serde_json::json!({"const": gvk.api_version()});
    fields["kind"] = serde_json::json!({"const": &*gvk.kind});
    fields["metadata"] = serde_json::json!({"type": "object"});
    schema
}
