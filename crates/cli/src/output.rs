//! How the command line speaks: errors with causes and help, colours only on a terminal.

use std::fmt;
use std::io::IsTerminal;

use anstyle::{AnsiColor, Style as Ansi};
use kro_diagnostic::source::Style;

/// An error that knows what the user can do about it.
#[derive(Debug)]
pub(crate) struct Advice {
    what: String,
    help: String,
}

impl Advice {
    /// What is wrong, and what to do.
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self { what: what.into(), help: help.into() }
    }
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for Advice {}

/// How diagnostics are drawn.
pub(crate) fn render_style() -> Style {
    // `anstream` takes the colours out again where they cannot be shown.
    Style::Color
}

/// Whether people read standard output.
pub(crate) fn is_terminal() -> bool {
    std::io::stdout().is_terminal()
}

pub(crate) const GOOD: Ansi = AnsiColor::Green.on_default();
pub(crate) const BAD: Ansi = AnsiColor::Red.on_default().bold();
pub(crate) const BUSY: Ansi = AnsiColor::Yellow.on_default();
pub(crate) const FAINT: Ansi = Ansi::new().dimmed();
pub(crate) const STRONG: Ansi = Ansi::new().bold();

/// A text in a style; plain when the output is no terminal.
pub(crate) fn styled(style: Ansi, text: impl fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Prints an error with its causes, and the advice that one of them carries.
pub(crate) fn print_error(error: &anyhow::Error) {
    anstream::eprintln!("{}: {error}", styled(BAD, "error"));
    for cause in error.chain().skip(1) {
        anstream::eprintln!("  {} {cause}", styled(FAINT, "cause:"));
    }
    // A context is found through the error itself, a wrapped error only in its chain.
    let wrapped = || error.chain().find_map(|cause| cause.downcast_ref::<Advice>());
    if let Some(advice) = error.downcast_ref::<Advice>().or_else(wrapped) {
        anstream::eprintln!("  {} {}", styled(GOOD, "help:"), advice.help);
    }
}
