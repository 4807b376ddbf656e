//! Logs: text for people or JSON for machines, on stderr.

use crate::args::{Args, LogFormat};
use anyhow::Context;
use std::io::IsTerminal;
use tracing_subscriber::{EnvFilter, fmt};

/// Installs the process-wide log output. A second call is an error.
pub(crate) fn init(args: &Args) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&args.log_level).with_context(|| {
        format!("--log-level {:?} is not a level or a list of target=level", args.log_level)
    })?;
    // The client logs each failed request as an error of its own; whoever sent it says what it means.
    let filter = filter.add_directive("kube_client::client=off".parse()?);
    let output =
        fmt().with_env_filter(filter).with_ansi(std::io::stderr().is_terminal()).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Console => output.try_init(),
        LogFormat::Json => output.json().flatten_event(true).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("logging is set up already: {error}"))
}
