//! The command line as its user sees it: output, exit codes, and every command that a document shows.

#![expect(clippy::print_stderr, reason = "a test says loudly what it could not run")]

mod cel;
mod check;
mod docs;
mod durability;
mod folder;
mod fuzz;
mod installed;
mod lint;
mod live;
mod lsp;
mod output;
mod real;
mod sarif;
mod scenarios;
mod session;
