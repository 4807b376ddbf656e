//! `kro generate`: what a definition makes, as manifests for other tools.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use kro_graph::CompileOptions;
use serde_json::Value;

use crate::offline::compile_all;
use crate::output::Advice;
use crate::project::Project;

/// What can be generated.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum What {
    /// The CustomResourceDefinition of each definition.
    Crd(Args),
}

/// Options of `kro generate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders with definitions, and with the CRDs they need.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The notation.
    #[arg(short, long, value_enum, default_value_t)]
    output: Notation,
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

/// Prints the manifests; nothing at all when a definition is invalid.
pub(crate) fn run(what: &What) -> anyhow::Result<ExitCode> {
    let What::Crd(args) = what;
    let project = Project::read(&args.files)?;
    project.require_manifests()?;
    let mut crds = Vec::new();
    for one in compile_all(&project, &CompileOptions::default()) {
        let Some(graph) = one.graph else {
            anstream::eprintln!("{}", project.render(one.manifest, &one.diagnostics));
            return Err(Advice::new(
                format!("{} is not valid", one.manifest.object.key().name),
                "`kro validate` shows every mistake",
            )
            .into());
        };
        crds.push(graph.crd.into_value());
    }
    anyhow::ensure!(!crds.is_empty(), "there is no ResourceGraphDefinition in these files");
    for crd in &crds {
        print(crd, args.output)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn print(manifest: &Value, notation: Notation) -> anyhow::Result<()> {
    match notation {
        Notation::Json => println!("{manifest:#}"),
        Notation::Yaml => {
            let text = serde_saphyr::to_string(manifest).context("cannot write YAML")?;
            print!("---\n{text}");
        }
    }
    Ok(())
}
