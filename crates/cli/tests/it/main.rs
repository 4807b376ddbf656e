//! The command line as its user sees it: output, exit codes, and every command that a document shows.

mod docs;
mod session;
