//! `kro graph`: the order in which a definition's resources are applied, and what each waits for.

use std::process::ExitCode;

use kro_graph::render;
use serde_json::Value;

use crate::input::Input;

/// Options of `kro graph`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// How to print it. `kro generate diagram` draws it.
    #[arg(short, long, value_enum, default_value_t)]
    output: Form,
}

/// How the order is printed.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Form {
    /// For people: wave by wave.
    #[default]
    Human,
    /// One JSON object with a field for each definition.
    Json,
}

/// Prints; nothing at all when a definition is invalid.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let loaded = args.input.load()?;
    let graphs = loaded.graphs(&args.input)?;
    match args.output {
        Form::Human => {
            let texts: Vec<String> = graphs.iter().map(|(_, graph)| render::order(graph)).collect();
            print!("{}", texts.join("\n"));
        }
        Form::Json => {
            let all: Value = graphs
                .into_iter()
                .map(|(definition, graph)| (definition.key().name.to_string(), render::order_json(graph)))
                .collect();
            println!("{all:#}");
        }
    }
    Ok(ExitCode::SUCCESS)
}
