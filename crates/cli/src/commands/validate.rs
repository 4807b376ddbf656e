//! `kro validate`: every mistake of some definitions, with its place, without a cluster.

use std::path::PathBuf;
use std::process::ExitCode;

use kro_diagnostic::{Diagnostic, Severity};
use kro_graph::CompileOptions;
use serde_json::{Value, json};

use crate::offline::{Compiled, compile_all};
use crate::output::{Advice, BAD, GOOD, OutputFormat, styled};
use crate::project::Project;

/// Options of `kro validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Files and folders with definitions, and with the CRDs they need.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// How to print what was found.
    #[arg(short, long, value_enum, default_value_t)]
    output: OutputFormat,
    /// Allow `omit()` in templates (upstream's feature gate CELOmitFunction).
    #[arg(long)]
    omit: bool,
}

/// Checks and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let project = Project::read(&args.files)?;
    let compiled = compile_all(&project, &CompileOptions { omit: args.omit, ..CompileOptions::default() });
    if compiled.is_empty() && project.problems.is_empty() {
        let files: Vec<String> = args.files.iter().map(|f| f.display().to_string()).collect();
        return Err(Advice::new(
            format!("no ResourceGraphDefinition in {}", files.join(", ")),
            "a definition has `apiVersion: kro.run/v1alpha1` and `kind: ResourceGraphDefinition`",
        )
        .into());
    }
    let errors = project.problems.len() + count(&compiled, Severity::Error);
    match args.output {
        OutputFormat::Human => print_text(&project, &compiled, errors),
        OutputFormat::Json => println!("{:#}", to_json(&project, &compiled)),
    }
    Ok(if errors == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn count(compiled: &[Compiled<'_>], severity: Severity) -> usize {
    compiled.iter().flat_map(|c| &c.diagnostics).filter(|d| d.severity == severity).count()
}

fn print_text(project: &Project, compiled: &[Compiled<'_>], errors: usize) {
    for problem in &project.problems {
        anstream::println!("{}", problem.text);
    }
    for one in compiled.iter().filter(|c| !c.diagnostics.is_empty()) {
        anstream::println!("{}", project.render(one.manifest, &one.diagnostics));
    }
    let definitions = plural(compiled.len(), "definition");
    let warnings = plural(count(compiled, Severity::Warning), "warning");
    let verdict = if errors == 0 {
        styled(GOOD, format_args!("{definitions} valid"))
    } else {
        styled(BAD, format_args!("{definitions} checked: {}", plural(errors, "error")))
    };
    anstream::println!("{verdict}, {warnings}");
}

fn plural(count: usize, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn to_json(project: &Project, compiled: &[Compiled<'_>]) -> Value {
    let unreadable = project.problems.iter().map(|problem| {
        json!({"file": problem.file.display().to_string(), "severity": "error", "message": problem.message})
    });
    let found = compiled.iter().flat_map(|one| one.diagnostics.iter().map(|d| finding(project, one, d)));
    Value::Array(unreadable.chain(found).collect())
}

fn finding(project: &Project, one: &Compiled<'_>, diagnostic: &Diagnostic) -> Value {
    let span = project.sources.span(&one.manifest.document, &diagnostic.primary);
    let start = project.sources.position(span.file, span.bytes.start);
    let end = project.sources.position(span.file, span.bytes.end);
    json!({
        "file": one.manifest.file.display().to_string(),
        "definition": one.manifest.object.key().name,
        "code": diagnostic.code.to_string(),
        "severity": diagnostic.severity.to_string(),
        "message": diagnostic.message,
        "help": diagnostic.help,
        "path": diagnostic.primary.path.to_string(),
        "start": {"line": start.line, "column": start.column},
        "end": {"line": end.line, "column": end.column},
    })
}
