//! `kro validate`: every mistake of some definitions, with its place.

use std::process::ExitCode;

use kro_diagnostic::Severity;

use crate::input::Input;
use crate::report::{Format, Grouping, Report};

/// Options of `kro validate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// How to print what was found.
    #[arg(short, long, value_enum, default_value_t)]
    output: Format,
    /// End with exit code 1 when there are warnings, too.
    #[arg(long)]
    deny_warnings: bool,
}

/// Checks and prints.
pub(crate) fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let loaded = args.input.load()?;
    loaded.require_definitions(&args.input)?;
    let report = Report::new(&loaded);
    report.print(args.output, Grouping::ByCode);
    let denied = args.deny_warnings && report.count(Severity::Warning) > 0;
    let failed = report.count(Severity::Error) > 0 || denied;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
