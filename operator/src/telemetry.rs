//! Logs: text for people or JSON for machines, on stderr.

use crate::args::{Args, LogFormat};
use anyhow::Context;
use tracing_subscriber::{EnvFilter, fmt};

/// Installs the process-wide log output. A second call is an error.
pub(crate) fn init(args: &Args) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&args.log_level).with_context(|| {
        format!("--log-level {:?} is not a level or a list of target=level", args.log_level)
    })?;
    let output = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match args.log_format {
        LogFormat::Console => output.try_init(),
        LogFormat::Json => output.json().flatten_event(true).try_init(),
    }
    .map_err(|error| anyhow::anyhow!("logging is set up already: {error}"))
}
